import { describe, expect, it } from 'vitest'
import {
  type Edit,
  type EditState,
  left,
  otherLine,
  removeBefore,
  removeLineAfter,
  removeWordBefore,
  right,
  wordLeft,
  wordRight,
} from '../../../src/cli/editor/edit-state.js'
import { layOut } from '../../../src/cli/editor/layout.js'
import { commonStart } from '../../../src/cli/editor/line-editor.js'

/** A text with `|` where the cursor is. */
const state = (marked: string): EditState => ({
  text: marked.replace('|', ''),
  cursor: marked.indexOf('|'),
})
const marked = ({ text, cursor }: EditState): string =>
  `${text.slice(0, cursor)}|${text.slice(cursor)}`

describe('edits', () => {
  it.each<[string, Edit, string, string]>([
    ['left', left, 'a|b', '|ab'],
    ['left at the start', left, '|ab', '|ab'],
    ['left over a surrogate pair', left, 'a😀|', 'a|😀'],
    ['right over a surrogate pair', right, 'a|😀b', 'a😀|b'],
    ['word left', wordLeft, 'select foo, |', 'select |foo, '],
    ['word right', wordRight, '|  from nation', '  from| nation'],
    ['remove a surrogate pair', removeBefore, 'a😀|b', 'a|b'],
    ['remove a word', removeWordBefore, 'select foo|;', 'select |;'],
    ['remove to the end of the line', removeLineAfter, 'a|b\nc', 'a|\nc'],
    ['remove the line break', removeLineAfter, 'a|\nc', 'a|c'],
  ])('%s', (_, edit, before, after) => {
    expect(marked(edit(state(before)))).toBe(after)
  })

  it('go to the line above and below at the same column, or its end', () => {
    expect(marked(otherLine(state('long line\nab|c'), -1)!)).toBe('lo|ng line\nabc')
    expect(marked(otherLine(state('long li|ne\nabc\n'), 1)!)).toBe('long line\nabc|\n')
    expect(otherLine(state('o|ne'), -1)).toBeUndefined()
    expect(otherLine(state('o|ne'), 1)).toBeUndefined()
  })
})

describe('the layout', () => {
  it('puts later lines behind their own prompt', () => {
    expect(layOut(state('a\nb|c'), '> ', '. ', 80)).toEqual({
      rows: ['> a', '. bc'],
      cursorRow: 1,
      cursorColumn: 3,
    })
  })

  it('breaks rows where the terminal ends, wide characters whole', () => {
    expect(layOut(state('abc日本|'), '> ', '', 6)).toEqual({
      rows: ['> abc', '日本'],
      cursorRow: 1,
      cursorColumn: 4,
    })
    expect(layOut(state('abcd|'), '> ', '', 6)).toEqual({
      rows: ['> abcd', ''],
      cursorRow: 1,
      cursorColumn: 0,
    })
  })

  it('has every cursor within the terminal, whatever is typed', () => {
    const text = 'ab\n日本語\t😀\n\nxyz'
    for (let columns = 3; columns < 12; columns++) {
      for (let cursor = 0; cursor <= text.length; cursor++) {
        const layout = layOut({ text, cursor }, '> ', '. ', columns)
        expect(layout.cursorRow).toBeLessThan(layout.rows.length)
        expect(layout.cursorColumn).toBeLessThan(columns)
      }
    }
  })
})

it('what candidates have in common keeps the spelling of the first', () => {
  expect(commonStart(['nation', 'nationkey'])).toBe('nation')
  expect(commonStart(['Name', 'nation'])).toBe('Na')
  expect(commonStart(['a', 'b'])).toBe('')
})
