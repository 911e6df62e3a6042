import {
  BIGINT,
  type CatalogInformation,
  type ColumnMetadata,
  type Connector,
  type ConnectorSession,
  type GrantInfo,
  namesAllowed,
  type SchemaTablePrefix,
  type SystemTable,
  systemTableConnector,
  type TupleDomain,
  VARCHAR,
  type Value,
} from '../../spi/index.js'

export const INFORMATION_SCHEMA = 'information_schema'

const text = (name: string): ColumnMetadata => ({ name, type: VARCHAR })
const hidden = (name: string): ColumnMetadata => ({ name, type: VARCHAR, hidden: true })
const bigint = (name: string): ColumnMetadata => ({ name, type: BIGINT })

/**
 * The schema information_schema of one catalog, as a connector that the engine puts behind that name.
 * @source Trino InformationSchemaTable, InformationSchemaPageSource
 */
export function informationSchemaConnector(
  catalog: string,
  information: CatalogInformation,
): Connector {
  return systemTableConnector([
    columns(catalog, information),
    tables(catalog, information),
    views(catalog, information),
    schemata(catalog, information),
    tablePrivileges(catalog, information),
    roles(catalog, information),
    applicableRoles(catalog, information),
    enabledRoles(catalog, information),
  ])
}

/** The columns of information_schema's own tables, for listings. */
export const INFORMATION_SCHEMA_TABLES: readonly {
  readonly name: string
  readonly columns: readonly ColumnMetadata[]
}[] = [
  {
    name: 'columns',
    columns: [
      text('table_catalog'),
      text('table_schema'),
      text('table_name'),
      text('column_name'),
      bigint('ordinal_position'),
      text('column_default'),
      text('is_nullable'),
      text('data_type'),
      hidden('comment'),
      hidden('extra_info'),
    ],
  },
  {
    name: 'tables',
    columns: [
      text('table_catalog'),
      text('table_schema'),
      text('table_name'),
      text('table_type'),
      hidden('trino_relation_type'),
    ],
  },
  {
    name: 'views',
    columns: [
      text('table_catalog'),
      text('table_schema'),
      text('table_name'),
      text('view_definition'),
    ],
  },
  { name: 'schemata', columns: [text('catalog_name'), text('schema_name')] },
  {
    name: 'table_privileges',
    columns: [
      text('grantor'),
      text('grantor_type'),
      text('grantee'),
      text('grantee_type'),
      text('table_catalog'),
      text('table_schema'),
      text('table_name'),
      text('privilege_type'),
      text('is_grantable'),
      text('with_hierarchy'),
    ],
  },
  { name: 'roles', columns: [text('role_name')] },
  {
    name: 'applicable_roles',
    columns: [text('grantee'), text('grantee_type'), text('role_name'), text('is_grantable')],
  },
  { name: 'enabled_roles', columns: [text('role_name')] },
]

function table(name: string, rows: SystemTable['rows']): SystemTable {
  const { columns: tableColumns } = INFORMATION_SCHEMA_TABLES.find((t) => t.name === name)!
  return {
    metadata: { table: { schema: INFORMATION_SCHEMA, table: name }, columns: tableColumns },
    rows,
  }
}

/** The prefixes that a constraint on a schema and a table column leaves to list; one of nothing lists all. */
function prefixes(
  constraint: TupleDomain<number>,
  schemaColumn: number,
  tableColumn: number,
): readonly SchemaTablePrefix[] {
  if (constraint.columnDomains === null) return []
  const schemas = namesAllowed(constraint, schemaColumn)
  const names = namesAllowed(constraint, tableColumn)
  const perSchema: readonly SchemaTablePrefix[] = schemas?.map((schema) => ({ schema })) ?? [{}]
  return names === undefined || schemas === undefined
    ? perSchema
    : schemas.flatMap((schema) => names.map((name) => ({ schema, table: name })))
}

const yesNo = (value: boolean): string => (value ? 'YES' : 'NO')

function columns(catalog: string, information: CatalogInformation): SystemTable {
  return table('columns', async function* (session, constraint) {
    for (const prefix of prefixes(constraint, 1, 2)) {
      for await (const relation of information.listColumns(session, catalog, prefix)) {
        let position = 0
        for (const column of relation.columns) {
          if (column.hidden) continue
          position++
          yield [
            catalog,
            relation.table.schema,
            relation.table.table,
            column.name,
            BigInt(position),
            null,
            yesNo(column.nullable ?? true),
            information.displayType(column.type),
            column.comment ?? null,
            column.extraInfo ?? null,
          ]
        }
      }
    }
  })
}

function tables(catalog: string, information: CatalogInformation): SystemTable {
  return table('tables', async function* (session, constraint) {
    for (const prefix of prefixes(constraint, 1, 2)) {
      for (const { schema, table: name, type } of await information.listRelations(
        session,
        catalog,
        prefix,
      )) {
        // Materialized views are tables to the standard's clients.
        const tableType = type === 'VIEW' ? 'VIEW' : 'BASE TABLE'
        yield [catalog, schema, name, tableType, type.replaceAll('_', ' ')]
      }
    }
  })
}

function views(catalog: string, information: CatalogInformation): SystemTable {
  return table('views', async function* (session, constraint) {
    for (const prefix of prefixes(constraint, 1, 2)) {
      for (const view of await information.listViews(session, catalog, prefix)) {
        yield [catalog, view.schema, view.table, view.originalSql]
      }
    }
  })
}

function schemata(catalog: string, information: CatalogInformation): SystemTable {
  return table('schemata', async function* (session) {
    for (const schema of await information.listSchemas(session, catalog)) yield [catalog, schema]
  })
}

/** A row of table_privileges, and of SHOW GRANTS. */
export const tablePrivilegeRow = (
  catalog: string,
  { grantor, grantee, table: { schema, table }, ...grant }: GrantInfo,
): (string | null)[] => [
  grantor?.name ?? null,
  grantor?.type ?? null,
  grantee.name,
  grantee.type,
  catalog,
  schema,
  table,
  grant.privilege,
  yesNo(grant.grantOption),
  grant.withHierarchy === undefined ? null : yesNo(grant.withHierarchy),
]

function tablePrivileges(catalog: string, information: CatalogInformation): SystemTable {
  return table('table_privileges', async function* (session, constraint) {
    for (const prefix of prefixes(constraint, 5, 6)) {
      for (const grant of await information.listTablePrivileges(session, catalog, prefix)) {
        yield tablePrivilegeRow(catalog, grant)
      }
    }
  })
}

const names = async function* (list: () => ReturnType<CatalogInformation['listRoles']>) {
  for (const name of await list()) yield [name] satisfies Value[]
}

const roles = (catalog: string, information: CatalogInformation): SystemTable =>
  table('roles', (session: ConnectorSession) =>
    names(() => information.listRoles(session, catalog)),
  )

const enabledRoles = (catalog: string, information: CatalogInformation): SystemTable =>
  table('enabled_roles', (session: ConnectorSession) =>
    names(() => information.listEnabledRoles(session, catalog)),
  )

function applicableRoles(catalog: string, information: CatalogInformation): SystemTable {
  return table('applicable_roles', async function* (session) {
    for (const grant of await information.listApplicableRoles(session, catalog)) {
      yield [grant.grantee.name, grant.grantee.type, grant.role, yesNo(grant.grantable)]
    }
  })
}
