import {
  type AggregateFunction,
  BIGINT,
  type CallNode,
  STANDARD_FUNCTIONS as F,
  isText,
  type SqlType,
  type Value,
  type ZonedTimestamp,
} from '../../spi/index.js'
import { decimalText } from '../../values/number-text.js'
import { refused, type SqlDialect, type Written } from '../sql-base/dialect.js'
import type { Comparability } from '../sql-base/handles.js'
import { binary, type SqlExpression, sqlCall, sqlCast, text } from '../sql-base/sql-tree.js'
import { isoDate, isoTimestamp } from '../sql-base/value-text.js'
import { duckdbType } from './columns.js'

const ARITHMETIC: Readonly<Record<string, string>> = {
  [F.add]: '+',
  [F.subtract]: '-',
  [F.multiply]: '*',
}
const INTEGERS = ['tinyint', 'smallint', 'integer', 'bigint']

/** Functions that give the same for all values of their arguments' types. */
const FUNCTIONS: Readonly<
  Record<string, { readonly args: readonly string[]; readonly name: string }>
> = {
  length: { args: ['varchar'], name: 'length' },
  starts_with: { args: ['varchar', 'varchar'], name: 'starts_with' },
  year: { args: ['date'], name: 'year' },
  month: { args: ['date'], name: 'month' },
  day: { args: ['date'], name: 'day' },
}

/** What DuckDB says of the same question as the engine. */
export const DUCKDB_DIALECT: SqlDialect = {
  grammar: 'postgresql',
  identicalOperator: 'IS NOT DISTINCT FROM',
  comparesNaN: true,
  literal,
  comparability,
  storage: (type) => (duckdbType(type) === undefined ? undefined : 'duckdb'),
  checked: ({ expression }) => expression,
  selected: ({ expression }) => expression,
  call,
  looseCondition: () => undefined,
  aggregate,
}

function comparability(type: SqlType): Comparability {
  if (duckdbType(type) === undefined) return 'none'
  return type.kind === 'uuid' ? 'equality' : 'order'
}

function literal(type: SqlType, value: Value): Written {
  const name = duckdbType(type)
  if (name === undefined) return refused(`DuckDB has no ${type.kind}`)
  const written = literalText(type, value)
  if (written === undefined) return refused('a value that DuckDB writes in another way')
  if (typeof value === 'boolean') return { kind: 'boolean', value }
  return type.kind === 'varchar' ? text(written) : sqlCast(text(written), name)
}

/** The text that DuckDB casts to a value. */
function literalText(type: SqlType, value: Value): string | undefined {
  switch (type.kind) {
    case 'real':
    case 'double':
      return Number.isNaN(value) ? undefined : String(value)
    case 'varchar':
      return (value as string).includes('\0') ? undefined : (value as string)
    case 'varbinary':
      return Buffer.from(value as Uint8Array)
        .toString('hex')
        .replaceAll(/../g, '\\x$&')
    case 'decimal':
      return decimalText(value as bigint, type.scale)
    case 'date':
      return isoDate(value as number)
    case 'timestamp':
      return isoTimestamp(value as bigint, type.precision)
    case 'timestamp with time zone': {
      const instant = isoTimestamp((value as ZonedTimestamp).picos, 6)
      return instant === undefined ? undefined : `${instant}+00`
    }
    case 'time':
      return isoTimestamp(value as bigint, 6)?.slice('1970-01-01 '.length)
    case 'uuid':
      return Buffer.from(value as Uint8Array).toString('hex')
    default:
      return String(value)
  }
}

function call(node: CallNode, args: readonly SqlExpression[]): Written {
  const kinds = node.args.map(({ type }) => type.kind)
  const operator = ARITHMETIC[node.function]
  if (operator !== undefined) {
    return INTEGERS.includes(node.type.kind) && kinds.every((kind) => kind === node.type.kind)
      ? binary(operator, args[0]!, args[1]!)
      : refused('arithmetic of other types than integers')
  }
  const known = Object.hasOwn(FUNCTIONS, node.function) ? FUNCTIONS[node.function] : undefined
  if (known !== undefined && known.args.join() === kinds.join()) return sqlCall(known.name, ...args)
  switch (node.function) {
    case F.coalesce:
      return sqlCall('coalesce', ...args)
    case F.cast:
      return cast(node, args[0]!)
    case 'concat':
      return kinds.every((kind) => kind === 'varchar')
        ? args.reduce((left, right) => binary('||', left, right))
        : refused('concat of arrays')
    case F.like:
      return args.length === 2 && kinds[0] === 'varchar'
        ? binary('LIKE', args[0]!, args[1]!)
        : refused('LIKE with ESCAPE')
    default:
      return refused(`DuckDB has no equal of ${node.function.replace('$', '')}`)
  }
}

/** Casts that lose nothing, whatever the value. */
function cast(node: CallNode, arg: SqlExpression): Written {
  const from = node.args[0]!.type
  const { type } = node
  if (type.kind === 'varchar' && type.length === undefined && from.kind === 'varchar') return arg
  const width = INTEGERS.indexOf(type.kind)
  return width >= 0 && INTEGERS.includes(from.kind) && INTEGERS.indexOf(from.kind) <= width
    ? sqlCast(arg, type.kind.toUpperCase())
    : refused('a cast that DuckDB does in another way')
}

function aggregate(
  { function: name, distinct }: AggregateFunction,
  arg: Parameters<SqlDialect['aggregate']>[1],
): ReturnType<SqlDialect['aggregate']> {
  const storage = 'duckdb'
  if (name === 'count') {
    const isExact = arg?.comparability !== 'none' && !isFloat(arg?.type)
    if (distinct && !isExact) return refused('counts distinct values')
    const expression: SqlExpression =
      arg === undefined
        ? { kind: 'countRows' }
        : { kind: 'aggregate', name: 'COUNT', arg: arg.expression, distinct }
    return { expression, type: BIGINT, storage }
  }
  if (arg === undefined || isFloat(arg.type)) {
    return refused(`${name} of values that DuckDB adds or compares in another way`)
  }
  const applied: SqlExpression = {
    kind: 'aggregate',
    name: name.toUpperCase(),
    arg: arg.expression,
    distinct,
  }
  const { type } = arg
  if (name === 'sum' && (type.kind === 'bigint' || type.kind === 'decimal')) {
    const sum: SqlType = type.kind === 'decimal' ? { ...type, precision: 38 } : BIGINT
    return { expression: sqlCast(applied, duckdbType(sum)!), type: sum, storage }
  }
  if ((name === 'min' || name === 'max') && arg.comparability === 'order') {
    if (!isText(type) && type.kind === 'varbinary') return refused('extremes of bytes')
    return { expression: applied, type, storage }
  }
  return refused(`DuckDB has no equal of ${name}`)
}

const isFloat = (type: SqlType | undefined): boolean =>
  type?.kind === 'double' || type?.kind === 'real'
