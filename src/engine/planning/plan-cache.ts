import { scansOf } from '../../planner/cost/table-statistics.js'
import type { LogicalPlan } from '../../planner/logical-planner/logical-planner.js'
import type { MetadataResolver } from '../../planner/metadata.js'
import type { Query, Statement } from '../../planner/parser/ast/index.js'
import type { OutputNode, PlanNode } from '../../planner/plan/node.js'
import { sourcesOf, withSources } from '../../planner/plan/structure.js'
import { answersHold, type MetadataAnswer } from '../catalog/recorded-metadata.js'
import type { PlannedStatement } from '../services.js'
import type { QueryContext, Warning } from '../session/query-context.js'
import type { StatementContext } from '../statements/statement.js'

interface Entry {
  readonly planned: PlannedStatement
  readonly answers: readonly MetadataAnswer[]
  readonly warnings: readonly Warning[]
}

/** How many plans are kept; the one used longest ago goes first. */
const MAX_PLANS = 500

/**
 * Plans of queries by their text and what of the session gives it meaning. A plan is used again while everything that
 * planning asked of catalogs has the same answer, tables their versions among them, and reads its tables in the
 * transaction of the query that uses it, after it was checked that this user may do what the plan does; plans that depend on the time or on tables without versions are not kept.
 */
export class PlanCache {
  readonly #entries = new Map<string, Entry>()
  /** Changes when a registered source or function does: names may mean something else then. */
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
    if (!(await answersHold(entry.answers, resolver))) return undefined
    this.#entries.set(key, entry)
    for (const warning of entry.warnings) context.warn(warning)
    const { plan } = entry.planned
    return {
      ...entry.planned,
      plan: await inTransaction(plan, context as QueryContext),
      template: plan,
    }
  }

  /** @param answers what planning asked of catalogs */
  add(
    context: StatementContext,
    statement: Query,
    answers: readonly MetadataAnswer[],
    logical: LogicalPlan,
    planned: PlannedStatement,
  ): void {
    if (!logical.isDeterministic) return
    if (answers.some(({ stamp }) => stamp === undefined)) return
    const plan = withTransactions(planned.plan, new Map()) as OutputNode
    this.#entries.set(this.#key(context, statement), {
      planned: { ...planned, plan },
      answers,
      warnings: [...context.warnings],
    })
    if (this.#entries.size > MAX_PLANS) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
  }

  /** Forgets all plans: what names mean has changed. */
  invalidate(): void {
    this.#generation++
    this.#entries.clear()
  }

  #key(context: StatementContext, statement: Statement): string {
    const { session, access } = context as QueryContext
    const text =
      statement.kind === 'query'
        ? context.sql.slice(statement.span.start, statement.span.end)
        : context.sql
    return JSON.stringify([
      this.#generation,
      text,
      session.user,
      ...(access === undefined ? [] : [[...(session.roles ?? [])], session.groups]),
      session.catalog,
      session.schema,
      session.path,
      session.timeZone,
      [...session.properties],
      [...session.catalogProperties].map(([catalog, properties]) => [catalog, ...properties]),
    ])
  }
}

/** The plan with scans that belong to the transaction of this query. */
async function inTransaction(plan: OutputNode, context: QueryContext): Promise<OutputNode> {
  const handles = new Map<string, unknown>()
  for (const { table } of scansOf(plan)) {
    if (handles.has(table.catalog)) continue
    handles.set(table.catalog, (await context.transaction.join(table.catalog)).handle)
  }
  return withTransactions(plan, handles) as OutputNode
}

/** @param handles by catalog; null where it has no transactions */
function withTransactions(node: PlanNode, handles: ReadonlyMap<string, unknown>): PlanNode {
  if (node.kind === 'tableScan') {
    const { transaction: _, ...table } = node.table
    const handle = handles.get(table.catalog) ?? null
    return { ...node, table: handle === null ? table : { ...table, transaction: handle } }
  }
  return withSources(
    node,
    sourcesOf(node).map((source) => withTransactions(source, handles)),
  )
}
