import { invalidArgument } from '../../errors.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'

export const bytesOf = (buffer: Buffer): Uint8Array => new Uint8Array(buffer)

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
  if (text.length % 2 !== 0) invalidArgument(`invalid input length ${text.length}`)
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
