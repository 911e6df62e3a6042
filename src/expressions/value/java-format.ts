import { decimalText, javaDoubleText } from '../../values/number-text.js'
import { invalidArgument } from '../errors.js'
import { mysqlPattern } from './datetime-letters.js'
import { type LocalTime, printPattern } from './datetime-pattern.js'
import { bigDecimalText, divideHalfUp, powerOfTen } from './decimal.js'
import { type Fail, type FormatSpecifier, parseFormat } from './java-format-specifier.js'

/** An argument as java.util.Formatter would get it. */
export type FormatArgument =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  /** A REAL is a float: it has that one's hash. */
  | { readonly kind: 'double'; readonly value: number; readonly isReal?: boolean }
  | { readonly kind: 'decimal'; readonly unscaled: bigint; readonly scale: number }
  | { readonly kind: 'text'; readonly value: string }
  | {
      readonly kind: 'time'
      readonly text: string
      readonly time: LocalTime
      readonly has: TemporalFields
    }

/** What a java.time value knows. */
export interface TemporalFields {
  readonly date: boolean
  readonly time: boolean
  readonly zone: boolean
}

/** The class Java names in its messages. */
const CLASS_NAMES: Readonly<Record<FormatArgument['kind'], string>> = {
  null: 'null',
  boolean: 'java.lang.Boolean',
  integer: 'java.lang.Long',
  double: 'java.lang.Double',
  decimal: 'java.math.BigDecimal',
  text: 'java.lang.String',
  time: 'java.time.LocalDateTime',
}

function className(argument: FormatArgument): string {
  if (argument.kind !== 'time') return CLASS_NAMES[argument.kind]
  const { date, time, zone } = argument.has
  if (zone) return date ? 'java.time.ZonedDateTime' : 'java.time.OffsetTime'
  if (date && time) return CLASS_NAMES.time
  return date ? 'java.time.LocalDate' : 'java.time.LocalTime'
}

/** Formats as Java does. @throws INVALID_FUNCTION_ARGUMENT @source java.util.Formatter */
export function javaFormat(pattern: string, args: readonly FormatArgument[]): string {
  const fail = (problem: string): never =>
    invalidArgument(`Invalid format string: ${pattern} (${problem})`)
  // Java reads the whole pattern before it looks at a value.
  const parts = parseFormat(pattern, fail)
  let result = ''
  let ordinary = 0
  let last = -1
  for (const part of parts) {
    if (typeof part === 'string') {
      result += part
      continue
    }
    if (part.conversion === '%' || part.conversion === 'n') {
      result += part.conversion === 'n' ? '\n' : pad('%', part)
      continue
    }
    if (part.index === 'previous') {
      if (last < 0) return fail(`MissingFormatArgument: Format specifier '${part.text}'`)
    } else last = part.index === undefined ? ordinary++ : part.index - 1
    const argument = args[last]
    if (argument === undefined) {
      return fail(`MissingFormatArgument: Format specifier '${part.text}'`)
    }
    result += formatOne(part, argument, fail)
  }
  return result
}

const pad = (text: string, { width = 0, flags }: FormatSpecifier): string =>
  flags.includes('-') ? text.padEnd(width) : text.padStart(width)

function formatOne(specifier: FormatSpecifier, argument: FormatArgument, fail: Fail): string {
  const { conversion, precision } = specifier
  const isUpper = conversion !== conversion.toLowerCase()
  const cut = (text: string) => (precision === undefined ? text : text.slice(0, precision))
  const done = (text: string) => pad(isUpper ? text.toUpperCase() : text, specifier)
  switch (conversion.toLowerCase()) {
    case 's':
      return done(cut(textOf(argument)))
    case 'b':
      return done(
        cut(String(argument.kind === 'boolean' ? argument.value : argument.kind !== 'null')),
      )
    case 'h':
      return done(cut(argument.kind === 'null' ? 'null' : hashText(argument)))
  }
  if (argument.kind === 'null') return done(cut('null'))
  const wrong = (): never =>
    fail(
      `IllegalFormatConversion: ${conversion.toLowerCase() === 't' ? specifier.suffix : conversion} != ${className(argument)}`,
    )
  switch (conversion) {
    case 'd':
    case 'x':
    case 'X':
    case 'o':
      if (argument.kind !== 'integer') return wrong()
      if (conversion !== 'd' && /[( +]/.test(specifier.flags)) {
        return fail(
          `FormatFlagsConversionMismatch: Conversion = ${conversion}, Flags = ${specifier.flags}`,
        )
      }
      return formatInteger(specifier, argument.value)
    case 'a':
    case 'A':
    case 'f':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      const takesDecimal = conversion.toLowerCase() !== 'a'
      if (argument.kind !== 'double' && !(takesDecimal && argument.kind === 'decimal')) {
        return wrong()
      }
      const text = formatFloat(specifier, argument)
      return isUpper ? text.toUpperCase() : text
    }
    case 't':
    case 'T':
      if (argument.kind === 'integer') {
        return done(timeText(specifier.suffix, timeOfMillis(argument.value), wrong))
      }
      if (argument.kind !== 'time') return wrong()
      return done(timeText(specifier.suffix, argument, wrong))
    case 'c':
      return wrong()
    default:
      return fail(`UnknownFormatConversion: Conversion = '${conversion}'`)
  }
}

function textOf(argument: FormatArgument): string {
  switch (argument.kind) {
    case 'null':
      return 'null'
    case 'boolean':
    case 'integer':
    case 'text':
      return String(argument.value)
    case 'double':
      return javaDoubleText(argument.value)
    case 'decimal':
      return bigDecimalText(argument.unscaled, argument.scale)
    case 'time':
      return argument.text
  }
}

/** Java's hash of the value: Boolean, Long, Double, Float, BigDecimal, String. */
function hashText(argument: FormatArgument): string {
  return (hashOf(argument) >>> 0).toString(16)
}

const bits = new DataView(new ArrayBuffer(8))

function hashOf(argument: FormatArgument): number {
  switch (argument.kind) {
    case 'boolean':
      return argument.value ? 1231 : 1237
    case 'integer':
      return hashOfLong(argument.value)
    case 'double':
      if (argument.isReal === true) {
        bits.setFloat32(0, argument.value)
        return bits.getInt32(0)
      }
      bits.setFloat64(0, argument.value)
      return hashOfLong(bits.getBigInt64(0))
    case 'decimal': {
      const size = argument.unscaled < 0n ? -argument.unscaled : argument.unscaled
      let hash = 0
      for (let shift = 96n; shift >= 0n; shift -= 32n) {
        hash = (Math.imul(31, hash) + Number(BigInt.asIntN(32, size >> shift))) | 0
      }
      return (Math.imul(31, argument.unscaled < 0n ? -hash : hash) + argument.scale) | 0
    }
    default: {
      let hash = 0
      const text = textOf(argument)
      for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
      return hash
    }
  }
}

const hashOfLong = (value: bigint): number =>
  Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)))

/** Puts sign, zeros and parentheses around digits. */
function signed(specifier: FormatSpecifier, isNegative: boolean, digits: string): string {
  const { flags, width = 0 } = specifier
  const [whole, fraction] = digits.split('.')
  const grouped = flags.includes(',') ? whole!.replace(/\B(?=(\d{3})+$)/g, ',') : whole!
  const body = fraction === undefined ? grouped : `${grouped}.${fraction}`
  const open = isNegative
    ? flags.includes('(')
      ? '('
      : '-'
    : flags.includes('+')
      ? '+'
      : flags.includes(' ')
        ? ' '
        : ''
  const close = open === '(' ? ')' : ''
  const zeros = flags.includes('0')
    ? '0'.repeat(Math.max(0, width - open.length - body.length - close.length))
    : ''
  return pad(open + zeros + body + close, specifier)
}

function formatInteger(specifier: FormatSpecifier, value: bigint): string {
  const { conversion, flags } = specifier
  if (conversion === 'd') {
    return signed(specifier, value < 0n, String(value < 0n ? -value : value))
  }
  const unsigned = BigInt.asUintN(64, value)
  const prefix = flags.includes('#') ? (conversion === 'o' ? '0' : '0x') : ''
  const digits = unsigned.toString(conversion === 'o' ? 8 : 16)
  const text = signed(specifier, false, prefix + digits)
  return conversion === 'X' ? text.toUpperCase() : text
}

type FloatArgument = Extract<FormatArgument, { kind: 'double' | 'decimal' }>

function formatFloat(specifier: FormatSpecifier, argument: FloatArgument): string {
  if (argument.kind === 'double' && !Number.isFinite(argument.value)) {
    const { value } = argument
    if (Number.isNaN(value)) return pad('NaN', specifier)
    const sign = value < 0 ? '-' : specifier.flags.includes('+') ? '+' : ''
    return pad(`${sign}Infinity`, specifier)
  }
  const isNegative =
    argument.kind === 'double'
      ? argument.value < 0 || Object.is(argument.value, -0)
      : argument.unscaled < 0n
  const precision = specifier.precision ?? 6
  const conversion = specifier.conversion.toLowerCase()
  if (conversion === 'a') {
    // Java writes doubles only with %a.
    const value = argument.kind === 'double' ? Math.abs(argument.value) : Number.NaN
    return signed(specifier, isNegative, hexadecimalDouble(value, specifier.precision))
  }
  if (conversion === 'f') return signed(specifier, isNegative, fixed(argument, precision))
  const size =
    argument.kind === 'double'
      ? Math.abs(argument.value)
      : Math.abs(Number(decimalText(argument.unscaled, argument.scale)))
  if (conversion === 'e') return signed(specifier, isNegative, scientific(size, precision))
  const significant = precision === 0 ? 1 : precision
  const exponent = size === 0 ? 0 : roundedExponent(size, significant)
  if (exponent < -4 || exponent >= significant) {
    return signed(specifier, isNegative, scientific(size, significant - 1))
  }
  return signed(specifier, isNegative, fixed(argument, Math.max(0, significant - 1 - exponent)))
}

/** The power of ten of a number after rounding: that decides how %g writes it. */
function roundedExponent(size: number, significant: number): number {
  const [mantissa, power] = size.toExponential().split('e') as [string, string]
  const digits = mantissa.replace('.', '')
  const carries = (digits[significant] ?? '0') >= '5' && /^9+$/.test(digits.slice(0, significant))
  return Number(power) + (carries ? 1 : 0)
}

function scientific(size: number, digits: number): string {
  const [mantissa, exponent] = size.toExponential(digits).split('e') as [string, string]
  const power = Math.abs(Number(exponent))
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${String(power).padStart(2, '0')}`
}

/** A positive double as Java writes it in base 16, with a number of digits after the point, or as many as it has. */
function hexadecimalDouble(value: number, precision: number | undefined): string {
  if (value === 0) return `0x0.${'0'.repeat(Math.max(1, precision ?? 1))}p0`
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  let exponent = Number(raw >> 52n) - 1023
  let fraction = raw & 0xf_ffff_ffff_ffffn
  const isSubnormal = exponent === -1023
  let whole = isSubnormal ? 0n : 1n
  const digits = precision === undefined ? 13 : Math.max(1, precision)
  if (digits < 13) {
    if (isSubnormal) {
      while (fraction < 1n << 52n) {
        fraction <<= 1n
        exponent--
      }
      exponent++
      whole = 1n
      fraction &= 0xf_ffff_ffff_ffffn
    }
    const cut = BigInt(4 * (13 - digits))
    const all = (whole << 52n) | fraction
    const floor = all >> cut
    const rest = all - (floor << cut)
    const half = 1n << (cut - 1n)
    const rounded = floor + (rest > half || (rest === half && (floor & 1n) === 1n) ? 1n : 0n)
    whole = rounded >> BigInt(4 * digits)
    const text = (rounded & ((1n << BigInt(4 * digits)) - 1n)).toString(16).padStart(digits, '0')
    if (whole === 2n) return `0x1.${text}p${exponent + 1}`
    return `0x${whole}.${text}p${exponent}`
  }
  const all = fraction.toString(16).padStart(13, '0')
  const text = precision === undefined ? all.replace(/0+$/, '') || '0' : all.padEnd(digits, '0')
  return `0x${whole}.${text}p${isSubnormal ? -1022 : exponent}`
}

/** Digits without sign, rounding halves up from the shortest decimal of a double. */
function fixed(argument: FloatArgument, digits: number): string {
  let { unscaled, scale } = argument.kind === 'decimal' ? argument : { unscaled: 0n, scale: 0 }
  if (argument.kind === 'double') {
    const [mantissa, exponent] = Math.abs(argument.value).toExponential().split('e') as [
      string,
      string,
    ]
    const [whole, fraction = ''] = mantissa.split('.')
    unscaled = BigInt(whole + fraction)
    scale = fraction.length - Number(exponent)
  }
  const size = unscaled < 0n ? -unscaled : unscaled
  const result =
    scale <= digits
      ? size * powerOfTen(digits - scale)
      : divideHalfUp(size, powerOfTen(scale - digits))
  return decimalText(result, digits)
}

/** The `%t` conversions as MySQL letters and texts. */
const TIME_LETTERS: Readonly<Record<string, string>> = {
  H: '%H',
  I: '%h',
  k: '%k',
  l: '%l',
  M: '%i',
  S: '%s',
  p: '%p',
  B: '%M',
  b: '%b',
  h: '%b',
  A: '%W',
  a: '%a',
  Y: '%Y',
  y: '%y',
  j: '%j',
  m: '%m',
  d: '%d',
  e: '%e',
  R: '%H:%i',
  T: '%T',
  r: '%r',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
}

const CLOCK_LETTERS = 'HIklMSLNpRTr'
const ZONE_LETTERS = 'zZsQ'

type TimeArgument = Extract<FormatArgument, { kind: 'time' }>

function timeText(letter: string, { time, has }: TimeArgument, wrong: () => never): string {
  const known = ZONE_LETTERS.includes(letter)
    ? has.zone
    : CLOCK_LETTERS.includes(letter)
      ? has.time
      : letter === 'c'
        ? has.zone
        : has.date
  if (!known) return wrong()
  const mysql = (pattern: string) => printPattern(mysqlPattern(pattern), time)
  switch (letter) {
    case 'L':
      return printPattern([{ kind: 'fraction', digits: 3 }], time)
    case 'N':
      return printPattern([{ kind: 'fraction', digits: 9 }], time)
    case 'z':
      return printPattern([{ kind: 'zone', style: 'offset' }], time)
    case 'Z':
      return printPattern([{ kind: 'zone', style: 'short' }], time)
    case 's':
      return String(instantOf(time) / 1_000_000_000_000n)
    case 'Q':
      return String(instantOf(time) / 1_000_000_000n)
    case 'C':
      return mysql('%Y').slice(0, -2).padStart(2, '0')
    case 'c':
      return `${mysql('%a %b %d %T')} ${printPattern([{ kind: 'zone', style: 'short' }], time)} ${mysql('%Y')}`
    case 'p':
      return mysql('%p').toLowerCase()
    default:
      return mysql(TIME_LETTERS[letter]!)
  }
}

/** An integer is milliseconds since 1970, shown in UTC. */
const timeOfMillis = (millis: bigint): TimeArgument => ({
  kind: 'time',
  text: '',
  time: { local: millis * 1_000_000_000n, zone: 'UTC', offsetSeconds: 0 },
  has: { date: true, time: true, zone: true },
})

const instantOf = ({ local, offsetSeconds }: LocalTime): bigint =>
  local - BigInt(offsetSeconds) * 1_000_000_000_000n
