/** Digits and decimal exponent of the shortest decimal that reads back as the number: 0.d1d2d3… × 10^exponent. */
interface ShortestDecimal {
  readonly digits: string
  readonly exponent: number
}

function shortestDouble(value: number): ShortestDecimal {
  // Java writes two digits at least, and 4.9 is nearer than 5.
  if (value === Number.MIN_VALUE) return { digits: '49', exponent: -323 }
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) + 1 }
}

function shortestReal(value: number): ShortestDecimal {
  for (let precision = 1; precision < 9; precision++) {
    const text = value.toExponential(precision - 1)
    if (Math.fround(Number(text)) === value) {
      const [mantissa, exponent] = text.split('e') as [string, string]
      const digits = mantissa.replace('.', '').replace(/0+$/, '')
      return { digits: digits === '' ? '0' : digits, exponent: Number(exponent) + 1 }
    }
  }
  const [mantissa, exponent] = value.toExponential(8).split('e') as [string, string]
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) + 1 }
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
  const shortest = shortestDouble(value)
  if (value < 1e22 || value > 1e40) return shortest
  const { digits, exponent } = shortest
  const written = BigInt(digits.padEnd(exponent, '0'))
  const exact = BigInt(value)
  const distance = written > exact ? written - exact : exact - written
  const halfSpacing = 2n ** BigInt(Math.floor(Math.log2(value)) - 53)
  if (distance < halfSpacing) return shortest
  const [mantissa, power] = value.toExponential(15).split('e') as [string, string]
  return { digits: mantissa.replace('.', '').replace(/0+$/, ''), exponent: Number(power) + 1 }
}

/** Seven significant digits. */
function formatReal(value: number): ShortestDecimal {
  const [mantissa, power] = value.toExponential(6).split('e') as [string, string]
  return { digits: mantissa.replace('.', '').replace(/0+$/, ''), exponent: Number(power) + 1 }
}

/** The text of a DOUBLE cast to VARCHAR: `1.0E2`, `1.5E0`, `-0E0`, `NaN`, `Infinity`. @source Trino DoubleOperators */
export const doubleText = (value: number): string => scientific(value, formatDouble)
/** The same for a REAL, with seven significant digits at most. @source Trino RealOperators */
export const realText = (value: number): string => scientific(value, formatReal)

function javaText(value: number, shortest: (absolute: number) => ShortestDecimal): string {
  const text = special(value)
  if (text !== undefined) return text
  const sign = isNegative(value) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const { digits, exponent } = shortest(Math.abs(value))
  if (exponent > 7 || exponent < -2) {
    return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent - 1}`
  }
  if (exponent <= 0) return `${sign}0.${'0'.repeat(-exponent)}${digits}`
  if (digits.length <= exponent) return `${sign}${digits.padEnd(exponent, '0')}.0`
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

/** The text Java gives a double, as JSON and messages show it: `1000.0`, `1.0E19`. @source Double.toString */
export const javaDoubleText = (value: number): string => javaText(value, shortestDouble)
export const javaRealText = (value: number): string => javaText(value, shortestReal)

/** The number a text stands for as Java reads it (surrounding white space, `NaN`, `Infinity`), or undefined. */
export function parseDouble(text: string): number | undefined {
  const trimmed = text.replace(/^[\0- ]+|[\0- ]+$/g, '')
  const match = /^([+-]?)(NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?$/.exec(trimmed)
  if (match === null) return undefined
  const [, sign, digits = ''] = match
  if ((digits === 'NaN' || digits === 'Infinity') && /[fFdD]$/.test(trimmed)) return undefined
  const size = Number(digits)
  return sign === '-' ? -size : size
}
