/** The fields of a row, and the line that it begins in. null: nothing between two commas. */
export interface CsvRecord {
  readonly fields: readonly (string | null)[]
  readonly line: number
}

/** Why a text is no CSV, or too long. */
export class RecordError extends Error {
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const LINE_FEED = 0x0a

/**
 * Cuts text that comes in pieces into records: fields between commas, blanks around them dropped as by Trino's
 * connector; fields in quotes may hold commas, line ends and, doubled, quotes (RFC 4180).
 * @param maxChars of one record, which is what is kept of the text
 * @throws RecordError
 */
export async function* csvRecords(
  pieces: AsyncIterable<string>,
  maxChars: number,
): AsyncGenerator<CsvRecord> {
  let text = ''
  /** In `text`: what comes next, and where its record and field begin. */
  let at = 0
  let recordStart = 0
  let fieldStart = 0
  let kind: 'blank' | 'plain' | 'quoted' = 'blank'
  let isQuoted = false
  let line = 1
  let recordLine = 1
  let fields: (string | null)[] = []
  const endField = (): void => {
    fields.push(fieldOf(text.slice(fieldStart, at), recordLine))
    fieldStart = at + 1
    kind = 'blank'
  }
  for await (const piece of pieces) {
    text = text.slice(recordStart) + piece
    at -= recordStart
    fieldStart -= recordStart
    recordStart = 0
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at)
      if (char === LINE_FEED) line++
      if (char === QUOTE) {
        // Inside of a field that did not begin with one it is a character like others.
        if (kind === 'blank') kind = 'quoted'
        if (kind === 'quoted') isQuoted = !isQuoted
        continue
      }
      if (isQuoted) continue
      if (char === COMMA) endField()
      else if (char === LINE_FEED) {
        endField()
        yield { fields, line: recordLine }
        fields = []
        recordStart = at + 1
        recordLine = line
      } else if (kind === 'blank' && !isBlank(char)) kind = 'plain'
    }
    if (at - recordStart > maxChars) {
      throw new RecordError(`Row is longer than ${maxChars} characters`, recordLine)
    }
  }
  if (isQuoted) throw new RecordError('Quote is not closed', recordLine)
  if (at === recordStart) return
  endField()
  yield { fields, line: recordLine }
}

const isBlank = (char: number): boolean => String.fromCharCode(char).trim() === ''

function fieldOf(raw: string, line: number): string | null {
  const text = raw.trim()
  if (!text.startsWith('"')) return text === '' ? null : text
  if (!/^"(?:[^"]|"")*"$/.test(text)) {
    throw new RecordError('Field has text after its quote', line)
  }
  return text.slice(1, -1).replaceAll('""', '"')
}
