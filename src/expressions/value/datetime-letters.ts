import { invalidArgument } from '../errors.js'
import type { NumberField, PatternPart } from './datetime-pattern.js'

const number = (field: NumberField, digits: number): PatternPart => ({
  kind: 'number',
  field,
  digits,
})
const text = (value: string): PatternPart => ({ kind: 'text', text: value })

const CLOCK: readonly PatternPart[] = [
  number('hour', 2),
  text(':'),
  number('minute', 2),
  text(':'),
  number('second', 2),
]

const MYSQL: Readonly<Record<string, readonly PatternPart[]>> = {
  a: [{ kind: 'name', field: 'dayOfWeek', isShort: true }],
  b: [{ kind: 'name', field: 'month', isShort: true }],
  c: [number('month', 1)],
  d: [number('day', 2)],
  e: [number('day', 1)],
  f: [{ kind: 'fraction', digits: 6 }],
  H: [number('hour', 2)],
  h: [number('clockHalfHour', 2)],
  I: [number('clockHalfHour', 2)],
  i: [number('minute', 2)],
  j: [number('dayOfYear', 3)],
  k: [number('hour', 1)],
  l: [number('clockHalfHour', 1)],
  M: [{ kind: 'name', field: 'month', isShort: false }],
  m: [number('month', 2)],
  p: [{ kind: 'name', field: 'halfday', isShort: false }],
  r: [
    number('clockHalfHour', 2),
    ...CLOCK.slice(1),
    text(' '),
    { kind: 'name', field: 'halfday', isShort: false },
  ],
  S: [number('second', 2)],
  s: [number('second', 2)],
  T: CLOCK,
  v: [number('week', 2)],
  W: [{ kind: 'name', field: 'dayOfWeek', isShort: false }],
  x: [{ kind: 'number', field: 'weekyear', digits: 4, most: 4 }],
  Y: [{ kind: 'number', field: 'year', digits: 4, most: 4 }],
  y: [number('twoDigitYear', 2)],
  '%': [text('%')],
}

/** The pattern of date_format and date_parse: `%Y-%m-%d`. */
export function mysqlPattern(pattern: string): readonly PatternPart[] {
  const parts: PatternPart[] = []
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '%') {
      parts.push(text(pattern[i]!))
      continue
    }
    if (i + 1 === pattern.length) break
    const letter = pattern[++i]!
    if (/[DUuVwX]/.test(letter)) {
      invalidArgument(`%${letter} not supported in date format string`)
    }
    parts.push(...(MYSQL[letter] ?? [text(letter)]))
  }
  if (parts.length === 0) invalidArgument('Both printing and parsing not supported')
  return parts
}

function jodaLetter(letter: string, count: number): PatternPart {
  switch (letter) {
    case 'G':
      return { kind: 'name', field: 'era', isShort: true }
    case 'C':
      return number('century', count)
    case 'Y':
      return count === 2 ? number('twoDigitYear', 2) : number('yearOfEra', count)
    case 'y':
      return count === 2 ? number('twoDigitYear', 2) : number('year', count)
    case 'x':
      return count === 2 ? number('twoDigitWeekyear', 2) : number('weekyear', count)
    case 'w':
      return number('week', count)
    case 'e':
      return number('dayOfWeek', count)
    case 'E':
      return { kind: 'name', field: 'dayOfWeek', isShort: count < 4 }
    case 'D':
      return number('dayOfYear', count)
    case 'M':
      return count < 3
        ? number('month', count)
        : { kind: 'name', field: 'month', isShort: count < 4 }
    case 'd':
      return number('day', count)
    case 'a':
      return { kind: 'name', field: 'halfday', isShort: false }
    case 'K':
      return number('halfHour', count)
    case 'h':
      return number('clockHalfHour', count)
    case 'H':
      return number('hour', count)
    case 'k':
      return number('clockHour', count)
    case 'm':
      return number('minute', count)
    case 's':
      return number('second', count)
    case 'S':
      return { kind: 'fraction', digits: count }
    case 'z':
      return { kind: 'zone', style: count < 4 ? 'short' : 'long' }
    case 'Z':
      return { kind: 'zone', style: count === 1 ? 'offset' : count === 2 ? 'colon' : 'id' }
    default:
      return invalidArgument(`Illegal pattern component: ${letter.repeat(count)}`)
  }
}

/** The pattern of format_datetime and parse_datetime: `yyyy-MM-dd HH:mm`. */
export function jodaPattern(pattern: string): readonly PatternPart[] {
  if (pattern === '') invalidArgument('Invalid pattern specification: Pattern is null or empty')
  const parts: PatternPart[] = []
  for (const [run, quoted] of pattern.matchAll(
    /'((?:[^']|'')*)(?:'|$)|([A-Za-z])\2*|[^A-Za-z']/g,
  )) {
    // Two quotes are one; one quote at the end of all is nothing.
    if (run === "'") continue
    if (quoted !== undefined) parts.push(text(quoted === '' ? "'" : quoted.replaceAll("''", "'")))
    else if (/[A-Za-z]/.test(run[0]!)) parts.push(jodaLetter(run[0]!, run.length))
    else parts.push(text(run))
  }
  return parts
}
