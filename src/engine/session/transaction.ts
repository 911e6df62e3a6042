import {
  type Connector,
  type ConnectorMetadata,
  type ConnectorSession,
  type IsolationLevel,
  MillraceError,
  type TransactionDescription,
} from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'

export interface TransactionSettings {
  readonly isolationLevel: IsolationLevel
  readonly readOnly: boolean
  /** True for the transaction that a single statement has of its own. */
  readonly autoCommit: boolean
}

interface Branch {
  readonly connector: Connector
  readonly handle: unknown
  metadata?: ConnectorMetadata
}

/**
 * What one query, or the statements between START TRANSACTION and COMMIT, did in catalogs. A catalog joins when it is
 * first used; at the end every one that joined is committed or rolled back, exactly once.
 */
export class Transaction {
  readonly id: string
  readonly settings: TransactionSettings
  readonly #catalogs: CatalogManager
  readonly #onEnd: () => void
  readonly #branches = new Map<string, Promise<Branch>>()
  #writtenCatalog: string | undefined
  #ended = false
  readonly #createMillis = Date.now()
  #usedMillis = Date.now()
  /** Statements under way in it. */
  #useCount = 0
  #failed = false

  constructor(
    id: string,
    settings: TransactionSettings,
    catalogs: CatalogManager,
    onEnd: () => void,
  ) {
    this.id = id
    this.settings = settings
    this.#catalogs = catalogs
    this.#onEnd = onEnd
  }

  describe(): TransactionDescription {
    return {
      transactionId: this.id,
      isolationLevel: this.settings.isolationLevel,
      readOnly: this.settings.readOnly,
      autoCommitContext: this.settings.autoCommit,
      createMillis: this.#createMillis,
      idleTimeSeconds: Math.floor(this.idleMillis / 1000),
      ...(this.#writtenCatalog === undefined ? {} : { writtenCatalog: this.#writtenCatalog }),
      catalogs: [...this.#branches.keys()].filter((catalog) => !catalog.startsWith('$')),
    }
  }

  /** True once a statement failed: only ROLLBACK is left. */
  get isFailed(): boolean {
    return this.#failed
  }

  markFailed(): void {
    this.#failed = true
  }

  /** A statement begins in an explicit transaction, which is not idle until {@link letGo}. */
  use(): void {
    this.#useCount += 1
  }

  letGo(): void {
    this.#useCount -= 1
    this.touch()
  }

  /** Somebody has asked for it. */
  touch(): void {
    this.#usedMillis = Date.now()
  }

  /** For how long no statement has used it. */
  get idleMillis(): number {
    return this.#useCount > 0 ? 0 : Date.now() - this.#usedMillis
  }

  /** The connector of a catalog and its transaction handle. @throws CATALOG_NOT_FOUND */
  async join(catalog: string): Promise<Branch> {
    if (this.#ended) {
      throw new MillraceError('UNKNOWN_TRANSACTION', `Transaction has ended: ${this.id}`)
    }
    this.touch()
    let branch = this.#branches.get(catalog)
    if (branch === undefined) {
      branch = this.#begin(catalog)
      this.#branches.set(catalog, branch)
      branch.catch(() => this.#branches.delete(catalog))
    }
    return branch
  }

  async #begin(catalog: string): Promise<Branch> {
    const { connector } = this.#catalogs.get(catalog)
    const handle =
      connector.beginTransaction === undefined
        ? null
        : await connector.beginTransaction({ ...this.settings })
    return { connector, handle }
  }

  /** What the transaction sees of a catalog. @source Trino CatalogTransaction.getConnectorMetadata */
  async metadata(catalog: string, session: ConnectorSession): Promise<ConnectorMetadata> {
    const branch = await this.join(catalog)
    branch.metadata ??= branch.connector.getMetadata(session, branch.handle)
    return branch.metadata
  }

  /**
   * Claims a catalog for writing.
   * @throws READ_ONLY_VIOLATION, AUTOCOMMIT_WRITE_CONFLICT, MULTI_CATALOG_WRITE_CONFLICT
   * @source Trino InMemoryTransactionManager.checkConnectorWrite
   */
  async checkWrite(catalog: string): Promise<void> {
    const { connector } = await this.join(catalog)
    if (this.settings.readOnly) {
      throw new MillraceError(
        'READ_ONLY_VIOLATION',
        'Cannot execute write in a read-only transaction',
      )
    }
    if (this.#writtenCatalog !== undefined && this.#writtenCatalog !== catalog) {
      throw new MillraceError(
        'MULTI_CATALOG_WRITE_CONFLICT',
        `Multi-catalog writes not supported in a single transaction. Already wrote to catalog ${this.#writtenCatalog}`,
      )
    }
    if (!this.settings.autoCommit && connector.isSingleStatementWritesOnly?.() === true) {
      throw new MillraceError(
        'AUTOCOMMIT_WRITE_CONFLICT',
        `Catalog only supports writes using autocommit: ${catalog}`,
      )
    }
    this.#writtenCatalog = catalog
  }

  async commit(): Promise<void> {
    await this.#end((connector, handle) => connector.commit?.(handle))
  }

  async rollback(): Promise<void> {
    await this.#end((connector, handle) => connector.rollback?.(handle))
  }

  async #end(
    finish: (connector: Connector, handle: unknown) => void | Promise<void> | undefined,
  ): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    const branches = await Promise.allSettled(this.#branches.values())
    const outcomes = await Promise.allSettled(
      branches.map(async (branch) => {
        if (branch.status === 'fulfilled') await finish(branch.value.connector, branch.value.handle)
      }),
    )
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    if (failures.length === 1) throw failures[0]!.reason
    if (failures.length > 1) {
      throw new AggregateError(
        failures.map((failure) => failure.reason),
        'Several catalogs could not end the transaction',
      )
    }
  }
}

export const AUTO_COMMIT: TransactionSettings = Object.freeze({
  isolationLevel: 'READ UNCOMMITTED',
  readOnly: false,
  autoCommit: true,
})

/** Transactions under way, the explicit ones by id. One of these that no statement has used for a while is rolled back. */
export class TransactionManager {
  readonly #catalogs: CatalogManager
  readonly #autoCommit = new Set<Transaction>()
  readonly #open = new Map<string, { transaction: Transaction; timer: NodeJS.Timeout }>()
  readonly #idleTimeoutMillis: number

  constructor(catalogs: CatalogManager, idleTimeoutMillis = 5 * 60_000) {
    this.#catalogs = catalogs
    this.#idleTimeoutMillis = idleTimeoutMillis
  }

  begin(settings: TransactionSettings): Transaction {
    const transaction: Transaction = new Transaction(
      crypto.randomUUID(),
      settings,
      this.#catalogs,
      () => this.#autoCommit.delete(transaction),
    )
    if (settings.autoCommit) this.#autoCommit.add(transaction)
    else this.#keep(transaction)
    return transaction
  }

  #keep(transaction: Transaction, restMillis = this.#idleTimeoutMillis): void {
    const timer = setTimeout(() => {
      const restMillis = this.#idleTimeoutMillis - transaction.idleMillis
      if (restMillis > 0) {
        this.#keep(transaction, restMillis)
        return
      }
      this.#open.delete(transaction.id)
      // Nobody is left to hear of a failure; the transaction is gone either way.
      transaction.rollback().catch(() => {})
    }, restMillis)
    timer.unref()
    this.#open.set(transaction.id, { transaction, timer })
  }

  /** An open transaction; using it keeps it from being idle. @throws UNKNOWN_TRANSACTION */
  get(id: string): Transaction {
    const entry = this.#open.get(id)
    if (entry === undefined) {
      throw new MillraceError(
        'UNKNOWN_TRANSACTION',
        `Unknown transaction ID: ${id}. Possibly expired?`,
      )
    }
    entry.transaction.touch()
    return entry.transaction
  }

  /** Transactions under way, those of single statements too. */
  list(): readonly TransactionDescription[] {
    const explicit = [...this.#open.values()].map(({ transaction }) => transaction)
    return [...explicit, ...this.#autoCommit].map((transaction) => transaction.describe())
  }

  /** Takes a transaction out of the list, for its end. */
  take(id: string): Transaction {
    const transaction = this.get(id)
    clearTimeout(this.#open.get(id)!.timer)
    this.#open.delete(id)
    return transaction
  }

  async close(): Promise<void> {
    const open = [...this.#open.keys()].map((id) => this.take(id))
    await Promise.allSettled(open.map((transaction) => transaction.rollback()))
  }
}
