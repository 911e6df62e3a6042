import { javaDoubleText } from '../../expressions/value/number-text.js'

/** `-12.50` of the unscaled value and the scale of a DECIMAL. */
export function decimalText(unscaled: bigint | number, scale: number): string {
  const text = unscaled.toString()
  if (scale === 0) return text
  const negative = text.charCodeAt(0) === 45
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The shortest decimal number that rounds to the given single-precision value. */
export function shortestReal(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < 16_777_216) return value
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(9))
}

/**
 * Writes a number as Java does: plain with at least one fraction digit from 1e-3 up to 1e7, otherwise with an
 * exponent: `1.0`, `0.001`, `1.0E7`, `1.5E-5`, `NaN`, `-Infinity`. REALs go through {@link shortestReal} first.
 * @source Java Double.toString, Float.toString (JDK 19 and later: the shortest digits)
 */
export function javaNumberText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) {
    return Number.isInteger(value) ? `${value}.0` : String(value)
  }
  if (!Number.isFinite(value)) return String(value)
  // Of the numbers that round to the smallest doubles Java takes the nearest with two digits.
  if (size < 1e-321) return javaDoubleText(value)
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  const digits = mantissa.includes('.') ? mantissa : `${mantissa}.0`
  return `${digits}E${exponent.startsWith('+') ? exponent.slice(1) : exponent}`
}
