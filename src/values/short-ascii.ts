/** Texts up to this long are made of their bytes: cheaper than a call into the runtime. */
const SHORT_BYTES = 24
/** Characters that one call makes: with more arguments the engine's compilers take a slower way. */
const STEP = 8
const ASCII_LIMIT = 0x80

/**
 * A short text of ASCII bytes, in few pieces: what is added up byte by byte is kept as a piece a byte until somebody flattens it.
 * @returns undefined where the text is long, or a byte is not ASCII
 */
export function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > SHORT_BYTES) return undefined
  for (let i = start; i < end; i++) if (bytes[i]! >= ASCII_LIMIT) return undefined
  let text = ''
  let i = start
  for (; i + STEP <= end; i += STEP) {
    text += String.fromCharCode(
      bytes[i]!,
      bytes[i + 1]!,
      bytes[i + 2]!,
      bytes[i + 3]!,
      bytes[i + 4]!,
      bytes[i + 5]!,
      bytes[i + 6]!,
      bytes[i + 7]!,
    )
  }
  return i === end ? text : text + lastOf(bytes, i, end)
}

/** Fewer than a step: four, two and one of them. */
function lastOf(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  let i = start
  if ((end - i) & 4) {
    text = String.fromCharCode(bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!)
    i += 4
  }
  if ((end - i) & 2) {
    text += String.fromCharCode(bytes[i]!, bytes[i + 1]!)
    i += 2
  }
  return i === end ? text : text + String.fromCharCode(bytes[i]!)
}
