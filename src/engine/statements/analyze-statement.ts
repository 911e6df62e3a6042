import type { AnalyzeRequest } from '../../planner/metadata.js'
import type { OutputNode, PlanNode, TableWriterNode } from '../../planner/plan/node.js'
import { sourcesOf, withSources } from '../../planner/plan/structure.js'
import {
  assert,
  BIGINT,
  type ColumnStatisticMetadata,
  MillraceError,
  plainKey,
  type SqlType,
  typeName,
  VARBINARY,
} from '../../spi/index.js'
import { findView, type TableLookup } from '../catalog/metadata.js'
import { errorAt, qualifiedObjectName, tableName } from './names.js'
import { evaluateProperties } from './properties.js'
import type { PlanResult, StatementContext, StatementOf } from './statement.js'
import { requireTable } from './table-statements.js'
import { unsupported } from './unsupported.js'

/**
 * ANALYZE: asks the connector what to collect of a table, computes it by a query of aggregates over the handle that it gives, and
 * hands it back.
 * @source Trino StatementAnalyzer.visitAnalyze, StatisticsAggregationPlanner
 */
export async function analyze(
  node: StatementOf<'analyze'>,
  context: StatementContext,
): Promise<PlanResult> {
  const name = qualifiedObjectName(context.session, node, node.tableName)
  if ((await findView(context, name)) !== undefined) {
    throw errorAt(node, 'NOT_SUPPORTED', 'Analyzing views is not supported')
  }
  const table = (await requireTable(context, node, node.tableName, false))!
  const { catalog } = table.name
  const { metadata } = table
  await context.access?.check(catalog, 'checkCanInsertIntoTable', tableName(table.name))
  const properties = await evaluateProperties(
    {
      catalog,
      what: 'analyze',
      code: 'INVALID_ANALYZE_PROPERTY',
      definitions: context.catalogs.get(catalog).connector.getAnalyzeProperties?.(),
    },
    node.properties,
    context,
  )
  if (
    metadata.getStatisticsCollectionMetadata === undefined ||
    metadata.finishStatisticsCollection === undefined
  ) {
    throw unsupported('analyze')
  }
  const session = context.connectorSession(catalog)
  const wanted = await metadata.getStatisticsCollectionMetadata(session, table.handle, properties)
  const sql = statisticsQuery(table, wanted.metadata)
  const query = context.services.parse(sql)
  const planned = await context.services.plan(query, {
    ...context,
    session: withoutPushdown(context.session),
    sql,
    parameters: [],
  })
  const request: AnalyzeRequest = {
    name: table.name,
    table: wanted.table,
    metadata: wanted.metadata,
  }
  return {
    ...planned,
    kind: 'plan',
    plan: collectingPlan(over(planned.plan, table.handle, wanted.table), request),
    columns: [{ name: 'rows', type: BIGINT }],
    updateType: 'ANALYZE',
    countsRows: true,
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The grouping columns, the number of rows, then a column a statistic. */
function statisticsQuery(
  { name, tableMetadata }: TableLookup,
  { groupingColumns, columnStatistics }: AnalyzeRequest['metadata'],
): string {
  const types = new Map(tableMetadata.columns.map((column) => [column.name, column.type]))
  const columns = [
    ...groupingColumns.map(quoted),
    'count(*)',
    ...columnStatistics.map((statistic) => aggregate(statistic, types.get(statistic.column))),
  ]
  const from = [name.catalog, name.schema, name.name].map(quoted).join('.')
  const groups = groupingColumns.map((_, i) => i + 1).join(', ')
  return `SELECT ${columns.join(', ')} FROM ${from}${groups === '' ? '' : ` GROUP BY ${groups}`}`
}

function aggregate(
  { column, statistic }: ColumnStatisticMetadata,
  type: SqlType | undefined,
): string {
  const refuse = (): never => {
    throw new MillraceError(
      'NOT_SUPPORTED',
      `Statistic is not computed of a column of type ${type === undefined ? 'unknown' : typeName(type)}: ${statistic} of ${column}`,
    )
  }
  const value = quoted(column)
  switch (statistic) {
    case 'MIN_VALUE':
      return `min(${value})`
    case 'MAX_VALUE':
      return `max(${value})`
    case 'NUMBER_OF_DISTINCT_VALUES':
      return `approx_distinct(${value})`
    case 'NUMBER_OF_NON_NULL_VALUES':
      return `count(${value})`
    case 'NUMBER_OF_TRUE_VALUES':
      return type?.kind === 'boolean' ? `count_if(${value})` : refuse()
    case 'MAX_VALUE_SIZE_IN_BYTES':
      return `max(${byteLength(value, type) ?? refuse()})`
    case 'TOTAL_SIZE_IN_BYTES':
      return `sum(${byteLength(value, type) ?? refuse()})`
  }
}

function byteLength(value: string, type: SqlType | undefined): string | undefined {
  if (type?.kind === VARBINARY.kind) return `length(${value})`
  return type?.kind === 'varchar' || type?.kind === 'char'
    ? `length(to_utf8(CAST(${value} AS varchar)))`
    : undefined
}

/** Statistics are of what the handle reads: the connector answers no part of the query by itself. */
const withoutPushdown = (session: StatementContext['session']): StatementContext['session'] => ({
  ...session,
  properties: new Map([...session.properties, ['allow_pushdown_into_connectors', 'false']]),
})

/** The plan with the scans of one handle reading another. */
function over(plan: OutputNode, from: unknown, to: unknown): OutputNode {
  const replace = (node: PlanNode): PlanNode => {
    if (node.kind !== 'tableScan') return withSources(node, sourcesOf(node).map(replace))
    return plainKey(node.table.handle) === plainKey(from)
      ? { ...node, table: { ...node.table, handle: to } }
      : node
  }
  const replaced = replace(plan)
  assert(replaced.kind === 'output', 'the plan of a query')
  return replaced
}

/** The plan of the statistics with their collection on top. */
function collectingPlan(plan: OutputNode, request: AnalyzeRequest): OutputNode {
  const { catalog, name } = request.name
  const target = { kind: 'statistics', catalog, handle: request, name } as const
  const rows = { name: 'rows', type: BIGINT }
  const writer: TableWriterNode = {
    kind: 'tableWriter',
    id: `${plan.id}.writer`,
    source: plan.source,
    target,
    columns: plan.outputs,
    columnNames: plan.columnNames,
    rowCountSymbol: rows,
    fragmentSymbol: { name: 'fragment', type: VARBINARY },
  }
  return {
    kind: 'output',
    id: plan.id,
    source: {
      kind: 'tableFinish',
      id: `${plan.id}.finish`,
      source: writer,
      target,
      rowCountSymbol: rows,
    },
    columnNames: ['rows'],
    outputs: [rows],
  }
}
