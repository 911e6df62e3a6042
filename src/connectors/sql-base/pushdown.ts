import { createHash } from 'node:crypto'
import {
  type AggregateFunction,
  type ConnectorAssignment,
  type ConnectorExpression,
  type ConnectorJoinType,
  type ConnectorMetadata,
  type Constraint,
  conjunction,
  extractConjuncts,
  plainEquals,
  plainKey,
  type SqlType,
  tupleDomain,
  variableNames,
} from '../../spi/index.js'
import { type Refusal, refused, type SqlDialect } from './dialect.js'
import { writeDomain } from './domain-writer.js'
import { expressionWriter, isFloat, isRefusal, type Scope } from './expression-writer.js'
import type { SqlColumn, SqlTable, SqlTypes } from './handles.js'
import type { SqlExpression, SqlJoinType } from './sql-tree.js'
import { isCutOff, wrapTable } from './table-query.js'

type Pushdown = Required<
  Pick<
    ConnectorMetadata<SqlTypes>,
    | 'applyFilter'
    | 'applyProjection'
    | 'applyLimit'
    | 'applyTopN'
    | 'applyAggregation'
    | 'applyJoin'
    | 'explainRefusal'
  >
>

/** Rows that a LIMIT can name in every database. */
const LIMIT_MAX = 2 ** 31 - 1

const JOINS: Readonly<Record<ConnectorJoinType, SqlJoinType>> = {
  INNER: 'INNER JOIN',
  LEFT_OUTER: 'LEFT JOIN',
  RIGHT_OUTER: 'RIGHT JOIN',
  FULL_OUTER: 'FULL JOIN',
}

/** What a database takes over of a query, as far as its dialect vouches for the answer. */
export function sqlPushdown(dialect: SqlDialect, isJoinPushed: boolean): Pushdown {
  return {
    applyFilter: (_session, table, constraint) => applyFilter(dialect, table, constraint),
    explainRefusal: (_session, table, constraint) => explainRefusal(dialect, table, constraint),
    applyProjection: (_session, table, projections, assignments) =>
      applyProjection(dialect, table, projections, assignments),
    applyLimit(_session, table, limit) {
      if (limit > LIMIT_MAX || (table.limit !== undefined && table.limit <= limit)) return undefined
      return { handle: { ...table, limit }, limitGuaranteed: true }
    },
    applyTopN(_session, table, limit, sortItems, assignments) {
      if (isCutOff(table) || limit > LIMIT_MAX) return undefined
      const columns = sortItems.map(({ name }) => assignments[name])
      if (!columns.every((column) => column?.comparability === 'order')) return undefined
      const orderBy = sortItems.map(({ ascending, nullsFirst }, i) => ({
        expression: columns[i]!.expression,
        ascending,
        nullsFirst,
      }))
      return { handle: { ...table, orderBy, limit }, topNGuaranteed: true }
    },
    applyAggregation: (_session, table, aggregates, assignments, groupingSets) =>
      applyAggregation(dialect, table, aggregates, assignments, groupingSets),
    applyJoin(_session, type, left, right, condition, leftAssignments, rightAssignments) {
      if (!isJoinPushed) return undefined
      return applyJoin(dialect, type, left, right, condition, leftAssignments, rightAssignments)
    },
  }
}

function applyFilter(
  dialect: SqlDialect,
  table: SqlTable,
  constraint: Constraint<SqlColumn>,
): ReturnType<Pushdown['applyFilter']> {
  const { columnDomains } = constraint.summary
  if (columnDomains === null || isCutOff(table)) return undefined
  const known = new Set(table.where.map(plainKey))
  const where = [...table.where]
  const add = (condition: SqlExpression): void => {
    const key = plainKey(condition)
    if (known.has(key)) return
    known.add(key)
    where.push(condition)
  }
  const left = columnDomains.filter(({ column, domain }) => {
    const written = writeDomain(dialect, column, domain)
    if (isRefusal(written)) return true
    add(written)
    return false
  })
  const writer = expressionWriter(dialect, constraint.assignments)
  const remaining: ConnectorExpression[] = []
  for (const e of extractConjuncts(constraint.expression)) {
    const written = writer.write(e)
    if (!isRefusal(written)) {
      add(written)
      continue
    }
    remaining.push(e)
    const loose = writer.loose(e)
    if (loose !== undefined) add(loose)
  }
  if (where.length === table.where.length) return undefined
  return {
    handle: { ...table, where },
    remainingFilter: tupleDomain(left),
    remainingExpression: conjunction(remaining),
  }
}

/** Why the first part of a predicate that is refused is. */
function explainRefusal(
  dialect: SqlDialect,
  table: SqlTable,
  { summary, expression, assignments }: Constraint<SqlColumn>,
): string | undefined {
  if (isCutOff(table)) return 'it comes after a LIMIT'
  for (const { column, domain } of summary.columnDomains ?? []) {
    const written = writeDomain(dialect, column, domain)
    if (isRefusal(written)) return written.reason
  }
  const writer = expressionWriter(dialect, assignments)
  for (const e of extractConjuncts(expression)) {
    const written = writer.write(e)
    if (isRefusal(written)) return written.reason
  }
  return undefined
}

/** A name that two columns share only if they are the same expression. */
const nameOf = (prefix: string, expression: SqlExpression): string =>
  `${prefix}_${createHash('sha256').update(plainKey(expression)).digest('hex').slice(0, 12)}`

function applyProjection(
  dialect: SqlDialect,
  table: SqlTable,
  projections: readonly ConnectorExpression[],
  scope: Scope,
): ReturnType<Pushdown['applyProjection']> {
  const { write } = expressionWriter(dialect, scope)
  const assignments = new Map<string, ConnectorAssignment<SqlColumn>>()
  let isChanged = false
  const keep = (e: ConnectorExpression): ConnectorExpression => {
    for (const name of variableNames(e)) {
      const column = scope[name]!
      assignments.set(name, { variable: name, column, type: column.type })
    }
    return e
  }
  const results = projections.map((e): ConnectorExpression => {
    const storage = e.kind === 'call' ? dialect.storage(e.type) : undefined
    const expression = storage === undefined ? undefined : write(e)
    if (storage === undefined || expression === undefined || isRefusal(expression)) return keep(e)
    const column = computedColumn(dialect, 'expr', expression, e.type, storage)
    isChanged = true
    assignments.set(column.name, { variable: column.name, column, type: e.type })
    return { kind: 'variable', name: column.name, type: e.type }
  })
  if (!isChanged) return undefined
  return { handle: table, projections: results, assignments: [...assignments.values()] }
}

const computedColumn = (
  dialect: SqlDialect,
  prefix: string,
  expression: SqlExpression,
  type: SqlType,
  storage: string,
): SqlColumn => ({
  name: nameOf(prefix, expression),
  type,
  nullable: true,
  expression,
  storage,
  comparability: dialect.comparability(type),
})

const GROUP_ALIAS = 'g'

function applyAggregation(
  dialect: SqlDialect,
  table: SqlTable,
  aggregates: readonly AggregateFunction[],
  scope: Scope,
  groupingSets: readonly (readonly SqlColumn[])[],
): ReturnType<Pushdown['applyAggregation']> {
  const [keys, ...others] = groupingSets
  if (keys === undefined || others.length > 0) return undefined
  if (keys.some((key) => key.comparability === 'none' || isFloat(key.type))) return undefined
  const used = [
    ...keys,
    ...aggregates
      .flatMap(({ args }) => args.flatMap((arg) => [...variableNames(arg)]))
      .map((name) => scope[name]!),
  ]
  // What a LIMIT chooses is chosen before it is grouped.
  const base = isCutOff(table) ? wrapTable(table, used, 'q') : undefined
  const inner = base?.table ?? table
  const columnOf = (column: SqlColumn): SqlColumn => base?.columns.get(plainKey(column)) ?? column
  const innerScope = Object.fromEntries(
    Object.entries(scope).map(([name, column]) => [name, columnOf(column)]),
  )
  const computed: SqlColumn[] = []
  for (const aggregate of aggregates) {
    const written = writeAggregate(dialect, aggregate, innerScope)
    if (isRefusal(written)) return undefined
    computed.push(written)
  }
  const groupBy = keys.map((key) => columnOf(key).expression)
  const selected = [...keys.map(columnOf), ...computed]
  if (selected.length === 0) return undefined
  const outputs = selected.map(
    (column, i): SqlColumn => ({
      ...column,
      expression: { kind: 'column', relation: GROUP_ALIAS, name: `c${i}` },
    }),
  )
  const query = {
    columns: selected.map(({ expression }, i) => ({
      expression,
      alias: `c${i}`,
    })),
    from: inner.relation,
    where: inner.where,
    groupBy,
    orderBy: [],
  }
  const results = outputs.slice(keys.length)
  return {
    handle: {
      schema: table.schema,
      table: table.table,
      relation: { kind: 'query', query, alias: GROUP_ALIAS },
      where: [],
      orderBy: [],
      columns: outputs,
    },
    projections: results.map((_, i) => ({
      kind: 'variable',
      name: `agg${i}`,
      type: aggregates[i]!.outputType,
    })),
    assignments: results.map((column, i) => ({ variable: `agg${i}`, column, type: column.type })),
    groupingColumnMapping: keys.map((from, i) => ({ from, to: outputs[i]! })),
  }
}

function writeAggregate(
  dialect: SqlDialect,
  aggregate: AggregateFunction,
  scope: Scope,
): SqlColumn | Refusal {
  if (aggregate.filter !== undefined || aggregate.orderBy.length > 0 || aggregate.args.length > 1) {
    return refused('an aggregate with FILTER or ORDER BY')
  }
  const { write, comparability } = expressionWriter(dialect, scope)
  const [arg] = aggregate.args
  const expression = arg === undefined ? undefined : write(arg)
  if (expression !== undefined && isRefusal(expression)) return expression
  const written = dialect.aggregate(
    aggregate,
    arg === undefined || expression === undefined
      ? undefined
      : { expression, type: arg.type, comparability: comparability(arg) },
  )
  if (isRefusal(written)) return written
  return {
    ...computedColumn(
      dialect,
      aggregate.function,
      written.expression,
      written.type,
      written.storage,
    ),
    type: written.type,
  }
}

function applyJoin(
  dialect: SqlDialect,
  type: ConnectorJoinType,
  left: SqlTable,
  right: SqlTable,
  condition: ConnectorExpression,
  leftScope: Scope,
  rightScope: Scope,
): ReturnType<Pushdown['applyJoin']> {
  const leftSide = wrapTable(left, Object.values(leftScope), 'l')
  const rightSide = wrapTable(right, Object.values(rightScope), 'r')
  const moved = (scope: Scope, side: typeof leftSide): Scope =>
    Object.fromEntries(
      Object.entries(scope).map(([name, column]) => [name, side.columns.get(plainKey(column))!]),
    )
  const scope = { ...moved(leftScope, leftSide), ...moved(rightScope, rightSide) }
  const on = expressionWriter(dialect, scope).write(condition)
  if (isRefusal(on)) return undefined
  if (type === 'FULL_OUTER' && !hasEquality(condition)) return undefined
  const { relation: l } = leftSide.table
  const { relation: r } = rightSide.table
  if (l.kind === 'join' || r.kind === 'join') return undefined
  const mapping = (side: Scope, own: typeof leftSide) =>
    Object.values(side).map((from) => ({ from, to: own.columns.get(plainKey(from))! }))
  const leftColumns = mapping(leftScope, leftSide)
  const rightColumns = mapping(rightScope, rightSide)
  return {
    handle: {
      schema: left.schema,
      table: left.table,
      relation: { kind: 'join', type: JOINS[type], left: l, right: r, on },
      where: [],
      orderBy: [],
      columns: [...leftColumns, ...rightColumns].map(({ to }) => to),
    },
    leftColumns,
    rightColumns,
  }
}

/** Databases that join by hashing need it for FULL OUTER JOIN. */
const hasEquality = (condition: ConnectorExpression): boolean =>
  extractConjuncts(condition).some(
    (e) =>
      e.kind === 'call' &&
      e.function === '$equal' &&
      e.args.every((arg) => arg.kind === 'variable') &&
      !plainEquals(e.args[0], e.args[1]),
  )
