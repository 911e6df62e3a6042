import {
  type AggregateFunction,
  BIGINT,
  type CallNode,
  STANDARD_FUNCTIONS as F,
  type SqlType,
  type Value,
} from '../../spi/index.js'
import { refused, type SqlDialect, type Written } from '../sql-base/dialect.js'
import type { Comparability, SqlColumn } from '../sql-base/handles.js'
import {
  anyOf,
  binary,
  numberText,
  type SqlExpression,
  sqlCall,
  sqlCast,
  text,
} from '../sql-base/sql-tree.js'
import { isoDate } from '../sql-base/value-text.js'
import type { Storage } from './columns.js'
import { WRONG_CLASS } from './values.js'

const ARITHMETIC: Readonly<Record<string, string>> = {
  [F.add]: '+',
  [F.subtract]: '-',
  [F.multiply]: '*',
}

/** SQLite's classes that values of a column may be of. */
const CLASSES: Readonly<Record<Storage, readonly string[]>> = {
  integer: ['integer', 'null'],
  real: ['real', 'integer', 'null'],
  text: ['text', 'null'],
  blob: ['blob', 'null'],
  boolean: ['integer', 'null'],
  date: ['text', 'null'],
  timestamp: ['text', 'null'],
  decimalText: ['text', 'null'],
  numeric: ['real', 'integer', 'null'],
}

const classOf = (expression: SqlExpression): SqlExpression => sqlCall('typeof', expression)

/** What SQLite says of the same question as the engine. */
export const SQLITE_DIALECT: SqlDialect = {
  grammar: 'sqlite',
  identicalOperator: 'IS',
  comparesNaN: false,
  literal,
  comparability: (type) => (storageOf(type) === undefined ? 'none' : comparabilityOf(type)),
  storage: storageOf,
  checked,
  selected,
  call,
  looseCondition,
  aggregate,
}

const comparabilityOf = ({ kind }: SqlType): Comparability =>
  kind === 'decimal' || kind === 'timestamp' ? 'none' : 'order'

function storageOf({ kind }: SqlType): Storage | undefined {
  switch (kind) {
    case 'bigint':
      return 'integer'
    case 'double':
      return 'real'
    case 'varchar':
      return 'text'
    case 'varbinary':
      return 'blob'
    case 'boolean':
      return 'boolean'
    case 'date':
      return 'date'
    default:
      return undefined
  }
}

function literal({ kind }: SqlType, value: Value): Written {
  switch (kind) {
    case 'bigint':
      // The smallest one has no literal: it is the negation of a number that is too large.
      return value === -(2n ** 63n)
        ? binary('-', numberText('-9223372036854775807'), numberText('1'))
        : numberText(String(value))
    case 'double':
      return doubleLiteral(value as number)
    case 'varchar':
      return textLiteral(value as string)
    case 'varbinary':
      return { kind: 'bytes', hex: Buffer.from(value as Uint8Array).toString('hex') }
    case 'boolean':
      return numberText(value === true ? '1' : '0')
    case 'date': {
      const date = isoDate(value as number)
      return date === undefined ? refused('a date of no four-digit year') : text(date)
    }
    default:
      return refused(`SQLite has no ${kind}`)
  }
}

function doubleLiteral(value: number): Written {
  if (Number.isNaN(value)) return refused('SQLite has no NaN')
  if (!Number.isFinite(value)) return numberText(value > 0 ? '9e999' : '-9e999')
  const digits = String(value)
  // A number without point or exponent would be an integer.
  return numberText(/[.e]/.test(digits) ? digits : `${digits}.0`)
}

/** SQL text ends at a zero byte. */
const textLiteral = (value: string): Written =>
  value.includes('\0') ? refused('a text with a zero byte') : text(value)

/** Fails with "malformed JSON", which is told apart from every other error of a query made here. */
const raiseWrongClass = (expression: SqlExpression): SqlExpression =>
  sqlCall('json', classOf(expression))

function checked(column: SqlColumn): SqlExpression {
  const { expression, storage } = column
  if (column.unchecked !== true) return expression
  const classes = CLASSES[storage as Storage].map((name) => text(name))
  return {
    kind: 'case',
    whens: [{ when: { kind: 'in', arg: classOf(expression), list: classes }, result: expression }],
    otherwise: raiseWrongClass(expression),
  }
}

/**
 * Texts come as their bytes: the driver ends them at a zero byte, and dies of what is not UTF-8. What is of a class that the
 * column's type has not comes as a number or bytes that the column's decoder refuses.
 */
function selected({ expression, storage }: SqlColumn): SqlExpression {
  const classes = CLASSES[storage as Storage]
  const bytes = sqlCast(expression, 'BLOB')
  const is = (name: string): SqlExpression => binary('=', classOf(expression), text(name))
  if (!classes.includes('text') && storage !== 'blob') {
    return { kind: 'case', whens: [{ when: is('text'), result: bytes }], otherwise: expression }
  }
  return {
    kind: 'case',
    whens: [
      storage === 'blob'
        ? { when: is('blob'), result: expression }
        : { when: is('text'), result: bytes },
      { when: is('null'), result: { kind: 'null' } },
    ],
    otherwise: numberText(String(WRONG_CLASS)),
  }
}

/** Fails with "integer overflow" where an integer result has become a real. */
function checkedInteger(result: SqlExpression): SqlExpression {
  const isReal = binary('=', classOf(result), text('real'))
  return {
    kind: 'case',
    whens: [
      {
        when: isReal,
        result: sqlCall('abs', binary('-', numberText('-9223372036854775807'), isReal)),
      },
    ],
    otherwise: result,
  }
}

function call(node: CallNode, args: readonly SqlExpression[]): Written {
  const [first, second] = args
  const operator = ARITHMETIC[node.function]
  const argumentTypes = node.args.map(({ type }) => type.kind)
  if (operator !== undefined) {
    if (node.type.kind !== 'bigint' || argumentTypes.some((kind) => kind !== 'bigint')) {
      return refused('arithmetic of other types than BIGINT')
    }
    return checkedInteger(binary(operator, first!, second!))
  }
  switch (node.function) {
    case F.coalesce:
      return sqlCall('coalesce', ...args)
    case F.cast:
      return node.type.kind === 'varchar' &&
        node.type.length === undefined &&
        argumentTypes[0] === 'varchar'
        ? first!
        : refused('a cast that SQLite does in another way')
    case 'concat':
      return argumentTypes.every((kind) => kind === 'varchar')
        ? args.reduce((left, right) => binary('||', left, right))
        : refused('concat of arrays')
    case F.like:
      return refused('LIKE disregards the case of letters there')
    default:
      return refused(`SQLite has no equal of ${node.function.replace('$', '')}`)
  }
}

/** Letters of a pattern that SQLite takes by default, with room to spare. */
const PATTERN_MAX = 10_000

/** GLOB regards case, and differs only where a text has a zero byte. */
function looseCondition(node: CallNode, args: readonly SqlExpression[]): SqlExpression | undefined {
  const [, pattern, escapeWith] = node.args
  if (node.function !== F.like || escapeWith !== undefined || pattern?.kind !== 'constant') {
    return undefined
  }
  const { value } = pattern
  if (typeof value !== 'string' || value.includes('\0') || value.length > PATTERN_MAX)
    return undefined
  const glob = value.replace(/[*?[]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?')
  const subject = args[0]!
  return anyOf(
    binary('GLOB', subject, text(glob)),
    binary('>', sqlCall('instr', subject, sqlCall('char', numberText('0'))), numberText('0')),
  )
}

function aggregate(
  { function: name, distinct }: AggregateFunction,
  arg: Parameters<SqlDialect['aggregate']>[1],
): ReturnType<SqlDialect['aggregate']> {
  if (name === 'count') {
    if (distinct && arg?.comparability !== 'order') return refused('counts distinct values')
    const expression: SqlExpression =
      arg === undefined
        ? { kind: 'countRows' }
        : { kind: 'aggregate', name: 'COUNT', arg: arg.expression, distinct }
    return { expression, type: BIGINT, storage: 'integer' }
  }
  if (arg === undefined || arg.type.kind === 'double' || arg.comparability !== 'order') {
    return refused(`${name} of values that SQLite adds or compares in another way`)
  }
  const storage = storageOf(arg.type)
  if (storage === undefined) return refused('an unknown type')
  const applied = (function_: string): SqlExpression => ({
    kind: 'aggregate',
    name: function_,
    arg: arg.expression,
    distinct,
  })
  switch (name) {
    case 'sum':
      if (arg.type.kind !== 'bigint') return refused('sums of BIGINT only')
      return { expression: applied('SUM'), type: BIGINT, storage: 'integer' }
    case 'min':
    case 'max':
      if (arg.type.kind === 'varbinary') return refused('extremes of bytes')
      return { expression: applied(name.toUpperCase()), type: arg.type, storage }
    default:
      return refused(`SQLite has no equal of ${name}`)
  }
}
