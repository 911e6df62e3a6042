import { pageBytes } from '../../dataflow/page-bytes.js'
import type { Statement } from '../../planner/parser/ast/index.js'
import { MillraceError, type Page, toMillraceError } from '../../spi/index.js'
import { type DialectStatement, fromDialect } from '../planning/statement-dialect.js'
import type { ResultColumn } from '../result/result-column.js'
import type { EngineCore, EngineServices, ParameterValue, PlanExecution } from '../services.js'
import { createQueryContext, type QueryContext, type Warning } from '../session/query-context.js'
import type { Session, SessionChanges } from '../session/session.js'
import { checkSession } from '../session/session-check.js'
import { AUTO_COMMIT, type Transaction } from '../session/transaction.js'
import type { PlanResult, StatementContext, StatementResult } from '../statements/statement.js'
import type { Seat } from './admission.js'
import type { QueryRun, QueryState, RunTimes } from './query-run.js'
import { watchLimits } from './statement-limits.js'

export interface RunRequest {
  readonly sql: string
  readonly session: Session
  readonly parameters?: readonly ParameterValue[]
  readonly signal?: AbortSignal
  readonly limits?: ResultLimits
}

/** What a result may have; more is an error, not a shorter result. */
export interface ResultLimits {
  readonly maxRows?: number | undefined
  readonly maxBytes?: number | undefined
}

/** Causes of causes have an end, even where somebody's own error names itself. */
const CAUSES_MAX = 16

/** Until the text of an error's stack is asked for, V8 keeps its frames, and with them all that their functions held. */
function writeOutStacks(failure: Error): void {
  let error: unknown = failure
  for (let depth = 0; error instanceof Error && depth < CAUSES_MAX; depth++) {
    void error.stack
    error = error.cause
  }
}

/** Statements that may follow a failed one in an explicit transaction. */
const ENDS_TRANSACTION: ReadonlySet<Statement['kind']> = new Set(['commit', 'rollback'])

/**
 * One statement from its text to its last page, for the embedded API and the protocol alike. Nothing happens before
 * `start`; pages are made as they are asked for; whichever way it ends, what it held is given back, its transaction
 * is ended, and `settled` resolves.
 */
export class StatementRun implements QueryRun {
  readonly id: string
  readonly sql: string
  readonly session: Session
  /** Resolves when the run has ended and holds nothing any more; never rejects. */
  readonly settled: Promise<void>
  readonly warnings: Warning[] = []
  readonly #core: EngineCore
  readonly #parameters: readonly ParameterValue[]
  readonly #abort = new AbortController()
  readonly #outerSignal: AbortSignal | undefined
  readonly #limits: ResultLimits
  readonly #onOuterAbort = () => this.cancel()
  readonly #createdMillis = Date.now()
  #startedMillis: number | undefined
  #endedMillis: number | undefined
  #finishingFrom: number | undefined
  #planningMillis = 0
  /** For its seat, once it was planned. */
  #waiting: { readonly fromMillis: number; readonly toMillis?: number } | undefined
  #state: QueryState = 'QUEUED'
  #failure: MillraceError | undefined
  #starting: Promise<readonly ResultColumn[]> | undefined
  #transaction: Transaction | undefined
  /** What the text is in Trino's SQL, where it was written in another dialect. */
  #translated: DialectStatement | undefined
  #result: StatementResult | undefined
  #services: EngineServices | undefined
  #context: QueryContext | undefined
  #seat: Seat | undefined
  #execution: PlanExecution | undefined
  #pages: AsyncIterator<Page> | Iterator<Page> | undefined
  /** Ends the watching of its limits. */
  #unwatch: (() => void) | undefined
  #ending: Promise<void> | undefined
  #updateType: string | undefined
  #updateCount: number | undefined
  #changes: SessionChanges | undefined
  #rowCount = 0
  #resultBytes = 0
  #resolveSettled!: () => void

  constructor(core: EngineCore, id: string, request: RunRequest) {
    this.id = id
    this.sql = request.sql
    this.session = request.session
    this.#core = core
    this.#parameters = request.parameters ?? []
    this.#outerSignal = request.signal
    this.#limits = request.limits ?? {}
    this.settled = new Promise((resolve) => {
      this.#resolveSettled = resolve
    })
    core.queries.add(this)
  }

  get state(): QueryState {
    return this.#state
  }

  get isDone(): boolean {
    return this.#state === 'FINISHED' || this.#state === 'FAILED'
  }

  get failure(): MillraceError | undefined {
    return this.#failure
  }

  get updateType(): string | undefined {
    return this.#updateType
  }

  /** Rows written; known once the run has finished. */
  get updateCount(): number | undefined {
    return this.#updateCount
  }

  /** What the statement changes in the session; known once it has started. */
  get changes(): SessionChanges | undefined {
    return this.#changes
  }

  /** Rows of the result so far. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** Bytes of the result's pages so far. */
  get resultBytes(): number {
    return this.#resultBytes
  }

  get times(): RunTimes {
    return {
      createdMillis: this.#createdMillis,
      startedMillis: this.#startedMillis,
      endedMillis: this.#endedMillis,
      finishingMillis:
        this.#finishingFrom === undefined
          ? 0
          : (this.#endedMillis ?? Date.now()) - this.#finishingFrom,
      planningMillis: this.#planningMillis,
      queuedMillis: this.#queuedMillis,
    }
  }

  get #queuedMillis(): number {
    const now = this.#endedMillis ?? Date.now()
    const { fromMillis = 0, toMillis = now } = this.#waiting ?? { toMillis: 0 }
    return (this.#startedMillis ?? now) - this.#createdMillis + toMillis - fromMillis
  }

  get execution(): PlanExecution | undefined {
    return this.#execution
  }

  /** Analyses and plans the statement, or carries it out if it has no rows. @returns the columns of the result */
  start(): Promise<readonly ResultColumn[]> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  async #start(): Promise<readonly ResultColumn[]> {
    try {
      this.#outerSignal?.addEventListener('abort', this.#onOuterAbort)
      if (this.#outerSignal?.aborted === true) this.cancel()
      if (this.#failure !== undefined) throw this.#failure
      this.#state = 'PLANNING'
      this.#startedMillis = Date.now()
      this.#unwatch = watchLimits({
        session: this.session,
        isPlanning: () => this.#state === 'PLANNING',
        info: () => this.#execution?.info(),
        cancel: (reason) => this.cancel(reason),
      })
      const begun = performance.now()
      const result = await this.#orAbort(this.#analyse())
      this.#planningMillis = performance.now() - begun
      this.#result = result
      this.#updateType = result.updateType
      const plan = result.kind === 'pages' ? result.runs : result
      if (plan?.kind === 'plan') await this.#takeSeat(plan)
      this.#state = 'RUNNING'
      return this.#open(result)
    } catch (error) {
      throw await this.#failed(error)
    }
  }

  /** Waits until the plan may run beside those that run already; so far it holds no memory. @throws QUERY_QUEUE_FULL */
  async #takeSeat({ inputBytes }: PlanResult): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#seat = this.#core.admission.request(inputBytes)
    if (this.#seat.admitted === undefined) return
    this.#state = 'QUEUED'
    const fromMillis = Date.now()
    this.#waiting = { fromMillis }
    await this.#orAbort(this.#seat.admitted)
    this.#waiting = { fromMillis, toMillis: Date.now() }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #analyse(): Promise<StatementResult> {
    checkSession(this.session, this.#core.catalogs, this.#core.accessControl)
    const services = await this.#core.statements()
    this.#services = services
    const translated = await fromDialect(this.sql, this.#parameters, this.session, services)
    this.#translated = translated
    // One that was ended meanwhile has no end any more in which what begins here would be given back.
    if (this.#failure !== undefined) throw this.#failure
    const sql = translated?.sql ?? this.sql
    const statement = services.parse(sql)
    const transaction = this.#joinTransaction(statement)
    const context = createQueryContext({
      queryId: this.id,
      session: this.session,
      transaction,
      catalogs: services.catalogs,
      accessControl: services.accessControl,
      groupsOf: (user) => services.groupsOf(user),
      startMillis: this.#startedMillis!,
      signal: this.#abort.signal,
      warnings: this.warnings,
    })
    this.#context = context
    services.contexts.add(context)
    if (context.access !== undefined) await context.access.checkStart()
    const statementContext: StatementContext = {
      ...context,
      services,
      sql,
      parameters: translated?.parameters ?? this.#parameters,
    }
    return services.handle(statement, statementContext)
  }

  #joinTransaction(statement: Statement): Transaction {
    const { transactionId } = this.session
    const { transactions } = this.#core
    if (transactionId === undefined) {
      this.#transaction = transactions.begin(AUTO_COMMIT)
      return this.#transaction
    }
    const transaction = transactions.get(transactionId)
    if (ENDS_TRANSACTION.has(statement.kind)) return transaction
    if (transaction.isFailed) {
      throw new MillraceError(
        'TRANSACTION_ALREADY_ABORTED',
        'Current transaction is aborted, commands ignored until end of transaction block',
      )
    }
    transaction.use()
    this.#transaction = transaction
    return transaction
  }

  #open(result: StatementResult): readonly ResultColumn[] {
    switch (result.kind) {
      case 'done':
        this.#changes = result.changes
        this.#updateCount = result.updateCount
        return []
      case 'pages':
        this.#updateCount = result.updateCount
        this.#pages =
          Symbol.asyncIterator in result.pages
            ? result.pages[Symbol.asyncIterator]()
            : result.pages[Symbol.iterator]()
        return result.columns
      case 'plan':
        this.#execution = this.#services!.run(result, this.#context!)
        return result.columns
    }
  }

  /**
   * The next page of the result, valid until the next call; undefined once the statement has finished and its
   * transaction is committed. @throws MillraceError what the statement fails with
   */
  async nextPage(): Promise<Page | undefined> {
    await this.start()
    try {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#state === 'FINISHED') return undefined
      const page = await this.#orAbort(this.#pull())
      if (page !== undefined) {
        this.#count(page)
        return page
      }
      this.#state = 'FINISHING'
      this.#finishingFrom = Date.now()
      await this.#finished()
      return undefined
    } catch (error) {
      throw await this.#failed(error)
    }
  }

  /** @throws GENERIC_INSUFFICIENT_RESOURCES where a page makes the result larger than it may be */
  #count(page: Page): void {
    const { maxRows, maxBytes } = this.#limits
    this.#rowCount += page.rowCount
    if (maxRows !== undefined && this.#rowCount > maxRows) {
      throw new MillraceError(
        'GENERIC_INSUFFICIENT_RESOURCES',
        `Result has more rows than maxRows: ${maxRows}`,
        { hint: 'Add a LIMIT to the query, or raise maxRows' },
      )
    }
    this.#resultBytes += pageBytes(page)
    if (maxBytes !== undefined && this.#resultBytes > maxBytes) {
      throw new MillraceError(
        'GENERIC_INSUFFICIENT_RESOURCES',
        `Result has more bytes than maxBytes: ${maxBytes}`,
        { hint: 'Select fewer columns or rows, or raise maxBytes' },
      )
    }
  }

  async #pull(): Promise<Page | undefined> {
    if (this.#pages !== undefined) {
      const step = await this.#pages.next()
      return step.done === true ? undefined : step.value
    }
    if (this.#execution === undefined) return undefined
    const page = await this.#execution.nextPage()
    if (page !== undefined && this.#result?.kind === 'plan' && this.#result.countsRows === true) {
      const count = this.#services!.firstBigint(page)
      if (count !== undefined) this.#updateCount = Number(count)
    }
    return page
  }

  /** The value of a promise, or the failure that comes first: a cancelled run never waits for what it left. */
  #orAbort<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#abort
    if (signal.aborted) {
      promise.catch(() => {})
      return Promise.reject(this.#failure)
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => reject(this.#failure)
      signal.addEventListener('abort', onAbort, { once: true })
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  /** Ends the run; waiting and later calls fail with `reason`. Does nothing to one that has ended. */
  cancel(reason = new MillraceError('USER_CANCELED', 'Query was canceled')): void {
    if (this.isDone || this.#failure !== undefined || this.#state === 'FINISHING') return
    this.#failure = reason
    this.#execution?.cancel(reason)
    this.#abort.abort(reason)
    // Nobody may be waiting for the run: it is ended here, and whoever asks later gets the failure.
    this.#failed(reason).catch(() => {})
  }

  async #failed(error: unknown): Promise<MillraceError> {
    const failure = (this.#failure ??= toMillraceError(this.#translated?.error(error) ?? error))
    this.#ending ??= this.#end()
    await this.#ending
    return failure
  }

  async #finished(): Promise<void> {
    this.#ending ??= this.#end()
    await this.#ending
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Releases everything, once, in every case. */
  async #end(): Promise<void> {
    this.#unwatch?.()
    this.#outerSignal?.removeEventListener('abort', this.#onOuterAbort)
    if (!this.#abort.signal.aborted && this.#failure !== undefined) {
      this.#abort.abort(this.#failure)
    }
    const steps = [
      () => this.#pages?.return?.(),
      () => this.#execution?.end(),
      () => this.#endTransaction(),
      () => this.#seat?.leave(),
    ]
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        // The first failure is the one the user hears of.
        this.#failure ??= toMillraceError(error)
      }
    }
    await this.#endQuery()
    this.#core.contexts.remove(this.id)
    this.#state = this.#failure === undefined ? 'FINISHED' : 'FAILED'
    this.#endedMillis = Date.now()
    this.#forgetMeans()
    this.#core.queries.ended(this)
    this.#resolveSettled()
  }

  /** The registry remembers ended runs for what they tell: what they worked with would be a hundred times that. */
  #forgetMeans(): void {
    this.#transaction = undefined
    this.#result = undefined
    this.#services = undefined
    this.#context = undefined
    this.#pages = undefined
    if (this.#failure !== undefined) writeOutStacks(this.#failure)
  }

  /** What a catalog fails to clean up changes nothing of the statement's outcome. */
  async #endQuery(): Promise<void> {
    try {
      await this.#context?.endQuery()
    } catch (error) {
      const reasons = error instanceof AggregateError ? error.errors : [error]
      for (const reason of reasons) {
        const { message } = toMillraceError(reason)
        this.#context?.warn({
          code: 'GENERIC_INTERNAL_ERROR',
          message: `Clean-up failed: ${message}`,
        })
      }
    }
  }

  async #endTransaction(): Promise<void> {
    const transaction = this.#transaction
    if (transaction === undefined) return
    const isFailed = this.#failure !== undefined
    if (transaction.settings.autoCommit) {
      await (isFailed ? transaction.rollback() : transaction.commit())
    } else {
      transaction.letGo()
      if (isFailed) transaction.markFailed()
    }
  }

  /** Runs the statement to its end without looking at its rows. */
  async drain(): Promise<void> {
    for (;;) if ((await this.nextPage()) === undefined) return
  }
}
