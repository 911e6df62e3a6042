import { scalarFunction } from '../../function-definition.js'
import { positionOf } from './strpos.js'

export const indexFunction = scalarFunction({
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
})
