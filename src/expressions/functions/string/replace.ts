import { scalarFunction } from '../../function-definition.js'

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
