import { canCast } from '../../expressions/cast/cast.js'
import { isFormattable } from '../../expressions/functions/string/format-converter.js'
import type { Expression } from '../../expressions/ir.js'
import { call, cast, coerce, field, lambda, row } from '../../expressions/ir-build.js'
import {
  BIGINT,
  DATE,
  isCharacter,
  JSON_TYPE,
  MillraceError,
  type SqlType,
  timestampWithTimeZoneType,
  timeWithTimeZoneType,
  typeName,
  UNKNOWN,
  VARCHAR,
} from '../../spi/index.js'
import type {
  ArrayConstructor,
  AtTimeZone,
  Cast,
  Extract as ExtractNode,
  Format,
  SubscriptExpression,
  Trim,
  TryExpression,
} from '../parser/ast/index.js'
import { analyze, analyzed, type ExpressionContext } from './analysis.js'
import { callWith, resolveCall } from './call-resolution.js'
import { coerceNoting, coerceToOneType } from './coercion-analysis.js'
import { expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'
import { analyzeTypeAt } from './type-analysis.js'

export function analyzeArray(node: ArrayConstructor, context: ExpressionContext): Expression {
  const values = coerceToOneType(
    context.analysis,
    node.values.map((value) => analyzed(value, context)),
    'All ARRAY elements must be the same type or coercible to a common type',
  )
  return resolveCall('$array', values, node, context.analysis)
}

/**
 * Whether Trino's analysis finds the cast between JSON and a type: of maps it asks only for casts between keys and
 * VARCHAR, and refuses other keys than those of JSON objects later.
 */
function hasJsonCast(
  type: SqlType,
  canCastWith: (type: SqlType, other: SqlType) => boolean,
): boolean {
  switch (type.kind) {
    case 'array':
      return hasJsonCast(type.element, canCastWith)
    case 'map':
      return canCastWith(type.key, VARCHAR) && hasJsonCast(type.value, canCastWith)
    case 'row':
      return type.fields.every((field) => hasJsonCast(field.type, canCastWith))
    default:
      return canCastWith(type, JSON_TYPE)
  }
}

export function analyzeCast(node: Cast, context: ExpressionContext): Expression {
  const type = analyzeTypeAt(node.type, node)
  if (type.kind === 'unknown') {
    throw semanticError('TYPE_MISMATCH', node, 'UNKNOWN is not a valid type')
  }
  const value = analyze(node.expression, context)
  if (value.type.kind !== 'unknown' && !canCast(value.type, type)) {
    if (value.type.kind === 'json' && hasJsonCast(type, (to, from) => canCast(from, to))) {
      throw new MillraceError('INVALID_CAST_ARGUMENT', `Cannot cast JSON to ${typeName(type)}`)
    }
    if (type.kind === 'json' && hasJsonCast(value.type, canCast)) {
      throw new MillraceError(
        'INVALID_CAST_ARGUMENT',
        `Cannot cast ${typeName(value.type)} to JSON`,
      )
    }
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Cannot cast ${typeName(value.type)} to ${typeName(type)}`,
    )
  }
  return value.type.kind === 'unknown' ? coerce(value, type) : cast(value, type, node.safe)
}

/** Zoned values keep the instant; local ones are first taken to be in the session's zone. */
export function analyzeAtTimeZone(node: AtTimeZone, context: ExpressionContext): Expression {
  let value = analyze(node.value, context)
  if (value.type.kind === 'time') {
    value = cast(value, timeWithTimeZoneType(value.type.precision))
  } else if (value.type.kind === 'timestamp') {
    value = cast(value, timestampWithTimeZoneType(value.type.precision))
  } else if (
    value.type.kind !== 'time with time zone' &&
    value.type.kind !== 'timestamp with time zone'
  ) {
    throw semanticError(
      'TYPE_MISMATCH',
      node.value,
      `Type of value must be a time or timestamp with or without time zone (actual ${typeName(value.type)})`,
    )
  }
  const zone = analyze(node.timeZone, context)
  if (!isCharacter(zone.type) && zone.type.kind !== 'interval day to second') {
    throw semanticError(
      'TYPE_MISMATCH',
      node.timeZone,
      `Type of time zone must be varchar or interval (actual ${typeName(zone.type)})`,
    )
  }
  const isPublic =
    zone.type.kind !== 'interval day to second' && value.type.kind !== 'time with time zone'
  const name = isPublic ? 'at_timezone' : '$at_timezone'
  return resolveCall(name, [value, zone], node, context.analysis)
}

const EXTRACT_FUNCTIONS: Readonly<Record<ExtractNode['field'], string>> = {
  YEAR: 'year',
  QUARTER: 'quarter',
  MONTH: 'month',
  WEEK: 'week',
  DAY: 'day',
  DAY_OF_MONTH: 'day',
  DAY_OF_WEEK: 'day_of_week',
  DOW: 'day_of_week',
  DAY_OF_YEAR: 'day_of_year',
  DOY: 'day_of_year',
  YEAR_OF_WEEK: 'year_of_week',
  YOW: 'year_of_week',
  HOUR: 'hour',
  MINUTE: 'minute',
  SECOND: 'second',
  TIMEZONE_HOUR: 'timezone_hour',
  TIMEZONE_MINUTE: 'timezone_minute',
}
const DATE_FIELDS =
  /^(YEAR|QUARTER|MONTH|WEEK|DAY|DAY_OF_MONTH|DAY_OF_WEEK|DOW|DAY_OF_YEAR|DOY|YEAR_OF_WEEK|YOW)$/
const INTERVAL_FIELDS: Partial<Record<SqlType['kind'], RegExp>> = {
  'interval year to month': /^(YEAR|MONTH)$/,
  'interval day to second': /^(DAY|HOUR|MINUTE|SECOND)$/,
}

function canExtract(name: ExtractNode['field'], type: SqlType): boolean {
  const isDateField = DATE_FIELDS.test(name)
  const isZoneField = name.startsWith('TIMEZONE')
  switch (type.kind) {
    case 'unknown':
    case 'timestamp with time zone':
      return true
    case 'timestamp':
      return !isZoneField
    case 'date':
      return isDateField
    case 'time':
      return !isDateField && !isZoneField
    case 'time with time zone':
      return !isDateField
    default:
      return INTERVAL_FIELDS[type.kind]?.test(name) ?? false
  }
}

export function analyzeExtract(node: ExtractNode, context: ExpressionContext): Expression {
  const value = analyze(node.expression, context)
  if (!canExtract(node.field, value.type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node.expression,
      `Cannot extract ${node.field} from ${typeName(value.type)}`,
    )
  }
  const operand =
    value.type.kind === 'unknown' ? coerceNoting(context.analysis, value, DATE) : value
  return resolveCall(EXTRACT_FUNCTIONS[node.field], [operand], node, context.analysis)
}

/** format(pattern, a, b) takes its values as one row. */
export function analyzeFormat(node: Format, context: ExpressionContext): Expression {
  const [pattern, ...values] = node.arguments.map((argument) => analyze(argument, context))
  if (pattern!.type.kind !== 'varchar') {
    throw semanticError(
      'TYPE_MISMATCH',
      node.arguments[0]!,
      `Type of first argument to format() must be VARCHAR (actual: ${typeName(pattern!.type)})`,
    )
  }
  if (!values.every((value) => isFormattable(value.type))) {
    // Trino names the first value, whichever of them it can't format.
    throw semanticError(
      'NOT_SUPPORTED',
      node.arguments[1]!,
      `Type not supported for formatting: ${typeName(values[0]!.type)}`,
    )
  }
  return resolveCall('$format', [pattern!, row(values)], node, context.analysis)
}

export function analyzeTrim(node: Trim, context: ExpressionContext): Expression {
  const name = { BOTH: 'trim', LEADING: 'ltrim', TRAILING: 'rtrim' }[node.specification]
  const args = [analyze(node.trimSource, context)]
  if (node.trimCharacter !== undefined) args.push(analyze(node.trimCharacter, context))
  const { analysis } = context
  // Trino resolves the function without a place.
  const resolved = analysis.registry.resolve(
    name,
    args.map((arg) => arg.type),
    undefined,
  )
  return callWith(resolved, args, analysis)
}

/** TRY(x) is a call with x as a lambda, so that its failure can be caught. */
export function analyzeTry(node: TryExpression, context: ExpressionContext): Expression {
  const body = analyze(node.innerExpression, context)
  const resolved = context.analysis.registry.resolve(
    '$try',
    [{ kind: 'lambda argument', resolve: () => body.type }],
    node.location,
  )
  return call(resolved, [lambda([], body)])
}

export function analyzeSubscript(
  node: SubscriptExpression,
  context: ExpressionContext,
): Expression {
  const base = analyze(node.base, context)
  if (base.type.kind === 'row') return rowSubscript(node, base, base.type.fields.length, context)
  const index = analyze(node.index, context)
  const { analysis } = context
  switch (base.type.kind) {
    case 'array':
      if (index.type.kind === 'unknown') {
        return resolveCall(
          '$subscript',
          [base, coerceNoting(analysis, index, BIGINT)],
          node,
          analysis,
        )
      }
      break
    case 'map':
      if (index.type.kind === 'unknown') {
        return resolveCall(
          '$subscript',
          [base, coerceNoting(analysis, index, base.type.key)],
          node,
          analysis,
        )
      }
      break
    default:
      if (base.type === UNKNOWN || base.type.kind === 'unknown') return base
  }
  try {
    return resolveCall('$subscript', [base, index], node, analysis)
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.type !== 'USER_ERROR') throw cause
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Cannot use ${typeName(index.type)} for subscript of ${typeName(base.type)}`,
    )
  }
}

function rowSubscript(
  node: SubscriptExpression,
  base: Expression,
  fieldCount: number,
  context: ExpressionContext,
): Expression {
  if (node.index.kind !== 'longLiteral') {
    throw semanticError(
      'EXPRESSION_NOT_CONSTANT',
      node.index,
      'Subscript expression on ROW requires a constant index',
    )
  }
  const index = analyze(node.index, context)
  if (index.type.kind !== 'integer') {
    throw semanticError(
      'TYPE_MISMATCH',
      node.index,
      `Subscript expression on ROW requires integer index, found ${typeName(index.type)}`,
    )
  }
  const position = Number(node.index.value)
  if (position < 1) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      node.index,
      `Invalid subscript index: ${expressionText(node.index)}. ROW indices start at 1`,
    )
  }
  if (position > fieldCount) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      node.index,
      `Subscript index out of bounds: ${position}, max value is ${fieldCount}`,
    )
  }
  return field(base, position - 1)
}
