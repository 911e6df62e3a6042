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
  // Subnormal ones have fewer digits than others.
  for (let digits = Math.abs(value) < 2 ** -126 ? 2 : 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(9))
}

/** Digits and decimal exponent of the shortest decimal that reads back as the number: 0.d1d2d3… × 10^exponent. */
interface ShortestDecimal {
  readonly digits: string
  readonly exponent: number
}

const shortest = (text: string): ShortestDecimal => {
  const [mantissa, exponent] = text.split('e') as [string, string]
  const digits = mantissa.replace('.', '').replace(/0+$/, '')
  return { digits: digits === '' ? '0' : digits, exponent: Number(exponent) + 1 }
}

/** Of the numbers that one digit tells apart Java takes the nearest with two: 4.9E-324. */
function shortestDoubleDigits(value: number): ShortestDecimal {
  const text = value.toExponential()
  return shortest(text[1] === 'e' ? value.toExponential(1) : text)
}

function shortestRealDigits(value: number): ShortestDecimal {
  for (let precision = 2; precision < 9; precision++) {
    const text = value.toExponential(precision - 1)
    if (Math.fround(Number(text)) === value) return shortest(text)
  }
  return shortest(value.toExponential(8))
}

const special = (value: number): string | undefined =>
  Number.isNaN(value)
    ? 'NaN'
    : value === Number.POSITIVE_INFINITY
      ? 'Infinity'
      : value === Number.NEGATIVE_INFINITY
        ? '-Infinity'
        : undefined

const isNegative = (value: number): boolean => value < 0 || Object.is(value, -0)

function scientific(value: number, digitsOf: (absolute: number) => ShortestDecimal): string {
  const text = special(value)
  if (text !== undefined) return text
  const sign = isNegative(value) ? '-' : ''
  if (value === 0) return `${sign}0E0`
  const { digits, exponent } = digitsOf(Math.abs(value))
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent - 1}`
}

/**
 * The digits Java's DecimalFormat prints: the shortest that lie strictly inside the interval of reals that round to the
 * double, where JavaScript's may lie on its end (1e23 is the midpoint of two doubles).
 */
function formatDouble(value: number): ShortestDecimal {
  const found = shortestDoubleDigits(value)
  if (value < 1e22 || value > 1e40) return found
  const written = BigInt(found.digits.padEnd(found.exponent, '0'))
  const exact = BigInt(value)
  const distance = written > exact ? written - exact : exact - written
  const halfSpacing = 2n ** BigInt(Math.floor(Math.log2(value)) - 53)
  return distance < halfSpacing ? found : shortest(value.toExponential(15))
}

/** Seven significant digits of the shortest. */
const formatReal = (value: number): ShortestDecimal =>
  shortest(Number(javaRealText(value)).toExponential(6))

/** The text of a DOUBLE cast to VARCHAR: `1.0E2`, `1.5E0`, `-0E0`, `NaN`, `Infinity`. @source Trino DoubleOperators */
export const doubleText = (value: number): string => scientific(value, formatDouble)
/** The same for a REAL, with seven significant digits at most. @source Trino RealOperators */
export const realText = (value: number): string => scientific(value, formatReal)

function javaText(value: number, digitsOf: (absolute: number) => ShortestDecimal): string {
  const text = special(value)
  if (text !== undefined) return text
  const sign = isNegative(value) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const { digits, exponent } = digitsOf(Math.abs(value))
  if (exponent > 7 || exponent < -2) {
    return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent - 1}`
  }
  if (exponent <= 0) return `${sign}0.${'0'.repeat(-exponent)}${digits}`
  if (digits.length <= exponent) return `${sign}${digits.padEnd(exponent, '0')}.0`
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

/**
 * The text Java gives a double, as JSON and messages show it: plain with at least one fraction digit from 1e-3 up to 1e7,
 * otherwise with an exponent: `1.0`, `0.001`, `1.0E7`, `NaN`, `-Infinity`.
 * @source Java Double.toString (JDK 19 and later: the shortest digits)
 */
export function javaDoubleText(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  return javaText(value, shortestDoubleDigits)
}

/** The same of a single-precision value. @source Java Float.toString */
export function javaRealText(value: number): string {
  const size = Math.abs(value)
  if (!(size >= 1e-3 && size < 1e7)) return javaText(value, shortestRealDigits)
  const decimal = shortestReal(value)
  return Number.isInteger(decimal) ? `${decimal}.0` : String(decimal)
}

/** The number a text stands for as Java reads it (surrounding white space, `NaN`, `Infinity`), or undefined. */
export function parseDouble(text: string): number | undefined {
  const trimmed = text.replace(/^[\0- ]+|[\0- ]+$/g, '')
  const hexadecimal = parseHexadecimal(trimmed)
  if (hexadecimal !== undefined) return hexadecimal
  const match = /^([+-]?)(NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?$/.exec(trimmed)
  if (match === null) return undefined
  const [, sign, digits = ''] = match
  if ((digits === 'NaN' || digits === 'Infinity') && /[fFdD]$/.test(trimmed)) return undefined
  const size = Number(digits)
  return sign === '-' ? -size : size
}

const HEXADECIMAL =
  /^([+-]?)0[xX](?=\.?[\da-fA-F])([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/
/** More than a double tells apart; of those behind it counts only whether one is not zero. */
const HEXADECIMAL_DIGITS = 20
/** Powers of two that doubles have, also their inverses. */
const POWER_STEP = 1000

/** Java's hexadecimal notation: `0x1.8p3` is 12. */
function parseHexadecimal(text: string): number | undefined {
  const match = HEXADECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', power] = match
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const rest = digits.slice(HEXADECIMAL_DIGITS)
  const last = /[^0]/.test(rest) ? '1' : '0'
  const kept = BigInt(`0x0${digits.slice(0, HEXADECIMAL_DIGITS)}${last}`)
  let exponent = Number(power) + 4 * (rest.length - fraction.length - 1)
  let size = Number(kept)
  while (exponent !== 0 && size !== 0 && size !== Number.POSITIVE_INFINITY) {
    const step = Math.max(-POWER_STEP, Math.min(POWER_STEP, exponent))
    size *= 2 ** step
    exponent -= step
  }
  return sign === '-' ? -size : size
}

/** A text with the decimal digits of all scripts as ASCII's, as Java reads them; each script's ten follow one another. */
export function asciiDigits(text: string): string {
  if (/^\p{ASCII}*$/u.test(text)) return text
  return text.replace(/\p{Nd}/gu, (digit) => {
    let value = 0
    const code = digit.codePointAt(0)!
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++
    return String(value)
  })
}
