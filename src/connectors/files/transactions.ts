import { MillraceError, type SqlType } from '../../spi/index.js'
import type { FilesConfig } from './config.js'
import type { SummaryCache } from './summary-cache.js'
import { defineTable, type TableDefinition } from './table-definition.js'
import { findTableFiles } from './table-files.js'

interface TableName {
  readonly schema: string
  readonly table: string
}

/** The tables as each transaction sees them: all its scans of a table read the files that the first one found. */
export class SeenTables {
  readonly #config: FilesConfig
  readonly #summaries: SummaryCache
  readonly #getType: (name: string) => SqlType
  readonly #seen = new Map<number, Map<string, Promise<TableDefinition | undefined>>>()
  #nextTransaction = 0

  constructor(config: FilesConfig, summaries: SummaryCache, getType: (name: string) => SqlType) {
    this.#config = config
    this.#summaries = summaries
    this.#getType = getType
  }

  begin(): number {
    const transaction = this.#nextTransaction++
    this.#seen.set(transaction, new Map())
    return transaction
  }

  end(transaction: number): void {
    this.#seen.delete(transaction)
  }

  /** Looks for the table anew, after a statement of the transaction has changed it. */
  forget(transaction: number): void {
    this.#seen.get(transaction)?.clear()
  }

  /** The table of a name; undefined where there is none. */
  find(
    transaction: number,
    { schema, table }: TableName,
    signal: AbortSignal,
  ): Promise<TableDefinition | undefined> {
    const seen = this.#seen.get(transaction)
    const key = `${schema}\0${table}`
    let found = seen?.get(key)
    if (found === undefined) {
      found = this.#define({ schema, table }, signal)
      seen?.set(key, found)
    }
    return found
  }

  /** @throws TABLE_NOT_FOUND where its files are gone */
  async get(transaction: number, name: TableName, signal: AbortSignal): Promise<TableDefinition> {
    const found = await this.find(transaction, name, signal)
    if (found !== undefined) return found
    throw new MillraceError(
      'TABLE_NOT_FOUND',
      `Table does not exist any more: ${name.schema}.${name.table}`,
    )
  }

  async #define(name: TableName, signal: AbortSignal): Promise<TableDefinition | undefined> {
    const found = await findTableFiles(this.#config, name.schema, name.table, this.#getType, signal)
    return found === undefined
      ? undefined
      : defineTable(name, found, this.#config, this.#summaries, signal)
  }
}
