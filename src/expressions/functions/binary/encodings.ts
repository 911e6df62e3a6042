import { isUtf8 } from 'node:buffer'
import type { CharType } from '../../../spi/type/type.js'
import { padChar } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarEvaluator,
  scalarFunction,
} from '../../function-definition.js'

const bytesOf = (buffer: Buffer): Uint8Array => new Uint8Array(buffer)

const encoder = (
  name: string,
  description: string,
  evaluate: (bytes: Uint8Array) => string,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [{ args: ['varbinary'], returns: 'varchar', neverFails: true, evaluate }],
  })

const decoder = (
  name: string,
  description: string,
  evaluate: (text: string) => Uint8Array,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [
      { args: ['varchar(x)'], returns: 'varbinary', evaluate },
      {
        args: ['varbinary'],
        returns: 'varbinary',
        evaluate: (bytes: Uint8Array) => evaluate(Buffer.from(bytes).toString('latin1')),
      },
    ],
  })

function fromHexText(text: string): Uint8Array {
  if (text.length % 2 !== 0) invalidArgument(`string must have even length: ${text}`)
  const bad = /[^0-9a-fA-F]/.exec(text)
  if (bad !== null) {
    invalidArgument(`not a hexadecimal digit: "${bad[0]}" = ${bad[0].codePointAt(0)}`)
  }
  return bytesOf(Buffer.from(text, 'hex'))
}

function fromBase64Text(text: string, alphabet: RegExp, encoding: 'base64' | 'base64url') {
  const bad = alphabet.exec(text)
  if (bad !== null)
    invalidArgument(`Illegal base64 character ${bad[0].codePointAt(0)!.toString(16)}`)
  const body = text.replace(/=+$/, '')
  if (body.length % 4 === 1) {
    invalidArgument(
      body.length === 1
        ? 'Input byte[] should at least have 2 bytes for base64 bytes'
        : 'Last unit does not have enough valid bits',
    )
  }
  const padding = text.length - body.length
  if (padding > 0 && (padding > 2 || text.length % 4 !== 0)) {
    invalidArgument('Input byte array has wrong 4-byte ending unit')
  }
  return bytesOf(Buffer.from(body, encoding))
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function toBase32Text(bytes: Uint8Array): string {
  let text = ''
  let value = 0
  let bits = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      text += BASE32[(value >>> (bits - 5)) & 31]
      bits -= 5
    }
    value &= (1 << bits) - 1
  }
  if (bits > 0) text += BASE32[(value << (5 - bits)) & 31]
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}

function fromBase32Text(text: string): Uint8Array {
  const body = text.replace(/=+$/, '')
  if ([1, 3, 6].includes(body.length % 8)) invalidArgument(`Invalid input length ${body.length}`)
  const bytes: number[] = []
  let value = 0
  let bits = 0
  for (const character of body) {
    const digit = BASE32.indexOf(character)
    if (digit < 0) invalidArgument(`Unrecognized character: ${character}`)
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      bytes.push((value >>> (bits - 8)) & 255)
      bits -= 8
    }
    value &= (1 << bits) - 1
  }
  return Uint8Array.from(bytes)
}

export const textEncodings: readonly FunctionDefinition[] = [
  encoder('to_hex', 'The hexadecimal digits of bytes', (bytes) =>
    Buffer.from(bytes).toString('hex').toUpperCase(),
  ),
  decoder('from_hex', 'The bytes that hexadecimal digits stand for', fromHexText),
  encoder('to_base64', 'The Base64 text of bytes', (bytes) =>
    Buffer.from(bytes).toString('base64'),
  ),
  decoder('from_base64', 'The bytes of a Base64 text', (text) =>
    fromBase64Text(text, /[^A-Za-z0-9+/=]|=(?=[^=])/, 'base64'),
  ),
  encoder('to_base64url', 'The Base64 text of bytes, of the URL alphabet', (bytes) =>
    Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  ),
  decoder('from_base64url', 'The bytes of a Base64 text of the URL alphabet', (text) =>
    fromBase64Text(text, /[^A-Za-z0-9_=-]|=(?=[^=])/, 'base64url'),
  ),
  encoder('to_base32', 'The Base32 text of bytes', toBase32Text),
  decoder('from_base32', 'The bytes of a Base32 text', fromBase32Text),
]

/** The least code point of a sequence by its length, 0 to 6; what is shorter than it is written is malformed. */
const LEAST_POINTS = [0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000]

/** How many bytes a sequence has by its first; 1 where it can't be a first. */
const lengthByFirst = (first: number): number =>
  first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : first < 0xfc ? 5 : 6

/**
 * The length in bytes of the sequence at a place, negative where it is malformed. Sequences of 5 and 6 bytes, surrogates
 * and what is written too long count as one.
 * @source airlift SliceUtf8.tryGetCodePointAt
 */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  if (first < 0xc0 || first >= 0xfe) return -1
  const length = lengthByFirst(first)
  let point = first & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0
    if ((next & 0xc0) !== 0x80) return -i
    point = point * 64 + (next & 0x3f)
  }
  const isSurrogate = point >= 0xd800 && point < 0xe000
  return point < LEAST_POINTS[length]! || isSurrogate || point > 0x10ffff ? -length : length
}

/** Decodes UTF-8; each malformed sequence becomes the replacement, or nothing where that is empty. */
function decodeUtf8(bytes: Uint8Array, replacement: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(bytes)) return buffer.toString('utf8')
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at)
    if (length < 0) {
      parts.push(buffer.toString('utf8', start, at), replacement)
      start = at - length
    }
    at += Math.abs(length)
  }
  parts.push(buffer.toString('utf8', start))
  return parts.join('')
}

export const toUtf8 = scalarFunction({
  name: 'to_utf8',
  description: 'The UTF-8 bytes of a string',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'varbinary',
      neverFails: true,
      evaluate: (text: string) => bytesOf(Buffer.from(text)),
    },
    {
      args: ['char(x)'],
      returns: 'varbinary',
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { length } = argumentTypes[0] as CharType
        return (text: string) => bytesOf(Buffer.from(padChar(text, length)))
      },
    },
  ],
})

const replacementOf = (replacement: string | bigint): string => {
  if (typeof replacement === 'bigint') {
    const isSurrogate = replacement >= 0xd800n && replacement <= 0xdfffn
    if (replacement < 0n || replacement > 0x10ffffn || isSurrogate) {
      return invalidArgument(`Invalid replacement character: ${replacement}`)
    }
    return String.fromCodePoint(Number(replacement))
  }
  if ([...replacement].length > 1) {
    return invalidArgument('Replacement character string must empty or a single character')
  }
  return replacement
}

export const fromUtf8 = scalarFunction({
  name: 'from_utf8',
  description: 'The string of UTF-8 bytes, with a replacement for what is malformed',
  overloads: [
    {
      args: ['varbinary'],
      returns: 'varchar',
      neverFails: true,
      evaluate: (bytes: Uint8Array) => decodeUtf8(bytes, '\ufffd'),
    },
    {
      args: ['varbinary', 'varchar(x)'],
      returns: 'varchar',
      evaluate: (bytes: Uint8Array, replacement: string) =>
        decodeUtf8(bytes, replacementOf(replacement)),
    },
    {
      args: ['varbinary', 'bigint'],
      returns: 'varchar',
      evaluate: (bytes: Uint8Array, replacement: bigint) =>
        // A negative number is refused only where it is needed.
        decodeUtf8(bytes, replacement < 0n && isUtf8(bytes) ? '' : replacementOf(replacement)),
    },
  ],
})

/** Numbers as bytes in the order of the network, and back. */
const number = (
  suffix: string,
  type: string,
  size: number,
  write: (view: DataView, value: never) => void,
  read: (view: DataView) => number | bigint,
): FunctionDefinition[] => [
  scalarFunction({
    name: `to_${suffix}`,
    description: `The ${size} bytes of a number, highest first`,
    overloads: [
      {
        args: [type],
        returns: 'varbinary',
        neverFails: true,
        evaluate: ((value: never) => {
          const bytes = new Uint8Array(size)
          write(new DataView(bytes.buffer), value)
          return bytes
        }) as ScalarEvaluator,
      },
    ],
  }),
  scalarFunction({
    name: `from_${suffix}`,
    description: `The number of ${size} bytes, highest first`,
    overloads: [
      {
        args: ['varbinary'],
        returns: type,
        evaluate: (bytes: Uint8Array) => {
          if (bytes.length !== size) {
            const kind = suffix.startsWith('ieee')
              ? `Input floating-point value must be exactly ${size} bytes long`
              : `expected ${size}-byte input, but got instead: ${bytes.length}`
            return invalidArgument(kind)
          }
          return read(new DataView(bytes.buffer, bytes.byteOffset, size))
        },
      },
    ],
  }),
]

export const numberEncodings: readonly FunctionDefinition[] = [
  ...number(
    'big_endian_64',
    'bigint',
    8,
    (view, value: bigint) => view.setBigInt64(0, value),
    (view) => view.getBigInt64(0),
  ),
  ...number(
    'big_endian_32',
    'integer',
    4,
    (view, value: number) => view.setInt32(0, value),
    (view) => view.getInt32(0),
  ),
  ...number(
    'ieee754_64',
    'double',
    8,
    (view, value: number) => view.setFloat64(0, value),
    (view) => view.getFloat64(0),
  ),
  ...number(
    'ieee754_32',
    'real',
    4,
    (view, value: number) => view.setFloat32(0, value),
    (view) => view.getFloat32(0),
  ),
]
