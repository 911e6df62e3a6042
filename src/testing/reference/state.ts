import {
  BIGINT,
  type ColumnMetadata,
  type ConnectorMaterializedViewDefinition,
  type ConnectorViewDefinition,
  type GrantInfo,
  type LanguageFunction,
  MillraceError,
  type Principal,
  type PrivilegeInfo,
  type Properties,
  type RoleGrant,
  type RowChangeParadigm,
  type SchemaFunctionName,
  type SchemaTableName,
  type TableStatistics,
  type Value,
} from '../../spi/index.js'
import type { ReferenceColumn } from './handles.js'

/** Names a row as long as it lives. */
export const ROW_ID: ReferenceColumn = { name: '$row_id', type: BIGINT }

export interface StoredRow {
  readonly id: bigint
  readonly values: readonly Value[]
}
export interface StoredTable {
  readonly name: SchemaTableName
  readonly columns: readonly ColumnMetadata[]
  readonly properties: Properties
  readonly comment?: string
  readonly owner?: Principal
  readonly rows: readonly StoredRow[]
  readonly nextRowId: bigint
  /** Changes with every change of the table. */
  readonly version: number
  /** What ANALYZE, or the last write, has found. */
  readonly statistics?: TableStatistics<ReferenceColumn>
  /** True: it holds the rows of a materialized view, and no list shows it. */
  readonly isStorage?: boolean
}
export interface StoredMaterializedView {
  readonly name: SchemaTableName
  readonly definition: ConnectorMaterializedViewDefinition
  readonly properties: Properties
  readonly refreshed?: {
    readonly millis: number
    readonly versions: Readonly<Record<string, number>>
    readonly hasForeignTables: boolean
  }
}

/** Everything of a catalog: immutable values, so that a state is copied by copying its maps. */
export interface CatalogState {
  readonly schemas: Map<string, { readonly owner?: Principal; readonly properties: Properties }>
  readonly tables: Map<string, StoredTable>
  readonly views: Map<
    string,
    {
      readonly name: SchemaTableName
      readonly definition: ConnectorViewDefinition
      readonly properties: Properties
    }
  >
  readonly materializedViews: Map<string, StoredMaterializedView>
  readonly functions: Map<
    string,
    { readonly name: SchemaFunctionName; readonly definition: LanguageFunction }
  >
  readonly roles: Map<string, { readonly role: string; readonly grantor?: Principal }>
  readonly roleGrants: Map<string, RoleGrant>
  readonly tableGrants: Map<string, GrantInfo>
  readonly schemaGrants: Map<
    string,
    PrivilegeInfo & { readonly schema: string; readonly grantee: Principal }
  >
}

export const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts)
export const tableKey = ({ schema, table }: SchemaTableName): string => keyOf(schema, table)

/** Grants on a table or view that has another name now, or is no more. */
export function moveGrants(
  { tableGrants }: CatalogState,
  source: SchemaTableName,
  target: SchemaTableName | undefined,
): void {
  for (const [key, grant] of tableGrants) {
    if (tableKey(grant.table) !== tableKey(source)) continue
    tableGrants.delete(key)
    if (target === undefined) continue
    const { grantee, privilege } = grant
    const moved = keyOf(target.schema, target.table, grantee.type, grantee.name, privilege)
    tableGrants.set(moved, { ...grant, table: target })
  }
}

const newState = (): CatalogState => ({
  schemas: new Map([['default', { properties: {} }]]),
  tables: new Map(),
  views: new Map(),
  materializedViews: new Map(),
  functions: new Map(),
  roles: new Map(),
  roleGrants: new Map(),
  tableGrants: new Map(),
  schemaGrants: new Map(),
})

const copyState = (state: CatalogState): CatalogState => ({
  schemas: new Map(state.schemas),
  tables: new Map(state.tables),
  views: new Map(state.views),
  materializedViews: new Map(state.materializedViews),
  functions: new Map(state.functions),
  roles: new Map(state.roles),
  roleGrants: new Map(state.roleGrants),
  tableGrants: new Map(state.tableGrants),
  schemaGrants: new Map(state.schemaGrants),
})

/** @throws TABLE_NOT_FOUND */
export function storedTable(state: CatalogState, name: SchemaTableName): StoredTable {
  const table = state.tables.get(tableKey(name))
  if (table !== undefined) return table
  throw new MillraceError('TABLE_NOT_FOUND', `Table does not exist: ${name.schema}.${name.table}`)
}

/** Puts a changed table in the place of what it was. */
export function changeTable(
  state: CatalogState,
  name: SchemaTableName,
  change: (table: StoredTable) => Partial<StoredTable>,
): void {
  const table = storedTable(state, name)
  state.tables.set(tableKey(name), { ...table, ...change(table), version: nextVersion() })
}

let lastVersion = 0
export const nextVersion = (): number => {
  lastVersion += 1
  return lastVersion
}

/** Rows with new ids, at the end of a table or in the place of its rows. */
export function withRows(
  table: StoredTable,
  added: readonly (readonly Value[])[],
  kept: readonly StoredRow[] = table.rows,
): Pick<StoredTable, 'rows' | 'nextRowId'> {
  const rows = added.map((values, i) => ({ id: table.nextRowId + BigInt(i), values }))
  return { rows: [...kept, ...rows], nextRowId: table.nextRowId + BigInt(rows.length) }
}

/** The change columns of a table's property. */
export const paradigmOf = (table: StoredTable): RowChangeParadigm =>
  (table.properties['row_change_paradigm'] as RowChangeParadigm | undefined) ??
  'DELETE_ROW_AND_INSERT_ROW'

interface OpenTransaction {
  readonly base: CatalogState
  readonly state: CatalogState
}

/**
 * The committed state of a catalog, and those of its transactions: each works on a copy, whose changes become the catalog's at
 * its commit, unless another transaction has changed the same things meanwhile.
 */
export class ReferenceCatalog {
  #committed = newState()
  readonly #open = new Map<number, OpenTransaction>()
  #lastTransaction = 0

  begin(): number {
    this.#lastTransaction += 1
    const base = this.#committed
    this.#open.set(this.#lastTransaction, { base, state: copyState(base) })
    return this.#lastTransaction
  }

  stateOf(transaction: number): CatalogState {
    return this.#get(transaction).state
  }

  get openCount(): number {
    return this.#open.size
  }

  /** @throws TRANSACTION_CONFLICT */
  commit(transaction: number): void {
    const { base, state } = this.#get(transaction)
    this.#open.delete(transaction)
    const merged = copyState(this.#committed)
    for (const name of Object.keys(merged) as (keyof CatalogState)[]) {
      mergeInto<unknown>(merged[name], base[name], state[name])
    }
    this.#committed = merged
  }

  rollback(transaction: number): void {
    this.#open.delete(transaction)
  }

  #get(transaction: number): OpenTransaction {
    const found = this.#open.get(transaction)
    if (found !== undefined) return found
    throw new MillraceError('UNKNOWN_TRANSACTION', `Transaction has ended: ${transaction}`)
  }
}

function mergeInto<V>(
  current: Map<string, V>,
  base: ReadonlyMap<string, V>,
  changed: ReadonlyMap<string, V>,
): void {
  for (const key of new Set([...base.keys(), ...changed.keys()])) {
    const value = changed.get(key)
    if (value === base.get(key)) continue
    if (current.get(key) !== base.get(key)) {
      throw new MillraceError(
        'TRANSACTION_CONFLICT',
        `Another transaction has changed it: ${(JSON.parse(key) as string[]).join('.')}`,
        { hint: 'Run the transaction again' },
      )
    }
    if (value === undefined) current.delete(key)
    else current.set(key, value)
  }
}
