import type { QualifiedObjectName } from '../../planner/metadata.js'
import type { NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import { type ErrorCode, MillraceError, type SchemaTableName } from '../../spi/index.js'
import type { Session } from '../session/session.js'

/** An error located at a node of the syntax tree. */
export const errorAt = (
  node: NodeBase,
  code: ErrorCode,
  message: string,
  cause?: unknown,
): MillraceError =>
  new MillraceError(code, message, {
    location: node.location,
    ...(cause === undefined ? {} : { cause }),
  })

const lowerParts = (name: QualifiedName): string[] =>
  name.parts.map((part) => part.value.toLowerCase())

/** The name as written, for messages. */
const writtenName = (name: QualifiedName): string => name.parts.map((part) => part.value).join('.')

/**
 * The full name of a table or view: missing parts come from the session.
 * @throws MISSING_CATALOG_NAME, MISSING_SCHEMA_NAME, SYNTAX_ERROR for more than three parts
 * @source Trino MetadataUtil.createQualifiedObjectName
 */
export function qualifiedObjectName(
  session: Session,
  node: NodeBase,
  name: QualifiedName,
): QualifiedObjectName {
  const parts = lowerParts(name)
  if (parts.length > 3) {
    throw errorAt(node, 'SYNTAX_ERROR', `Too many dots in table name: ${writtenName(name)}`)
  }
  const schema = parts.length >= 2 ? parts[parts.length - 2]! : sessionSchema(session, node)
  const catalog = parts.length === 3 ? parts[0]! : sessionCatalog(session, node)
  return { catalog, schema, name: parts[parts.length - 1]! }
}

/** @throws MISSING_CATALOG_NAME */
export function sessionCatalog(session: Session, node: NodeBase): string {
  if (session.catalog === undefined) {
    throw errorAt(
      node,
      'MISSING_CATALOG_NAME',
      'Catalog must be specified when session catalog is not set',
    )
  }
  return session.catalog
}

/** @throws MISSING_SCHEMA_NAME */
function sessionSchema(session: Session, node: NodeBase): string {
  if (session.schema === undefined) {
    throw errorAt(
      node,
      'MISSING_SCHEMA_NAME',
      'Schema must be specified when session schema is not set',
    )
  }
  return session.schema
}

export interface CatalogSchema {
  readonly catalog: string
  readonly schema: string
}

/**
 * The catalog and schema that a name of one or two parts, or the session, says.
 * @throws MISSING_CATALOG_NAME, MISSING_SCHEMA_NAME, SYNTAX_ERROR for more than two parts
 * @source Trino MetadataUtil.createCatalogSchemaName
 */
export function catalogSchemaName(
  session: Session,
  node: NodeBase,
  name: QualifiedName | undefined,
): CatalogSchema {
  const parts = name === undefined ? [] : lowerParts(name)
  if (parts.length > 2) {
    throw errorAt(node, 'SYNTAX_ERROR', `Too many parts in schema name: ${writtenName(name!)}`)
  }
  return {
    catalog: parts.length === 2 ? parts[0]! : sessionCatalog(session, node),
    schema: parts.length > 0 ? parts[parts.length - 1]! : sessionSchema(session, node),
  }
}

/** A name within its catalog. */
export const tableName = ({ schema, name }: QualifiedObjectName): SchemaTableName => ({
  schema,
  table: name,
})
