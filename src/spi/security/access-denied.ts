import type { ConnectorIdentity } from '../connector/session.js'
import { MillraceError } from '../error.js'
import type { Principal, SchemaFunctionName } from '../metadata/metadata-management.js'
import type { SchemaTableName } from '../metadata/schema.js'
import type { AccessCheck, AccessChecks } from './access-control.js'

const PREFIX = 'Access Denied: '

/**
 * The error of what a user may not do.
 * @param message without `Access Denied`
 * @source Trino AccessDeniedException
 */
export const permissionDenied = (message: string, cause?: unknown): MillraceError =>
  new MillraceError('PERMISSION_DENIED', `${PREFIX}${message}`, { cause })

/** The message of such an error without its beginning; undefined for other errors. */
export const denialOf = (error: unknown): string | undefined =>
  error instanceof MillraceError &&
  error.code === 'PERMISSION_DENIED' &&
  error.message.startsWith(PREFIX)
    ? error.message.slice(PREFIX.length)
    : undefined

/** How messages write names. */
interface Names {
  /** Whose question it is. */
  readonly user: string
  schema(name: string): string
  table(name: SchemaTableName): string
  function(name: SchemaFunctionName): string
  property(name: string): string
}

const listText = (names: readonly string[]): string => `[${names.join(', ')}]`
const principalText = ({ type, name }: Principal): string => `${type} ${name}`
const principalsText = (principals: readonly Principal[]): string =>
  listText(principals.map(principalText))

type Messages = {
  readonly [Check in AccessCheck]: (names: Names, ...about: AccessChecks[Check]) => string
}

const MESSAGES: Messages = {
  checkCanCreateSchema: (n, schema) => `Cannot create schema ${n.schema(schema)}`,
  checkCanDropSchema: (n, schema) => `Cannot drop schema ${n.schema(schema)}`,
  checkCanRenameSchema: (n, schema, to) => `Cannot rename schema from ${n.schema(schema)} to ${to}`,
  checkCanSetSchemaAuthorization: (n, schema, principal) =>
    `Cannot set authorization for schema ${n.schema(schema)} to ${principalText(principal)}`,
  checkCanShowSchemas: () => 'Cannot show schemas',
  checkCanShowCreateSchema: (n, schema) => `Cannot show create schema for ${n.schema(schema)}`,
  checkCanShowCreateTable: (n, table) => `Cannot show create table for ${n.table(table)}`,
  checkCanCreateTable: (n, table) => `Cannot create table ${n.table(table)}`,
  checkCanDropTable: (n, table) => `Cannot drop table ${n.table(table)}`,
  checkCanRenameTable: (n, table, to) =>
    `Cannot rename table from ${n.table(table)} to ${n.table(to)}`,
  checkCanSetTableProperties: (n, table) => `Cannot set table properties to ${n.table(table)}`,
  checkCanSetTableComment: (n, table) => `Cannot comment table to ${n.table(table)}`,
  checkCanSetViewComment: (n, view) => `Cannot comment view to ${n.table(view)}`,
  checkCanSetColumnComment: (n, table) => `Cannot comment column to ${n.table(table)}`,
  checkCanShowTables: (n, schema) => `Cannot show tables of schema ${n.schema(schema)}`,
  checkCanShowColumns: (n, table) => `Cannot show columns of table ${n.table(table)}`,
  checkCanAddColumn: (n, table) => `Cannot add a column to table ${n.table(table)}`,
  checkCanAlterColumn: (n, table) => `Cannot alter a column for table ${n.table(table)}`,
  checkCanDropColumn: (n, table) => `Cannot drop a column from table ${n.table(table)}`,
  checkCanRenameColumn: (n, table) => `Cannot rename a column in table ${n.table(table)}`,
  checkCanSetTableAuthorization: (n, table, principal) =>
    `Cannot set authorization for table ${n.table(table)} to ${principalText(principal)}`,
  checkCanSelectFromColumns: (n, table, columns) =>
    `Cannot select from columns ${listText(columns)} in table or view ${n.table(table)}`,
  checkCanInsertIntoTable: (n, table) => `Cannot insert into table ${n.table(table)}`,
  checkCanDeleteFromTable: (n, table) => `Cannot delete from table ${n.table(table)}`,
  checkCanTruncateTable: (n, table) => `Cannot truncate table ${n.table(table)}`,
  checkCanUpdateTableColumns: (n, table, columns) =>
    `Cannot update columns ${listText(columns)} in table ${n.table(table)}`,
  checkCanCreateView: (n, view) => `Cannot create view ${n.table(view)}`,
  checkCanRenameView: (n, view, to) => `Cannot rename view from ${n.table(view)} to ${n.table(to)}`,
  checkCanSetViewAuthorization: (n, view, principal) =>
    `Cannot set authorization for view ${n.table(view)} to ${principalText(principal)}`,
  checkCanDropView: (n, view) => `Cannot drop view ${n.table(view)}`,
  checkCanCreateViewWithSelectFromColumns: (n, table) =>
    `View owner '${n.user}' cannot create view that selects from ${n.table(table)}`,
  checkCanCreateMaterializedView: (n, view) => `Cannot create materialized view ${n.table(view)}`,
  checkCanRefreshMaterializedView: (n, view) => `Cannot refresh materialized view ${n.table(view)}`,
  checkCanSetMaterializedViewProperties: (n, view) =>
    `Cannot set properties of materialized view ${n.table(view)}`,
  checkCanDropMaterializedView: (n, view) => `Cannot drop materialized view ${n.table(view)}`,
  checkCanRenameMaterializedView: (n, view, to) =>
    `Cannot rename materialized view from ${n.table(view)} to ${n.table(to)}`,
  checkCanSetCatalogSessionProperty: (n, property) =>
    `Cannot set catalog session property ${n.property(property)}`,
  checkCanGrantSchemaPrivilege: (n, privilege, schema) =>
    `Cannot grant privilege ${privilege} on schema ${n.schema(schema)}`,
  checkCanDenySchemaPrivilege: (n, privilege, schema) =>
    `Cannot deny privilege ${privilege} on schema ${n.schema(schema)}`,
  checkCanRevokeSchemaPrivilege: (n, privilege, schema) =>
    `Cannot revoke privilege ${privilege} on schema ${n.schema(schema)}`,
  checkCanGrantTablePrivilege: (n, privilege, table) =>
    `Cannot grant privilege ${privilege} on table ${n.table(table)}`,
  checkCanDenyTablePrivilege: (n, privilege, table) =>
    `Cannot deny privilege ${privilege} on table ${n.table(table)}`,
  checkCanRevokeTablePrivilege: (n, privilege, table) =>
    `Cannot revoke privilege ${privilege} on table ${n.table(table)}`,
  checkCanCreateRole: (_, role) => `Cannot create role ${role}`,
  checkCanDropRole: (_, role) => `Cannot drop role ${role}`,
  checkCanGrantRoles: (_, roles, grantees) =>
    `Cannot grant roles ${listText(roles)} to ${principalsText(grantees)}`,
  checkCanRevokeRoles: (_, roles, grantees) =>
    `Cannot revoke roles ${listText(roles)} from ${principalsText(grantees)}`,
  checkCanSetRole: (_, role) => `Cannot set role ${role}`,
  checkCanShowRoles: () => 'Cannot show roles',
  checkCanShowCurrentRoles: () => 'Cannot show current roles',
  checkCanShowRoleGrants: () => 'Cannot show role grants',
  checkCanExecuteProcedure: (n, procedure) => `Cannot execute procedure ${n.function(procedure)}`,
  checkCanExecuteTableProcedure: (n, table, procedure) =>
    `Cannot execute table procedure ${procedure} on ${n.table(table)}`,
  checkCanShowFunctions: (n, schema) => `Cannot show functions of schema ${n.schema(schema)}`,
  checkCanCreateFunction: (n, name) => `Cannot create function ${n.function(name)}`,
  checkCanDropFunction: (n, name) => `Cannot drop function ${n.function(name)}`,
  checkCanShowCreateFunction: (n, name) => `Cannot show create function for ${n.function(name)}`,
}

/**
 * The error of a check that refuses.
 * @param catalog stands before names, where it is not the catalog itself that refuses
 */
export function accessDenied<Check extends AccessCheck>(
  check: Check,
  { user }: Pick<ConnectorIdentity, 'user'>,
  about: AccessChecks[Check],
  catalog?: string,
): MillraceError {
  const prefix = catalog === undefined ? '' : `${catalog}.`
  const names: Names = {
    user,
    schema: (name) => `${prefix}${name}`,
    table: ({ schema, table }) => `${prefix}${schema}.${table}`,
    function: ({ schema, function: name }) => `${prefix}${schema}.${name}`,
    property: (name) => `${prefix}${name}`,
  }
  return permissionDenied(MESSAGES[check](names, ...about))
}
