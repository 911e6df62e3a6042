import { isUtf8 } from 'node:buffer'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

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
