import { MillraceError } from '../../spi/index.js'
import type { Identity, SystemAccessControl } from '../security/system-access-control.js'
import type { StatementRun } from './statement-run.js'

/** How many ended queries are remembered. @source Trino query.max-history */
const MAX_HISTORY = 100

/** Hears of queries; must not throw. */
export interface QueryListener {
  created(run: StatementRun): void
  ended(run: StatementRun): void
}

/** Which queries somebody may see, and end. */
export interface QueryRights {
  canView(run: StatementRun): boolean
  /** @throws PERMISSION_DENIED */
  checkCanKill(run: StatementRun): void
}

/** What a user may do with the queries of others. */
export function queryRights(
  accessControl: SystemAccessControl | undefined,
  identity: Identity,
): QueryRights {
  const ownerOf = ({ session }: StatementRun): Identity => ({
    user: session.user,
    groups: session.groups ?? [],
  })
  return {
    canView: (run) => accessControl?.canViewQueryOwnedBy(identity, ownerOf(run)) ?? true,
    checkCanKill: (run) => accessControl?.checkCanKillQueryOwnedBy(identity, ownerOf(run)),
  }
}

/** The queries of an engine: those under way, and the last that ended. */
export class QueryRegistry {
  readonly #active = new Map<string, StatementRun>()
  readonly #ended: StatementRun[] = []
  readonly #listeners = new Set<QueryListener>()

  add(run: StatementRun): void {
    this.#active.set(run.id, run)
    for (const listener of this.#listeners) listener.created(run)
  }

  /** Calls back with each query that begins and that has ended. @returns what stops that */
  listen(listener: QueryListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called once a query has ended and holds nothing any more. */
  ended(run: StatementRun): void {
    if (!this.#active.delete(run.id)) return
    this.#ended.push(run)
    for (const listener of this.#listeners) listener.ended(run)
    if (this.#ended.length > MAX_HISTORY) this.#ended.shift()
  }

  /** Those under way. */
  active(): readonly StatementRun[] {
    return [...this.#active.values()]
  }

  find(id: string): StatementRun | undefined {
    return this.#active.get(id) ?? this.#ended.find((run) => run.id === id)
  }

  /** In the order they began. */
  list(): readonly StatementRun[] {
    return [...this.#ended, ...this.#active.values()]
  }

  /**
   * Ends a query by order of somebody else.
   * @throws NOT_FOUND, PERMISSION_DENIED, NOT_SUPPORTED for one that has ended
   * @source Trino KillQueryProcedure
   */
  kill(id: string, message: string | null, { checkCanKill }: QueryRights): void {
    const run = this.find(id)
    if (run === undefined) throw new MillraceError('NOT_FOUND', `Target query not found: ${id}`)
    checkCanKill(run)
    if (run.isDone) {
      throw new MillraceError('NOT_SUPPORTED', `Target query is not running: ${id}`)
    }
    const text =
      message === null || message === '' ? 'Query killed.' : `Query killed. Message: ${message}`
    run.cancel(new MillraceError('ADMINISTRATIVELY_KILLED', text))
  }

  async close(reason: MillraceError): Promise<void> {
    const runs = [...this.#active.values()]
    for (const run of runs) run.cancel(reason)
    await Promise.all(runs.map((run) => run.settled))
  }
}
