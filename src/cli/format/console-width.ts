const ESCAPE_SEQUENCE = /\u001b\[[0-9;?]*[ -/]*[@-~]/g
const MARKS = /\p{Mark}|\p{Cf}|\p{Cc}/u
const PLAIN = /^[\u0020-\u007e]*$/

/** Ranges of code points that take two columns. @source Unicode 15, EastAsianWidth W and F, and emoji */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2795, 0x2797],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
]

/** Columns that a code point takes on a terminal: 0, 1 or 2. */
export function characterWidth(character: string): number {
  const code = character.codePointAt(0)!
  if (code >= 0x20 && code < 0x7f) return 1
  if (MARKS.test(character)) return 0
  if (code < 0x1100) return 1
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** Columns that a line takes on a terminal; escape sequences take none. */
export function consoleWidth(line: string): number {
  if (PLAIN.test(line)) return line.length
  let width = 0
  for (const character of line.replace(ESCAPE_SEQUENCE, '')) width += characterWidth(character)
  return width
}

/** Columns that the widest of a text's lines takes. */
export function widestLine(text: string): number {
  if (!text.includes('\n')) return consoleWidth(text)
  return text.split('\n').reduce((widest, line) => Math.max(widest, consoleWidth(line)), 0)
}
