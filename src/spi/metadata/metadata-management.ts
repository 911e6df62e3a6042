import type { ConnectorTypes } from '../connector/connector-types.js'
import type { ConnectorSession } from '../connector/session.js'
import type { SqlType } from '../type/type.js'
import type {
  Awaitable,
  ColumnMetadata,
  ColumnPosition,
  ConnectorMaterializedViewDefinition,
  ConnectorTableMetadata,
  ConnectorViewDefinition,
  MaterializedViewFreshness,
  Properties,
  SaveMode,
  SchemaTableName,
  SchemaTablePrefix,
} from './schema.js'

/** USER or ROLE with a name. @source Trino TrinoPrincipal */
export interface Principal {
  readonly type: 'USER' | 'ROLE'
  readonly name: string
}

/** @source Trino ConnectorMetadata */
export interface SchemaManagement {
  createSchema(
    session: ConnectorSession,
    schema: string,
    properties: Properties,
    owner: Principal,
  ): Awaitable<void>
  /** Without `cascade` a schema that has tables or views is SCHEMA_NOT_EMPTY. */
  dropSchema(session: ConnectorSession, schema: string, cascade: boolean): Awaitable<void>
  renameSchema(session: ConnectorSession, source: string, target: string): Awaitable<void>
  setSchemaAuthorization(
    session: ConnectorSession,
    schema: string,
    principal: Principal,
  ): Awaitable<void>
  getSchemaProperties(session: ConnectorSession, schema: string): Awaitable<Properties>
  getSchemaOwner(session: ConnectorSession, schema: string): Awaitable<Principal | undefined>
}

/** The engine has checked names, types and existence; the connector checks again what others may have changed. */
export interface TableManagement<T extends ConnectorTypes = ConnectorTypes> {
  createTable(
    session: ConnectorSession,
    metadata: ConnectorTableMetadata,
    saveMode: SaveMode,
  ): Awaitable<void>
  dropTable(session: ConnectorSession, table: T['table']): Awaitable<void>
  renameTable(
    session: ConnectorSession,
    table: T['table'],
    newName: SchemaTableName,
  ): Awaitable<void>
  setTableProperties(
    session: ConnectorSession,
    table: T['table'],
    /** null: back to the default. */
    properties: Readonly<Record<string, unknown>>,
  ): Awaitable<void>
  setTableComment(
    session: ConnectorSession,
    table: T['table'],
    comment: string | undefined,
  ): Awaitable<void>
  setColumnComment(
    session: ConnectorSession,
    table: T['table'],
    column: T['column'],
    comment: string | undefined,
  ): Awaitable<void>
  setTableAuthorization(
    session: ConnectorSession,
    name: SchemaTableName,
    principal: Principal,
  ): Awaitable<void>
  addColumn(
    session: ConnectorSession,
    table: T['table'],
    column: ColumnMetadata,
    position: ColumnPosition,
  ): Awaitable<void>
  renameColumn(
    session: ConnectorSession,
    table: T['table'],
    column: T['column'],
    newName: string,
  ): Awaitable<void>
  dropColumn(session: ConnectorSession, table: T['table'], column: T['column']): Awaitable<void>
  setColumnType(
    session: ConnectorSession,
    table: T['table'],
    column: T['column'],
    type: SqlType,
  ): Awaitable<void>
  dropNotNullConstraint(
    session: ConnectorSession,
    table: T['table'],
    column: T['column'],
  ): Awaitable<void>
  addField(
    session: ConnectorSession,
    table: T['table'],
    parentPath: readonly string[],
    fieldName: string,
    type: SqlType,
    ignoreExisting: boolean,
  ): Awaitable<void>
  renameField(
    session: ConnectorSession,
    table: T['table'],
    fieldPath: readonly string[],
    newName: string,
  ): Awaitable<void>
  dropField(
    session: ConnectorSession,
    table: T['table'],
    column: T['column'],
    fieldPath: readonly string[],
  ): Awaitable<void>
  setFieldType(
    session: ConnectorSession,
    table: T['table'],
    fieldPath: readonly string[],
    type: SqlType,
  ): Awaitable<void>
  /** The type that a new table gets where it can't have `type`; undefined: `type` itself. */
  getSupportedType(
    session: ConnectorSession,
    properties: Properties,
    type: SqlType,
  ): Awaitable<SqlType | undefined>
}

export interface ViewManagement {
  createView(
    session: ConnectorSession,
    name: SchemaTableName,
    definition: ConnectorViewDefinition,
    properties: Properties,
    replace: boolean,
  ): Awaitable<void>
  dropView(session: ConnectorSession, name: SchemaTableName): Awaitable<void>
  renameView(
    session: ConnectorSession,
    source: SchemaTableName,
    target: SchemaTableName,
  ): Awaitable<void>
  setViewComment(
    session: ConnectorSession,
    name: SchemaTableName,
    comment: string | undefined,
  ): Awaitable<void>
  setViewColumnComment(
    session: ConnectorSession,
    name: SchemaTableName,
    column: string,
    comment: string | undefined,
  ): Awaitable<void>
  setViewAuthorization(
    session: ConnectorSession,
    name: SchemaTableName,
    principal: Principal,
  ): Awaitable<void>
  listViews(session: ConnectorSession, schema?: string): Awaitable<readonly SchemaTableName[]>
  getViews(
    session: ConnectorSession,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly (readonly [SchemaTableName, ConnectorViewDefinition])[]>
  getView(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<ConnectorViewDefinition | undefined>
  getViewProperties(session: ConnectorSession, name: SchemaTableName): Awaitable<Properties>
}

/** A function written in SQL as a connector keeps it. @source Trino LanguageFunction */
export interface LanguageFunction {
  /** Tells overloads apart: the types of the arguments. */
  readonly signatureToken: string
  /** A CREATE FUNCTION statement. */
  readonly sql: string
  readonly owner?: string
}
export interface SchemaFunctionName {
  readonly schema: string
  readonly function: string
}
export interface LanguageFunctionManagement {
  listLanguageFunctions(
    session: ConnectorSession,
    schema: string,
  ): Awaitable<readonly (readonly [SchemaFunctionName, LanguageFunction])[]>
  getLanguageFunctions(
    session: ConnectorSession,
    name: SchemaFunctionName,
  ): Awaitable<readonly LanguageFunction[]>
  /** Puts a function in the place of the one of its signature, if there is one. */
  createLanguageFunction(
    session: ConnectorSession,
    name: SchemaFunctionName,
    definition: LanguageFunction,
  ): Awaitable<void>
  dropLanguageFunction(
    session: ConnectorSession,
    name: SchemaFunctionName,
    signatureToken: string,
  ): Awaitable<void>
}

export interface MaterializedViewManagement {
  createMaterializedView(
    session: ConnectorSession,
    name: SchemaTableName,
    definition: ConnectorMaterializedViewDefinition,
    properties: Properties,
    replace: boolean,
    ignoreExisting: boolean,
  ): Awaitable<void>
  dropMaterializedView(session: ConnectorSession, name: SchemaTableName): Awaitable<void>
  renameMaterializedView(
    session: ConnectorSession,
    source: SchemaTableName,
    target: SchemaTableName,
  ): Awaitable<void>
  setMaterializedViewProperties(
    session: ConnectorSession,
    name: SchemaTableName,
    properties: Readonly<Record<string, unknown>>,
  ): Awaitable<void>
  setMaterializedViewColumnComment(
    session: ConnectorSession,
    name: SchemaTableName,
    column: string,
    comment: string | undefined,
  ): Awaitable<void>
  listMaterializedViews(
    session: ConnectorSession,
    schema?: string,
  ): Awaitable<readonly SchemaTableName[]>
  getMaterializedView(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<ConnectorMaterializedViewDefinition | undefined>
  getMaterializedViewProperties(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<Properties>
  getMaterializedViewFreshness(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<MaterializedViewFreshness>
  /** True: refreshMaterializedView does the whole refresh. */
  delegateMaterializedViewRefreshToConnector(
    session: ConnectorSession,
    name: SchemaTableName,
  ): Awaitable<boolean>
  refreshMaterializedView(session: ConnectorSession, name: SchemaTableName): Awaitable<void>
}

export type Privilege = 'SELECT' | 'DELETE' | 'INSERT' | 'UPDATE' | 'CREATE' | 'CREATE_BRANCH'
export interface RoleGrant {
  readonly grantee: Principal
  readonly role: string
  readonly grantable: boolean
}
export interface PrivilegeInfo {
  readonly privilege: Privilege
  readonly grantOption: boolean
}
export interface GrantInfo extends PrivilegeInfo {
  readonly table: SchemaTableName
  readonly grantee: Principal
  readonly grantor?: Principal
  readonly withHierarchy?: boolean
}

export interface RoleManagement {
  roleExists(session: ConnectorSession, role: string): Awaitable<boolean>
  createRole(session: ConnectorSession, role: string, grantor?: Principal): Awaitable<void>
  dropRole(session: ConnectorSession, role: string): Awaitable<void>
  listRoles(session: ConnectorSession): Awaitable<readonly string[]>
  listRoleGrants(session: ConnectorSession, principal: Principal): Awaitable<readonly RoleGrant[]>
  listApplicableRoles(
    session: ConnectorSession,
    principal: Principal,
  ): Awaitable<readonly RoleGrant[]>
  listEnabledRoles(session: ConnectorSession): Awaitable<readonly string[]>
  grantRoles(
    session: ConnectorSession,
    roles: readonly string[],
    grantees: readonly Principal[],
    adminOption: boolean,
    grantor?: Principal,
  ): Awaitable<void>
  revokeRoles(
    session: ConnectorSession,
    roles: readonly string[],
    grantees: readonly Principal[],
    adminOption: boolean,
    grantor?: Principal,
  ): Awaitable<void>
  grantSchemaPrivileges(
    session: ConnectorSession,
    schema: string,
    privileges: readonly Privilege[],
    grantee: Principal,
    grantOption: boolean,
  ): Awaitable<void>
  revokeSchemaPrivileges(
    session: ConnectorSession,
    schema: string,
    privileges: readonly Privilege[],
    grantee: Principal,
    grantOption: boolean,
  ): Awaitable<void>
  grantTablePrivileges(
    session: ConnectorSession,
    name: SchemaTableName,
    privileges: readonly Privilege[],
    grantee: Principal,
    grantOption: boolean,
  ): Awaitable<void>
  revokeTablePrivileges(
    session: ConnectorSession,
    name: SchemaTableName,
    privileges: readonly Privilege[],
    grantee: Principal,
    grantOption: boolean,
  ): Awaitable<void>
  denyTablePrivileges(
    session: ConnectorSession,
    name: SchemaTableName,
    privileges: readonly Privilege[],
    grantee: Principal,
  ): Awaitable<void>
  listTablePrivileges(
    session: ConnectorSession,
    prefix: SchemaTablePrefix,
  ): Awaitable<readonly GrantInfo[]>
}
