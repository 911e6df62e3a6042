import type { Query, Table, TableSubquery } from '../../planner/parser/ast/index.js'
import { formatName } from '../../planner/parser/format/format.js'
import {
  assert,
  type ColumnStatistics,
  MillraceError,
  type SqlType,
  type TableStatistics,
} from '../../spi/index.js'
import { javaDoubleText } from '../../values/number-text.js'
import { dateText } from '../../values/temporal-text.js'
import {
  findMaterializedView,
  findView,
  lookUpTable,
  printName,
  schemaExists,
  type TableLookup,
} from '../catalog/metadata.js'
import {
  createMaterializedViewText,
  createSchemaText,
  createTableText,
  createViewText,
} from './create-text.js'
import { functionText } from './function-statements.js'
import type { ShowObjectKinds } from './kinds.js'
import { catalogSchemaName, errorAt, qualifiedObjectName } from './names.js'
import { requireCatalog } from './show.js'
import type {
  StatementContext,
  StatementHandlers,
  StatementOf,
  StatementResult,
} from './statement.js'
import { DOUBLE, type StaticRow, singleText, staticResult, VARCHAR } from './static-rows.js'

async function showCreate(
  node: StatementOf<'showCreate'>,
  context: StatementContext,
): Promise<StatementResult> {
  if (node.type === 'SCHEMA') {
    const name = catalogSchemaName(context.session, node, node.name)
    if (!(await schemaExists(context, name.catalog, name.schema))) {
      throw errorAt(
        node,
        'SCHEMA_NOT_FOUND',
        `Schema '${name.catalog}.${name.schema}' does not exist`,
      )
    }
    await context.access?.check(name.catalog, 'checkCanShowCreateSchema', name.schema)
    const metadata = await context.metadata(name.catalog)
    const session = context.connectorSession(name.catalog)
    return singleText(
      'Create Schema',
      createSchemaText(name, {
        properties: (await metadata.getSchemaProperties?.(session, name.schema)) ?? {},
        definitions: context.catalogs.get(name.catalog).connector.getSchemaProperties?.() ?? [],
        owner: await metadata.getSchemaOwner?.(session, name.schema),
      }),
    )
  }
  if (node.type === 'FUNCTION') {
    return singleText('Create Function', await functionText(node, node.name, context))
  }
  const name = qualifiedObjectName(context.session, node, node.name)
  const [view, table] = [await findView(context, name), await lookUpTable(context, name)]
  await context.access?.check(name.catalog, 'checkCanShowCreateTable', {
    schema: name.schema,
    table: name.name,
  })
  const what = node.type === 'TABLE' ? 'Table' : node.type === 'VIEW' ? 'View' : 'Materialized view'
  const isA = (found: string) =>
    errorAt(
      node,
      'NOT_SUPPORTED',
      `Relation '${printName(name)}' is a ${found}, not a ${what.toLowerCase()}`,
    )
  if (node.type === 'VIEW' && view !== undefined) {
    return singleText('Create View', createViewText(name, view))
  }
  if (view !== undefined) throw isA('view')
  const materialized = await findMaterializedView(context, name)
  if (materialized !== undefined) {
    if (node.type !== 'MATERIALIZED VIEW') throw isA('materialized view')
    return singleText('Create Materialized View', createMaterializedViewText(name, materialized))
  }
  if (table === undefined) {
    throw errorAt(node, 'TABLE_NOT_FOUND', `${what} '${printName(name)}' does not exist`)
  }
  if (node.type !== 'TABLE') throw isA('table')
  const { connector } = context.catalogs.get(name.catalog)
  return singleText(
    'Create Table',
    createTableText(name, table.tableMetadata, {
      table: connector.getTableProperties?.() ?? [],
      column: connector.getColumnProperties?.() ?? [],
    }),
  )
}

const STATS_COLUMNS = [
  { name: 'column_name', type: VARCHAR },
  { name: 'data_size', type: DOUBLE },
  { name: 'distinct_values_count', type: DOUBLE },
  { name: 'nulls_fraction', type: DOUBLE },
  { name: 'row_count', type: DOUBLE },
  { name: 'low_value', type: VARCHAR },
  { name: 'high_value', type: VARCHAR },
]

/** @source Trino ShowStatsRewrite */
async function showStats(
  node: StatementOf<'showStats'>,
  context: StatementContext,
): Promise<StatementResult> {
  const query: Table | Query =
    node.relation.kind === 'table' ? node.relation : (node.relation as TableSubquery).query
  if (query.kind !== 'table') {
    const estimated = await context.services.estimate(query, context)
    return staticResult(STATS_COLUMNS, statsRows(estimated.columns, estimated.rowCount))
  }
  const name = qualifiedObjectName(context.session, query, query.name)
  requireCatalog(context, query, name.catalog)
  if ((await findView(context, name)) !== undefined) {
    const all = context.services.parse(
      `TABLE ${query.name.parts.map((part) => formatName(part.value)).join('.')}`,
    )
    assert(all.kind === 'query', 'TABLE is a query')
    const estimated = await context.services.estimate(all, context)
    return staticResult(STATS_COLUMNS, statsRows(estimated.columns, estimated.rowCount))
  }
  const table = await lookUpTable(context, name)
  if (table === undefined) {
    // Trino rewrites the statement into a query of its own, which has no place in the text.
    if (!(await schemaExists(context, name.catalog, name.schema))) {
      throw new MillraceError('SCHEMA_NOT_FOUND', `Schema '${name.schema}' does not exist`)
    }
    throw new MillraceError('TABLE_NOT_FOUND', `Table '${printName(name)}' does not exist`)
  }
  const visible = table.tableMetadata.columns.filter((column) => column.hidden !== true)
  await context.access?.check(
    name.catalog,
    'checkCanSelectFromColumns',
    { schema: name.schema, table: name.name },
    visible.map((column) => column.name),
  )
  const statistics = await tableStatistics(table, context)
  const byColumn = new Map(
    statistics.columns.map((entry) => [
      JSON.stringify(entry.column, plainBigint),
      entry.statistics,
    ]),
  )
  const columns = visible.map((column) => ({
    name: column.name,
    type: column.type,
    statistics: byColumn.get(JSON.stringify(table.columnHandles.get(column.name), plainBigint)),
  }))
  return staticResult(STATS_COLUMNS, statsRows(columns, statistics.rowCount))
}

const plainBigint = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value

async function tableStatistics(
  table: TableLookup,
  context: StatementContext,
): Promise<TableStatistics> {
  const session = context.connectorSession(table.name.catalog)
  return (await table.metadata.getTableStatistics?.(session, table.handle)) ?? { columns: [] }
}

export interface ColumnStats {
  readonly name: string
  readonly type: SqlType
  readonly statistics: ColumnStatistics | undefined
}

function statsRows(columns: readonly ColumnStats[], rowCount: number | undefined): StaticRow[] {
  const rows = columns.map(({ name, type, statistics }): StaticRow => {
    // Of no rows everything is known: no values, and all of them NULL.
    if (rowCount === 0) return [name, 0, 0, 1, null, null, null]
    const bound = (value: number | undefined) =>
      value === undefined || !Number.isFinite(value) ? null : statsText(type, value)
    return [
      name,
      statistics?.dataSize ?? null,
      statistics?.distinctValuesCount ?? null,
      statistics?.nullsFraction ?? null,
      null,
      bound(statistics?.range?.min),
      bound(statistics?.range?.max),
    ]
  })
  return [...rows, [null, null, null, null, rowCount ?? null, null, null]]
}

/** A bound of a range in the text that SHOW STATS has for its type. */
function statsText(type: SqlType, value: number): string | null {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return String(Math.round(value))
    case 'date':
      return dateText(value)
    case 'decimal':
      return javaDoubleText(value)
    case 'real':
    case 'double':
      return javaDoubleText(value)
    case 'boolean':
      return value === 0 ? 'false' : 'true'
    default:
      return null
  }
}

/** @source Trino ShowQueriesRewrite.visitShowCreate, ShowStatsRewrite */
export const showObjectHandlers: StatementHandlers<ShowObjectKinds> = { showCreate, showStats }
