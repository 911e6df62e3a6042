import type {
  Principal,
  Privilege,
  PrivilegeInfo,
  RoleGrant,
  SchemaFunctionName,
} from '../metadata/metadata-management.js'
import type { Awaitable, SchemaTableName } from '../metadata/schema.js'
import type { ConnectorAccessControl, ConnectorSecurityContext } from './access-control.js'
import { accessDenied } from './access-denied.js'
import { type AccessAnswers, refusingChecks } from './refusing-checks.js'

/** The role that may do everything. */
export const ADMIN_ROLE = 'admin'
/** What is granted to it, as a role or by the word PUBLIC, everybody has. */
export const PUBLIC_ROLE = 'public'

/** What a catalog knows of owners, grants and roles, as a transaction sees it. */
export interface GrantSource<Transaction> {
  schemaOwner(transaction: Transaction, schema: string): Awaitable<Principal | undefined>
  /** Of a table, view or materialized view. */
  relationOwner(transaction: Transaction, name: SchemaTableName): Awaitable<Principal | undefined>
  functionOwner?(
    transaction: Transaction,
    name: SchemaFunctionName,
  ): Awaitable<Principal | undefined>
  /** What any of some principals was granted on a table or view. */
  tableGrants(
    transaction: Transaction,
    name: SchemaTableName,
    grantees: readonly Principal[],
  ): Awaitable<readonly PrivilegeInfo[]>
  /** The same on a schema: it holds for all tables of the schema; CREATE for new ones. */
  schemaGrants(
    transaction: Transaction,
    schema: string,
    grantees: readonly Principal[],
  ): Awaitable<readonly PrivilegeInfo[]>
  /** Roles that a principal has, those of its roles too. */
  applicableRoles(transaction: Transaction, principal: Principal): Awaitable<readonly RoleGrant[]>
}

/**
 * Access as the SQL standard has it: owners may do everything with what is theirs, others what they were granted, and grant on
 * what they were granted WITH GRANT OPTION; roles count while they are enabled. Role `admin` may do everything, makes schemas
 * and roles and gives objects other owners. A schema that everybody owns is one whose owner is role `public`.
 * @source Trino SqlStandardAccessControl; SQL:2016 4.42
 */
export function sqlStandardAccessControl<Transaction>(
  source: GrantSource<Transaction>,
): ConnectorAccessControl<Transaction> {
  const rules = new StandardRules(source)
  return {
    ...refusingChecks({ ...objectAnswers(rules), ...grantAnswers(rules) }),
    ...viewChecks(rules),
    ...filters(rules),
  }
}

type Context<Transaction> = ConnectorSecurityContext<Transaction>

class StandardRules<Transaction> {
  readonly #source: GrantSource<Transaction>

  constructor(source: GrantSource<Transaction>) {
    this.#source = source
  }

  async isAdmin(context: Context<Transaction>): Promise<boolean> {
    return (await this.#enabledRoles(context)).has(ADMIN_ROLE)
  }

  async ownsSchema(context: Context<Transaction>, schema: string): Promise<boolean> {
    return this.#owns(context, await this.#source.schemaOwner(context.transaction, schema))
  }

  async ownsRelation(context: Context<Transaction>, name: SchemaTableName): Promise<boolean> {
    return this.#owns(context, await this.#source.relationOwner(context.transaction, name))
  }

  async ownsFunction(context: Context<Transaction>, name: SchemaFunctionName): Promise<boolean> {
    return this.#owns(context, await this.#source.functionOwner?.(context.transaction, name))
  }

  async mayCreateIn(context: Context<Transaction>, schema: string): Promise<boolean> {
    return (
      (await this.ownsSchema(context, schema)) ||
      (await this.hasSchemaPrivilege(context, schema, 'CREATE', false))
    )
  }

  /** @param grantable whether it must be one to grant on */
  async hasPrivilege(
    context: Context<Transaction>,
    name: SchemaTableName,
    privilege: Privilege,
    grantable: boolean,
  ): Promise<boolean> {
    const grantees = await this.#principals(context)
    const grants = await this.#source.tableGrants(context.transaction, name, grantees)
    return (
      hasGrant(grants, privilege, grantable) ||
      (await this.hasSchemaPrivilege(context, name.schema, privilege, grantable)) ||
      (await this.ownsRelation(context, name))
    )
  }

  async hasSchemaPrivilege(
    context: Context<Transaction>,
    schema: string,
    privilege: Privilege,
    grantable: boolean,
  ): Promise<boolean> {
    const grantees = await this.#principals(context)
    const grants = await this.#source.schemaGrants(context.transaction, schema, grantees)
    return hasGrant(grants, privilege, grantable)
  }

  async hasAnyPrivilege(context: Context<Transaction>, name: SchemaTableName): Promise<boolean> {
    const { transaction } = context
    const grantees = await this.#principals(context)
    if ((await this.#source.tableGrants(transaction, name, grantees)).length > 0) return true
    const grants = await this.#source.schemaGrants(transaction, name.schema, grantees)
    return (
      grants.some(({ privilege }) => privilege !== 'CREATE') ||
      (await this.ownsRelation(context, name))
    )
  }

  /** Of roles that may be granted on, also while they are not enabled. */
  async mayGrantRoles(context: Context<Transaction>, roles: readonly string[]): Promise<boolean> {
    if (await this.isAdmin(context)) return true
    const grants = await this.#rolesOf(context)
    return roles.every((role) => grants.some((grant) => grant.role === role && grant.grantable))
  }

  async hasRole(context: Context<Transaction>, role: string): Promise<boolean> {
    if (role === PUBLIC_ROLE) return true
    return (await this.#rolesOf(context)).some((grant) => grant.role === role)
  }

  /** Whom a grant may name to be the user's: himself, his enabled roles, everybody. */
  async #principals(context: Context<Transaction>): Promise<readonly Principal[]> {
    const roles = [...(await this.#enabledRoles(context))]
    return [
      { type: 'USER', name: context.identity.user },
      ...roles.map((name): Principal => ({ type: 'ROLE', name })),
      ...EVERYBODY,
    ]
  }

  async #owns(context: Context<Transaction>, owner: Principal | undefined): Promise<boolean> {
    const enabled = await this.#enabledRoles(context)
    if (enabled.has(ADMIN_ROLE)) return true
    if (owner?.type === 'USER') return owner.name === context.identity.user
    return owner !== undefined && (owner.name === PUBLIC_ROLE || enabled.has(owner.name))
  }

  async #enabledRoles(context: Context<Transaction>): Promise<ReadonlySet<string>> {
    const { type, role } = context.identity.connectorRole ?? { type: 'ALL' }
    if (type === 'NONE') return new Set()
    const grants =
      type === 'ALL'
        ? await this.#rolesOf(context)
        : await this.#source.applicableRoles(context.transaction, { type: 'ROLE', name: role! })
    const names = grants.map((grant) => grant.role)
    if (type === 'ALL') return new Set(names)
    // A role that was set may have been taken back since.
    return (await this.hasRole(context, role!)) ? new Set([role!, ...names]) : new Set()
  }

  async #rolesOf({ transaction, identity }: Context<Transaction>): Promise<readonly RoleGrant[]> {
    return this.#source.applicableRoles(transaction, { type: 'USER', name: identity.user })
  }
}

/** PUBLIC without a word before it is read as a user. */
const EVERYBODY: readonly Principal[] = [
  { type: 'ROLE', name: PUBLIC_ROLE },
  { type: 'USER', name: PUBLIC_ROLE },
  { type: 'USER', name: PUBLIC_ROLE.toUpperCase() },
]

const hasGrant = (
  grants: readonly PrivilegeInfo[],
  privilege: Privilege,
  grantable: boolean,
): boolean =>
  grants.some((grant) => grant.privilege === privilege && (grant.grantOption || !grantable))

const everybody = (): boolean => true

function objectAnswers<Transaction>(rules: StandardRules<Transaction>): AccessAnswers<Transaction> {
  const admin = (context: Context<Transaction>) => rules.isAdmin(context)
  const schemaOwner = (context: Context<Transaction>, schema: string) =>
    rules.ownsSchema(context, schema)
  const owner = (context: Context<Transaction>, name: SchemaTableName) =>
    rules.ownsRelation(context, name)
  const creator = (context: Context<Transaction>, { schema }: { readonly schema: string }) =>
    rules.mayCreateIn(context, schema)
  const functionOwner = (context: Context<Transaction>, name: SchemaFunctionName) =>
    rules.ownsFunction(context, name)
  /** Whoever renames something into another schema makes it there. */
  const mover = async (
    context: Context<Transaction>,
    name: SchemaTableName,
    to: SchemaTableName,
  ): Promise<boolean> =>
    (await rules.ownsRelation(context, name)) &&
    (name.schema === to.schema || (await rules.mayCreateIn(context, to.schema)))
  const holder =
    (privilege: Privilege, grantable = false) =>
    (context: Context<Transaction>, name: SchemaTableName) =>
      rules.hasPrivilege(context, name, privilege, grantable)
  return {
    checkCanCreateSchema: admin,
    checkCanDropSchema: schemaOwner,
    checkCanRenameSchema: schemaOwner,
    checkCanSetSchemaAuthorization: admin,
    checkCanShowSchemas: everybody,
    checkCanShowCreateSchema: schemaOwner,
    checkCanShowCreateTable: holder('SELECT', true),
    checkCanCreateTable: creator,
    checkCanDropTable: owner,
    checkCanRenameTable: mover,
    checkCanSetTableProperties: owner,
    checkCanSetTableComment: owner,
    checkCanSetViewComment: owner,
    checkCanSetColumnComment: owner,
    checkCanShowTables: everybody,
    checkCanShowColumns: (context, name) => rules.hasAnyPrivilege(context, name),
    checkCanAddColumn: owner,
    checkCanAlterColumn: owner,
    checkCanDropColumn: owner,
    checkCanRenameColumn: owner,
    checkCanSetTableAuthorization: admin,
    checkCanSelectFromColumns: holder('SELECT'),
    checkCanInsertIntoTable: holder('INSERT'),
    checkCanDeleteFromTable: holder('DELETE'),
    checkCanTruncateTable: holder('DELETE'),
    checkCanUpdateTableColumns: holder('UPDATE'),
    checkCanCreateView: creator,
    checkCanRenameView: mover,
    checkCanSetViewAuthorization: admin,
    checkCanDropView: owner,
    checkCanCreateMaterializedView: creator,
    checkCanRefreshMaterializedView: holder('UPDATE'),
    checkCanSetMaterializedViewProperties: owner,
    checkCanDropMaterializedView: owner,
    checkCanRenameMaterializedView: mover,
    checkCanExecuteProcedure: everybody,
    checkCanExecuteTableProcedure: owner,
    checkCanShowFunctions: everybody,
    checkCanCreateFunction: creator,
    checkCanDropFunction: functionOwner,
    checkCanShowCreateFunction: functionOwner,
  }
}

function grantAnswers<Transaction>(rules: StandardRules<Transaction>): AccessAnswers<Transaction> {
  const schemaGrantor = async (
    context: Context<Transaction>,
    privilege: Privilege,
    schema: string,
  ): Promise<boolean> =>
    (await rules.ownsSchema(context, schema)) ||
    (await rules.hasSchemaPrivilege(context, schema, privilege, true))
  const grantor = (context: Context<Transaction>, privilege: Privilege, name: SchemaTableName) =>
    rules.hasPrivilege(context, name, privilege, true)
  const roleGrantor = (context: Context<Transaction>, roles: readonly string[]) =>
    rules.mayGrantRoles(context, roles)
  const admin = (context: Context<Transaction>) => rules.isAdmin(context)
  return {
    // Who may see or change settings of a catalog is not a matter of the standard.
    checkCanSetCatalogSessionProperty: everybody,
    checkCanGrantSchemaPrivilege: schemaGrantor,
    checkCanDenySchemaPrivilege: schemaGrantor,
    checkCanRevokeSchemaPrivilege: schemaGrantor,
    checkCanGrantTablePrivilege: grantor,
    checkCanDenyTablePrivilege: grantor,
    checkCanRevokeTablePrivilege: grantor,
    checkCanCreateRole: admin,
    checkCanDropRole: async (context, role) =>
      role !== ADMIN_ROLE && role !== PUBLIC_ROLE && (await rules.isAdmin(context)),
    checkCanGrantRoles: roleGrantor,
    checkCanRevokeRoles: roleGrantor,
    checkCanSetRole: (context, role) => rules.hasRole(context, role),
    checkCanShowRoles: admin,
    checkCanShowCurrentRoles: everybody,
    checkCanShowRoleGrants: everybody,
  }
}

function viewChecks<Transaction>(
  rules: StandardRules<Transaction>,
): ConnectorAccessControl<Transaction> {
  return {
    checkCanCreateViewWithSelectFromColumns: async (context, name, columns) => {
      if (!(await rules.hasPrivilege(context, name, 'SELECT', false))) {
        throw accessDenied('checkCanSelectFromColumns', context.identity, [name, columns])
      }
      if (await rules.hasPrivilege(context, name, 'SELECT', true)) return
      const about = [name, columns] as const
      throw accessDenied('checkCanCreateViewWithSelectFromColumns', context.identity, [...about])
    },
    canExecuteFunction: everybody,
    canCreateViewWithExecuteFunction: everybody,
  }
}

function filters<Transaction>(
  rules: StandardRules<Transaction>,
): ConnectorAccessControl<Transaction> {
  return {
    filterSchemas: (_context, schemas) => schemas,
    filterTables: (_context, tables) => tables,
    filterFunctions: (_context, functions) => functions,
    filterColumns: async (context, name, columns) =>
      (await rules.hasAnyPrivilege(context, name)) ? columns : [],
  }
}
