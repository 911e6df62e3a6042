import {
  type ConnectorMetadata,
  type ConnectorTableMetadata,
  fixedValues,
  MillraceError,
  type SchemaTableName,
  type SchemaTablePrefix,
  TUPLE_DOMAIN_ALL,
  valueKey,
} from '../../spi/index.js'
import type { ReferenceColumn, ReferenceTypes } from './handles.js'
import { baseTable, columnsOf } from './relation-rows.js'
import { type CatalogState, ROW_ID, type StoredTable, storedTable } from './state.js'

export type Metadata = ConnectorMetadata<ReferenceTypes>

export const partitionColumns = (table: StoredTable): readonly ReferenceColumn[] => {
  const names = (table.properties['partitioned_by'] as readonly string[] | undefined) ?? []
  return names.map((name) => {
    const column = table.columns.find((candidate) => candidate.name === name)
    if (column === undefined) {
      throw new MillraceError('INVALID_TABLE_PROPERTY', `Partition column not found: ${name}`)
    }
    return { name, type: column.type }
  })
}

const commented = (comment: string | undefined) => (comment === undefined ? {} : { comment })

const metadataOf = (table: StoredTable): ConnectorTableMetadata => ({
  table: table.name,
  columns: table.columns,
  properties: table.properties,
  ...commented(table.comment),
})

/** What is there, and what is known about it. */
export function readMetadata(state: CatalogState) {
  const listed = ({ schema, table }: SchemaTablePrefix): StoredTable[] =>
    [...state.tables.values()].filter(
      ({ name, isStorage }) =>
        isStorage !== true &&
        (schema === undefined || name.schema === schema) &&
        (table === undefined || name.table === table),
    )
  const views = (schema?: string) =>
    [...state.views.values(), ...state.materializedViews.values()].filter(
      ({ name }) => schema === undefined || name.schema === schema,
    )
  return {
    listSchemaNames: () => [...state.schemas.keys()],
    schemaExists: (_session, schema) => state.schemas.has(schema),
    listTables: (_session, schema) => [
      ...listed(schema === undefined ? {} : { schema }).map((table) => table.name),
      ...views(schema).map((view) => view.name),
    ],
    *streamTableColumns(_session, prefix) {
      for (const { name, columns } of listed(prefix)) yield { table: name, columns }
    },
    *streamRelationComments(_session, schema) {
      for (const { name, comment } of listed(schema === undefined ? {} : { schema })) {
        yield { name, ...commented(comment) }
      }
      for (const { name, definition } of views(schema)) {
        yield { name, ...commented(definition.comment) }
      }
    },
    getTableHandle(_session, name: SchemaTableName, startVersion, endVersion) {
      const table = state.tables.get(JSON.stringify([name.schema, name.table]))
      if (table === undefined) return undefined
      if (startVersion !== undefined || endVersion !== undefined) {
        throw new MillraceError('NOT_SUPPORTED', 'This connector does not support versioned tables')
      }
      return { relation: { kind: 'table', schema: name.schema, table: name.table } }
    },
    getTableMetadata(_session, { relation }) {
      if (relation.kind === 'table') return metadataOf(storedTable(state, relation))
      const base = baseTable(relation)
      return {
        table:
          base === undefined ? { schema: '', table: relation.kind } : storedTable(state, base).name,
        columns: columnsOf(relation, state),
      }
    },
    getColumnHandles: (_session, { relation }) =>
      new Map(
        columnsOf(relation, state)
          .filter((column) => column.name !== ROW_ID.name)
          .map((column) => [column.name, column]),
      ),
    getColumnMetadata(_session, { relation }, column) {
      if (column.name === ROW_ID.name) return { ...ROW_ID, hidden: true, nullable: false }
      const base = relation.kind === 'table' ? storedTable(state, relation) : undefined
      return base?.columns.find(({ name }) => name === column.name) ?? column
    },
    getTableStatistics(_session, { relation }) {
      if (relation.kind !== 'table') return { columns: [] }
      const { rows, statistics } = storedTable(state, relation)
      return { rowCount: rows.length, columns: statistics?.columns ?? [] }
    },
    getTableProperties(_session, { relation }) {
      const base = baseTable(relation)
      if (base === undefined) return { predicate: TUPLE_DOMAIN_ALL, localProperties: [] }
      const table = storedTable(state, base)
      const columns = partitionColumns(table)
      if (columns.length === 0) return { predicate: TUPLE_DOMAIN_ALL, localProperties: [] }
      const predicates = partitionsOf(table).map((values) =>
        fixedValues(columns.map((column, i) => ({ column, type: column.type, value: values[i]! }))),
      )
      return {
        predicate: TUPLE_DOMAIN_ALL,
        discretePredicates: { columns, predicates },
        localProperties: [],
      }
    },
    getInfo: (_session, { relation }) => stepsOf(relation).join(' '),
  } satisfies Metadata
}

/** The values of the partition columns, a list a partition. */
export function partitionsOf(table: StoredTable) {
  const places = partitionColumns(table).map(({ name, type }) => ({
    type,
    at: table.columns.findIndex((column) => column.name === name),
  }))
  const found = new Map(
    table.rows.map(({ values }) => {
      const own = places.map(({ at }) => values[at]!)
      return [JSON.stringify(own.map((value, i) => valueKey(places[i]!.type, value))), own]
    }),
  )
  return [...found.values()]
}

function stepsOf(relation: ReferenceTypes['table']['relation']): readonly string[] {
  switch (relation.kind) {
    case 'table':
      return [`${relation.schema}.${relation.table}`]
    case 'numbers':
      return [`numbers ${relation.from} to ${relation.to}`]
    case 'limit':
      return [...stepsOf(relation.source), `limit=${relation.count}`]
    case 'join':
      return [`join(${stepsOf(relation.left).join(' ')}, ${stepsOf(relation.right).join(' ')})`]
    case 'filter':
    case 'project':
    case 'topN':
    case 'sample':
    case 'aggregate':
      return [...stepsOf(relation.source), relation.kind]
  }
}
