import { assert, type IsolationLevel, type TransactionOptions } from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import { mergeMaps } from './catalog-maps.js'
import { conflict } from './row-removal.js'
import type { MemoryTable, TableColumn } from './table.js'

/** A transaction under way. */
export interface MemoryTransaction {
  readonly id: number
  /** What it sees and changes. */
  readonly catalog: MemoryCatalog
  readonly isolationLevel: IsolationLevel
  /** What it has seen of each table: plans rest on it, and all scans read it. */
  readonly seen: Map<number, SeenTable>
}

export type SeenTable = Pick<MemoryTable, 'pages' | 'columns' | 'rowCount' | 'version'>

/**
 * A table as a transaction sees it: as it was when the transaction first asked, since what statistics prove of those rows may be what
 * a plan rests on. A fork changes by its own transaction only, which is to see what it has done.
 */
export function seenTable(
  { catalog, seen }: Pick<MemoryTransaction, 'catalog' | 'seen'>,
  table: MemoryTable,
): SeenTable {
  if (catalog.base !== undefined) return table
  const before = seen.get(table.id)
  if (before !== undefined) return before
  const { pages, columns, rowCount, version } = table
  const now = { pages, columns, rowCount, version }
  seen.set(table.id, now)
  return now
}

/**
 * Has a transaction see what others have made of a table meanwhile, which it is about to change.
 * @throws TRANSACTION_CONFLICT where a plan may rest on what is so no longer: columns, and that their values differ
 */
export function seeAgain(
  { catalog, seen }: Pick<MemoryTransaction, 'catalog' | 'seen'>,
  table: MemoryTable,
): void {
  if (catalog.base !== undefined) return
  const holds = ({ metadata, summary }: TableColumn, i: number): boolean => {
    const now = table.columns[i]
    return now?.metadata.name === metadata.name && (now.summary.unique || !summary.unique)
  }
  if (seen.get(table.id)?.columns.every(holds) === false) throw conflict(table)
  seen.delete(table.id)
}

/**
 * Transactions over a catalog. The one of a single statement works on the committed state: each of its changes is published as a
 * whole. One of several statements works on a fork, so that it sees one state and its own changes (snapshot isolation), and its
 * commit brings them in if nobody else has changed the same objects since; SERIALIZABLE: nor the tables that it read.
 * @source Kung & Robinson, On Optimistic Methods for Concurrency Control, 1981, with validation at commit
 */
export class MemoryTransactions {
  readonly #catalog: MemoryCatalog
  readonly #open = new Map<number, MemoryTransaction>()

  constructor(catalog: MemoryCatalog) {
    this.#catalog = catalog
  }

  begin({ isolationLevel, autoCommit }: TransactionOptions, canFork: boolean): number {
    const id = this.#catalog.pages.begin()
    const catalog = autoCommit || !canFork ? this.#catalog : this.#catalog.fork()
    this.#open.set(id, { id, catalog, isolationLevel, seen: new Map() })
    return id
  }

  get(id: number): MemoryTransaction {
    const transaction = this.#open.get(id)
    assert(transaction !== undefined, 'a transaction that has begun and not ended')
    return transaction
  }

  /** Ids of the tables that a transaction of several statements has changed, ascending. */
  changedTables(id: number): readonly number[] {
    const { allTables, base } = this.get(id).catalog
    return [...(base?.tables.values() ?? [])]
      .filter((before) => allTables.get(before.id)?.version !== before.version)
      .map((table) => table.id)
      .sort((a, b) => a - b)
  }

  /** @throws TRANSACTION_CONFLICT, after which nothing of the transaction is left */
  commit(id: number): void {
    const transaction = this.get(id)
    try {
      this.#mergeFork(transaction)
    } catch (error) {
      this.rollback(id)
      throw error
    }
    this.#end(transaction)
  }

  rollback(id: number): void {
    const transaction = this.get(id)
    const { base } = transaction.catalog
    if (base !== undefined) this.#catalog.pages.discard([...base.written])
    this.#end(transaction)
  }

  #end({ id }: MemoryTransaction): void {
    this.#open.delete(id)
    this.#catalog.pages.end(id)
  }

  #mergeFork({ catalog: fork, isolationLevel, seen }: MemoryTransaction): void {
    const { base } = fork
    if (base === undefined) return
    const current = this.#catalog
    const maps = mergeMaps(current.maps, base.maps, fork.maps)
    const tables = new Map(current.allTables)
    let isChanged = false
    for (const id of new Set([...base.tables.keys(), ...fork.allTables.keys()])) {
      const before = base.tables.get(id)
      const after = fork.allTables.get(id)
      if (before?.version === after?.version) continue
      isChanged = true
      const now = current.allTables.get(id)
      if (now?.version !== before?.version) throw conflict((after ?? before)!)
      if (after === undefined) tables.delete(id)
      else tables.set(id, after)
    }
    if (isChanged && isolationLevel === 'SERIALIZABLE') {
      for (const id of seen.keys()) {
        const before = base.tables.get(id)
        const now = current.allTables.get(id)
        if (before !== undefined && now?.version !== before.version) throw conflict(before)
      }
    }
    checkNames([...tables.values()], maps)
    // Writes under way hold on to the committed tables, which therefore stay the same objects.
    for (const [id, table] of tables) {
      const now = current.allTables.get(id)
      if (now === undefined || now === table) continue
      Object.assign(now, table, { version: Math.max(now.version, table.version) + 1 })
      tables.set(id, now)
    }
    current.install(maps, tables.values())
    current.pages.retire(base.retired)
  }
}

/** A schema may have been dropped, or a name taken, by a transaction that has committed meanwhile. */
function checkNames(tables: readonly MemoryTable[], maps: MemoryCatalog['maps']): void {
  const names = new Set<string>()
  const check = (schema: string, name: string): void => {
    const key = JSON.stringify([schema, name])
    if (names.has(key) || !maps.schemas.has(JSON.stringify([schema]))) {
      throw conflict({ schema, name })
    }
    names.add(key)
  }
  for (const { schema, name } of tables) check(schema, name)
  for (const { name } of maps.views.values()) check(name.schema, name.table)
  for (const { name } of maps.materializedViews.values()) check(name.schema, name.table)
  for (const { name } of maps.functions.values()) {
    if (!maps.schemas.has(JSON.stringify([name.schema]))) {
      throw conflict({ schema: name.schema, name: name.function })
    }
  }
}
