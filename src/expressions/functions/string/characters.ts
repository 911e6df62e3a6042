import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const chr = scalarFunction({
  name: 'chr',
  description: 'The character of a Unicode code point',
  overloads: [
    {
      args: ['bigint'],
      returns: 'varchar(1)',
      evaluate: (point: bigint) => {
        const isScalar =
          point >= 0n && point <= 0x10ffffn && !(point >= 0xd800n && point <= 0xdfffn)
        if (!isScalar) return invalidArgument(`Not a valid Unicode code point: ${point}`)
        return String.fromCodePoint(Number(point))
      },
    },
  ],
})

export const codepoint = scalarFunction({
  name: 'codepoint',
  description: 'The Unicode code point of a character',
  overloads: [
    {
      args: ['varchar(1)'],
      returns: 'integer',
      evaluate: (text: string) =>
        text.codePointAt(0) ?? invalidArgument('Input string must be a single character string'),
    },
  ],
})

/** The number of characters to insert, delete or exchange. O(length × length) time, O(length) space. */
function levenshtein(left: string, right: string): number {
  const a = [...left]
  const b = [...right]
  if (a.length * b.length > 1_000_000) {
    invalidArgument(
      `The combined inputs for Levenshtein distance are too large: ${a.length} and ${b.length}`,
    )
  }
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchange = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(exchange, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

export const levenshteinDistance = scalarFunction({
  name: 'levenshtein_distance',
  description: 'The number of characters to change to make one string of another',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'bigint',
      evaluate: (left: string, right: string) => BigInt(levenshtein(left, right)),
    },
  ],
})

export const hammingDistance = scalarFunction({
  name: 'hamming_distance',
  description: 'The number of characters in which two strings of one length differ',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'bigint',
      evaluate: (left: string, right: string) => {
        const a = [...left]
        const b = [...right]
        if (a.length !== b.length) {
          return invalidArgument(
            'The input strings to hamming_distance function must have the same length',
          )
        }
        return BigInt(a.filter((character, i) => character !== b[i]).length)
      },
    },
  ],
})

const FORMS = new Set(['NFD', 'NFC', 'NFKD', 'NFKC'])

const normalForm = (text: string, form: string): string => {
  const name = form.toUpperCase()
  if (!FORMS.has(name)) {
    return invalidArgument('Normalization form must be one of [NFD, NFC, NFKD, NFKC]')
  }
  return text.normalize(name)
}

export const normalize = scalarFunction({
  name: 'normalize',
  description: 'The string in a Unicode normalization form',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'varchar',
      evaluate: normalForm,
    },
    { args: ['varchar(x)'], returns: 'varchar', evaluate: (text: string) => text.normalize('NFC') },
  ],
})

const SOUNDEX_CODES: Readonly<Record<string, string>> = Object.fromEntries(
  ['BFPV', 'CGJKQSXZ', 'DT', 'L', 'MN', 'R'].flatMap((letters, i) =>
    [...letters].map((letter) => [letter, String(i + 1)]),
  ),
)

/** American Soundex: letters of one code together, or with H or W between, count once. */
function soundexOf(text: string): string {
  const letters = [...text.toUpperCase()].filter((letter) => /\p{L}/u.test(letter))
  const [first] = letters
  if (first === undefined) return ''
  for (const letter of letters) {
    if (!/[A-Z]/.test(letter)) invalidArgument(`The character is not mapped: ${letter}`)
  }
  let result = first
  let last = SOUNDEX_CODES[first]
  for (const letter of letters.slice(1)) {
    const code = SOUNDEX_CODES[letter]
    if (code !== undefined && code !== last) result += code
    if (letter !== 'H' && letter !== 'W') last = code
    if (result.length === 4) break
  }
  return result.padEnd(4, '0')
}

export const soundex = scalarFunction({
  name: 'soundex',
  description: 'The code of how a word sounds in English',
  overloads: [{ args: ['varchar'], returns: 'varchar(4)', evaluate: soundexOf }],
})

export const luhnCheck = scalarFunction({
  name: 'luhn_check',
  description: 'Tells whether digits end with their Luhn check digit',
  overloads: [
    {
      args: ['varchar'],
      returns: 'boolean',
      evaluate: (digits: string) => {
        if (digits === '') return false
        if (!/^\d*$/.test(digits)) return invalidArgument('')
        let sum = 0
        for (let i = 0; i < digits.length; i++) {
          const digit = Number(digits[digits.length - 1 - i])
          const weighted = i % 2 === 1 ? digit * 2 : digit
          sum += weighted > 9 ? weighted - 9 : weighted
        }
        return sum % 10 === 0
      },
    },
  ],
})
