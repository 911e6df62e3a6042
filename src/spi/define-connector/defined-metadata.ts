import { MillraceError } from '../error.js'
import type { ConnectorMetadata } from '../metadata/connector-metadata.js'
import type { AggregateFunction } from '../metadata/pushdown.js'
import type { ColumnMetadata, SchemaTableName } from '../metadata/schema.js'
import { schemaTableName } from '../metadata/schema.js'
import {
  type ColumnDomain,
  intersectTuples,
  tupleDomain,
  tuplesEqual,
} from '../predicate/tuple-domain.js'
import type { TableDefinition } from './define-connector.js'
import {
  type DefinedAggregation,
  type DefinedColumnHandle,
  type DefinedParts,
  type DefinedTable,
  type DefinedTableHandle,
  type DefinedTypes,
  tableHandle,
} from './defined-connector.js'

const DEFAULT_SCHEMA = 'default'

/** The metadata of a definition's tables, and the hooks of its pushdown in the contract's form. */
export function defineMetadata(parts: DefinedParts): ConnectorMetadata<DefinedTypes> {
  const tables = async (): Promise<readonly DefinedTable[]> =>
    Object.entries(await parts.listTables()).map(([name, definition]) => {
      const dot = name.indexOf('.')
      return {
        schema: (dot < 0 ? DEFAULT_SCHEMA : name.slice(0, dot)).toLowerCase(),
        table: name.slice(dot + 1).toLowerCase(),
        columns: columnsOf(definition, parts),
        definition,
      }
    })
  const find = async ({ schema, table }: SchemaTableName): Promise<DefinedTable | undefined> =>
    (await tables()).find((t) => t.schema === schema && t.table === table)
  const get = async (handle: DefinedTableHandle): Promise<DefinedTable> => {
    const found = await find(handle)
    if (found === undefined) {
      throw new MillraceError(
        'TABLE_NOT_FOUND',
        `Table does not exist: ${handle.schema}.${handle.table}`,
      )
    }
    return found
  }
  return {
    listSchemaNames: async () => [...new Set((await tables()).map((table) => table.schema))],
    listTables: async (_session, schema) =>
      (await tables())
        .filter((table) => schema === undefined || table.schema === schema)
        .map((table) => schemaTableName(table.schema, table.table)),
    async *streamTableColumns(_session, prefix) {
      for (const { schema, table, columns } of await tables()) {
        if (prefix.schema !== undefined && prefix.schema !== schema) continue
        if (prefix.table !== undefined && prefix.table !== table) continue
        yield { table: schemaTableName(schema, table), columns }
      }
    },
    getTableHandle: async (_session, name) =>
      (await find(name)) === undefined ? undefined : tableHandle(name.schema, name.table),
    async getTableMetadata(_session, handle) {
      const { columns, definition } = await get(handle)
      const { comment, unbounded, requiredPredicateColumns } = definition
      return {
        table: schemaTableName(handle.schema, handle.table),
        columns,
        ...(comment === undefined ? {} : { comment }),
        ...(unbounded === undefined ? {} : { unbounded }),
        ...(requiredPredicateColumns === undefined ? {} : { requiredPredicateColumns }),
      }
    },
    async getColumnHandles(_session, handle) {
      const { columns } = await get(handle)
      return new Map(columns.map(({ name, type }) => [name, { name, type }]))
    },
    async getColumnMetadata(_session, handle, column) {
      const { columns } = await get(handle)
      return columns.find(({ name }) => name === column.name) ?? column
    },
    async getTableStatistics(_session, handle) {
      const { rowCount } = (await get(handle)).definition
      return { ...(rowCount === undefined ? {} : { rowCount }), columns: [] }
    },
    getInfo: (_session, handle) => describe(handle),
    ...definePushdown(parts, get),
  }
}

function columnsOf(definition: TableDefinition, { context }: DefinedParts): ColumnMetadata[] {
  const described = Array.isArray(definition.columns)
    ? definition.columns
    : Object.entries(definition.columns).map(([name, type]) => ({ name, type }))
  return described.map(({ name, type, ...rest }) => ({
    ...rest,
    name: name.toLowerCase(),
    type: context.getType(type),
  }))
}

/** A line for EXPLAIN: the table, and what rows() was asked to do. */
function describe(handle: DefinedTableHandle): string {
  const { schema, table, filter, limit, orderBy, aggregation } = handle
  const filtered = filter.columnDomains?.map((entry) => entry.column) ?? ['none']
  return [
    `${schema}.${table}`,
    ...(filtered.length === 0 ? [] : [`filter=[${filtered.join(', ')}]`]),
    ...(orderBy === undefined ? [] : [`orderBy=[${orderBy.map((item) => item.name).join(', ')}]`]),
    ...(limit === undefined ? [] : [`limit=${limit}`]),
    ...(aggregation === undefined
      ? []
      : [`aggregate=[${aggregation.aggregates.map((a) => a.function).join(', ')}]`]),
  ].join(' ')
}

/** Only hooks that are there become methods: the engine offers nothing else. */
function definePushdown(
  { pushdown, splits }: DefinedParts,
  get: (handle: DefinedTableHandle) => Promise<DefinedTable>,
): Partial<ConnectorMetadata<DefinedTypes>> {
  return {
    ...(pushdown.filter === undefined ? {} : { applyFilter: filterMethod(pushdown.filter, get) }),
    ...(pushdown.limit === undefined
      ? {}
      : { applyLimit: limitMethod(pushdown.limit, get, splits) }),
    ...(pushdown.topN === undefined ? {} : { applyTopN: topNMethod(pushdown.topN, get, splits) }),
    ...(pushdown.aggregate === undefined || splits !== undefined
      ? {}
      : { applyAggregation: aggregationMethod(pushdown.aggregate, get) }),
  }
}

type Metadata = ConnectorMetadata<DefinedTypes>
type Hooks = Required<DefinedParts['pushdown']>
type Get = (handle: DefinedTableHandle) => Promise<DefinedTable>

/** After a limit or an aggregation a filter is about other rows. */
const isPlain = (handle: DefinedTableHandle): boolean =>
  handle.limit === undefined && handle.aggregation === undefined

function filterMethod(hook: Hooks['filter'], get: Get): NonNullable<Metadata['applyFilter']> {
  return async (_session, handle, { summary }) => {
    if (!isPlain(handle) || summary.columnDomains === null) return undefined
    const table = await get(handle)
    const accepted: ColumnDomain<string>[] = []
    const remaining: ColumnDomain<DefinedColumnHandle>[] = []
    for (const entry of summary.columnDomains) {
      const answer = hook(table, entry.column.name, entry.domain)
      if (answer !== false) accepted.push({ column: entry.column.name, domain: entry.domain })
      if (answer !== true) remaining.push(entry)
    }
    const filter = intersectTuples(handle.filter, tupleDomain(accepted))
    if (tuplesEqual(filter, handle.filter)) return undefined
    return { handle: { ...handle, filter }, remainingFilter: tupleDomain(remaining) }
  }
}

function limitMethod(
  hook: Hooks['limit'],
  get: Get,
  splits: DefinedParts['splits'],
): NonNullable<Metadata['applyLimit']> {
  return async (_session, handle, limit) => {
    if (handle.aggregation !== undefined) return undefined
    if (handle.limit !== undefined && handle.limit <= limit) return undefined
    const answer = hook(await get(handle), limit)
    if (answer === false) return undefined
    return {
      handle: { ...handle, limit },
      limitGuaranteed: answer === true && splits === undefined,
    }
  }
}

function topNMethod(
  hook: Hooks['topN'],
  get: Get,
  splits: DefinedParts['splits'],
): NonNullable<Metadata['applyTopN']> {
  return async (_session, handle, limit, sortItems, assignments) => {
    if (!isPlain(handle)) return undefined
    const orderBy = sortItems.map((item) => ({ ...item, name: assignments[item.name]!.name }))
    const answer = hook(await get(handle), orderBy, limit)
    if (answer === false) return undefined
    return {
      handle: { ...handle, limit, orderBy },
      topNGuaranteed: answer === true && splits === undefined,
    }
  }
}

function aggregationMethod(
  hook: Hooks['aggregate'],
  get: Get,
): NonNullable<Metadata['applyAggregation']> {
  return async (_session, handle, aggregates, assignments, groupingSets) => {
    const [groupBy, ...otherSets] = groupingSets
    if (!isPlain(handle) || groupBy === undefined || otherSets.length > 0) return undefined
    const calls = aggregates.map((call, i) => aggregateOf(call, `_agg${i}`, assignments))
    if (!calls.every((call) => call !== undefined)) return undefined
    const aggregation = { groupBy: groupBy.map((column) => column.name), aggregates: calls }
    if (!hook(await get(handle), aggregation)) return undefined
    return {
      handle: { ...handle, aggregation },
      projections: calls.map(({ name, type }) => ({ kind: 'variable', name, type })),
      assignments: calls.map(({ name, type }) => ({
        variable: name,
        column: { name, type },
        type,
      })),
      groupingColumnMapping: groupBy.map((column) => ({ from: column, to: column })),
    }
  }
}

/** An aggregate of plain columns; undefined for one with a filter, an order or expressions. */
function aggregateOf(
  call: AggregateFunction,
  name: string,
  assignments: Readonly<Record<string, DefinedColumnHandle>>,
): DefinedAggregation['aggregates'][number] | undefined {
  if (call.filter !== undefined || call.orderBy.length > 0) return undefined
  const args = call.args.map((arg) =>
    arg.kind === 'variable' ? assignments[arg.name]?.name : undefined,
  )
  if (!args.every((arg) => arg !== undefined)) return undefined
  return { name, function: call.function, args, distinct: call.distinct, type: call.outputType }
}
