import type { CharType } from '../../../spi/type/type.js'
import { codePointCount, padChar, trimBlanks } from '../../../values/code-points.js'
import { type BoundCall, type ScalarOverload, scalarFunction } from '../../function-definition.js'

export const length = scalarFunction({
  name: 'length',
  description: 'The number of characters of a string, or bytes of a binary',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (text: string) => BigInt(codePointCount(text)),
    },
    {
      args: ['char(x)'],
      returns: 'bigint',
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { length: padded } = argumentTypes[0] as CharType
        return (text: string) => BigInt(Math.max(padded, codePointCount(text)))
      },
    },
    {
      args: ['varbinary'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (bytes: Uint8Array) => BigInt(bytes.length),
    },
  ],
})

/** Character by character, so that no text changes its length (no `ß` to `SS`, no final sigma). */
const mapPoints =
  (change: (point: string) => string) =>
  (text: string): string => {
    if (/^[\0-\x7f]*$/.test(text)) return change(text)
    let result = ''
    for (const point of text) {
      const changed = change(point)
      result += codePointCount(changed) === 1 ? changed : point
    }
    return result
  }

/** Greek letters with iota subscript, whose upper case is two letters but for which there is a title case of one. */
const IOTA_SUBSCRIPT = /^[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]$/

function upperCase(text: string): string {
  if (!IOTA_SUBSCRIPT.test(text)) return text.toUpperCase()
  const code = text.charCodeAt(0)
  return String.fromCharCode(code + (code < 0x1fb0 ? 8 : 9))
}

const caseOverloads = (change: (text: string) => string): ScalarOverload[] => [
  {
    args: ['varchar(x)'],
    returns: 'varchar(x)',
    neverFails: true,
    evaluate: mapPoints(change),
  },
  { args: ['char(x)'], returns: 'char(x)', neverFails: true, evaluate: mapPoints(change) },
]

export const upper = scalarFunction({
  name: 'upper',
  description: 'The string in upper case',
  overloads: caseOverloads(upperCase),
})

export const lower = scalarFunction({
  name: 'lower',
  description: 'The string in lower case',
  overloads: caseOverloads((text) => (text === 'İ' ? 'i' : text.toLowerCase())),
})

export const reverse = scalarFunction({
  name: 'reverse',
  description: 'The characters, bytes or elements in the opposite order',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'varchar(x)',
      neverFails: true,
      evaluate: (text: string) => [...text].reverse().join(''),
    },
    {
      args: ['char(x)'],
      returns: 'char(x)',
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { length } = argumentTypes[0] as CharType
        return (text: string) => trimBlanks([...padChar(text, length)].reverse().join(''))
      },
    },
    {
      args: ['varbinary'],
      returns: 'varbinary',
      neverFails: true,
      evaluate: (bytes: Uint8Array) => Uint8Array.from(bytes).reverse(),
    },
    {
      args: ['array(E)'],
      returns: 'array(E)',
      typeVariables: ['E'],
      neverFails: true,
      evaluate: (array: readonly never[]) => [...array].reverse(),
    },
  ],
})

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

const trimOverloads = (sides: Sides): ScalarOverload[] => [
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

export const trim = scalarFunction({
  name: 'trim',
  description: 'The string without white space, or the given characters, at both ends',
  overloads: trimOverloads('both'),
})

export const ltrim = scalarFunction({
  name: 'ltrim',
  description: 'The string without white space, or the given characters, at its start',
  overloads: trimOverloads('leading'),
})

export const rtrim = scalarFunction({
  name: 'rtrim',
  description: 'The string without white space, or the given characters, at its end',
  overloads: trimOverloads('trailing'),
})
