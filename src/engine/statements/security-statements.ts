import type { GrantObject, Identifier, NodeBase } from '../../planner/parser/ast/index.js'
import { MillraceError } from '../../spi/index.js'
import { lookUpTable, printName } from '../metadata.js'
import type { SecurityStatementKinds } from './kinds.js'
import { catalogSchemaName, errorAt, qualifiedObjectName, sessionCatalog } from './names.js'
import { requireCatalog, requireSchema } from './show.js'
import type { DoneResult, StatementContext, StatementHandlers } from './statement.js'
import { staticResult, VARCHAR } from './static-rows.js'
import { requireTable, viewOf } from './table-statements.js'

const GRANT_COLUMNS = [
  'Grantor',
  'Grantor Type',
  'Grantee',
  'Grantee Type',
  'Catalog',
  'Schema',
  'Table',
  'Privilege',
  'Grantable',
  'With Hierarchy',
]

const noPermissions = (catalog: string): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `Catalog does not support permission management: ${catalog}`)

/** Roles of the whole system do not exist, those of catalogs no connector of the engine has. */
function refuseRoles(
  context: StatementContext,
  node: NodeBase,
  catalog: Identifier | undefined,
): MillraceError {
  if (catalog === undefined) {
    return new MillraceError('NOT_SUPPORTED', 'System roles are not enabled')
  }
  const name = catalog.value.toLowerCase()
  requireCatalog(context, node, name)
  return new MillraceError('NOT_SUPPORTED', `Catalog does not support role management: ${name}`)
}

async function refuseGrant(
  context: StatementContext,
  node: NodeBase,
  target: GrantObject,
): Promise<MillraceError> {
  if (target.entityKind === 'SCHEMA') {
    const name = catalogSchemaName(context.session, node, target.name)
    await requireSchema(context, node, name)
    return noPermissions(name.catalog)
  }
  const name = qualifiedObjectName(context.session, node, target.name)
  if ((await viewOf(context, name)) === undefined) {
    await requireTable(context, node, target.name, false)
  }
  return noPermissions(name.catalog)
}

/**
 * Roles, grants and owners: everybody may do everything, no connector manages permissions, and the statements say so.
 * @source Trino CreateRoleTask, GrantTask, SetRoleTask, SetAuthorizationTask and their siblings
 */
export const securityHandlers: StatementHandlers<SecurityStatementKinds> = {
  async createRole(node, context) {
    throw refuseRoles(context, node, node.catalog)
  },
  async dropRole(node, context) {
    throw refuseRoles(context, node, node.catalog)
  },
  async grantRoles(node, context) {
    throw refuseRoles(context, node, node.catalog)
  },
  async revokeRoles(node, context) {
    throw refuseRoles(context, node, node.catalog)
  },

  async grant(node, context) {
    throw await refuseGrant(context, node, node.grantObject)
  },
  async revoke(node, context) {
    throw await refuseGrant(context, node, node.grantObject)
  },
  async deny(node, context) {
    throw await refuseGrant(context, node, node.grantObject)
  },

  async setRole(node, context): Promise<DoneResult> {
    const catalog = node.catalog?.value.toLowerCase()
    if (catalog !== undefined) requireCatalog(context, node, catalog)
    if (node.type === 'ROLE') {
      throw errorAt(
        node,
        'ROLE_NOT_FOUND',
        `Role '${node.role?.value.toLowerCase()}' does not exist`,
      )
    }
    return {
      kind: 'done',
      updateType: 'SET ROLE',
      changes: { setRoles: { [catalog ?? 'system']: node.type } },
    }
  },

  async setAuthorization(node, context) {
    if (node.ownedEntityKind === 'SCHEMA') {
      const name = catalogSchemaName(context.session, node, node.source)
      await requireSchema(context, node, name)
      throw noPermissions(name.catalog)
    }
    const name = qualifiedObjectName(context.session, node, node.source)
    requireCatalog(context, node, name.catalog)
    const isView = (await viewOf(context, name)) !== undefined
    if (!isView && (await lookUpTable(context, name)) === undefined) {
      const what = node.ownedEntityKind === 'VIEW' ? 'View' : 'Table'
      throw errorAt(node, 'TABLE_NOT_FOUND', `${what} '${printName(name)}' does not exist`)
    }
    throw noPermissions(name.catalog)
  },

  async showGrants(node, context) {
    if (node.grantObject !== undefined) {
      const { name: written } = node.grantObject
      const name = qualifiedObjectName(context.session, node, written)
      if ((await viewOf(context, name)) === undefined) {
        await requireTable(context, node, written, false)
      }
    } else {
      requireCatalog(context, node, sessionCatalog(context.session, node))
    }
    return staticResult(
      GRANT_COLUMNS.map((name) => ({ name, type: VARCHAR })),
      [],
    )
  },

  async showRoles(node, context) {
    if (node.catalog !== undefined) {
      requireCatalog(context, node, node.catalog.value.toLowerCase())
    }
    return staticResult([{ name: 'Role', type: VARCHAR }], [])
  },

  async showRoleGrants(node, context) {
    if (node.catalog !== undefined) {
      requireCatalog(context, node, node.catalog.value.toLowerCase())
    }
    return staticResult([{ name: 'Role Grants', type: VARCHAR }], [])
  },
}
