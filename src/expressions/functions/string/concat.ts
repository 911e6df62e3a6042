import type { CharType, SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { padChar, trimBlanks } from '../../../values/code-points.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

const joinBytes = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const lengthOf = (type: SqlType | undefined): number => (type as CharType).length

const tooFew = () => invalidArgument('There must be two or more concatenation arguments')

/** What `||` is planned as too. */
export const concat = scalarFunction({
  name: 'concat',
  description: 'Strings, binaries or arrays one after another, or an array with an element',
  overloads: [
    {
      args: ['char(x)', 'char(y)'],
      returns: 'char(u)',
      calculate: ({ x, y }) => ({ u: x! + y! }),
      bind: ({ argumentTypes }) => {
        const first = lengthOf(argumentTypes[0])
        return (left: string, right: string) =>
          right === '' ? left : trimBlanks(padChar(left, first) + right)
      },
    },
    {
      args: ['E', 'array(E)'],
      returns: 'array(E)',
      typeVariables: ['E'],
      evaluate: (element: Value, array: readonly Value[]) => [element, ...array],
    },
    {
      args: ['array(E)', 'E'],
      returns: 'array(E)',
      typeVariables: ['E'],
      evaluate: (array: readonly Value[], element: Value) => [...array, element],
    },
    {
      args: ['array(E)'],
      returns: 'array(E)',
      typeVariables: ['E'],
      variableArity: true,
      evaluate: (...arrays: (readonly Value[])[]) =>
        arrays.length < 2 ? tooFew() : arrays.flat(1),
    },
    {
      args: ['varchar'],
      returns: 'varchar',
      variableArity: true,
      evaluate: (...texts: string[]) => (texts.length < 2 ? tooFew() : texts.join('')),
    },
    {
      args: ['varbinary'],
      returns: 'varbinary',
      variableArity: true,
      evaluate: (...parts: Uint8Array[]) => (parts.length < 2 ? tooFew() : joinBytes(...parts)),
    },
  ],
})
