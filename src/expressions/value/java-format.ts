import { invalidArgument } from '../errors.js'
import { mysqlPattern } from './datetime-letters.js'
import { type LocalTime, printPattern } from './datetime-pattern.js'
import { decimalText, divideHalfUp, powerOfTen } from './decimal.js'
import { javaDoubleText } from './number-text.js'

/** An argument as java.util.Formatter would get it. */
export type FormatArgument =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'decimal'; readonly unscaled: bigint; readonly scale: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'time'; readonly text: string; readonly time: LocalTime }

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

interface Specifier {
  readonly text: string
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
  readonly conversion: string
  readonly suffix: string
}

const SPECIFIER = /%(?:(\d+)\$|(<))?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([tT])?([a-zA-Z%])/y

/** Formats as Java does. @throws INVALID_FUNCTION_ARGUMENT @source java.util.Formatter */
export function javaFormat(pattern: string, args: readonly FormatArgument[]): string {
  const fail = (problem: string): never =>
    invalidArgument(`Invalid format string: ${pattern} (${problem})`)
  let result = ''
  let at = 0
  let ordinary = 0
  let last = -1
  while (at < pattern.length) {
    const next = pattern.indexOf('%', at)
    if (next < 0) return result + pattern.slice(at)
    result += pattern.slice(at, next)
    SPECIFIER.lastIndex = next
    const match = SPECIFIER.exec(pattern)
    if (match === null) return fail("UnknownFormatConversion: Conversion = '%'")
    at = SPECIFIER.lastIndex
    const [text, index, previous, flags = '', width, precision, time, letter] = match
    const specifier: Specifier = {
      text,
      flags,
      width: Number(width ?? 0),
      precision: precision === undefined ? undefined : Number(precision),
      conversion: time === undefined ? letter! : time,
      suffix: letter!,
    }
    if (specifier.conversion === '%' || specifier.conversion === 'n') {
      result += specifier.conversion === 'n' ? '\n' : pad('%', specifier)
      continue
    }
    if (previous !== undefined) {
      if (last < 0) return fail(`MissingFormatArgument: Format specifier '${text}'`)
    } else last = index === undefined ? ordinary++ : Number(index) - 1
    const argument = args[last]
    if (argument === undefined) return fail(`MissingFormatArgument: Format specifier '${text}'`)
    result += formatOne(specifier, argument, fail)
  }
  return result
}

type Fail = (problem: string) => never

const pad = (text: string, { width, flags }: Specifier): string =>
  flags.includes('-') ? text.padEnd(width) : text.padStart(width)

function formatOne(specifier: Specifier, argument: FormatArgument, fail: Fail): string {
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
  if (argument.kind === 'null') return done('null')
  const wrong = (): never =>
    fail(`IllegalFormatConversion: ${conversion} != ${CLASS_NAMES[argument.kind]}`)
  switch (conversion) {
    case 'd':
    case 'x':
    case 'X':
    case 'o':
      if (argument.kind !== 'integer') return wrong()
      return formatInteger(specifier, argument.value)
    case 'f':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      if (argument.kind !== 'double' && argument.kind !== 'decimal') return wrong()
      const text = formatFloat(specifier, argument)
      return isUpper ? text.toUpperCase() : text
    }
    case 't':
    case 'T':
      if (argument.kind !== 'time') return wrong()
      return done(timeText(specifier.suffix, argument.time, fail))
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
      return decimalText(argument.unscaled, argument.scale)
    case 'time':
      return argument.text
  }
}

/** Java's hash of the text. */
function hashText(argument: FormatArgument): string {
  let hash = 0
  for (const unit of textOf(argument)) hash = (Math.imul(31, hash) + unit.charCodeAt(0)) | 0
  return (hash >>> 0).toString(16)
}

/** Puts sign, zeros and parentheses around digits. */
function signed(specifier: Specifier, isNegative: boolean, digits: string): string {
  const { flags, width } = specifier
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

function formatInteger(specifier: Specifier, value: bigint): string {
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

function formatFloat(specifier: Specifier, argument: FloatArgument): string {
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
  if (conversion === 'f') return signed(specifier, isNegative, fixed(argument, precision))
  const size =
    argument.kind === 'double'
      ? Math.abs(argument.value)
      : Math.abs(Number(decimalText(argument.unscaled, argument.scale)))
  if (conversion === 'e') return signed(specifier, isNegative, scientific(size, precision))
  const significant = precision === 0 ? 1 : precision
  if (size !== 0 && (size < 1e-4 || size >= 10 ** significant)) {
    return signed(specifier, isNegative, scientific(size, significant - 1))
  }
  const exponent = size === 0 ? 0 : Math.floor(Math.log10(size))
  return signed(specifier, isNegative, fixed(argument, Math.max(0, significant - 1 - exponent)))
}

function scientific(size: number, digits: number): string {
  const [mantissa, exponent] = size.toExponential(digits).split('e') as [string, string]
  const power = Math.abs(Number(exponent))
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${String(power).padStart(2, '0')}`
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

function timeText(letter: string, time: LocalTime, fail: Fail): string {
  if (letter === 'L') return printPattern([{ kind: 'fraction', digits: 3 }], time)
  if (letter === 'N') return printPattern([{ kind: 'fraction', digits: 9 }], time)
  if (letter === 'z') return printPattern([{ kind: 'zone', style: 'offset' }], time)
  if (letter === 'Z') return printPattern([{ kind: 'zone', style: 'short' }], time)
  const pattern = TIME_LETTERS[letter]
  if (pattern === undefined) return fail(`UnknownFormatConversion: Conversion = 't${letter}'`)
  const text = printPattern(mysqlPattern(pattern), time)
  return letter === 'p' ? text.toLowerCase() : text
}
