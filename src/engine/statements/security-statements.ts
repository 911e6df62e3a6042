import { tablePrivilegeRow } from '../../connectors/information-schema/connector.js'
import type {
  GrantObject,
  GrantorSpecification,
  Identifier,
  NodeBase,
  QualifiedName,
} from '../../planner/parser/ast/index.js'
import {
  type ConnectorMetadata,
  type ConnectorSession,
  MillraceError,
  type Principal,
  type Privilege,
  type SelectedRole,
} from '../../spi/index.js'
import { visibleGrants } from '../catalog/catalog-information.js'
import {
  findMaterializedView,
  findView,
  lookUpTable,
  printName,
  schemaExists,
} from '../catalog/metadata.js'
import { roleText } from '../session/session.js'
import type { SecurityStatementKinds } from './kinds.js'
import {
  type CatalogSchema,
  catalogSchemaName,
  errorAt,
  qualifiedObjectName,
  sessionCatalog,
  tableName,
} from './names.js'
import { principalOf, writableMetadata } from './schema-statements.js'
import { requireCatalog } from './show.js'
import type { DoneResult, StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { staticResult, VARCHAR } from './static-rows.js'
import { done, requireTable } from './table-statements.js'

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

const PRIVILEGES: readonly Privilege[] = ['SELECT', 'DELETE', 'INSERT', 'UPDATE', 'CREATE']

const noPermissions = (catalog: string): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `Catalog does not support permission management: ${catalog}`)

/** The catalog of a statement about roles, and what its connector knows of roles. */
interface RoleCatalog {
  readonly catalog: string
  readonly metadata: ConnectorMetadata
  readonly session: ConnectorSession
}

/** Roles of the whole system do not exist, those of a catalog where its connector has them. */
async function roleCatalog(
  context: StatementContext,
  node: NodeBase,
  catalog: Identifier | undefined,
): Promise<RoleCatalog> {
  if (catalog === undefined) {
    throw new MillraceError('NOT_SUPPORTED', 'System roles are not enabled')
  }
  const place = await catalogWithRoles(context, node, catalog)
  await context.transaction.checkWrite(place.catalog)
  return place
}

/** @throws CATALOG_NOT_FOUND, NOT_SUPPORTED where its connector knows no roles */
async function catalogWithRoles(
  context: StatementContext,
  node: NodeBase,
  catalog: Identifier,
): Promise<RoleCatalog> {
  const name = catalog.value.toLowerCase()
  requireCatalog(context, node, name)
  const metadata = await context.metadata(name)
  if (metadata.createRole === undefined || metadata.roleExists === undefined) {
    throw errorAt(node, 'NOT_SUPPORTED', `Catalog '${name}' does not support role management`)
  }
  return { catalog: name, metadata, session: context.connectorSession(name) }
}

const missingRole = (node: NodeBase, role: string): MillraceError =>
  errorAt(node, 'ROLE_NOT_FOUND', `Role '${role}' does not exist`)

async function requireRoles(
  { metadata, session }: RoleCatalog,
  node: NodeBase,
  roles: readonly string[],
): Promise<void> {
  for (const role of roles) {
    if ((await metadata.roleExists!(session, role)) !== true) throw missingRole(node, role)
  }
}

/** A principal as catalogs know it: roles are in lower case. */
const lowerRole = (principal: Principal): Principal =>
  principal.type === 'ROLE' ? { ...principal, name: principal.name.toLowerCase() } : principal

function grantorOf(
  grantor: GrantorSpecification | undefined,
  context: StatementContext,
): Principal | undefined {
  if (grantor === undefined) return undefined
  return grantor.type === 'principal' && grantor.principal !== undefined
    ? lowerRole(principalOf(grantor.principal))
    : { type: 'USER', name: context.session.user }
}

async function changeRoleGrants(
  node: StatementOf<'grantRoles'> | StatementOf<'revokeRoles'>,
  context: StatementContext,
): Promise<DoneResult> {
  const roles = node.roles.map((role) => role.value.toLowerCase())
  if (node.catalog === undefined && roles.length > 0) throw missingRole(node, roles[0]!)
  const place = await roleCatalog(context, node, node.catalog)
  const grantees = node.grantees.map((grantee) => lowerRole(principalOf(grantee)))
  const grantor = grantorOf(node.grantor, context)
  await requireRoles(place, node, [
    ...roles,
    ...grantees.flatMap((grantee) => (grantee.type === 'ROLE' ? [grantee.name] : [])),
  ])
  const { metadata, session } = place
  const isGrant = node.kind === 'grantRoles'
  await context.access?.check(
    place.catalog,
    isGrant ? 'checkCanGrantRoles' : 'checkCanRevokeRoles',
    roles,
    grantees,
    node.adminOption,
    grantor,
  )
  const change = isGrant ? metadata.grantRoles : metadata.revokeRoles
  await change?.call(metadata, session, roles, grantees, node.adminOption, grantor)
  return done(isGrant ? 'GRANT ROLE' : 'REVOKE ROLE')
}

/** @throws INVALID_PRIVILEGE */
function privilegesOf(
  node: NodeBase,
  written: readonly string[] | undefined,
): readonly Privilege[] {
  if (written === undefined) return PRIVILEGES
  return written.map((text) => {
    const privilege = PRIVILEGES.find((known) => known === text.toUpperCase())
    if (privilege === undefined) {
      throw errorAt(node, 'INVALID_PRIVILEGE', `Unknown privilege: '${text}'`)
    }
    return privilege
  })
}

/** The schema of a name. @throws SCHEMA_NOT_FOUND, also where there is no such catalog */
async function requireOwnSchema(
  context: StatementContext,
  node: NodeBase,
  written: QualifiedName,
): Promise<CatalogSchema> {
  const name = catalogSchemaName(context.session, node, written)
  if (!(await schemaExists(context, name.catalog, name.schema))) {
    throw errorAt(
      node,
      'SCHEMA_NOT_FOUND',
      `Schema '${name.catalog}.${name.schema}' does not exist`,
    )
  }
  return name
}

/** @throws ROLE_NOT_FOUND at the node: roles that own something are the catalog's, there are none of the whole system */
async function requirePrincipal(
  context: StatementContext,
  node: NodeBase,
  principal: Principal,
  catalog: string,
): Promise<void> {
  if (principal.type === 'USER') return
  const metadata = await context.metadata(catalog)
  const exists = await metadata.roleExists?.(context.connectorSession(catalog), principal.name)
  if (exists !== true) throw missingRole(node, principal.name)
}

/** The schema, or the table or view, that a grant is about; it must exist. */
async function grantTarget(
  context: StatementContext,
  node: NodeBase,
  target: GrantObject,
): Promise<CatalogSchema & { readonly table?: string }> {
  if (target.entityKind === 'SCHEMA') {
    return requireOwnSchema(context, node, target.name)
  }
  const name = qualifiedObjectName(context.session, node, target.name)
  const isView =
    (await findView(context, name)) !== undefined ||
    (await findMaterializedView(context, name)) !== undefined
  if (!isView) await requireTable(context, node, target.name, false)
  return { catalog: name.catalog, schema: name.schema, table: name.name }
}

async function changeGrants(
  node: StatementOf<'grant'> | StatementOf<'revoke'> | StatementOf<'deny'>,
  context: StatementContext,
): Promise<DoneResult> {
  const { catalog, schema, table } = await grantTarget(context, node, node.grantObject)
  const privileges = privilegesOf(node, node.privileges)
  const grantee = lowerRole(principalOf(node.grantee))
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  const option =
    node.kind === 'grant' ? node.withGrantOption : node.kind === 'revoke' && node.grantOptionFor
  const method = (
    {
      grant: table === undefined ? 'grantSchemaPrivileges' : 'grantTablePrivileges',
      revoke: table === undefined ? 'revokeSchemaPrivileges' : 'revokeTablePrivileges',
      deny: 'denyTablePrivileges',
    } as const
  )[node.kind]
  if (metadata[method] === undefined || (node.kind === 'deny' && table === undefined)) {
    throw noPermissions(catalog)
  }
  await checkPrivileges(node.kind, { catalog, schema, table }, privileges, grantee, option, context)
  await context.transaction.checkWrite(catalog)
  if (method === 'grantSchemaPrivileges' || method === 'revokeSchemaPrivileges') {
    await metadata[method]!(session, schema, privileges, grantee, option)
  } else {
    await metadata[method]!(session, { schema, table: table! }, privileges, grantee, option)
  }
  return done(node.kind.toUpperCase())
}

/** Whether the user may grant, revoke or deny each of the privileges. @throws PERMISSION_DENIED */
async function checkPrivileges(
  kind: 'grant' | 'revoke' | 'deny',
  { catalog, schema, table }: CatalogSchema & { readonly table: string | undefined },
  privileges: readonly Privilege[],
  principal: Principal,
  option: boolean,
  { access }: StatementContext,
): Promise<void> {
  if (access === undefined) return
  for (const privilege of privileges) {
    if (table === undefined) {
      const check = SCHEMA_CHECKS[kind]
      if (check === 'checkCanDenySchemaPrivilege') {
        await access.check(catalog, check, privilege, schema, principal)
      } else await access.check(catalog, check, privilege, schema, principal, option)
      continue
    }
    const check = TABLE_CHECKS[kind]
    const name = { schema, table }
    if (check === 'checkCanDenyTablePrivilege') {
      await access.check(catalog, check, privilege, name, principal)
    } else await access.check(catalog, check, privilege, name, principal, option)
  }
}

const SCHEMA_CHECKS = {
  grant: 'checkCanGrantSchemaPrivilege',
  revoke: 'checkCanRevokeSchemaPrivilege',
  deny: 'checkCanDenySchemaPrivilege',
} as const
const TABLE_CHECKS = {
  grant: 'checkCanGrantTablePrivilege',
  revoke: 'checkCanRevokeTablePrivilege',
  deny: 'checkCanDenyTablePrivilege',
} as const

async function setAuthorization(
  node: StatementOf<'setAuthorization'>,
  context: StatementContext,
): Promise<DoneResult> {
  const principal = lowerRole(principalOf(node.principal))
  if (node.ownedEntityKind === 'SCHEMA') {
    const name = await requireOwnSchema(context, node, node.source)
    await requirePrincipal(context, node, principal, name.catalog)
    const metadata = await context.metadata(name.catalog)
    if (metadata.setSchemaAuthorization === undefined) throw noPermissions(name.catalog)
    await context.access?.check(
      name.catalog,
      'checkCanSetSchemaAuthorization',
      name.schema,
      principal,
    )
    await context.transaction.checkWrite(name.catalog)
    await metadata.setSchemaAuthorization(
      context.connectorSession(name.catalog),
      name.schema,
      principal,
    )
    return done('SET AUTHORIZATION')
  }
  const name = qualifiedObjectName(context.session, node, node.source)
  const isView = (await findView(context, name)) !== undefined
  const isTable =
    node.ownedEntityKind !== 'VIEW' && (await lookUpTable(context, name)) !== undefined
  if (!isView && !isTable) {
    const what = node.ownedEntityKind === 'VIEW' ? 'View' : 'Table'
    throw errorAt(node, 'TABLE_NOT_FOUND', `${what} '${printName(name)}' does not exist`)
  }
  await requirePrincipal(context, node, principal, name.catalog)
  const method = isView ? 'setViewAuthorization' : 'setTableAuthorization'
  if ((await context.metadata(name.catalog))[method] === undefined) {
    throw noPermissions(name.catalog)
  }
  const check = isView ? 'checkCanSetViewAuthorization' : 'checkCanSetTableAuthorization'
  await context.access?.check(name.catalog, check, tableName(name), principal)
  const metadata = await writableMetadata(context, name.catalog)
  await metadata[method]!(
    context.connectorSession(name.catalog),
    { schema: name.schema, table: name.name },
    principal,
  )
  return done('SET AUTHORIZATION')
}

async function setRole(
  node: StatementOf<'setRole'>,
  context: StatementContext,
): Promise<DoneResult> {
  const place =
    node.catalog === undefined ? undefined : await catalogWithRoles(context, node, node.catalog)
  const role = node.role?.value.toLowerCase()
  if (node.type === 'ROLE') {
    if (place === undefined) throw missingRole(node, role!)
    await requireRoles(place, node, [role!])
    if (context.access !== undefined) {
      await context.access.check(place.catalog, 'checkCanSetRole', role!)
      return roleSet(place, node.type, role)
    }
    const user: Principal = { type: 'USER', name: context.session.user }
    const granted = await place.metadata.listApplicableRoles?.(place.session, user)
    if (granted?.some((grant) => grant.role === role) !== true) {
      throw new MillraceError('PERMISSION_DENIED', `Access Denied: Cannot set role ${role}`)
    }
  }
  return roleSet(place, node.type, role)
}

function roleSet(
  place: RoleCatalog | undefined,
  type: SelectedRole['type'],
  role: string | undefined,
): DoneResult {
  const selected = { type, ...(role === undefined ? {} : { role }) }
  return {
    kind: 'done',
    updateType: 'SET ROLE',
    changes: { setRoles: { [place?.catalog ?? 'system']: roleText(selected) } },
  }
}

/**
 * Roles, grants and owners: connectors that keep them do, others say so.
 * @source Trino CreateRoleTask, GrantTask, SetRoleTask, SetAuthorizationTask and their siblings
 */
export const securityHandlers: StatementHandlers<SecurityStatementKinds> = {
  async createRole(node, context) {
    const { catalog, metadata, session } = await roleCatalog(context, node, node.catalog)
    const role = node.name.value.toLowerCase()
    if ((await metadata.roleExists!(session, role)) === true) {
      throw errorAt(node, 'ROLE_ALREADY_EXISTS', `Role '${role}' already exists`)
    }
    const grantor = grantorOf(node.grantor, context)
    await context.access?.check(catalog, 'checkCanCreateRole', role, grantor)
    await metadata.createRole!(session, role, grantor)
    return done('CREATE ROLE')
  },

  async dropRole(node, context) {
    const role = node.name.value.toLowerCase()
    if (node.catalog === undefined) {
      if (node.exists) return done('DROP ROLE')
      throw missingRole(node, role)
    }
    const place = await roleCatalog(context, node, node.catalog)
    if ((await place.metadata.roleExists!(place.session, role)) !== true) {
      if (node.exists) return done('DROP ROLE')
      throw missingRole(node, role)
    }
    await context.access?.check(place.catalog, 'checkCanDropRole', role)
    await place.metadata.dropRole?.(place.session, role)
    return done('DROP ROLE')
  },

  grantRoles: changeRoleGrants,
  revokeRoles: changeRoleGrants,
  grant: changeGrants,
  revoke: changeGrants,
  deny: changeGrants,
  setRole,
  setAuthorization,

  async showGrants(node, context) {
    const columns = GRANT_COLUMNS.map((name) => ({ name, type: VARCHAR }))
    const target =
      node.grantObject === undefined
        ? { catalog: sessionCatalog(context.session, node) }
        : await grantTarget(context, node, node.grantObject)
    const { catalog, ...prefix } = target
    requireCatalog(context, node, catalog)
    const metadata = await context.metadata(catalog)
    const session = context.connectorSession(catalog)
    const all = (await metadata.listTablePrivileges?.(session, prefix)) ?? []
    const grants = await visibleGrants(context, catalog, all)
    return staticResult(
      columns,
      grants.map((grant) => tablePrivilegeRow(catalog, grant)),
    )
  },

  async showRoles(node, context) {
    const column = { name: 'Role', type: VARCHAR }
    if (node.catalog === undefined) return staticResult([column], [])
    const { catalog, metadata, session } = await catalogWithRoles(context, node, node.catalog)
    const check = node.current ? 'checkCanShowCurrentRoles' : 'checkCanShowRoles'
    await context.access?.check(catalog, check)
    const roles = node.current
      ? await metadata.listEnabledRoles?.(session)
      : await metadata.listRoles?.(session)
    return staticResult(
      [column],
      [...(roles ?? [])].sort().map((role) => [role]),
    )
  },

  async showRoleGrants(node, context) {
    const column = { name: 'Role Grants', type: VARCHAR }
    if (node.catalog === undefined) return staticResult([column], [])
    const { catalog, metadata, session } = await catalogWithRoles(context, node, node.catalog)
    await context.access?.check(catalog, 'checkCanShowRoleGrants')
    const user: Principal = { type: 'USER', name: context.session.user }
    const grants = await metadata.listRoleGrants?.(session, user)
    return staticResult(
      [column],
      (grants ?? [])
        .map((grant) => grant.role)
        .sort()
        .map((role) => [role]),
    )
  },
}
