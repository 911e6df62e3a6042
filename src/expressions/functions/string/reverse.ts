import type { CharType } from '../../../spi/type/type.js'
import { padChar, trimBlanks } from '../../../values/code-points.js'
import { scalarFunction } from '../../function-definition.js'

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
