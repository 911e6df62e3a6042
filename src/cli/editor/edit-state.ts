/** A text being edited: plain and immutable, so that editing is functions from one to the next. */
export interface EditState {
  readonly text: string
  /** UTF-16 offset, never within a surrogate pair. */
  readonly cursor: number
}

export type Edit = (state: EditState) => EditState

export const emptyState: EditState = { text: '', cursor: 0 }

export const stateAtEnd = (text: string): EditState => ({ text, cursor: text.length })

const isWord = (character: string): boolean => /[\p{L}\p{N}_]/u.test(character)

/** Where the code point before an offset starts. */
function before({ text, cursor }: EditState): number {
  if (cursor === 0) return 0
  const code = text.charCodeAt(cursor - 1)
  const isLow = code >= 0xdc00 && code < 0xe000
  return cursor - (isLow && cursor > 1 ? 2 : 1)
}

/** Where the code point at an offset ends. */
function after({ text, cursor }: EditState): number {
  if (cursor === text.length) return cursor
  return cursor + (text.codePointAt(cursor)! > 0xffff ? 2 : 1)
}

function wordStart({ text, cursor }: EditState): number {
  let at = cursor
  while (at > 0 && !isWord(text[at - 1]!)) at--
  while (at > 0 && isWord(text[at - 1]!)) at--
  return at
}

function wordEnd({ text, cursor }: EditState): number {
  let at = cursor
  while (at < text.length && !isWord(text[at]!)) at++
  while (at < text.length && isWord(text[at]!)) at++
  return at
}

export const lineStart = ({ text, cursor }: EditState): number =>
  text.lastIndexOf('\n', cursor - 1) + 1

export function lineEnd({ text, cursor }: EditState): number {
  const end = text.indexOf('\n', cursor)
  return end < 0 ? text.length : end
}

const moveTo =
  (target: (state: EditState) => number): Edit =>
  (state) => ({ ...state, cursor: target(state) })

/** Takes out what lies between the cursor and a place. */
const removeTo =
  (target: (state: EditState) => number): Edit =>
  (state) => {
    const other = target(state)
    const start = Math.min(other, state.cursor)
    const end = Math.max(other, state.cursor)
    return { text: state.text.slice(0, start) + state.text.slice(end), cursor: start }
  }

export const left = moveTo(before)
export const right = moveTo(after)
export const wordLeft = moveTo(wordStart)
export const wordRight = moveTo(wordEnd)
export const toLineStart = moveTo(lineStart)
export const toLineEnd = moveTo(lineEnd)
export const toStart = moveTo(() => 0)
export const toEnd = moveTo(({ text }) => text.length)

export const removeBefore = removeTo(before)
export const removeAfter = removeTo(after)
export const removeWordBefore = removeTo(wordStart)
export const removeWordAfter = removeTo(wordEnd)
export const removeLineBefore = removeTo(lineStart)
/** To the end of the line; at the end, the line break. */
export const removeLineAfter = removeTo((state) => {
  const end = lineEnd(state)
  return end === state.cursor ? after(state) : end
})

export const insert =
  (added: string): Edit =>
  ({ text, cursor }) => ({
    text: text.slice(0, cursor) + added + text.slice(cursor),
    cursor: cursor + added.length,
  })

/** The line above or below at the same column; undefined where there is none. */
export function otherLine(state: EditState, direction: -1 | 1): EditState | undefined {
  const { text } = state
  const start = lineStart(state)
  const column = state.cursor - start
  if (direction < 0) {
    if (start === 0) return undefined
    const above = lineStart({ text, cursor: start - 1 })
    return wholeCharacter({ text, cursor: Math.min(above + column, start - 1) })
  }
  const end = lineEnd(state)
  if (end === text.length) return undefined
  const below = end + 1
  return wholeCharacter({
    text,
    cursor: Math.min(below + column, lineEnd({ text, cursor: below })),
  })
}

function wholeCharacter(state: EditState): EditState {
  const code = state.text.charCodeAt(state.cursor)
  return code >= 0xdc00 && code < 0xe000 ? left(state) : state
}
