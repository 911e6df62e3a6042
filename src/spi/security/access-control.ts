import type { ConnectorIdentity } from '../connector/session.js'
import type { Principal, Privilege, SchemaFunctionName } from '../metadata/metadata-management.js'
import type { Awaitable, Properties, SchemaTableName } from '../metadata/schema.js'
import type { SqlType } from '../type/type.js'

/** Who asks, in which transaction. @source Trino ConnectorSecurityContext */
export interface ConnectorSecurityContext<Transaction = unknown> {
  readonly identity: ConnectorIdentity
  readonly queryId: string
  /** Of the catalog, as its beginTransaction gave it; null where it has none. */
  readonly transaction: Transaction
}

/** What statements ask for, with what each question is about. Names are in lower case. */
export interface AccessChecks {
  checkCanCreateSchema: [schema: string, properties: Properties]
  checkCanDropSchema: [schema: string]
  checkCanRenameSchema: [schema: string, newName: string]
  checkCanSetSchemaAuthorization: [schema: string, principal: Principal]
  checkCanShowSchemas: []
  checkCanShowCreateSchema: [schema: string]

  checkCanShowCreateTable: [table: SchemaTableName]
  checkCanCreateTable: [table: SchemaTableName, properties: Properties]
  checkCanDropTable: [table: SchemaTableName]
  checkCanRenameTable: [table: SchemaTableName, newName: SchemaTableName]
  checkCanSetTableProperties: [table: SchemaTableName, properties: Properties]
  checkCanSetTableComment: [table: SchemaTableName]
  checkCanSetViewComment: [view: SchemaTableName]
  checkCanSetColumnComment: [table: SchemaTableName]
  checkCanShowTables: [schema: string]
  checkCanShowColumns: [table: SchemaTableName]
  checkCanAddColumn: [table: SchemaTableName]
  checkCanAlterColumn: [table: SchemaTableName]
  checkCanDropColumn: [table: SchemaTableName]
  checkCanRenameColumn: [table: SchemaTableName]
  checkCanSetTableAuthorization: [table: SchemaTableName, principal: Principal]

  /** The columns may be none, as of `count(*)`. */
  checkCanSelectFromColumns: [table: SchemaTableName, columns: readonly string[]]
  checkCanInsertIntoTable: [table: SchemaTableName]
  checkCanDeleteFromTable: [table: SchemaTableName]
  checkCanTruncateTable: [table: SchemaTableName]
  checkCanUpdateTableColumns: [table: SchemaTableName, columns: readonly string[]]

  checkCanCreateView: [view: SchemaTableName]
  checkCanRenameView: [view: SchemaTableName, newName: SchemaTableName]
  checkCanSetViewAuthorization: [view: SchemaTableName, principal: Principal]
  checkCanDropView: [view: SchemaTableName]
  /** Of the owner of a view, who by it lets others see what it reads. */
  checkCanCreateViewWithSelectFromColumns: [table: SchemaTableName, columns: readonly string[]]
  checkCanCreateMaterializedView: [view: SchemaTableName, properties: Properties]
  checkCanRefreshMaterializedView: [view: SchemaTableName]
  checkCanSetMaterializedViewProperties: [view: SchemaTableName, properties: Properties]
  checkCanDropMaterializedView: [view: SchemaTableName]
  checkCanRenameMaterializedView: [view: SchemaTableName, newName: SchemaTableName]

  checkCanSetCatalogSessionProperty: [property: string]

  checkCanGrantSchemaPrivilege: [
    privilege: Privilege,
    schema: string,
    grantee: Principal,
    grantOption: boolean,
  ]
  checkCanDenySchemaPrivilege: [privilege: Privilege, schema: string, grantee: Principal]
  checkCanRevokeSchemaPrivilege: [
    privilege: Privilege,
    schema: string,
    revokee: Principal,
    grantOption: boolean,
  ]
  checkCanGrantTablePrivilege: [
    privilege: Privilege,
    table: SchemaTableName,
    grantee: Principal,
    grantOption: boolean,
  ]
  checkCanDenyTablePrivilege: [privilege: Privilege, table: SchemaTableName, grantee: Principal]
  checkCanRevokeTablePrivilege: [
    privilege: Privilege,
    table: SchemaTableName,
    revokee: Principal,
    grantOption: boolean,
  ]

  checkCanCreateRole: [role: string, grantor: Principal | undefined]
  checkCanDropRole: [role: string]
  checkCanGrantRoles: [
    roles: readonly string[],
    grantees: readonly Principal[],
    adminOption: boolean,
    grantor: Principal | undefined,
  ]
  checkCanRevokeRoles: [
    roles: readonly string[],
    grantees: readonly Principal[],
    adminOption: boolean,
    grantor: Principal | undefined,
  ]
  checkCanSetRole: [role: string]
  checkCanShowRoles: []
  checkCanShowCurrentRoles: []
  checkCanShowRoleGrants: []

  checkCanExecuteProcedure: [procedure: SchemaFunctionName]
  checkCanExecuteTableProcedure: [table: SchemaTableName, procedure: string]
  checkCanShowFunctions: [schema: string]
  checkCanCreateFunction: [function: SchemaFunctionName]
  checkCanDropFunction: [function: SchemaFunctionName]
  checkCanShowCreateFunction: [function: SchemaFunctionName]
}
export type AccessCheck = keyof AccessChecks

/** An SQL expression over the columns of a table: a row filter or a column mask. @source Trino ViewExpression */
export interface ViewExpression {
  readonly expression: string
  /** Whom it is analysed as; absent: who runs the query. */
  readonly identity?: string
  /** Of names in it. */
  readonly catalog?: string
  readonly schema?: string
}

/** A check as a method, so that a connector's own type of transactions fits where any does. */
type CheckMethod<Transaction, About extends readonly unknown[]> = {
  check(context: ConnectorSecurityContext<Transaction>, ...about: About): Awaitable<void>
}['check']

export type ConnectorAccessChecks<Transaction = unknown> = {
  /** @throws PERMISSION_DENIED */
  readonly [Check in AccessCheck]?: CheckMethod<Transaction, AccessChecks[Check]>
}

/**
 * Says who may do what in one catalog. A check refuses by throwing {@link accessDenied}; one that is missing refuses
 * everybody, and a filter that is missing shows nothing, so that what was forgotten is never allowed. Row filters and
 * column masks are the exception: without them, whoever may read a table sees all of it.
 * @source Trino ConnectorAccessControl
 */
export type ConnectorAccessControl<Transaction = unknown> = ConnectorAccessChecks<Transaction> & {
  /** Those of the schemas that the user may know of; so for the other filters. */
  filterSchemas?(
    context: ConnectorSecurityContext<Transaction>,
    schemas: readonly string[],
  ): Awaitable<readonly string[]>
  filterTables?(
    context: ConnectorSecurityContext<Transaction>,
    tables: readonly SchemaTableName[],
  ): Awaitable<readonly SchemaTableName[]>
  filterColumns?(
    context: ConnectorSecurityContext<Transaction>,
    table: SchemaTableName,
    columns: readonly string[],
  ): Awaitable<readonly string[]>
  filterFunctions?(
    context: ConnectorSecurityContext<Transaction>,
    functions: readonly SchemaFunctionName[],
  ): Awaitable<readonly SchemaFunctionName[]>
  /** Of functions and table functions that are the catalog's. */
  canExecuteFunction?(
    context: ConnectorSecurityContext<Transaction>,
    name: SchemaFunctionName,
  ): Awaitable<boolean>
  /** Of the owner of a view that calls the function for others. */
  canCreateViewWithExecuteFunction?(
    context: ConnectorSecurityContext<Transaction>,
    name: SchemaFunctionName,
  ): Awaitable<boolean>
  /** Boolean expressions, all of which must hold for a row to be seen. */
  getRowFilters?(
    context: ConnectorSecurityContext<Transaction>,
    table: SchemaTableName,
  ): Awaitable<readonly ViewExpression[]>
  /** What is seen in place of a column. */
  getColumnMask?(
    context: ConnectorSecurityContext<Transaction>,
    table: SchemaTableName,
    column: string,
    type: SqlType,
  ): Awaitable<ViewExpression | undefined>
}
