import {
  type AccessAnswers,
  accessDenied,
  type ConnectorAccessChecks,
  type ConnectorAccessControl,
  type ConnectorSecurityContext,
  type Principal,
  permissionDenied,
  refusingChecks,
  type SchemaFunctionName,
  type SchemaTableName,
  type ViewExpression,
} from '../../spi/index.js'
import {
  type AccessRules,
  type CatalogMode,
  type FunctionPrivilege,
  type FunctionRule,
  fits,
  isFor,
  type QueryMode,
  type TablePrivilege,
  type TableRule,
} from './access-rules.js'
import type { Identity, SystemAccessControl } from './system-access-control.js'

/** What each mode of a catalog includes. */
const MODES: Readonly<Record<CatalogMode, number>> = { none: 0, 'read-only': 1, all: 2, owner: 3 }

/**
 * Access by the rules of a file: of each list, the first rule that matches decides; where none does, nobody may.
 * @param current the rules as they are now
 * @source Trino FileBasedSystemAccessControl
 */
export function fileAccessControl(current: () => AccessRules): SystemAccessControl {
  const catalogs = new Map<string, ConnectorAccessControl>()
  const mayQuery = (identity: Identity, owner: Identity | undefined, mode: QueryMode): boolean => {
    const { queries } = current()
    if (queries === undefined || owner?.user === identity.user) return true
    const rule = queries.find(
      (candidate) =>
        isFor(candidate, identity) &&
        (owner === undefined
          ? candidate.queryOwner === undefined
          : fits(candidate.queryOwner, owner.user)),
    )
    return rule?.allow.has(mode) === true
  }
  const modeOf = (identity: Identity, catalog: string): CatalogMode =>
    catalogMode(current(), identity, catalog)
  return {
    name: 'file',
    checkCanExecuteQuery(identity) {
      if (!mayQuery(identity, undefined, 'execute')) throw permissionDenied('Cannot execute query')
    },
    checkCanImpersonateUser(identity, user) {
      if (mayImpersonate(current(), identity, user)) return
      throw permissionDenied(`User ${identity.user} cannot impersonate user ${user}`)
    },
    checkCanKillQueryOwnedBy(identity, owner) {
      if (!mayQuery(identity, owner, 'kill')) throw permissionDenied('Cannot view query')
    },
    canViewQueryOwnedBy: (identity, owner) => mayQuery(identity, owner, 'view'),
    checkCanSetSystemSessionProperty(identity, property) {
      const rule = current().systemProperties.find(
        (candidate) => isFor(candidate, identity) && fits(candidate.property, property),
      )
      if (rule?.allow === true) return
      throw permissionDenied(`Cannot set system session property ${property}`)
    },
    canAccessCatalog: (identity, catalog) => modeOf(identity, catalog) !== 'none',
    checkCanCreateCatalog(identity, catalog) {
      if (modeOf(identity, catalog) === 'owner') return
      throw permissionDenied(`Cannot create catalog ${catalog}`)
    },
    checkCanDropCatalog(identity, catalog) {
      if (modeOf(identity, catalog) === 'owner') return
      throw permissionDenied(`Cannot drop catalog ${catalog}`)
    },
    ofCatalog(catalog) {
      let control = catalogs.get(catalog)
      if (control === undefined) {
        control = catalogControl(current, catalog)
        catalogs.set(catalog, control)
      }
      return control
    },
  }
}

const catalogMode = ({ catalogs }: AccessRules, identity: Identity, catalog: string): CatalogMode =>
  catalogs.find((rule) => isFor(rule, identity) && fits(rule.catalog, catalog))?.allow ?? 'none'

function mayImpersonate({ impersonation }: AccessRules, identity: Identity, user: string): boolean {
  for (const { originalUser, originalRole, newUser, allow } of impersonation ?? []) {
    if (originalRole !== undefined) continue
    const groups = originalUser === undefined ? [identity.user] : originalUser.exec(identity.user)
    if (groups === null) continue
    // What a user is called is no pattern.
    const pattern = newUser.replace(/\$(\d)/g, (_, group: string) =>
      (groups[Number(group)] ?? '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
    )
    if (new RegExp(`^(?:${pattern})$`, 's').test(user)) return allow
  }
  return false
}

type Context = ConnectorSecurityContext

/** What the rules say of one catalog. */
class CatalogRules {
  readonly #current: () => AccessRules
  readonly catalog: string

  constructor(current: () => AccessRules, catalog: string) {
    this.#current = current
    this.catalog = catalog
  }

  isAllowed({ identity }: Context, mode: CatalogMode): boolean {
    return MODES[catalogMode(this.#current(), identity, this.catalog)] >= MODES[mode]
  }

  ownsSchema(context: Context, schema: string): boolean {
    if (!this.isAllowed(context, 'all')) return false
    const rule = this.#current().schemas.find(
      (candidate) =>
        isFor(candidate, context.identity) &&
        fits(candidate.catalog, this.catalog) &&
        fits(candidate.schema, schema),
    )
    return rule?.owner === true
  }

  tableRule({ identity }: Context, { schema, table }: SchemaTableName): TableRule | undefined {
    return this.#current().tables.find(
      (rule) =>
        isFor(rule, identity) &&
        fits(rule.catalog, this.catalog) &&
        fits(rule.schema, schema) &&
        fits(rule.table, table),
    )
  }

  has(context: Context, name: SchemaTableName, privilege: TablePrivilege): boolean {
    const reads = privilege === 'SELECT' || privilege === 'GRANT_SELECT'
    return (
      this.isAllowed(context, reads ? 'read-only' : 'all') &&
      this.tableRule(context, name)?.privileges.has(privilege) === true
    )
  }

  hasAny(context: Context, name: SchemaTableName): boolean {
    const privileges = this.tableRule(context, name)?.privileges.size ?? 0
    return this.isAllowed(context, 'read-only') && privileges > 0
  }

  /** Whether the user may have anything of the schema, be it there or not. */
  seesSchema(context: Context, schema: string): boolean {
    const { identity } = context
    const { schemas, tables, functions } = this.#current()
    const isHere = (rule: { readonly catalog?: RegExp; readonly schema?: RegExp }): boolean =>
      fits(rule.catalog, this.catalog) && fits(rule.schema, schema)
    return (
      this.isAllowed(context, 'read-only') &&
      (schemas.some((rule) => rule.owner && isFor(rule, identity) && isHere(rule)) ||
        [...tables, ...functions].some(
          (rule) => rule.privileges.size > 0 && isFor(rule, identity) && isHere(rule),
        ))
    )
  }

  mayCall(
    context: Context,
    what: 'functions' | 'procedures',
    name: SchemaFunctionName,
    privilege: FunctionPrivilege,
  ): boolean {
    if (!this.isAllowed(context, privilege === 'OWNERSHIP' ? 'all' : 'read-only')) return false
    const rules: readonly FunctionRule[] = this.#current()[what]
    const rule = rules.find(
      (candidate) =>
        isFor(candidate, context.identity) &&
        fits(candidate.catalog, this.catalog) &&
        fits(candidate.schema, name.schema) &&
        fits(candidate.name, name.function),
    )
    if (privilege !== 'EXECUTE') return rule?.privileges.has(privilege) === true
    return (
      rule?.privileges.has('EXECUTE') === true || rule?.privileges.has('GRANT_EXECUTE') === true
    )
  }

  maySetProperty(context: Context, property: string): boolean {
    const rule = this.#current().catalogProperties.find(
      (candidate) =>
        isFor(candidate, context.identity) &&
        fits(candidate.catalog, this.catalog) &&
        fits(candidate.property, property),
    )
    return this.isAllowed(context, 'read-only') && rule?.allow === true
  }

  mayMakeOwner({ identity }: Context, { type, name }: Principal): boolean {
    const rule = this.#current().authorization.find(
      ({ originalUser, originalGroup, originalRole, newUser, newRole }) => {
        const target = type === 'USER' ? newUser : newRole
        return (
          fits(originalUser, identity.user) &&
          (originalGroup === undefined || identity.groups.some((g) => originalGroup.test(g))) &&
          originalRole === undefined &&
          target?.test(name) === true
        )
      },
    )
    return rule?.allow === true
  }
}

function catalogControl(current: () => AccessRules, catalog: string): ConnectorAccessControl {
  const rules = new CatalogRules(current, catalog)
  return { ...checks(rules), ...selects(rules), ...filters(rules), ...expressions(rules) }
}

const everybody = (): boolean => true

/** What the rules have no word about. */
const EVERYBODYS: AccessAnswers = {
  // What can't be seen is filtered.
  checkCanShowSchemas: everybody,
  checkCanExecuteTableProcedure: everybody,
  // Roles are the catalog's: Trino's file refuses those of the system only.
  checkCanCreateRole: everybody,
  checkCanDropRole: everybody,
  checkCanGrantRoles: everybody,
  checkCanRevokeRoles: everybody,
  checkCanSetRole: everybody,
  checkCanShowRoles: everybody,
  checkCanShowCurrentRoles: everybody,
  checkCanShowRoleGrants: everybody,
}

function checks(rules: CatalogRules): ConnectorAccessChecks {
  const holder = (privilege: TablePrivilege) => (context: Context, name: SchemaTableName) =>
    rules.has(context, name, privilege)
  const owner = holder('OWNERSHIP')
  const both = (context: Context, name: SchemaTableName, to: SchemaTableName) =>
    owner(context, name) && owner(context, to)
  const giver = (context: Context, name: SchemaTableName, principal: Principal) =>
    owner(context, name) && rules.mayMakeOwner(context, principal)
  const schemaOwner = (context: Context, schema: string) => rules.ownsSchema(context, schema)
  const grantsTable = (context: Context, _: unknown, name: SchemaTableName) => owner(context, name)
  const grantsSchema = (context: Context, _: unknown, schema: string) =>
    rules.ownsSchema(context, schema)
  const functionOwner = (context: Context, name: SchemaFunctionName) =>
    rules.mayCall(context, 'functions', name, 'OWNERSHIP')
  const seesSchema = (context: Context, schema: string) => rules.seesSchema(context, schema)
  return refusingChecks(
    {
      ...EVERYBODYS,
      checkCanCreateSchema: schemaOwner,
      checkCanDropSchema: schemaOwner,
      checkCanRenameSchema: (context, schema, to) =>
        schemaOwner(context, schema) && schemaOwner(context, to),
      checkCanSetSchemaAuthorization: (context, schema, principal) =>
        schemaOwner(context, schema) && rules.mayMakeOwner(context, principal),
      checkCanShowCreateSchema: schemaOwner,
      checkCanShowCreateTable: owner,
      checkCanCreateTable: owner,
      checkCanDropTable: owner,
      checkCanRenameTable: both,
      checkCanSetTableProperties: owner,
      checkCanSetTableComment: owner,
      checkCanSetViewComment: owner,
      checkCanSetColumnComment: owner,
      checkCanShowTables: seesSchema,
      checkCanShowColumns: (context, name) => rules.hasAny(context, name),
      checkCanAddColumn: owner,
      checkCanAlterColumn: owner,
      checkCanDropColumn: owner,
      checkCanRenameColumn: owner,
      checkCanSetTableAuthorization: giver,
      checkCanInsertIntoTable: holder('INSERT'),
      checkCanDeleteFromTable: holder('DELETE'),
      checkCanTruncateTable: holder('DELETE'),
      checkCanUpdateTableColumns: holder('UPDATE'),
      checkCanCreateView: owner,
      checkCanRenameView: both,
      checkCanSetViewAuthorization: giver,
      checkCanDropView: owner,
      checkCanCreateMaterializedView: owner,
      checkCanRefreshMaterializedView: holder('UPDATE'),
      checkCanSetMaterializedViewProperties: owner,
      checkCanDropMaterializedView: owner,
      checkCanRenameMaterializedView: both,
      checkCanSetCatalogSessionProperty: (context, property) =>
        rules.maySetProperty(context, property),
      checkCanGrantSchemaPrivilege: grantsSchema,
      checkCanDenySchemaPrivilege: grantsSchema,
      checkCanRevokeSchemaPrivilege: grantsSchema,
      checkCanGrantTablePrivilege: grantsTable,
      checkCanDenyTablePrivilege: grantsTable,
      checkCanRevokeTablePrivilege: grantsTable,
      checkCanExecuteProcedure: (context, name) =>
        rules.mayCall(context, 'procedures', name, 'EXECUTE'),
      checkCanShowFunctions: seesSchema,
      checkCanCreateFunction: functionOwner,
      checkCanDropFunction: functionOwner,
      checkCanShowCreateFunction: functionOwner,
    },
    rules.catalog,
  )
}

function selects(rules: CatalogRules): ConnectorAccessControl {
  const refusal = (name: SchemaTableName) =>
    permissionDenied(`Cannot select from table ${rules.catalog}.${name.schema}.${name.table}`)
  const maySelect = (rule: TableRule | undefined, columns: readonly string[]): boolean =>
    rule !== undefined &&
    (rule.privileges.has('SELECT') || rule.privileges.has('GRANT_SELECT')) &&
    columns.every((column) => rule.columns.get(column)?.allow !== false)
  return {
    checkCanSelectFromColumns(context, name, columns) {
      if (!maySelect(rules.tableRule(context, name), columns)) throw refusal(name)
    },
    checkCanCreateViewWithSelectFromColumns(context, name, columns) {
      const rule = rules.tableRule(context, name)
      if (!rules.isAllowed(context, 'all') || !maySelect(rule, columns)) throw refusal(name)
      if (rule?.privileges.has('GRANT_SELECT') === true) return
      const check = 'checkCanCreateViewWithSelectFromColumns'
      throw accessDenied(check, context.identity, [name, columns], rules.catalog)
    },
    canExecuteFunction: (context, name) => rules.mayCall(context, 'functions', name, 'EXECUTE'),
    canCreateViewWithExecuteFunction: (context, name) =>
      rules.mayCall(context, 'functions', name, 'GRANT_EXECUTE'),
  }
}

function filters(rules: CatalogRules): ConnectorAccessControl {
  return {
    filterSchemas: (context, schemas) =>
      schemas.filter((schema) => rules.seesSchema(context, schema)),
    filterTables: (context, tables) =>
      tables.filter(
        (name) => rules.ownsSchema(context, name.schema) || rules.hasAny(context, name),
      ),
    filterColumns(context, name, columns) {
      const rule = rules.tableRule(context, name)
      if (rule === undefined || !rules.hasAny(context, name)) return []
      // Who may do more than read sees all.
      const reads = [...rule.privileges].every((p) => p === 'SELECT' || p === 'GRANT_SELECT')
      if (!reads) return columns
      return columns.filter((column) => rule.columns.get(column)?.allow !== false)
    },
    filterFunctions: (context, functions) =>
      functions.filter(
        (name) =>
          rules.ownsSchema(context, name.schema) ||
          rules.mayCall(context, 'functions', name, 'EXECUTE'),
      ),
  }
}

function expressions(rules: CatalogRules): ConnectorAccessControl {
  const expression = (
    text: string,
    identity: string | undefined,
    { schema }: SchemaTableName,
  ): ViewExpression => ({
    expression: text,
    catalog: rules.catalog,
    schema,
    ...(identity === undefined ? {} : { identity }),
  })
  return {
    getRowFilters(context, name) {
      const { filter, filterUser } = rules.tableRule(context, name) ?? {}
      return filter === undefined ? [] : [expression(filter, filterUser, name)]
    },
    getColumnMask(context, name, column) {
      const { mask, maskUser } = rules.tableRule(context, name)?.columns.get(column) ?? {}
      return mask === undefined ? undefined : expression(mask, maskUser, name)
    },
  }
}
