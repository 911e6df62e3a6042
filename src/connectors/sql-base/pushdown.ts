import { createHash } from 'node:crypto'
import {
  type AggregateFunction,
  type AggregationApplicationResult,
  assert,
  type ConnectorAssignment,
  type ConnectorExpression,
  type ConnectorJoinType,
  type ConnectorMetadata,
  type ConnectorSortItem,
  type Constraint,
  conjunction,
  extractConjuncts,
  isAllDomain,
  type JoinApplicationResult,
  plainEquals,
  plainKey,
  type RefusedWork,
  type SqlType,
  tupleDomain,
  typeName,
  variableNames,
} from '../../spi/index.js'
import { type Refusal, refused, type SqlDialect } from './dialect.js'
import { incomparable, pushdownController, writeDomain } from './domain-writer.js'
import { expressionWriter, isFloat, isRefusal, type Scope } from './expression-writer.js'
import type { SqlColumn, SqlTable, SqlTypes } from './handles.js'
import type { SqlExpression, SqlJoinType, SqlSortItem } from './sql-tree.js'
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
    | 'explainRefusedWork'
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
    explainRefusedWork(_session, table, work) {
      const attempt = attemptOf(dialect, isJoinPushed, table, work)
      return isRefusal(attempt) ? attempt.reason : undefined
    },
    applyProjection: (_session, table, projections, assignments) =>
      applyProjection(dialect, table, projections, assignments),
    applyLimit: (_session, table, limit) => taken(limited(table, limit)),
    applyTopN: (_session, table, limit, sortItems, assignments) =>
      taken(ordered(table, limit, sortItems, assignments)),
    applyAggregation: (_session, table, aggregates, assignments, groupingSets) =>
      taken(grouped(dialect, table, aggregates, assignments, groupingSets)),
    applyJoin(_session, type, left, right, condition, leftAssignments, rightAssignments) {
      if (!isJoinPushed) return undefined
      return taken(joined(dialect, type, left, right, condition, leftAssignments, rightAssignments))
    },
  }
}

const taken = <T extends object>(attempt: T | Refusal): T | undefined =>
  isRefusal(attempt) ? undefined : attempt

/** What would come of work that was offered, to learn why nothing did. */
function attemptOf(
  dialect: SqlDialect,
  isJoinPushed: boolean,
  table: SqlTable,
  work: RefusedWork<SqlTable, SqlColumn>,
): object | Refusal {
  switch (work.kind) {
    case 'limit':
      return limited(table, work.limit)
    case 'topN':
      return ordered(table, work.count, work.sortItems, work.assignments)
    case 'projection':
      return computed(dialect, work.expression, work.assignments)
    case 'aggregation':
      return grouped(dialect, table, work.aggregates, work.assignments, work.groupingSets)
    case 'join': {
      if (!isJoinPushed) return refused('join-pushdown.enabled is false')
      const { joinType, right, condition, leftAssignments, rightAssignments } = work
      return joined(dialect, joinType, table, right, condition, leftAssignments, rightAssignments)
    }
  }
}

type LimitedTable = { readonly handle: SqlTable; readonly limitGuaranteed: true }
function limited(table: SqlTable, limit: number): LimitedTable | Refusal {
  if (limit > LIMIT_MAX) return refused(`more than ${LIMIT_MAX} rows`)
  if (table.limit !== undefined && table.limit <= limit) return refused('there is a smaller LIMIT')
  return { handle: { ...table, limit }, limitGuaranteed: true }
}

type OrderedTable = { readonly handle: SqlTable; readonly topNGuaranteed: true }
function ordered(
  table: SqlTable,
  limit: number,
  sortItems: readonly ConnectorSortItem[],
  assignments: Scope,
): OrderedTable | Refusal {
  if (isCutOff(table)) return refused('it comes after a LIMIT')
  if (limit > LIMIT_MAX) return refused(`more than ${LIMIT_MAX} rows`)
  const orderBy: SqlSortItem[] = []
  for (const { name, ascending, nullsFirst } of sortItems) {
    const column = assignments[name]
    if (column === undefined) return refused('it orders by no column of the table')
    if (column.comparability !== 'order') return incomparable(column)
    orderBy.push({ expression: column.expression, ascending, nullsFirst })
  }
  return { handle: { ...table, orderBy, limit }, topNGuaranteed: true }
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
  const left = columnDomains.flatMap(({ column, domain }) => {
    const { pushedDown, remainingFilter } = pushdownController(column)(domain)
    const written = writeDomain(dialect, column, pushedDown)
    if (isRefusal(written)) return [{ column, domain }]
    add(written)
    return isAllDomain(remainingFilter) ? [] : [{ column, domain: remainingFilter }]
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
  const assignments = new Map<string, ConnectorAssignment<SqlColumn>>()
  let isChanged = false
  const results = projections.map((e): ConnectorExpression => {
    const column = e.kind === 'call' ? computed(dialect, e, scope) : undefined
    if (column === undefined || isRefusal(column)) {
      for (const name of variableNames(e)) {
        const read = scope[name]!
        assignments.set(name, { variable: name, column: read, type: read.type })
      }
      return e
    }
    isChanged = true
    assignments.set(column.name, { variable: column.name, column, type: e.type })
    return { kind: 'variable', name: column.name, type: e.type }
  })
  if (!isChanged) return undefined
  return { handle: table, projections: results, assignments: [...assignments.values()] }
}

/** A column that the database computes. */
function computed(dialect: SqlDialect, e: ConnectorExpression, scope: Scope): SqlColumn | Refusal {
  const storage = dialect.storage(e.type)
  if (storage === undefined) return refused(`${typeName(e.type)} cannot be read back`)
  const expression = expressionWriter(dialect, scope).write(e)
  return isRefusal(expression)
    ? expression
    : computedColumn(dialect, 'expr', expression, e.type, storage)
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

function grouped(
  dialect: SqlDialect,
  table: SqlTable,
  aggregates: readonly AggregateFunction[],
  scope: Scope,
  groupingSets: readonly (readonly SqlColumn[])[],
): AggregationApplicationResult<SqlTable, SqlColumn> | Refusal {
  const [keys, ...others] = groupingSets
  if (keys === undefined || others.length > 0) return refused('it has several grouping sets')
  const wrongKey = keys.find((key) => key.comparability === 'none' || isFloat(key.type))
  if (wrongKey !== undefined) return incomparable(wrongKey)
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
  const results: SqlColumn[] = []
  for (const aggregate of aggregates) {
    const written = writeAggregate(dialect, aggregate, innerScope)
    if (isRefusal(written)) return written
    results.push(written)
  }
  const groupBy = keys.map((key) => columnOf(key).expression)
  const selected = [...keys.map(columnOf), ...results]
  if (selected.length === 0) return refused('it gives no columns')
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
  const aggregated = outputs.slice(keys.length)
  return {
    handle: {
      schema: table.schema,
      table: table.table,
      relation: { kind: 'query', query, alias: GROUP_ALIAS },
      where: [],
      orderBy: [],
      columns: outputs,
    },
    projections: aggregated.map((_, i) => ({
      kind: 'variable',
      name: `agg${i}`,
      type: aggregates[i]!.outputType,
    })),
    assignments: aggregated.map((column, i) => ({
      variable: `agg${i}`,
      column,
      type: column.type,
    })),
    groupingColumnMapping: keys.map((from, i) => ({ from, to: outputs[i]! })),
  }
}

function writeAggregate(
  dialect: SqlDialect,
  aggregate: AggregateFunction,
  scope: Scope,
): SqlColumn | Refusal {
  if (aggregate.filter !== undefined) return refused(`${aggregate.function} with FILTER`)
  if (aggregate.orderBy.length > 0) return refused(`${aggregate.function} with ORDER BY`)
  if (aggregate.args.length > 1) return refused(`${aggregate.function} of several values`)
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

function joined(
  dialect: SqlDialect,
  type: ConnectorJoinType,
  left: SqlTable,
  right: SqlTable,
  condition: ConnectorExpression,
  leftScope: Scope,
  rightScope: Scope,
): JoinApplicationResult<SqlTable, SqlColumn> | Refusal {
  const leftSide = wrapTable(left, Object.values(leftScope), 'l')
  const rightSide = wrapTable(right, Object.values(rightScope), 'r')
  const moved = (scope: Scope, side: typeof leftSide): Scope =>
    Object.fromEntries(
      Object.entries(scope).map(([name, column]) => [name, side.columns.get(plainKey(column))!]),
    )
  const scope = { ...moved(leftScope, leftSide), ...moved(rightScope, rightSide) }
  const on = expressionWriter(dialect, scope).write(condition)
  if (isRefusal(on)) return on
  if (type === 'FULL_OUTER' && !hasEquality(condition)) {
    return refused('a FULL JOIN without an equality')
  }
  const { relation: l } = leftSide.table
  const { relation: r } = rightSide.table
  assert(l.kind !== 'join' && r.kind !== 'join', 'sides that are queries')
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
