import type {
  ColumnDefinition,
  CreateTable,
  CreateTableAsSelect,
  CreateView,
  DataDefinition,
  Property,
  SaveMode,
  TableElement,
} from '../../ast/index.js'
import { formatDataType, formatParameterDeclaration } from '../data-type.js'
import {
  formatIdentifier,
  formatPrincipal,
  formatQualifiedName,
  formatStringLiteral,
} from '../name.js'
import { formatFunctionSpecification, formatProperty } from '../routine.js'
import { type FormatRules, join, optional } from '../rules.js'
import type { StatementFormatters } from './formatters.js'

const ifExists = (exists: boolean): string => (exists ? 'IF EXISTS ' : '')
const ifNotExists = (notExists: boolean): string => (notExists ? 'IF NOT EXISTS ' : '')
const orReplace = (replace: boolean): string => (replace ? 'OR REPLACE ' : '')
const behavior = (cascade: boolean): string => (cascade ? 'CASCADE' : 'RESTRICT')

/** `WITH (…)`, a property a line, after a line feed; nothing without properties. */
export function formatPropertyLines(properties: readonly Property[], rules: FormatRules): string {
  if (properties.length === 0) return ''
  const lines = join(properties, (item) => `   ${formatProperty(item, rules)}`, ',\n')
  return `\nWITH (\n${lines}\n)`
}

const commentLine = (comment: string | undefined): string => {
  return optional(comment, formatStringLiteral, '\nCOMMENT ')
}

/** Formatters of statements that define catalogs, schemas, tables, views and functions. */
export const DDL_FORMATTERS: StatementFormatters<DataDefinition> = {
  addColumn: (node, rules) => {
    const { position } = node
    const place =
      position === undefined
        ? ''
        : position.type === 'after'
          ? ` AFTER ${formatIdentifier(position.column)}`
          : ` ${position.type.toUpperCase()}`
    const column = formatColumnDefinition(node.column, rules)
    const table = ifExists(node.tableExists) + formatQualifiedName(node.name)
    return `ALTER TABLE ${table} ADD COLUMN ${ifNotExists(node.columnNotExists)}${column}${place}`
  },
  comment: ({ type, name, comment }) => {
    const text = comment === undefined ? 'NULL' : formatStringLiteral(comment)
    return `COMMENT ON ${type} ${formatQualifiedName(name)} IS ${text}`
  },
  createCatalog: (node, rules) => {
    const name = `${ifNotExists(node.notExists)}${formatIdentifier(node.name)}`
    const principal = optional(node.principal, formatPrincipal, '\nAUTHORIZATION ')
    const clauses = commentLine(node.comment) + principal
    const properties = formatPropertyLines(node.properties, rules)
    return `CREATE CATALOG ${name} USING ${formatIdentifier(node.connectorName)}${clauses}${properties}`
  },
  createFunction: ({ replace, specification }, rules) => {
    return `CREATE ${orReplace(replace)}${formatFunctionSpecification(specification, 0, rules)}`
  },
  createMaterializedView: (node, rules) => {
    const name = ifNotExists(node.notExists) + formatQualifiedName(node.name)
    const clauses = [
      optional(node.gracePeriod, rules.expression, '\nGRACE PERIOD '),
      optional(node.whenStale, (action) => action, '\nWHEN STALE '),
      commentLine(node.comment),
      formatPropertyLines(node.properties, rules),
    ].join('')
    const query = rules.query(node.query, 0)
    return `CREATE ${orReplace(node.replace)}MATERIALIZED VIEW ${name}${clauses} AS\n${query}`
  },
  createSchema: (node, rules) => {
    const name = ifNotExists(node.notExists) + formatQualifiedName(node.name)
    const principal = optional(node.principal, formatPrincipal, '\nAUTHORIZATION ')
    return `CREATE SCHEMA ${name}${principal}${formatPropertyLines(node.properties, rules)}`
  },
  createTable: formatCreateTable,
  createTableAsSelect: formatCreateTableAsSelect,
  createView: formatCreateView,
  dropCatalog: ({ name, exists, cascade }) => {
    return `DROP CATALOG ${ifExists(exists)}${formatIdentifier(name)} ${behavior(cascade)}`
  },
  dropColumn: ({ table, field, tableExists, columnExists }) => {
    const column = ifExists(columnExists) + formatQualifiedName(field)
    return `ALTER TABLE ${ifExists(tableExists)}${formatQualifiedName(table)} DROP COLUMN ${column}`
  },
  dropFunction: ({ name, parameters, exists }) => {
    const types = join(parameters, formatParameterDeclaration)
    return `DROP FUNCTION ${ifExists(exists)}${formatQualifiedName(name)}(${types})`
  },
  dropMaterializedView: ({ name, exists }) => {
    return `DROP MATERIALIZED VIEW ${ifExists(exists)}${formatQualifiedName(name)}`
  },
  dropNotNullConstraint: ({ table, column, tableExists }) => {
    const name = ifExists(tableExists) + formatQualifiedName(table)
    return `ALTER TABLE ${name} ALTER COLUMN ${formatIdentifier(column)} DROP NOT NULL`
  },
  dropSchema: ({ name, exists, cascade }) => {
    return `DROP SCHEMA ${ifExists(exists)}${formatQualifiedName(name)} ${behavior(cascade)}`
  },
  dropTable: ({ tableName, exists }) => {
    return `DROP TABLE ${ifExists(exists)}${formatQualifiedName(tableName)}`
  },
  dropView: ({ name, exists }) => `DROP VIEW ${ifExists(exists)}${formatQualifiedName(name)}`,
  renameColumn: ({ table, source, target, tableExists, columnExists }) => {
    const column = ifExists(columnExists) + formatQualifiedName(source)
    const name = ifExists(tableExists) + formatQualifiedName(table)
    return `ALTER TABLE ${name} RENAME COLUMN ${column} TO ${formatIdentifier(target)}`
  },
  renameMaterializedView: ({ source, target, exists }) => {
    const name = ifExists(exists) + formatQualifiedName(source)
    return `ALTER MATERIALIZED VIEW ${name} RENAME TO ${formatQualifiedName(target)}`
  },
  renameSchema: ({ source, target }) => {
    return `ALTER SCHEMA ${formatQualifiedName(source)} RENAME TO ${formatIdentifier(target)}`
  },
  renameTable: ({ source, target, exists }) => {
    const name = ifExists(exists) + formatQualifiedName(source)
    return `ALTER TABLE ${name} RENAME TO ${formatQualifiedName(target)}`
  },
  renameView: ({ source, target }) => {
    return `ALTER VIEW ${formatQualifiedName(source)} RENAME TO ${formatQualifiedName(target)}`
  },
  setColumnType: ({ tableName, columnName, type, tableExists }) => {
    const column = formatQualifiedName(columnName)
    const name = ifExists(tableExists) + formatQualifiedName(tableName)
    return `ALTER TABLE ${name} ALTER COLUMN ${column} SET DATA TYPE ${formatDataType(type)}`
  },
  setProperties: ({ type, name, properties }, rules) => {
    const list = join(properties, (item) => formatProperty(item, rules))
    return `ALTER ${type} ${formatQualifiedName(name)} SET PROPERTIES ${list}`
  },
}

function formatTableHead(saveMode: SaveMode, name: string): string {
  const replace = orReplace(saveMode === 'REPLACE')
  return `CREATE ${replace}TABLE ${ifNotExists(saveMode === 'IGNORE')}${name}`
}

function formatCreateTable(node: CreateTable, rules: FormatRules): string {
  const head = formatTableHead(node.saveMode, formatQualifiedName(node.name))
  const lines = join(node.elements, (item) => `   ${formatTableElement(item, rules)}`, ',\n')
  const clauses = commentLine(node.comment) + formatPropertyLines(node.properties, rules)
  return `${head} (\n${lines}\n)${clauses}`
}

function formatTableElement(node: TableElement, rules: FormatRules): string {
  if (node.kind === 'columnDefinition') return formatColumnDefinition(node, rules)
  const properties = optional(node.propertiesOption, (option) => `${option} PROPERTIES`)
  return `LIKE ${formatQualifiedName(node.tableName)}${properties}`
}

function formatColumnDefinition(node: ColumnDefinition, rules: FormatRules): string {
  const properties = join(node.properties, (item) => formatProperty(item, rules))
  return [
    `${formatQualifiedName(node.name)} ${formatDataType(node.type)}`,
    node.nullable ? '' : ' NOT NULL',
    optional(node.comment, formatStringLiteral, ' COMMENT '),
    properties === '' ? '' : ` WITH ( ${properties} )`,
  ].join('')
}

function formatCreateTableAsSelect(node: CreateTableAsSelect, rules: FormatRules): string {
  const head = formatTableHead(node.saveMode, formatQualifiedName(node.name))
  const aliases = optional(
    node.columnAliases,
    (columns) => `( ${join(columns, formatIdentifier)} )`,
    '',
  )
  const clauses = commentLine(node.comment) + formatPropertyLines(node.properties, rules)
  const data = node.withData ? '' : ' WITH NO DATA'
  return `${head}${aliases}${clauses} AS ${rules.query(node.query, 0)}${data}`
}

function formatCreateView(node: CreateView, rules: FormatRules): string {
  const clauses = [
    optional(node.comment, formatStringLiteral, ' COMMENT '),
    optional(node.security, (security) => security, ' SECURITY '),
    formatPropertyLines(node.properties, rules),
  ].join('')
  const name = formatQualifiedName(node.name)
  const query = rules.query(node.query, 0)
  return `CREATE ${orReplace(node.replace)}VIEW ${name}${clauses} AS\n${query}`
}
