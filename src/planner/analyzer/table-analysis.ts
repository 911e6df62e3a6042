import { canCoerce } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { coerce } from '../../expressions/ir-build.js'
import { MillraceError, typeName, typesEqual } from '../../spi/index.js'
import type { QualifiedObjectName, ResolvedTable, ResolvedView } from '../metadata.js'
import type { Table } from '../parser/ast/index.js'
import { type Analysis, newField, newFields, visibleFields } from './analysis.js'
import type { BoundRelation, BoundTable, Field } from './bound.js'
import { fieldReference } from './column-analysis.js'
import {
  accessorOfView,
  type FoundRelation,
  nameKey,
  qualifiedText,
  qualify,
} from './metadata-collection.js'
import { type MissingPart, RelationNotFound } from './relation-not-found.js'
import { findWithQuery, rootScope, type Scope, withQueryNames } from './scope.js'
import { semanticError } from './semantic-error.js'
import { tableSecurity, withSecurity } from './table-security.js'

/** A table, a view or a WITH query by name. */
export function analyzeTable(node: Table, scope: Scope, analysis: Analysis): BoundRelation {
  const qualifier = node.name.parts.map((part) => part.value.toLowerCase())
  if (node.path !== undefined) {
    const files = analysis.metadata.files.get(node.path)
    if (files !== undefined) return boundTable(node, files, qualifier, analysis)
    throw semanticError('TABLE_NOT_FOUND', node, `File does not exist: ${node.path}`)
  }
  if (qualifier.length === 1) {
    const withQuery = findWithQuery(scope, qualifier[0]!)
    if (withQuery !== undefined) {
      if (withQuery.recursiveReference !== undefined) {
        const reference = withQuery.recursiveReference
        return { ...reference, fields: reference.fields.map((f) => ({ ...f, qualifier })) }
      }
      const source = withQuery.relation
      return {
        kind: 'reference',
        source,
        fields: newFields(analysis, visibleFields(source.fields), { qualifier }),
      }
    }
    const registered = analysis.metadata.registered.get(qualifier[0]!)
    if (registered !== undefined) return boundTable(node, registered, qualifier, analysis)
  }
  const found = findTable(
    node,
    analysis,
    qualifier.length === 1 ? withQueryNames(scope) : [],
    'first',
  )
  const relation = found.relation!
  return relation.kind === 'view'
    ? boundView(node, relation, qualifier, analysis)
    : boundTable(node, relation, qualifier, analysis)
}

/**
 * The table or view of a name, as statements that change it see it.
 * @param near other names that may have been meant
 * @param missing whether queries ask for it, which learn that its schema or catalog does not exist
 * @throws MillraceError TABLE_NOT_FOUND; CATALOG_NOT_FOUND and SCHEMA_NOT_FOUND where `missing` is `first`; NOT_SUPPORTED for a registered source
 */
export function findTable(
  node: Table,
  analysis: Analysis,
  near: Iterable<string> = [],
  missing: MissingPart = 'table',
): FoundRelation {
  const [first, ...more] = node.name.parts
  if (more.length === 0 && analysis.metadata.registered.has(first!.value.toLowerCase())) {
    throw semanticError(
      'NOT_SUPPORTED',
      node,
      `A registered source can only be read: ${first!.value}`,
      'Name a table in full: catalog.schema.table',
    )
  }
  const name = qualify(node.name, analysis.session, node)
  const found = analysis.metadata.relations.get(nameKey(name, node.queryPeriod))
  if (found === undefined) {
    throw new MillraceError(
      'GENERIC_INTERNAL_ERROR',
      `Metadata was not collected for ${qualifiedText(name)}`,
    )
  }
  if (found.relation !== undefined) return found
  throw new RelationNotFound(node, found, near, missing)
}

function boundTable(
  node: Table,
  table: ResolvedTable,
  qualifier: readonly string[],
  analysis: Analysis,
): BoundRelation {
  analysis.usedTables.set(nameKey(table.name), table)
  const fields = tableFields(table, qualifier, analysis)
  const relation: BoundTable = {
    kind: 'table',
    table: table.table,
    columnNames: columnNames(table),
    columns: table.columns.map((column) => column.handle),
    fields,
  }
  return asSeen(node, table.name, relation, columnNames(table), analysis)
}

export const columnNames = (table: ResolvedTable): readonly string[] =>
  table.columns.map((column) => column.name)

export const tableFields = (
  table: ResolvedTable,
  qualifier: readonly string[],
  analysis: Analysis,
): readonly Field[] =>
  table.columns.map(
    (column): Field => ({
      ...newField(analysis, column.type, column.name, qualifier),
      hidden: column.hidden ?? false,
      origin: table.name,
    }),
  )

/**
 * What may be seen of a table or view; that it is read is noted, perhaps without any of its columns.
 * @param columns names of the columns, by position
 */
function asSeen(
  node: Table,
  name: QualifiedObjectName,
  relation: BoundRelation,
  columns: readonly string[],
  analysis: Analysis,
): BoundRelation {
  const { access } = analysis
  if (access === undefined) return relation
  const security = tableSecurity(name, analysis)
  const { fields } = relation
  const seen =
    security === undefined
      ? relation
      : withSecurity(relation, columns, { name, node, fields }, security, analysis)
  access.uses.add('select', access.accessor, name, [])
  access.uses.addFields(access.accessor, name, seen.fields, columns)
  return seen
}

/** A view's query, analyzed under the view's catalog and schema, with its recorded names and types. */
function boundView(
  node: Table,
  view: ResolvedView,
  qualifier: readonly string[],
  analysis: Analysis,
): BoundRelation {
  const key = nameKey(view.name)
  const text = qualifiedText(view.name)
  if (analysis.viewStack.includes(key)) {
    throw semanticError('VIEW_IS_RECURSIVE', node, 'View is recursive')
  }
  const { query } = analysis.metadata.views.get(key)!
  const { catalog: _, schema: __, path: ___, ...session } = analysis.session
  const { access } = analysis
  const { user } = session
  const inner: Analysis = {
    ...analysis,
    ...(access === undefined
      ? {}
      : { access: { ...access, accessor: accessorOfView(view.owner, user, access.accessor) } }),
    viewStack: [...analysis.viewStack, key],
    session: {
      ...session,
      ...(view.catalog === undefined ? {} : { catalog: view.catalog }),
      ...(view.schema === undefined ? {} : { schema: view.schema }),
      ...(view.path === undefined ? {} : { path: view.path }),
    },
  }
  let source: BoundRelation
  try {
    source = inner.analyzeQuery.call(inner, query, rootScope, { isTop: true })
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause
    throw new MillraceError(
      'INVALID_VIEW',
      `Failed analyzing stored view '${text}': ${cause.message}`,
      { location: node.location, cause },
    )
  }
  const fields = visibleFields(source.fields)
  const mismatch = viewMismatch(view, fields)
  if (mismatch !== undefined) {
    throw semanticError(
      'VIEW_IS_STALE',
      node,
      `View '${text}' is stale or in invalid state: ${mismatch}`,
    )
  }
  const viewFields = view.columns.map((column) =>
    newField(analysis, column.type, column.name, qualifier),
  )
  const names = view.columns.map((column) => column.name)
  const relation: BoundRelation = {
    kind: 'projection',
    source,
    expressions: view.columns.map(
      (column, i): Expression => coerce(fieldReference(fields[i]!), column.type),
    ),
    fields: viewFields,
  }
  return asSeen(node, view.name, relation, names, analysis)
}

function viewMismatch(view: ResolvedView, fields: readonly Field[]): string | undefined {
  if (fields.length !== view.columns.length) {
    return `stored view column count (${view.columns.length}) does not match column count derived from the view query analysis (${fields.length})`
  }
  for (const [i, column] of view.columns.entries()) {
    const field = fields[i]!
    const place = `column [${column.name}] of type ${typeName(column.type)}`
    if (field.name?.toLowerCase() !== column.name.toLowerCase()) {
      return `${place} projected from query view at position ${i} has a different name: ${field.name}`
    }
    if (!typesEqual(field.type, column.type) && !canCoerce(field.type, column.type)) {
      return `column [${field.name}] of type ${typeName(field.type)} projected from query view at position ${i} cannot be coerced to ${place} stored in view definition`
    }
  }
  return undefined
}
