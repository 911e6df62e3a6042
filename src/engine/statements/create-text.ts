import type { QualifiedObjectName } from '../../planner/metadata.js'
import {
  type ConnectorMaterializedViewDefinition,
  type ConnectorTableMetadata,
  type ConnectorViewDefinition,
  type Principal,
  type Properties,
  type PropertyMetadata,
  type SqlType,
  type TypeForm,
  typeText,
  type Value,
} from '../../spi/index.js'
import { formatIdentifier } from './identifier-text.js'
import type { CatalogSchema } from './names.js'

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const fullName = (...parts: string[]): string => parts.map(formatIdentifier).join('.')

/** The value of a property as an SQL expression. */
function propertyText(type: SqlType, value: Value): string {
  if (value === null) return 'DEFAULT'
  if (type.kind === 'array') {
    const items = value as readonly Value[]
    return `ARRAY[${items.map((item) => propertyText(type.element, item)).join(',')}]`
  }
  return typeof value === 'string' ? quoted(value) : String(value)
}

function withClause(properties: Properties, definitions: readonly PropertyMetadata[]): string {
  const lines = definitions
    .filter((definition) => properties[definition.name] !== undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((definition) => {
      const value = definition.encode(properties[definition.name])
      return `   ${formatIdentifier(definition.name)} = ${propertyText(definition.type, value)}`
    })
  return lines.length === 0 ? '' : `\nWITH (\n${lines.join(',\n')}\n)`
}

/** @source Trino SqlFormatter.visitCreateSchema */
export function createSchemaText(
  name: CatalogSchema,
  schema: {
    readonly properties: Properties
    readonly definitions: readonly PropertyMetadata[]
    readonly owner: Principal | undefined
  },
): string {
  const { owner } = schema
  const authorization =
    owner === undefined ? '' : `\nAUTHORIZATION ${owner.type} ${formatIdentifier(owner.name)}`
  return `CREATE SCHEMA ${fullName(name.catalog, name.schema)}${authorization}${withClause(schema.properties, schema.definitions)}`
}

/** @source Trino SqlFormatter.visitCreateTable */
export function createTableText(
  name: QualifiedObjectName,
  table: ConnectorTableMetadata,
  definitions: {
    readonly table: readonly PropertyMetadata[]
    readonly column: readonly PropertyMetadata[]
  },
): string {
  const columns = table.columns
    .filter((column) => column.hidden !== true)
    .map((column) => {
      const properties = definitions.column
        .filter((definition) => column.properties?.[definition.name] !== undefined)
        .map(
          (definition) =>
            `${definition.name} = ${propertyText(definition.type, definition.encode(column.properties?.[definition.name]))}`,
        )
      return [
        `   ${formatIdentifier(column.name)} ${sqlTypeText(column.type)}`,
        column.nullable === false ? 'NOT NULL' : '',
        column.comment === undefined ? '' : `COMMENT ${quoted(column.comment)}`,
        properties.length === 0 ? '' : `WITH (${properties.join(', ')})`,
      ]
        .filter((part) => part !== '')
        .join(' ')
    })
  const comment = table.comment === undefined ? '' : `\nCOMMENT ${quoted(table.comment)}`
  return `CREATE TABLE ${fullName(name.catalog, name.schema, name.name)} (\n${columns.join(',\n')}\n)${comment}${withClause(table.properties ?? {}, definitions.table)}`
}

/** @source Trino SqlFormatter.visitCreateView */
export function createViewText(name: QualifiedObjectName, view: ConnectorViewDefinition): string {
  const comment = view.comment === undefined ? '' : ` COMMENT ${quoted(view.comment)}`
  const security = view.runAsInvoker ? 'INVOKER' : 'DEFINER'
  return `CREATE VIEW ${fullName(name.catalog, name.schema, name.name)}${comment} SECURITY ${security} AS\n${view.originalSql.trimEnd()}`
}

/** @source Trino SqlFormatter.visitCreateMaterializedView */
export function createMaterializedViewText(
  name: QualifiedObjectName,
  view: ConnectorMaterializedViewDefinition,
): string {
  const grace =
    view.gracePeriodMillis === undefined
      ? ''
      : `\nGRACE PERIOD INTERVAL '${view.gracePeriodMillis / 1000}' SECOND`
  const comment = view.comment === undefined ? '' : `\nCOMMENT ${quoted(view.comment)}`
  return `CREATE MATERIALIZED VIEW ${fullName(name.catalog, name.schema, name.name)}${grace}${comment} AS\n${view.originalSql.trimEnd()}`
}

const SQL_FORM: TypeForm = {
  decimalSeparator: ', ',
  row: 'ROW',
  field: formatIdentifier,
  simple: (kind) => (kind.startsWith('interval') ? kind.toUpperCase() : kind),
  hasPrecision: true,
}

/** A type as SQL, where row fields may need quotes. */
const sqlTypeText = (type: SqlType): string => typeText(type, SQL_FORM)
