import { javaDoubleText } from '../../../values/number-text.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import {
  barText,
  between,
  colored,
  colorText,
  parseColor,
  type Rgb,
  rgbOf,
} from '../../value/color.js'

const RED: Rgb = [255, 0, 0]
const GREEN: Rgb = [0, 255, 0]
const MAX_LENGTH = 2_147_483_647

const rgbNamed = (color: string, name: string): Rgb =>
  rgbOf(color) ?? invalidArgument(`${name} not a valid RGB color`)

function mixed(fraction: number, low: string, high: string): string {
  const from = rgbNamed(low, 'lowColor')
  const to = rgbNamed(high, 'highColor')
  return colorText(between(Math.fround(Math.max(0, Math.min(1, fraction))), from, to))
}

export const color = scalarFunction({
  name: 'color',
  description: 'A color by name or #rgb, or one between two colors',
  overloads: [
    { args: ['varchar(x)'], returns: 'color', evaluate: parseColor },
    { args: ['double', 'color', 'color'], returns: 'color', evaluate: mixed },
    {
      args: ['double', 'double', 'double', 'color', 'color'],
      returns: 'color',
      evaluate: (value: number, from: number, to: number, low: string, high: string) =>
        mixed((value - from) / (to - from), low, high),
    },
  ],
})

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
