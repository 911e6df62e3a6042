import type { CharType } from '../../../spi/type/type.js'
import { padChar, trimBlanks } from '../../../values/code-points.js'
import type { BoundCall, ScalarOverload } from '../../function-definition.js'

const SPACE = '[\\t-\\r\\x1c- \\u1680\\u2000-\\u2006\\u2008-\\u200a\\u2028\\u2029\\u205f\\u3000]+'
const LEADING = new RegExp(`^${SPACE}`)
const TRAILING = new RegExp(`${SPACE}$`)

type Sides = 'both' | 'leading' | 'trailing'

/** The end of the text without white space after it; a loop, since a pattern anchored at the end is quadratic. */
function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && TRAILING.test(text[end - 1]!)) end--
  return text.slice(0, end)
}

const trimSpace = (sides: Sides) => (text: string) => {
  const start = sides === 'trailing' ? text : text.replace(LEADING, '')
  return sides === 'leading' ? start : trimEnd(start)
}

const trimPoints = (sides: Sides) => (text: string, points: readonly number[]) => {
  const remove = new Set(points)
  const characters = [...text]
  let start = 0
  let end = characters.length
  if (sides !== 'trailing') {
    while (start < end && remove.has(characters[start]!.codePointAt(0)!)) start++
  }
  if (sides !== 'leading') {
    while (end > start && remove.has(characters[end - 1]!.codePointAt(0)!)) end--
  }
  return characters.slice(start, end).join('')
}

/** A CHAR is trimmed with its padding; what is left of it is a VARCHAR without blanks at its end. */
const onChar =
  (trim: (text: string, points: readonly number[]) => string) =>
  ({ argumentTypes }: BoundCall) => {
    const { length: padded } = argumentTypes[0] as CharType
    return (text: string, points: readonly number[] = []) => {
      return trimBlanks(trim(padChar(text, padded), points))
    }
  }

export const trimOverloads = (sides: Sides): ScalarOverload[] => [
  {
    args: ['varchar(x)'],
    returns: 'varchar(x)',
    neverFails: true,
    evaluate: trimSpace(sides),
  },
  {
    args: ['char(x)'],
    returns: 'varchar(x)',
    neverFails: true,
    bind: onChar(trimSpace(sides)),
  },
  {
    args: ['varchar(x)', 'codepoints'],
    returns: 'varchar(x)',
    neverFails: true,
    evaluate: trimPoints(sides),
  },
  {
    args: ['char(x)', 'codepoints'],
    returns: 'varchar(x)',
    neverFails: true,
    bind: onChar(trimPoints(sides)),
  },
]
