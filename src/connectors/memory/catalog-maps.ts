import {
  type ConnectorMaterializedViewDefinition,
  type ConnectorViewDefinition,
  type GrantInfo,
  type LanguageFunction,
  MillraceError,
  type Principal,
  type Privilege,
  type PrivilegeInfo,
  type RoleGrant,
  type SchemaFunctionName,
  type SchemaTableName,
} from '../../spi/index.js'

export interface StoredView {
  readonly name: SchemaTableName
  readonly definition: ConnectorViewDefinition
  /** Also of views that run as their invoker, whose definitions have none. */
  readonly owner?: Principal
}
export interface StoredMaterializedView {
  readonly name: SchemaTableName
  readonly definition: ConnectorMaterializedViewDefinition
  /** What its last refresh read, by table id with version; undefined: never refreshed. */
  readonly refreshed?: {
    readonly millis: number
    readonly versions: ReadonlyMap<number, number>
    /** It read tables of other catalogs, of whose changes nothing is known. */
    readonly hasForeignTables: boolean
  }
}
export interface StoredFunction {
  readonly name: SchemaFunctionName
  readonly definition: LanguageFunction
}
export interface SchemaGrant extends PrivilegeInfo {
  readonly schema: string
  readonly grantee: Principal
}

/** What a catalog has besides tables: immutable values by key, so that a value that was changed is another one. */
export interface CatalogMaps {
  readonly schemas: Map<string, { readonly owner?: Principal }>
  readonly views: Map<string, StoredView>
  readonly materializedViews: Map<string, StoredMaterializedView>
  readonly functions: Map<string, StoredFunction>
  readonly roles: Map<string, { readonly grantor?: Principal }>
  readonly roleGrants: Map<string, RoleGrant>
  readonly tableGrants: Map<string, GrantInfo>
  readonly schemaGrants: Map<string, SchemaGrant>
}

/** The key of a name of several parts. */
export const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts)

export function putTableGrant({ tableGrants }: CatalogMaps, grant: GrantInfo): void {
  const { table, grantee, privilege } = grant
  const key = keyOf(table.schema, table.table, grantee.type, grantee.name, privilege)
  tableGrants.set(key, grant)
}

export function putSchemaGrant({ schemaGrants }: CatalogMaps, grant: SchemaGrant): void {
  const { schema, grantee, privilege } = grant
  schemaGrants.set(keyOf(schema, grantee.type, grantee.name, privilege), grant)
}

const PRIVILEGES: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE']

/** What any of some principals was granted on a table. */
export const tableGrants = (
  maps: CatalogMaps,
  { schema, table }: SchemaTableName,
  grantees: readonly Principal[],
): readonly PrivilegeInfo[] => grantsOf(maps.tableGrants, [schema, table], grantees)

export const schemaGrants = (
  maps: CatalogMaps,
  schema: string,
  grantees: readonly Principal[],
): readonly PrivilegeInfo[] => grantsOf(maps.schemaGrants, [schema], grantees)

const grantsOf = (
  grants: ReadonlyMap<string, PrivilegeInfo>,
  place: readonly string[],
  grantees: readonly Principal[],
): readonly PrivilegeInfo[] =>
  grantees.flatMap(({ type, name }) =>
    PRIVILEGES.flatMap((privilege) => grants.get(keyOf(...place, type, name, privilege)) ?? []),
  )

export const newMaps = (): CatalogMaps => ({
  schemas: new Map(),
  views: new Map(),
  materializedViews: new Map(),
  functions: new Map(),
  roles: new Map(),
  roleGrants: new Map(),
  tableGrants: new Map(),
  schemaGrants: new Map(),
})

export const copyMaps = (maps: CatalogMaps): CatalogMaps => ({
  schemas: new Map(maps.schemas),
  views: new Map(maps.views),
  materializedViews: new Map(maps.materializedViews),
  functions: new Map(maps.functions),
  roles: new Map(maps.roles),
  roleGrants: new Map(maps.roleGrants),
  tableGrants: new Map(maps.tableGrants),
  schemaGrants: new Map(maps.schemaGrants),
})

/**
 * What `current` becomes by the changes that led from `base` to `changed`.
 * @throws TRANSACTION_CONFLICT where `current` has changed the same entry since `base`
 */
export function mergeMaps(
  current: CatalogMaps,
  base: CatalogMaps,
  changed: CatalogMaps,
): CatalogMaps {
  return {
    schemas: mergeMap(current.schemas, base.schemas, changed.schemas),
    views: mergeMap(current.views, base.views, changed.views),
    materializedViews: mergeMap(
      current.materializedViews,
      base.materializedViews,
      changed.materializedViews,
    ),
    functions: mergeMap(current.functions, base.functions, changed.functions),
    roles: mergeMap(current.roles, base.roles, changed.roles),
    roleGrants: mergeMap(current.roleGrants, base.roleGrants, changed.roleGrants),
    tableGrants: mergeMap(current.tableGrants, base.tableGrants, changed.tableGrants),
    schemaGrants: mergeMap(current.schemaGrants, base.schemaGrants, changed.schemaGrants),
  }
}

function mergeMap<V>(
  current: ReadonlyMap<string, V>,
  base: ReadonlyMap<string, V>,
  changed: ReadonlyMap<string, V>,
): Map<string, V> {
  const merged = new Map(current)
  for (const key of new Set([...base.keys(), ...changed.keys()])) {
    const value = changed.get(key)
    if (value === base.get(key)) continue
    if (current.get(key) !== base.get(key)) {
      throw new MillraceError(
        'TRANSACTION_CONFLICT',
        `Another transaction has changed what this one did: ${JSON.parse(key).join('.')}`,
        { hint: 'Run the transaction again' },
      )
    }
    if (value === undefined) merged.delete(key)
    else merged.set(key, value)
  }
  return merged
}

/** Makes the entries of one those of another. */
export function assignMaps(target: CatalogMaps, source: CatalogMaps): void {
  assign(target.schemas, source.schemas)
  assign(target.views, source.views)
  assign(target.materializedViews, source.materializedViews)
  assign(target.functions, source.functions)
  assign(target.roles, source.roles)
  assign(target.roleGrants, source.roleGrants)
  assign(target.tableGrants, source.tableGrants)
  assign(target.schemaGrants, source.schemaGrants)
}

function assign<V>(target: Map<string, V>, source: ReadonlyMap<string, V>): void {
  target.clear()
  for (const [key, value] of source) target.set(key, value)
}
