import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { barText, type Rgb, rgbOf } from '../../value/color.js'

const RED: Rgb = [255, 0, 0]
const GREEN: Rgb = [0, 255, 0]

const MAX_WIDTH = 1_000_000n

function columns(width: bigint): number {
  if (width > MAX_WIDTH) invalidArgument(`width must not be greater than ${MAX_WIDTH}: ${width}`)
  return Number(width)
}

const partsOf = (paint: string): Rgb =>
  rgbOf(paint) ?? invalidArgument('color is not a valid rgb value')

export const bar = scalarFunction({
  name: 'bar',
  description: 'A bar of so many columns, of which a fraction is filled',
  overloads: [
    {
      args: ['double', 'bigint'],
      returns: 'varchar',
      evaluate: (fraction: number, width: bigint) =>
        barText(fraction, columns(width), () => [RED, GREEN]),
    },
    {
      args: ['double', 'bigint', 'color', 'color'],
      returns: 'varchar',
      evaluate: (fraction: number, width: bigint, low: string, high: string) =>
        barText(fraction, columns(width), () => [partsOf(low), partsOf(high)]),
    },
  ],
})
