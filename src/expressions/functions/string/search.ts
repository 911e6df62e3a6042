import { codePointCount } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'

/** The position, from 1, of the n-th occurrence, counted from the end where n is negative; 0 where there is none. */
function positionOf(text: string, wanted: string, instance = 1n): bigint {
  if (instance === 0n) return invalidArgument("'instance' must be a positive or negative number.")
  if (wanted === '') return 1n
  let at = instance > 0n ? -1 : text.length
  const count = instance > 0n ? instance : -instance
  for (let i = 0n; i < count; i++) {
    if (instance > 0n) at = text.indexOf(wanted, at + 1)
    else at = at === 0 ? -1 : text.lastIndexOf(wanted, at - 1)
    if (at < 0) return 0n
  }
  return BigInt(codePointCount(text.slice(0, at)) + 1)
}

export const strpos = scalarFunction({
  name: 'strpos',
  description:
    'The position of an occurrence of a string in another, from 1; 0 where there is none',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (text: string, wanted: string) => positionOf(text, wanted),
    },
    {
      args: ['varchar(x)', 'varchar(y)', 'bigint'],
      returns: 'bigint',
      evaluate: positionOf,
    },
  ],
})

export const startsWith = scalarFunction({
  name: 'starts_with',
  description: 'Tells whether a string begins with another',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'boolean',
      neverFails: true,
      evaluate: (text: string, prefix: string) => text.startsWith(prefix),
    },
  ],
})

const MAX_LENGTH = 2_147_483_647

/** An empty search puts the replacement around every character. */
function replaceAll(text: string, search: string, replacement: string): string {
  if (search !== '') return text.replaceAll(search, () => replacement)
  return replacement + [...text].map((character) => character + replacement).join('')
}

export const replace = scalarFunction({
  name: 'replace',
  description: 'The string with every occurrence of another removed or replaced',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'varchar(x)',
      neverFails: true,
      evaluate: (text: string, search: string) => replaceAll(text, search, ''),
    },
    {
      args: ['varchar(x)', 'varchar(y)', 'varchar(z)'],
      returns: 'varchar(u)',
      calculate: ({ x, z }) => ({ u: Math.min(MAX_LENGTH, x! + z! * (x! + 1)) }),
      neverFails: true,
      evaluate: replaceAll,
    },
  ],
})

export const translate = scalarFunction({
  name: 'translate',
  description: 'The string with characters of one list replaced by those of another',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)', 'varchar(z)'],
      returns: 'varchar',
      neverFails: true,
      evaluate: (text: string, from: string, to: string) => {
        const targets = [...to]
        const changes = new Map<string, string>()
        for (const [i, character] of [...from].entries()) {
          if (!changes.has(character)) changes.set(character, targets[i] ?? '')
        }
        let result = ''
        for (const character of text) result += changes.get(character) ?? character
        return result
      },
    },
  ],
})

export const teradataStrings: readonly FunctionDefinition[] = [
  scalarFunction({
    name: 'index',
    description: 'The position of a string in another, from 1; 0 where there is none',
    overloads: [
      {
        args: ['varchar', 'varchar'],
        returns: 'bigint',
        neverFails: true,
        evaluate: (text: string, wanted: string) => positionOf(text, wanted),
      },
    ],
  }),
]
