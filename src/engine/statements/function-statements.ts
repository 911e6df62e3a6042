import { analyzeType } from '../../planner/analyzer/type-analysis.js'
import type { QualifiedObjectName } from '../../planner/metadata.js'
import type { NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import { formatStatement } from '../../planner/parser/format/format.js'
import { type MillraceError, typeName } from '../../spi/index.js'
import { schemaExists } from '../catalog/metadata.js'
import { errorAt, qualifiedObjectName } from './names.js'
import { requireCatalog } from './show.js'
import type { DoneResult, StatementContext, StatementOf } from './statement.js'
import { done } from './table-statements.js'
import { unsupported } from './unsupported.js'

/** New functions have a full name: there is no schema that unqualified ones go to. */
function fullName(
  node: NodeBase,
  name: QualifiedName,
  context: StatementContext,
): QualifiedObjectName {
  const full = qualifiedName(node, name, context)
  requireCatalog(context, node, full.catalog)
  return full
}

function qualifiedName(
  node: NodeBase,
  name: QualifiedName,
  context: StatementContext,
): QualifiedObjectName {
  if (name.parts.length === 3) return qualifiedObjectName(context.session, node, name)
  const message = 'Catalog and schema must be specified when function schema is not configured'
  throw errorAt(node, 'NOT_SUPPORTED', message)
}

const missingFunction = (node: NodeBase): MillraceError =>
  errorAt(node, 'NOT_FOUND', 'Function not found')

/** @source Trino CreateFunctionTask */
export async function createFunction(
  node: StatementOf<'createFunction'>,
  context: StatementContext,
): Promise<DoneResult> {
  const { catalog, schema, name } = fullName(node, node.specification.name, context)
  await context.access?.check(catalog, 'checkCanCreateFunction', { schema, function: name })
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  if (metadata.createLanguageFunction === undefined) throw unsupported('creating functions')
  if (!(await schemaExists(context, catalog, schema))) {
    throw errorAt(node, 'SCHEMA_NOT_FOUND', `Schema '${schema}' does not exist`)
  }
  const { argumentTypes } = await context.services.describeFunction(node, context)
  const functionName = { schema, function: name }
  const signatureToken = argumentTypes.join(',')
  const known = (await metadata.getLanguageFunctions?.(session, functionName)) ?? []
  if (!node.replace && known.some((f) => f.signatureToken === signatureToken)) {
    throw errorAt(node, 'ALREADY_EXISTS', 'Function already exists')
  }
  await metadata.createLanguageFunction(session, functionName, {
    signatureToken,
    sql: formatStatement({ ...node, replace: false }),
    owner: context.session.user,
  })
  return done('CREATE FUNCTION')
}

/** @source Trino DropFunctionTask */
export async function dropFunction(
  node: StatementOf<'dropFunction'>,
  context: StatementContext,
): Promise<DoneResult> {
  const { catalog, schema, name } = qualifiedName(node, node.name, context)
  if (context.catalogs.find(catalog) === undefined) {
    if (node.exists) return done('DROP FUNCTION')
    throw missingFunction(node)
  }
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  const functionName = { schema, function: name }
  const signatureToken = node.parameters.map((p) => typeName(analyzeType(p.type))).join(',')
  const known = (await metadata.getLanguageFunctions?.(session, functionName)) ?? []
  if (!known.some((f) => f.signatureToken === signatureToken)) {
    if (node.exists) return done('DROP FUNCTION')
    throw missingFunction(node)
  }
  await context.access?.check(catalog, 'checkCanDropFunction', functionName)
  if (metadata.dropLanguageFunction === undefined) throw unsupported('dropping functions')
  await metadata.dropLanguageFunction(session, functionName, signatureToken)
  return done('DROP FUNCTION')
}

/** The text of SHOW CREATE FUNCTION: all overloads. */
export async function functionText(
  node: NodeBase,
  name: QualifiedName,
  context: StatementContext,
): Promise<string> {
  const full = fullName(node, name, context)
  const metadata = await context.metadata(full.catalog)
  const session = context.connectorSession(full.catalog)
  const functionName = { schema: full.schema, function: full.name }
  const found = (await metadata.getLanguageFunctions?.(session, functionName)) ?? []
  if (found.length === 0) throw missingFunction(node)
  await context.access?.check(full.catalog, 'checkCanShowCreateFunction', functionName)
  return found.map((f) => f.sql).join('\n\n')
}
