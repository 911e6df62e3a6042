const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const LF = 0x0a

/** A document's place in bytes. */
export interface DocumentSpan {
  readonly start: number
  readonly end: number
}

/**
 * The next document from a place on; undefined where there is no whole one before `to`.
 * @param isLast whether the text ends at `to`, which then ends a document as well
 */
export function nextDocument(
  bytes: Uint8Array,
  from: number,
  to: number,
  mode: 'lines' | 'values',
  isLast: boolean,
): DocumentSpan | undefined {
  return mode === 'lines' ? nextLine(bytes, from, to, isLast) : nextValue(bytes, from, to, isLast)
}

function nextLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  isLast: boolean,
): DocumentSpan | undefined {
  let start = from
  for (;;) {
    while (start < to && isBlank(bytes[start]!)) start++
    if (start >= to) return undefined
    let end = bytes.indexOf(LF, start)
    if (end < 0 || end >= to) {
      if (!isLast) return undefined
      end = to
    }
    return { start, end }
  }
}

const isBlank = (byte: number): boolean =>
  byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09

/** Objects, whatever of commas and brackets is between them; anything else is a document for the parser to refuse. */
function nextValue(
  bytes: Uint8Array,
  from: number,
  to: number,
  isLast: boolean,
): DocumentSpan | undefined {
  let start = from
  while (
    start < to &&
    (isBlank(bytes[start]!) ||
      bytes[start] === 0x2c ||
      bytes[start] === OPEN_BRACKET ||
      bytes[start] === CLOSE_BRACKET)
  ) {
    start++
  }
  if (start >= to) return undefined
  let depth = 0
  let isText = false
  for (let p = start; p < to; p++) {
    const byte = bytes[p]!
    if (isText) {
      if (byte === BACKSLASH) p++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--
      if (depth <= 0) return { start, end: p + 1 }
    }
  }
  return isLast ? { start, end: to } : undefined
}

/** The texts of all whole documents of a sample. */
export function* documentsIn(
  bytes: Uint8Array,
  mode: 'lines' | 'values',
  isWhole: boolean,
): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let from = 0
  for (;;) {
    const span = nextDocument(bytes, from, bytes.length, mode, isWhole)
    if (span === undefined) return
    yield buffer.toString('utf8', span.start, span.end)
    from = span.end
  }
}
