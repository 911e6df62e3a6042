import { scalarFunction } from '../../function-definition.js'

const SUFFIXES = ['', 'K', 'M', 'B', 'T', 'Q'] as const

const MAX_BIGINT = 9_223_372_036_854_775_807n

function asLong(value: number): bigint {
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return MAX_BIGINT
  if (value <= -(2 ** 63)) return -MAX_BIGINT - 1n
  return BigInt(Math.trunc(value))
}

/** Rounds halves to even at a number of digits, as Java's DecimalFormat, and drops zeros. */
function decimals(value: number, digits: number): string {
  const factor = 10 ** digits
  const scaled = value * factor
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
  return String(rounded / factor)
}

/** Three digits or more, with the suffix of a thousand, a million, … */
function abbreviate(value: bigint): string {
  let unit = 0
  let size = Number(value < 0n ? -value : value)
  while (size >= 1000 && unit < SUFFIXES.length - 1) {
    size /= 1000
    unit++
  }
  const negative = value < 0n ? -size : size
  const digits = negative < 10 ? 2 : negative < 100 ? 1 : 0
  const text = negative < 0 ? `-${decimals(size, 2)}` : decimals(size, digits)
  return text + SUFFIXES[unit]!
}

export const formatNumber = scalarFunction({
  name: 'format_number',
  description: 'A number with three digits and a suffix for thousands',
  overloads: [
    {
      args: ['double'],
      returns: 'varchar',
      evaluate: (value: number) => abbreviate(asLong(value)),
    },
    { args: ['bigint'], returns: 'varchar', evaluate: (value: bigint) => abbreviate(value) },
  ],
})
