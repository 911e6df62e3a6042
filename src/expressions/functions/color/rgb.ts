import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { colorText } from '../../value/color.js'

function part(value: bigint, name: string): number {
  if (value < 0n || value > 255n) invalidArgument(`${name} must be between 0 and 255`)
  return Number(value)
}

export const rgb = scalarFunction({
  name: 'rgb',
  description: 'The color of a red, a green and a blue part, each 0 to 255',
  overloads: [
    {
      args: ['bigint', 'bigint', 'bigint'],
      returns: 'color',
      evaluate: (red: bigint, green: bigint, blue: bigint) =>
        colorText([part(red, 'red'), part(green, 'green'), part(blue, 'blue')]),
    },
  ],
})
