import {
  type ConnectorSession,
  namesAllowed,
  type PropertyKind,
  type SchemaTablePrefix,
  type SystemInformation,
  type SystemTable,
  type TupleDomain,
  typeName,
} from '../../spi/index.js'
import { columnsOf, instantOf, systemTable } from './columns.js'

/** The schema metadata. @source Trino CatalogSystemTable, AbstractPropertiesSystemTable, TableCommentSystemTable, MaterializedViewSystemTable */
export const metadataTables = (information: SystemInformation): readonly SystemTable[] => [
  catalogs(information),
  properties(information, 'schema', 'schema_properties'),
  properties(information, 'table', 'table_properties'),
  properties(information, 'column', 'column_properties'),
  properties(information, 'analyze', 'analyze_properties'),
  properties(information, 'materializedView', 'materialized_view_properties'),
  tableComments(information),
  materializedViews(information),
]

/** Catalogs and prefixes that a constraint on the columns catalog, schema and table leaves to list. */
export async function* listedPrefixes(
  information: SystemInformation,
  session: ConnectorSession,
  constraint: TupleDomain<number>,
  [catalogColumn, schemaColumn, tableColumn]: readonly [number, number, number] = [0, 1, 2],
): AsyncGenerator<{ readonly catalog: string; readonly prefix: SchemaTablePrefix }> {
  if (constraint.columnDomains === null) return
  const wanted = namesAllowed(constraint, catalogColumn)
  const schemas = namesAllowed(constraint, schemaColumn)
  const tables = namesAllowed(constraint, tableColumn)
  for (const { name: catalog } of await information.listCatalogs(session)) {
    if (wanted !== undefined && !wanted.includes(catalog)) continue
    if (schemas === undefined) {
      yield { catalog, prefix: {} }
      continue
    }
    for (const schema of schemas) {
      if (tables === undefined) yield { catalog, prefix: { schema } }
      else for (const table of tables) yield { catalog, prefix: { schema, table } }
    }
  }
}

const CATALOGS = columnsOf({
  catalog_name: 'varchar',
  connector_id: 'varchar',
  connector_name: 'varchar',
})

const catalogs = (information: SystemInformation): SystemTable =>
  systemTable('metadata', 'catalogs', CATALOGS, async function* (session) {
    for (const { name, connectorName } of await information.listCatalogs(session)) {
      yield [name, name, connectorName]
    }
  })

const PROPERTIES = columnsOf({
  catalog_name: 'varchar',
  property_name: 'varchar',
  default_value: 'varchar',
  type: 'varchar',
  description: 'varchar',
})

const properties = (
  information: SystemInformation,
  kind: PropertyKind,
  name: string,
): SystemTable =>
  systemTable('metadata', name, PROPERTIES, async function* (session) {
    const listed = [...(await information.listProperties(session, kind))].sort(
      (a, b) => compare(a.catalog, b.catalog) || compare(a.property.name, b.property.name),
    )
    for (const { catalog, property } of listed) {
      const { defaultValue } = property
      const shown = defaultValue === undefined ? '' : String(property.encode(defaultValue) ?? '')
      yield [catalog, property.name, shown, typeName(property.type), property.description]
    }
  })

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const TABLE_COMMENTS = columnsOf({
  catalog_name: 'varchar',
  schema_name: 'varchar',
  table_name: 'varchar',
  comment: 'varchar',
})

const tableComments = (information: SystemInformation): SystemTable =>
  systemTable('metadata', 'table_comments', TABLE_COMMENTS, async function* (session, constraint) {
    for await (const { catalog, prefix } of listedPrefixes(information, session, constraint)) {
      for (const { schema, table, comment } of await information.listComments(
        session,
        catalog,
        prefix,
      )) {
        yield [catalog, schema, table, comment ?? null]
      }
    }
  })

const MATERIALIZED_VIEWS = columnsOf({
  catalog_name: 'varchar',
  schema_name: 'varchar',
  name: 'varchar',
  storage_catalog: 'varchar',
  storage_schema: 'varchar',
  storage_table: 'varchar',
  freshness: 'varchar',
  last_fresh_time: 'timestamp(9) with time zone',
  comment: 'varchar',
  definition: 'varchar',
})

const materializedViews = (information: SystemInformation): SystemTable =>
  systemTable(
    'metadata',
    'materialized_views',
    MATERIALIZED_VIEWS,
    async function* (session, constraint) {
      for await (const { catalog, prefix } of listedPrefixes(information, session, constraint)) {
        for (const view of await information.listMaterializedViews(session, catalog, prefix)) {
          yield [
            catalog,
            view.schema,
            view.table,
            view.storageTable?.catalog ?? '',
            view.storageTable?.schema ?? '',
            view.storageTable?.table ?? '',
            view.freshness ?? null,
            instantOf(view.lastFreshMillis),
            view.comment ?? '',
            view.originalSql,
          ]
        }
      }
    },
  )
