import { commonSuperType } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import {
  between,
  caseWhen,
  cast,
  comparison,
  inList,
  not,
  nullIf,
} from '../../expressions/ir-build.js'
import {
  BIGINT,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  isCharacter,
  isInteger,
  isNumeric,
  MAX_DECIMAL_PRECISION,
  MillraceError,
  type SqlType,
  timestampType,
  timestampWithTimeZoneType,
  typeName,
  VARCHAR,
} from '../../spi/index.js'
import type { FunctionCall, NodeBase } from '../parser/ast/index.js'
import { type Analysis, analyze, type ExpressionContext } from './analysis.js'
import { resolveCall } from './call-resolution.js'
import { integerConstant, stringConstant } from './literal-analysis.js'
import { compare } from './predicate-analysis.js'
import { semanticError } from './semantic-error.js'

/**
 * What statements of other dialects mean and Trino's SQL has no words for, because it depends on the types of operands: the translation of a
 * dialect writes calls of these names, which no function has. Each gives plain expressions, so that nothing after analysis knows of them.
 */
export function dialectForm(
  name: string,
): ((node: FunctionCall, context: ExpressionContext) => Expression) | undefined {
  return name.startsWith('$dialect_') && Object.hasOwn(FORMS, name) ? FORMS[name] : undefined
}

interface Form {
  readonly node: FunctionCall
  readonly analysis: Analysis
  readonly args: readonly Expression[]
}

/** A form of values. The first argument is a word of the translation where `hasWord`. */
const form =
  (build: (form: Form, word: string) => Expression, hasWord = true) =>
  (node: FunctionCall, context: ExpressionContext): Expression => {
    const [first] = node.arguments
    const word = hasWord && first?.kind === 'stringLiteral' ? first.value : ''
    const values = hasWord ? node.arguments.slice(1) : node.arguments
    const args = values.map((argument) => analyze(argument, context))
    return build(
      { node: hasWord ? { ...node, arguments: values } : node, analysis: context.analysis, args },
      word,
    )
  }

const FORMS: Readonly<
  Record<string, (node: FunctionCall, context: ExpressionContext) => Expression>
> = {
  $dialect_add: form((f, dialect) => sum('$add', dialect, f)),
  $dialect_at_time_zone: form(atTimeZone, false),
  $dialect_average: form(averaged),
  $dialect_between: form(betweenForm, false),
  $dialect_column_or: columnOr,
  $dialect_compare: form(compareForm),
  $dialect_divide: form(divide),
  $dialect_in: form(inForm, false),
  $dialect_instant: form(
    ({ args: [value] }) =>
      value!.type.kind === 'date' || isCharacter(value!.type)
        ? cast(value!, timestampWithTimeZoneType(6))
        : value!,
    false,
  ),
  $dialect_modulus: form(modulus),
  $dialect_numeric: form(numeric, false),
  $dialect_series: form(series, false),
  $dialect_subtract: form((f, dialect) => sum('$subtract', dialect, f)),
  $dialect_text: form(text),
  $dialect_timestamp: form(({ args }) => asTimestamp(args[0]!), false),
  $dialect_truncated: form(truncated, false),
  $dialect_truth: form(truth, false),
}

/** A name that is a column where there is one, and else stands for an expression of the SELECT list. */
function columnOr(node: FunctionCall, context: ExpressionContext): Expression {
  const [column, expression] = node.arguments
  try {
    return analyze(column!, context)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'COLUMN_NOT_FOUND') throw error
    return analyze(expression!, context)
  }
}

/** Strings of the text and values of parameters have no type yet: they take that of the other operands. */
function typed({ node, args }: Form): readonly Expression[] {
  const isOpen = (i: number): boolean => {
    const kind = node.arguments[i]?.kind
    return (kind === 'stringLiteral' || kind === 'parameter') && isCharacter(args[i]!.type)
  }
  const fixed = args.map((arg) => arg.type).filter((_, i) => !isOpen(i))
  const [first, ...rest] = fixed
  if (first === undefined) return args
  const target = rest.reduce<SqlType | undefined>(
    (common, type) => (common === undefined ? undefined : commonSuperType(common, type)),
    first,
  )
  if (target === undefined || isCharacter(target) || target.kind === 'unknown') return args
  return args.map((arg, i) => (isOpen(i) ? asType(arg, target) : arg))
}

function asType(value: Expression, target: SqlType): Expression {
  const content = value.kind === 'constant' && typeof value.value === 'string' ? value.value : ''
  if (target.kind === 'date' && /^\s*\d+-\d+-\d+[ T]\d/.test(content)) return asTimestamp(value)
  if (target.kind === 'timestamp') return cast(value, timestampType(Math.max(target.precision, 6)))
  if (target.kind === 'timestamp with time zone') return cast(value, timestampWithTimeZoneType(6))
  if (isInteger(target) || target.kind === 'decimal') return number(value, content, target)
  return cast(value, target)
}

/** `'5'` is an integer, `'5.5'` a decimal of as many digits. */
function number(value: Expression, content: string, target: SqlType): Expression {
  const match = /^\s*[+-]?(\d*)(?:\.(\d*))?\s*$/.exec(content)
  if (match === null || content.trim() === '') return cast(value, target)
  const scale = match[2]?.length ?? 0
  const precision = Math.max(match[1]!.length + scale, 1)
  return precision > MAX_DECIMAL_PRECISION
    ? cast(value, target)
    : cast(value, decimalType(precision, scale))
}

function compareForm(f: Form, operator: string): Expression {
  const [left, right] = typed(f)
  if (operator === 'IS DISTINCT FROM') {
    return not(compare('identical', left!, right!, f.node, f.analysis))
  }
  return compare(
    operator as '=' | '<>' | '<' | '<=' | '>' | '>=',
    left!,
    right!,
    f.node,
    f.analysis,
  )
}

/** Operands in one type. @throws TYPE_MISMATCH */
function unified(f: Form, operands: readonly Expression[]): readonly Expression[] {
  const common = operands
    .map((operand) => operand.type)
    .reduce<SqlType | undefined>(
      (sofar, type) => (sofar === undefined ? undefined : commonSuperType(sofar, type)),
      operands[0]!.type,
    )
  if (common === undefined) {
    const names = [...new Set(operands.map((operand) => typeName(operand.type)))]
    throw semanticError(
      'TYPE_MISMATCH',
      f.node,
      `Cannot compare values of types ${names.join(', ')}`,
    )
  }
  return operands.map((operand) => (operand.type === common ? operand : cast(operand, common)))
}

function betweenForm(f: Form): Expression {
  const [value, min, max] = unified(f, typed(f))
  return between(value!, min!, max!)
}

function inForm(f: Form): Expression {
  const [value, ...list] = unified(f, typed(f))
  return inList(value!, list)
}

function truth({ node, args }: Form): Expression {
  const [value] = args
  const { type } = value!
  if (type.kind === 'boolean' || type.kind === 'unknown') return value!
  if (isNumeric(type)) return comparison('<>', value!, cast(integerConstant(0n), type))
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `A value of type ${typeName(type)} is no condition`,
    'Compare it with something',
  )
}

/** Digits after the point that a quotient has. */
function quotientScale(dialect: string, dividend: SqlType, divisor: SqlType): number {
  const scale = (type: SqlType) => (type.kind === 'decimal' ? type.scale : 0)
  const precision = (type: SqlType) => (type.kind === 'decimal' ? type.precision : 19)
  switch (dialect) {
    case 'mysql':
      return scale(dividend) + 4
    case 'snowflake':
      return Math.max(scale(dividend), Math.min(scale(dividend) + 6, 12))
    case 'bigquery':
      return Math.max(9, scale(dividend))
    case 'transactsql':
      return Math.max(6, Math.min(scale(dividend) + precision(divisor) + 1, 18))
    default:
      return Math.max(16, scale(dividend), scale(divisor))
  }
}

const isExact = (type: SqlType): boolean => isInteger(type) || type.kind === 'decimal'
const zero = (type: SqlType): Expression => cast(integerConstant(0n), type)

function divide({ node, analysis, args }: Form, dialect: string): Expression {
  const [left, divisor] = args as [Expression, Expression]
  const givesNull = /^(?:mysql|sqlite|integer)/.test(dialect)
  const right =
    givesNull && isNumeric(divisor.type)
      ? nullIf(divisor, zero(divisor.type), divisor.type)
      : divisor
  const quotient = (dividend: Expression, by: Expression): Expression =>
    resolveCall('$divide', [dividend, by], node, analysis)
  if (dialect === 'athena' || !isExact(left.type) || !isExact(divisor.type)) {
    const plain = quotient(left, right)
    if (dialect !== 'integer') return plain
    return cast(resolveCall('truncate', [plain], node, analysis), BIGINT)
  }
  const areIntegers = isInteger(left.type) && isInteger(divisor.type)
  if (dialect === 'integer') {
    return areIntegers
      ? quotient(left, right)
      : cast(resolveCall('truncate', [quotient(left, right)], node, analysis), BIGINT)
  }
  if (areIntegers && /^(?:postgresql|sqlite|transactsql)$/.test(dialect))
    return quotient(left, right)
  if (areIntegers && dialect === 'bigquery')
    return quotient(cast(left, DOUBLE), cast(right, DOUBLE))
  const digits = quotientScale(dialect, left.type, divisor.type)
  return quotient(cast(left, decimalType(MAX_DECIMAL_PRECISION, digits)), right)
}

function modulus({ node, analysis, args }: Form, dialect: string): Expression {
  const whole = (value: Expression): Expression =>
    dialect !== 'sqlite' || isInteger(value.type)
      ? value
      : cast(resolveCall('truncate', [value], node, analysis), BIGINT)
  const [left, right] = args.map(whole) as [Expression, Expression]
  const divisor = isNumeric(right.type) ? nullIf(right, zero(right.type), right.type) : right
  return resolveCall('$modulus', [left, divisor], node, analysis)
}

const isInterval = (type: SqlType): boolean => type.kind.startsWith('interval')
const isMoment = (type: SqlType): boolean =>
  type.kind === 'date' || type.kind.startsWith('timestamp')

function asTimestamp(value: Expression): Expression {
  return value.type.kind === 'date' || isCharacter(value.type)
    ? cast(value, timestampType(6))
    : value
}

/** A date of the text, or a time. */
function asMoment(value: Expression): Expression {
  if (!isCharacter(value.type)) return value
  const content = value.kind === 'constant' && typeof value.value === 'string' ? value.value : ''
  return /^\s*\d+-\d+-\d+\s*$/.test(content) ? cast(value, DATE) : cast(value, timestampType(6))
}

/** `+` and `-`, of dates too. */
function sum(operator: '$add' | '$subtract', dialect: string, f: Form): Expression {
  const { node, analysis } = f
  let [left, right] = f.args as [Expression, Expression]
  const resolved = (a: Expression, b: Expression) => resolveCall(operator, [a, b], node, analysis)
  if (dialect === 'athena') return resolved(left, right)
  if (isInterval(right.type)) left = asMoment(left)
  if (isInterval(left.type)) right = asMoment(right)
  if (isMoment(left.type) && isMoment(right.type)) return difference(dialect, left, right, f)
  const hasDays = dialect === 'postgresql' || dialect === 'snowflake'
  const shift = (date: Expression, days: Expression) => {
    const amount = operator === '$add' ? days : resolveCall('$negation', [days], node, analysis)
    return resolveCall('date_add', [stringConstant('day'), amount, date], node, analysis)
  }
  if (hasDays && left.type.kind === 'date' && isInteger(right.type)) return shift(left, right)
  if (hasDays && right.type.kind === 'date' && isInteger(left.type) && operator === '$add')
    return shift(right, left)
  if (
    dialect === 'transactsql' &&
    operator === '$add' &&
    isCharacter(left.type) &&
    isCharacter(right.type)
  ) {
    return resolveCall('concat', [left, right], node, analysis)
  }
  return resolved(shiftable(dialect, left, right), shiftable(dialect, right, left))
}

/** A date that an interval is added to becomes a time where the dialect has it so, and where the interval has hours. */
function shiftable(dialect: string, value: Expression, interval: Expression): Expression {
  if (value.type.kind !== 'date' || !isInterval(interval.type)) return value
  const isWholeDays =
    interval.type.kind === 'interval year to month' ||
    (interval.kind === 'constant' && Number(interval.value) % 86_400_000 === 0)
  const givesTime = dialect === 'postgresql' || dialect === 'bigquery' || !isWholeDays
  return givesTime ? cast(value, timestampType(6)) : value
}

function difference(dialect: string, left: Expression, right: Expression, f: Form): Expression {
  const { node, analysis } = f
  const areDates = left.type.kind === 'date' && right.type.kind === 'date'
  if (areDates && (dialect === 'postgresql' || dialect === 'snowflake')) {
    return cast(
      resolveCall('date_diff', [stringConstant('day'), right, left], node, analysis),
      INTEGER,
    )
  }
  if (!areDates && (dialect === 'postgresql' || dialect === 'bigquery')) {
    return resolveCall('$subtract', [asTimestamp(left), asTimestamp(right)], node, analysis)
  }
  throw semanticError(
    'NOT_SUPPORTED',
    node,
    `The difference of ${typeName(left.type)} and ${typeName(right.type)} is not supported in this dialect`,
    "Use the dialect's function for it, such as DATEDIFF",
  )
}

/** What avg is taken of, so that the mean has the digits of the dialect. */
function averaged({ node, args }: Form, dialect: string): Expression {
  const [value] = args as [Expression]
  const { type } = value
  if (dialect === 'athena' || !isExact(type)) return value
  if (isInteger(type) && (dialect === 'sqlite' || dialect === 'bigquery'))
    return cast(value, DOUBLE)
  if (isInteger(type) && dialect === 'transactsql') {
    throw semanticError(
      'NOT_SUPPORTED',
      node,
      'AVG of integers, which is an integer in this dialect, is not supported',
      'Cast its argument to DECIMAL or FLOAT',
    )
  }
  return cast(value, decimalType(MAX_DECIMAL_PRECISION, quotientScale(dialect, type, INTEGER)))
}

/** A value as the dialect writes it. */
function text({ node, analysis, args }: Form, dialect: string): Expression {
  const [value] = args as [Expression]
  switch (value.type.kind) {
    case 'varchar':
    case 'char':
    case 'unknown':
    case 'array':
      return value
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'uuid':
    case 'boolean':
    case 'json':
      return dialect === 'athena' || value.type.kind !== 'json'
        ? cast(value, VARCHAR)
        : refusedText(node, value)
    case 'timestamp':
      return dialect === 'postgresql' && value.type.precision > 0
        ? resolveCall(
            'regexp_replace',
            [cast(value, VARCHAR), stringConstant('\\.?0+$'), stringConstant('')],
            node,
            analysis,
          )
        : cast(value, VARCHAR)
    default:
      return dialect === 'athena' ? cast(value, VARCHAR) : refusedText(node, value)
  }
}

function refusedText(node: NodeBase, value: Expression): never {
  throw semanticError(
    'NOT_SUPPORTED',
    node,
    `The text of ${typeName(value.type)}, which dialects write in different ways, is not supported`,
    'Cast it to DECIMAL first, or write the statement in the trino dialect',
  )
}

function numeric({ node, args }: Form): Expression {
  const [value] = args as [Expression]
  if (value.type.kind === 'decimal') return value
  if (isInteger(value.type)) return cast(value, decimalType(19, 0))
  throw semanticError(
    'NOT_SUPPORTED',
    node,
    `A cast of ${typeName(value.type)} to NUMERIC without precision is not supported`,
    'Write NUMERIC(precision, scale)',
  )
}

/** Numbers cut off at the point, for casts to integers that don't round. */
function truncated({ node, analysis, args }: Form): Expression {
  const [value] = args as [Expression]
  const hasFraction = isNumeric(value.type) && !isInteger(value.type)
  return hasFraction ? resolveCall('truncate', [value], node, analysis) : value
}

/** The numbers of generate_series; none where the step leads away. */
function series({ node, analysis, args }: Form): Expression {
  const [start, stop, step] = args as [Expression, Expression, Expression | undefined]
  const resolved = resolveCall(
    'sequence',
    step === undefined ? [start, stop] : [start, stop, step],
    node,
    analysis,
  )
  if (!isInteger(start.type)) return resolved
  const by = step ?? integerConstant(1n)
  // The distance in steps is negative then: SEQUENCE would refuse it.
  const zeroOf = (type: SqlType): Expression => cast(integerConstant(0n), type)
  const distance = resolveCall(
    '$subtract',
    [cast(stop, BIGINT), cast(start, BIGINT)],
    node,
    analysis,
  )
  const steps = resolveCall('$multiply', [distance, cast(by, BIGINT)], node, analysis)
  const empty = resolveCall(
    'slice',
    [resolveCall('sequence', [start, start], node, analysis), integerConstant(1n), zeroOf(INTEGER)],
    node,
    analysis,
  )
  return caseWhen([{ condition: comparison('<', steps, zeroOf(BIGINT)), result: empty }], resolved)
}

/** Local times become instants in the zone, instants local times in it. */
function atTimeZone({ node, analysis, args }: Form): Expression {
  const [value, zone] = args as [Expression, Expression]
  const moment = asMoment(value)
  if (moment.type.kind === 'timestamp with time zone') {
    return cast(
      resolveCall('at_timezone', [moment, zone], node, analysis),
      timestampType(moment.type.precision),
    )
  }
  return resolveCall('with_timezone', [asTimestamp(moment), zone], node, analysis)
}
