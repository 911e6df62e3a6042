import type { LogicalPlan } from '../planner/logical-planner/logical-planner.js'
import type { MetadataResolver, ResolvedTable } from '../planner/metadata.js'
import type { Query, Statement } from '../planner/parser/ast/index.js'
import type { QueryContext } from './query-context.js'
import type { PlannedStatement } from './services.js'
import type { StatementContext } from './statements/statement.js'

interface Entry {
  readonly planned: PlannedStatement
  readonly tables: readonly ResolvedTable[]
}

/** How many plans are kept; the one used longest ago goes first. */
const MAX_PLANS = 500

/**
 * Plans of queries by their text and what of the session gives it meaning. A plan is used again while every table it
 * reads has the version it had; plans that depend on the time or on tables without versions are not kept.
 */
export class PlanCache {
  readonly #entries = new Map<string, Entry>()
  /** Changes when a registered source does: bare names may mean something else then. */
  #generation = 0

  async find(
    context: StatementContext,
    statement: Query,
    resolver: MetadataResolver,
  ): Promise<PlannedStatement | undefined> {
    const key = this.#key(context, statement)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    for (const table of entry.tables) {
      const current = await resolver.getRelation(table.name)
      if (current?.kind !== 'table' || current.version !== table.version) return undefined
    }
    this.#entries.set(key, entry)
    return entry.planned
  }

  add(
    context: StatementContext,
    statement: Query,
    logical: LogicalPlan,
    planned: PlannedStatement,
  ): void {
    const { tables } = logical
    if (!logical.isDeterministic) return
    if (tables.some((t) => t.version === undefined || t.table.transaction !== undefined)) return
    this.#entries.set(this.#key(context, statement), { planned, tables })
    if (this.#entries.size > MAX_PLANS) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
  }

  /** Forgets all plans: what bare names mean has changed. */
  invalidate(): void {
    this.#generation++
    this.#entries.clear()
  }

  #key(context: StatementContext, statement: Statement): string {
    const { session } = context as QueryContext
    const text =
      statement.kind === 'query'
        ? context.sql.slice(statement.span.start, statement.span.end)
        : context.sql
    return JSON.stringify([
      this.#generation,
      text,
      session.user,
      session.catalog,
      session.schema,
      session.path,
      session.timeZone,
      [...session.properties],
      [...session.catalogProperties].map(([catalog, properties]) => [catalog, ...properties]),
    ])
  }
}
