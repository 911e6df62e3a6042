import { canCast } from '../../expressions/cast/cast.js'
import type { ConstantExpression, Expression } from '../../expressions/ir.js'
import { call, cast, constant, nullConstant } from '../../expressions/ir-build.js'
import {
  BIGINT,
  BOOLEAN,
  charType,
  DOUBLE,
  decimalType,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  MAX_DECIMAL_PRECISION,
  MillraceError,
  type SqlType,
  timestampType,
  typeName,
  UNKNOWN,
  VARBINARY,
  VARCHAR,
  varcharType,
} from '../../spi/index.js'
import type {
  GenericLiteral,
  IntervalField,
  IntervalLiteral,
  Literal,
  NodeBase,
} from '../parser/ast/index.js'
import type { Analysis } from './analysis.js'
import { evaluateLiteral } from './constant-evaluation.js'
import { semanticError } from './semantic-error.js'
import { typeOfLiteralName } from './type-analysis.js'

const INTEGER_MIN = -2147483648n
const INTEGER_MAX = 2147483647n

/** The number of code points, which is what VARCHAR counts. */
const codePointCount = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

export const stringConstant = (value: string): ConstantExpression =>
  constant(varcharType(codePointCount(value)), value)

export const integerConstant = (value: bigint): ConstantExpression =>
  value >= INTEGER_MIN && value <= INTEGER_MAX
    ? constant(INTEGER, Number(value))
    : constant(BIGINT, value)

/**
 * The constant of a literal, with the narrowest type Trino gives it: `1` is INTEGER, `1.50` DECIMAL(3,2), `'ab'` VARCHAR(2).
 * @throws MillraceError INVALID_LITERAL
 */
export function analyzeLiteral(node: Literal, analysis: Analysis): Expression {
  switch (node.kind) {
    case 'binaryLiteral':
      return constant(VARBINARY, Uint8Array.from(Buffer.from(node.hex, 'hex')))
    case 'booleanLiteral':
      return constant(BOOLEAN, node.value)
    case 'decimalLiteral':
      return decimalConstant(node.text, node)
    case 'doubleLiteral':
      return constant(DOUBLE, Number(node.text.replaceAll('_', '')))
    case 'genericLiteral':
      return genericConstant(node, analysis)
    case 'intervalLiteral':
      return intervalConstant(node)
    case 'longLiteral':
      return integerConstant(BigInt(node.value))
    case 'nullLiteral':
      return nullConstant(UNKNOWN)
    case 'stringLiteral':
      return stringConstant(node.value)
  }
}

const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?$/

/**
 * The constant of a decimal's text; its precision counts digits without leading zeros of the whole part.
 * @throws MillraceError INVALID_LITERAL for text that is no decimal or has more than 38 digits
 */
function decimalConstant(text: string, node: NodeBase): ConstantExpression {
  const match = DECIMAL_TEXT.exec(text.replaceAll('_', ''))
  const whole = match?.[2]?.replace(/^0+/, '') ?? ''
  const fraction = match?.[3] ?? ''
  if (match === null || (match[2] === '' && fraction === '')) {
    throw semanticError('INVALID_LITERAL', node, `'${text}' is not a valid DECIMAL literal`)
  }
  const precision = Math.max(1, whole.length + fraction.length)
  if (precision > MAX_DECIMAL_PRECISION) {
    throw semanticError('INVALID_LITERAL', node, `'${text}' is not a valid DECIMAL literal`)
  }
  const unscaled = BigInt(`${whole}${fraction}` || '0')
  return constant(decimalType(precision, fraction.length), match[1] === '-' ? -unscaled : unscaled)
}

/** `DATE '2020-01-01'`: the text cast to the type, now. TIME and TIMESTAMP take their precision from the text. */
function genericConstant(node: GenericLiteral, analysis: Analysis): Expression {
  const name = node.type.toLowerCase()
  if (name === 'decimal') return decimalConstant(node.value, node)
  if (name === 'char') return constant(charType(codePointCount(node.value)), node.value.trimEnd())
  const text = constant(VARCHAR, node.value)
  const type = typeOfLiteralName(name, node.value, node)
  if (type.kind === 'json') {
    return evaluateLiteral(
      call(analysis.registry.resolve('json_parse', [VARCHAR]), [text]),
      node,
      analysis,
    )
  }
  if (!canCast(VARCHAR, type)) {
    throw new MillraceError('OPERATOR_NOT_FOUND', `Cannot cast varchar to ${typeName(type)}`)
  }
  if (type.kind === 'timestamp with time zone') checkZone(node)
  const value = evaluateLiteral(cast(text, type), node, analysis)
  if (type.kind === 'timestamp with time zone') checkLocalTime(node, value, analysis)
  return value
}

const OFFSET = /[+-](\d{1,2}):(\d{2})\s*$/
const MAX_OFFSET_MINUTES = 14 * 60

/** Offsets go to 14 hours. */
function checkZone(node: GenericLiteral): void {
  const offset = OFFSET.exec(node.value)
  if (offset === null || Number(offset[1]) * 60 + Number(offset[2]) <= MAX_OFFSET_MINUTES) return
  throw semanticError('NOT_SUPPORTED', node, `Time zone not supported: ${offset[0].trim()}`)
}

/** A literal names a time that its zone skips: where a cast would move it forward, a literal is refused. */
function checkLocalTime(node: GenericLiteral, value: ConstantExpression, analysis: Analysis): void {
  const match = /^(.*?\d)\s+[A-Za-z]\S*\s*$/.exec(node.value)
  if (match === null || value.type.kind !== 'timestamp with time zone') return
  const type = timestampType(value.type.precision)
  const written = evaluateLiteral(cast(constant(VARCHAR, match[1]!), type), node, analysis)
  const kept = evaluateLiteral(cast(value, type), node, analysis)
  if (written.value === kept.value) return
  throw semanticError(
    'INVALID_LITERAL',
    node,
    `'${node.value}' is not a valid ${node.type.toUpperCase()} literal`,
  )
}

const YEAR_MONTH: Partial<Record<IntervalField, number>> = { YEAR: 12, MONTH: 1 }
const DAY_SECOND_MILLIS: Partial<Record<IntervalField, bigint>> = {
  DAY: 86_400_000n,
  HOUR: 3_600_000n,
  MINUTE: 60_000n,
  SECOND: 1000n,
}

function intervalConstant(node: IntervalLiteral): ConstantExpression {
  const isYearMonth = YEAR_MONTH[node.startField] !== undefined
  const type: SqlType = isYearMonth ? INTERVAL_YEAR_TO_MONTH : INTERVAL_DAY_TO_SECOND
  const end = node.endField === undefined ? '' : ` TO ${node.endField}`
  const invalid = () =>
    semanticError(
      'INVALID_LITERAL',
      node,
      `Invalid INTERVAL ${node.startField}${end} value: ${node.value}`,
    )
  if (isYearMonth) {
    const months = yearMonthValue(node)
    if (months === undefined || Math.abs(months) > 2147483647) throw invalid()
    return constant(type, node.sign === '-' && months !== 0 ? -months : months)
  }
  const millis = daySecondValue(node)
  if (millis === undefined || millis > 9223372036854775807n) throw invalid()
  return constant(type, node.sign === '-' ? -millis : millis)
}

function yearMonthValue(node: IntervalLiteral): number | undefined {
  const end = node.endField ?? node.startField
  if (node.startField === 'YEAR' && end === 'MONTH') {
    const match = /^([+-]?)(\d+)(?:-(\d+))?$/.exec(node.value.trim())
    if (match === null) return undefined
    const months = Number(match[2]) * 12 + Number(match[3] ?? 0)
    return match[1] === '-' ? -months : months
  }
  if (end !== node.startField || !/^[+-]?\d+$/.test(node.value.trim())) return undefined
  return Number(node.value) * YEAR_MONTH[node.startField]!
}

const FIELDS: readonly IntervalField[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND']
/** What stands before each field after the first. */
const SEPARATORS: Partial<Record<IntervalField, string>> = { HOUR: ' ', MINUTE: ':', SECOND: ':' }

function daySecondValue(node: IntervalLiteral): bigint | undefined {
  const first = FIELDS.indexOf(node.startField)
  const last = FIELDS.indexOf(node.endField ?? node.startField)
  if (first < 0 || last < first) return undefined
  let pattern = '^([+-]?)'
  for (let i = first; i <= last; i++) {
    const field = FIELDS[i]!
    const digits = field === 'SECOND' ? '(\\d+(?:\\.\\d+)?)' : '(\\d+)'
    pattern += i === first ? digits : `(?:${SEPARATORS[field]}${digits}`
  }
  const match = new RegExp(`${pattern}${')?'.repeat(last - first)}$`).exec(node.value.trim())
  if (match === null) return undefined
  let millis = 0n
  for (let i = first; i <= last; i++) {
    const text = match[i - first + 2]
    if (text === undefined) continue
    const [whole, fraction = ''] = text.split('.')
    if (BigInt(whole!) > INTEGER_MAX) return undefined
    millis += BigInt(whole!) * DAY_SECOND_MILLIS[FIELDS[i]!]!
    millis += BigInt(fraction.slice(0, 3).padEnd(3, '0'))
  }
  return match[1] === '-' ? -millis : millis
}
