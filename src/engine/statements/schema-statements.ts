import { INFORMATION_SCHEMA } from '../../connectors/information-schema/connector.js'
import type { NodeBase, PrincipalSpecification } from '../../planner/parser/ast/index.js'
import type { ConnectorMetadata, Principal } from '../../spi/index.js'
import { schemaExists } from '../catalog/metadata.js'
import type { SchemaStatementKinds } from './kinds.js'
import { catalogSchemaName, errorAt } from './names.js'
import { evaluateProperties } from './properties.js'
import { requireCatalog } from './show.js'
import type { DoneResult, StatementContext, StatementHandlers } from './statement.js'
import { unsupported } from './unsupported.js'

const done = (updateType: string): DoneResult => ({ kind: 'done', updateType })

export const principalOf = (principal: PrincipalSpecification): Principal => ({
  type: principal.type === 'role' ? 'ROLE' : 'USER',
  name: principal.name.value,
})

/** The metadata of a catalog that the statement is about to change. */
export async function writableMetadata(
  context: StatementContext,
  catalog: string,
): Promise<ConnectorMetadata> {
  await context.transaction.checkWrite(catalog)
  return context.metadata(catalog)
}

/** @source Trino CreateSchemaTask, DropSchemaTask, RenameSchemaTask */
export const schemaHandlers: StatementHandlers<SchemaStatementKinds> = {
  async createSchema(node, context) {
    const { catalog, schema } = catalogSchemaName(context.session, node, node.name)
    requireCatalog(context, node, catalog)
    if (await schemaExists(context, catalog, schema)) {
      if (node.notExists) return done('CREATE SCHEMA')
      throw errorAt(node, 'SCHEMA_ALREADY_EXISTS', `Schema '${catalog}.${schema}' already exists`)
    }
    const properties = await evaluateProperties(
      {
        catalog,
        what: 'schema',
        code: 'INVALID_SCHEMA_PROPERTY',
        definitions: context.catalogs.get(catalog).connector.getSchemaProperties?.(),
      },
      node.properties,
      context,
    )
    await context.access?.check(catalog, 'checkCanCreateSchema', schema, properties)
    const metadata = await writableMetadata(context, catalog)
    if (metadata.createSchema === undefined) throw unsupported('creating schemas')
    const owner: Principal =
      node.principal === undefined
        ? { type: 'USER', name: context.session.user }
        : principalOf(node.principal)
    if (owner.type === 'ROLE') await requireRole(owner.name, metadata, node, catalog, context)
    await metadata.createSchema(context.connectorSession(catalog), schema, properties, owner)
    return done('CREATE SCHEMA')
  },

  async dropSchema(node, context) {
    const { catalog, schema } = catalogSchemaName(context.session, node, node.name)
    if (!(await schemaExists(context, catalog, schema))) {
      if (node.exists) return done('DROP SCHEMA')
      throw errorAt(node, 'SCHEMA_NOT_FOUND', `Schema '${catalog}.${schema}' does not exist`)
    }
    await context.access?.check(catalog, 'checkCanDropSchema', schema)
    const session = context.connectorSession(catalog)
    const metadata = await writableMetadata(context, catalog)
    if (!node.cascade && !(await isEmpty(context, metadata, catalog, schema))) {
      throw errorAt(node, 'SCHEMA_NOT_EMPTY', `Cannot drop non-empty schema '${schema}'`)
    }
    if (metadata.dropSchema === undefined) throw unsupported('dropping schemas')
    await metadata.dropSchema(session, schema, node.cascade)
    return done('DROP SCHEMA')
  },

  async renameSchema(node, context) {
    const { catalog, schema } = catalogSchemaName(context.session, node, node.source)
    const target = node.target.value.toLowerCase()
    if (!(await schemaExists(context, catalog, schema))) {
      throw errorAt(node, 'SCHEMA_NOT_FOUND', `Schema '${catalog}.${schema}' does not exist`)
    }
    if (await schemaExists(context, catalog, target)) {
      throw errorAt(
        node,
        'SCHEMA_ALREADY_EXISTS',
        `Target schema '${catalog}.${target}' already exists`,
      )
    }
    await context.access?.check(catalog, 'checkCanRenameSchema', schema, target)
    const metadata = await writableMetadata(context, catalog)
    if (metadata.renameSchema === undefined) throw unsupported('renaming schemas')
    await metadata.renameSchema(context.connectorSession(catalog), schema, target)
    return done('RENAME SCHEMA')
  },
}

/** @throws NOT_SUPPORTED where the connector knows no roles; ROLE_NOT_FOUND */
async function requireRole(
  name: string,
  metadata: ConnectorMetadata,
  node: NodeBase,
  catalog: string,
  context: StatementContext,
): Promise<void> {
  if (metadata.roleExists === undefined) throw unsupported('roles')
  const role = name.toLowerCase()
  if (!(await metadata.roleExists(context.connectorSession(catalog), role))) {
    throw errorAt(node, 'ROLE_NOT_FOUND', `Role '${role}' does not exist`)
  }
}

async function isEmpty(
  context: StatementContext,
  metadata: ConnectorMetadata,
  catalog: string,
  schema: string,
): Promise<boolean> {
  if (schema === INFORMATION_SCHEMA) return false
  const tables = await metadata.listTables(context.connectorSession(catalog), schema)
  return !tables.some((table) => table.schema === schema)
}
