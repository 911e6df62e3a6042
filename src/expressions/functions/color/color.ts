import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { between, colorText, parseColor, type Rgb, rgbOf } from '../../value/color.js'

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
