import {
  columnDomainOf,
  domainIncludes,
  type SystemInformation,
  type SystemTable,
  type TupleDomain,
  typeName,
} from '../../spi/index.js'
import { bigintOf, type ColumnTypeName, columnsOf, systemTable } from './columns.js'
import {
  charOctetLength,
  columnSize,
  decimalDigits,
  FOREIGN_TYPES,
  jdbcType,
  numericRadix,
  PARAMETRIC_TYPES,
  PLAIN_TYPES,
  typeRow,
} from './jdbc-types.js'
import { listedPrefixes } from './metadata-tables.js'

type Columns = Readonly<Record<string, ColumnTypeName>>
const texts = (...names: string[]): Columns =>
  Object.fromEntries(names.map((name) => [name, 'varchar' as const]))
const bigints = (...names: string[]): Columns =>
  Object.fromEntries(names.map((name) => [name, 'bigint' as const]))

/**
 * The schema jdbc: what JDBC's DatabaseMetaData answers are made of.
 * @source Trino io.trino.connector.system.jdbc
 */
export const jdbcTables = (information: SystemInformation): readonly SystemTable[] => [
  catalogs(information),
  schemas(information),
  tables(information),
  columns(information),
  systemTable('jdbc', 'table_types', columnsOf(texts('table_type')), () => [['TABLE'], ['VIEW']]),
  systemTable('jdbc', 'types', columnsOf(TYPES), () => [
    ...PLAIN_TYPES.map((kind) => typeRow(typeName({ kind }), { kind })),
    ...[...PARAMETRIC_TYPES, ...FOREIGN_TYPES].map((name) => typeRow(name, undefined)),
  ]),
  ...Object.entries(EMPTY).map(([name, described]) =>
    systemTable('jdbc', name, columnsOf(described), () => []),
  ),
]

const TYPES: Columns = {
  ...texts('type_name'),
  ...bigints('data_type', 'precision'),
  ...texts('literal_prefix', 'literal_suffix', 'create_params'),
  ...bigints('nullable'),
  case_sensitive: 'boolean',
  searchable: 'bigint',
  unsigned_attribute: 'boolean',
  fixed_prec_scale: 'boolean',
  auto_increment: 'boolean',
  ...texts('local_type_name'),
  ...bigints(
    'minimum_scale',
    'maximum_scale',
    'sql_data_type',
    'sql_datetime_sub',
    'num_prec_radix',
  ),
}

/** Tables that never have rows; in some, columns have other types than JDBC asks for, as in Trino. */
const EMPTY: Readonly<Record<string, Columns>> = {
  attributes: {
    ...texts('type_cat', 'type_schem', 'type_name', 'attr_name'),
    ...bigints('data_type'),
    ...texts('attr_type_name'),
    ...bigints('attr_size', 'decimal_digits', 'num_prec_radix', 'nullable'),
    ...texts('remarks', 'attr_def'),
    ...bigints('sql_data_type', 'sql_datetime_sub', 'char_octet_length', 'ordinal_position'),
    ...texts('is_nullable', 'scope_catalog', 'scope_schema', 'scope_table'),
    ...bigints('source_data_type'),
  },
  procedure_columns: {
    ...texts('procedure_cat', 'procedure_schem', 'procedure_name', 'column_name'),
    ...bigints('column_type', 'data_type'),
    ...texts('type_name'),
    ...bigints('precision', 'length', 'scale', 'radix', 'nullable'),
    ...texts('remarks', 'column_def'),
    ...bigints('sql_data_type', 'sql_datetime_sub', 'char_octet_length', 'ordinal_position'),
    ...texts('is_nullable', 'specific_name'),
  },
  procedures: {
    ...texts('procedure_cat', 'procedure_schem', 'procedure_name', 'remarks'),
    ...bigints('procedure_type'),
    ...texts('specific_name'),
  },
  pseudo_columns: {
    ...texts('table_cat', 'table_schem', 'table_name', 'column_name'),
    ...bigints('data_type', 'column_size', 'decimal_digits', 'num_prec_radix'),
    ...texts('column_usage', 'remarks'),
    ...bigints('char_octet_length', 'is_nullable'),
  },
  super_tables: texts('table_cat', 'table_schem', 'table_name', 'supertable_name'),
  super_types: texts(
    'type_cat',
    'type_schem',
    'type_name',
    'supertype_cat',
    'supertype_schem',
    'supertype_name',
  ),
  udts: texts(
    'type_cat',
    'type_schem',
    'type_name',
    'class_name',
    'data_type',
    'remarks',
    'base_type',
  ),
}

const catalogs = (information: SystemInformation): SystemTable =>
  systemTable('jdbc', 'catalogs', columnsOf(texts('table_cat')), async function* (session) {
    for (const { name } of await information.listCatalogs(session)) yield [name]
  })

const schemas = (information: SystemInformation): SystemTable =>
  systemTable(
    'jdbc',
    'schemas',
    columnsOf(texts('table_schem', 'table_catalog')),
    async function* (session, constraint) {
      for (const { name } of await information.listCatalogs(session)) {
        if (!allows(constraint, 1, name)) continue
        for (const schema of await information.listSchemas(session, name)) yield [schema, name]
      }
    },
  )

const allows = (constraint: TupleDomain<number>, column: number, value: string): boolean => {
  if (constraint.columnDomains === null) return false
  const domain = columnDomainOf(constraint, column)
  return domain === undefined || domainIncludes(domain, value)
}

const TABLES = texts(
  'table_cat',
  'table_schem',
  'table_name',
  'table_type',
  'remarks',
  'type_cat',
  'type_schem',
  'type_name',
  'self_referencing_col_name',
  'ref_generation',
)

const tables = (information: SystemInformation): SystemTable =>
  systemTable('jdbc', 'tables', columnsOf(TABLES), async function* (session, constraint) {
    for await (const { catalog, prefix } of listedPrefixes(information, session, constraint)) {
      for (const relation of await information.listRelations(session, catalog, prefix)) {
        const type = relation.type === 'VIEW' ? 'VIEW' : 'TABLE'
        if (!allows(constraint, 3, type)) continue
        yield [catalog, relation.schema, relation.table, type, null, null, null, null, null, null]
      }
    }
  })

const COLUMNS: Columns = {
  ...texts('table_cat', 'table_schem', 'table_name', 'column_name'),
  ...bigints('data_type'),
  ...texts('type_name'),
  ...bigints('column_size', 'buffer_length', 'decimal_digits', 'num_prec_radix', 'nullable'),
  ...texts('remarks', 'column_def'),
  ...bigints('sql_data_type', 'sql_datetime_sub', 'char_octet_length', 'ordinal_position'),
  ...texts('is_nullable', 'scope_catalog', 'scope_schema', 'scope_table'),
  ...bigints('source_data_type'),
  ...texts('is_autoincrement', 'is_generatedcolumn'),
}

const columns = (information: SystemInformation): SystemTable =>
  systemTable('jdbc', 'columns', columnsOf(COLUMNS), async function* (session, constraint) {
    for await (const { catalog, prefix } of listedPrefixes(information, session, constraint)) {
      for await (const relation of information.listColumns(session, catalog, prefix)) {
        let position = 0
        for (const { name, type, nullable = true, comment, hidden } of relation.columns) {
          if (hidden) continue
          position++
          yield [
            catalog,
            relation.table.schema,
            relation.table.table,
            name,
            bigintOf(jdbcType(type)),
            information.displayType(type),
            bigintOf(columnSize(type)),
            0n,
            bigintOf(decimalDigits(type)),
            bigintOf(numericRadix(type)),
            nullable ? 1n : 0n,
            comment ?? null,
            null,
            null,
            null,
            bigintOf(charOctetLength(type)),
            bigintOf(position),
            nullable ? 'YES' : 'NO',
            null,
            null,
            null,
            null,
            null,
            null,
          ]
        }
      }
    }
  })
