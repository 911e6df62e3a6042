import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

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
