import { invalidArgument } from '../errors.js'

/**
 * Colors as text, `red` or `#ff0000`, and what the terminal shows of them. Colors between two are taken in HSB, in the
 * single precision of java.awt.Color, whose rounding decides the last bit.
 * @source Trino ColorFunctions; java.awt.Color RGBtoHSB, HSBtoRGB
 */
export type Rgb = readonly [red: number, green: number, blue: number]

const SYSTEM_COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
const RESET = '\u001b[0m'

const hex = (value: number): string => value.toString(16).padStart(2, '0')
export const colorText = (rgb: Rgb): string => `#${rgb.map(hex).join('')}`

/** Reads `#rgb` or the name of one of the terminal's colors. */
export function parseColor(text: string): string {
  const digits = /^#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])$/.exec(text)
  if (digits !== null) {
    const [red, green, blue] = digits.slice(1).map((digit) => Number.parseInt(digit, 16) * 17)
    return colorText([red!, green!, blue!])
  }
  const name = text.toLowerCase()
  return SYSTEM_COLORS.includes(name) ? name : invalidArgument(`Invalid color: '${text}'`)
}

/** @returns undefined for the terminal's own colors, whose parts are unknown */
export function rgbOf(color: string): Rgb | undefined {
  if (!color.startsWith('#')) return undefined
  const part = (at: number) => Number.parseInt(color.slice(at, at + 2), 16)
  return [part(1), part(3), part(5)]
}

/** The text in a color of the 256 that terminals have. */
export const colored = (text: string, color: string): string =>
  `${escapeCode(color)}${text}${RESET}`

function escapeCode(color: string): string {
  const rgb = rgbOf(color)
  if (rgb === undefined) return `\u001b[38;5;${SYSTEM_COLORS.indexOf(color)}m`
  const [red, green, blue] = rgb.map((part) => Math.floor((part * 6) / 256))
  return `\u001b[38;5;${16 + red! * 36 + green! * 6 + blue!}m`
}

/** A bar of `width` columns of which a fraction is filled, its color going from one to another; asked for if any is. */
export function barText(
  fraction: number,
  width: number,
  colors: () => readonly [Rgb, Rgb],
): string {
  const product = fraction * width
  const filled = Number.isNaN(product) ? 0 : Math.max(0, Math.min(width, Math.trunc(product)))
  let text = ''
  if (filled === 0) return RESET + ' '.repeat(Math.max(0, width))
  const [low, high] = colors()
  for (let i = 0; i < filled; i++) {
    text += `${escapeCode(colorText(between(Math.fround(i / (width - 1)), low, high)))}\u2588`
  }
  return text + RESET + ' '.repeat(Math.max(0, width - filled))
}

const f = Math.fround

function toHsb([red, green, blue]: Rgb): Rgb {
  const max = Math.max(red, green, blue)
  const range = max - Math.min(red, green, blue)
  const brightness = f(max / 255)
  if (range === 0) return [0, 0, brightness]
  const fromRed = f((max - red) / range)
  const fromGreen = f((max - green) / range)
  const fromBlue = f((max - blue) / range)
  const sixths =
    red === max
      ? f(fromBlue - fromGreen)
      : green === max
        ? f(f(2 + fromRed) - fromBlue)
        : f(f(4 + fromGreen) - fromRed)
  const hue = f(sixths / 6)
  return [hue < 0 ? f(hue + 1) : hue, f(range / max), brightness]
}

function fromHsb([hue, saturation, brightness]: Rgb): Rgb {
  const byte = (value: number) => Math.trunc(f(f(value * 255) + 0.5)) & 255
  const v = byte(brightness)
  if (saturation === 0) return [v, v, v]
  const sixths = f(f(hue - Math.floor(hue)) * 6)
  const rest = f(sixths - Math.floor(sixths))
  const p = byte(f(brightness * f(1 - saturation)))
  const q = byte(f(brightness * f(1 - f(saturation * rest))))
  const t = byte(f(brightness * f(1 - f(saturation * f(1 - rest)))))
  const sectors: readonly Rgb[] = [
    [v, t, p],
    [q, v, p],
    [p, v, t],
    [p, q, v],
    [t, p, v],
    [v, p, q],
  ]
  return sectors[Math.trunc(sixths)] ?? [0, 0, 0]
}

/** The color at a fraction, in single precision, of the way between two. */
export function between(fraction: number, low: Rgb, high: Rgb): Rgb {
  const from = toHsb(low)
  const to = toHsb(high)
  const part = (at: 0 | 1 | 2) => f(f(fraction * f(to[at] - from[at])) + from[at])
  return fromHsb([part(0), part(1), part(2)])
}
