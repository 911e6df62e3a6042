import { characterWidth } from '../format/console-width.js'
import type { EditState } from './edit-state.js'

/** A text as a terminal shows it: whole rows, and where the cursor is among them. */
export interface Layout {
  readonly rows: readonly string[]
  readonly cursorRow: number
  readonly cursorColumn: number
}

/**
 * Lays a text out behind a prompt, later lines behind another, broken where the terminal ends. Rows are broken here and not by
 * the terminal, so that the place of the cursor is known.
 */
export function layOut(
  { text, cursor }: EditState,
  prompt: string,
  continuation: string,
  columns: number,
): Layout {
  const rows: string[] = []
  let row = ''
  let width = 0
  let cursorRow = 0
  let cursorColumn = 0
  const put = (character: string): void => {
    const taken = character === '\t' ? 1 : characterWidth(character)
    if (width + taken > columns) breakRow()
    // A tab would be as wide as the terminal likes; control characters would act.
    row += character === '\t' || (taken === 0 && character < ' ') ? ' ' : character
    width += taken
  }
  const breakRow = (): void => {
    rows.push(row)
    row = ''
    width = 0
  }
  const mark = (): void => {
    if (width === columns) breakRow()
    cursorRow = rows.length
    cursorColumn = width
  }
  for (const character of prompt) put(character)
  let offset = 0
  for (const character of text) {
    if (offset === cursor) mark()
    if (character === '\n') {
      breakRow()
      for (const part of continuation) put(part)
    } else {
      put(character)
    }
    offset += character.length
  }
  if (offset === cursor) mark()
  rows.push(row)
  return { rows, cursorRow, cursorColumn }
}
