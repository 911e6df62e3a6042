import { javaDoubleText } from '../../../values/number-text.js'
import { scalarFunction } from '../../function-definition.js'
import { colored } from '../../value/color.js'

const MAX_LENGTH = 2_147_483_647

export const render = scalarFunction({
  name: 'render',
  description: 'A value as the terminal shows it in a color',
  overloads: [
    {
      args: ['varchar(x)', 'color'],
      returns: 'varchar(y)',
      calculate: ({ x }) => ({ y: Math.min(MAX_LENGTH, x! + 15) }),
      evaluate: (text: string, paint: string) => colored(text, paint),
    },
    {
      args: ['bigint', 'color'],
      returns: 'varchar(35)',
      evaluate: (value: bigint, paint: string) => colored(String(value), paint),
    },
    {
      args: ['double', 'color'],
      returns: 'varchar(41)',
      evaluate: (value: number, paint: string) => colored(javaDoubleText(value), paint),
    },
    {
      args: ['boolean'],
      returns: 'varchar(16)',
      evaluate: (value: boolean) => (value ? colored('\u2713', 'green') : colored('\u2717', 'red')),
    },
  ],
})
