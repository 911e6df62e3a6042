import type { Statement, StatementKind } from '../../planner/parser/ast/index.js'
import type { OutputNode } from '../../planner/plan/node.js'
import type { Page, Properties } from '../../spi/index.js'
import type { ResultColumn } from '../result/result-column.js'
import type { EngineServices, ParameterValue } from '../services.js'
import type { QueryContext } from '../session/query-context.js'
import type { SessionChanges } from '../session/session.js'

/** What a statement comes to once it has been analysed. */
export type StatementResult = PlanResult | PagesResult | DoneResult

/** A plan to run; its pages are the result. */
export interface PlanResult {
  readonly kind: 'plan'
  readonly plan: OutputNode
  /** See PlannedStatement. */
  readonly template?: OutputNode
  /** Estimated bytes of the tables that are read; absent where unknown. */
  readonly inputBytes?: number
  /** Estimated rows that come out of plan nodes, by their id. */
  readonly nodeRows?: ReadonlyMap<string, number>
  /** See WorkEstimates. */
  readonly joinPairs?: ReadonlyMap<string, number>
  readonly columns: readonly ResultColumn[]
  readonly updateType?: string
  /** True: the one row of the result is the number of rows written. */
  readonly countsRows?: boolean
  /** Properties of the table that CREATE TABLE AS makes. */
  readonly tableProperties?: Properties
}

/** Rows that are known or made without a plan. */
export interface PagesResult {
  readonly kind: 'pages'
  readonly columns: readonly ResultColumn[]
  readonly pages: Iterable<Page> | AsyncIterable<Page>
  /** A plan that is run while they are read. */
  readonly runs?: PlanResult
  readonly updateType?: string
  readonly updateCount?: number
}

/** A statement that has been carried out and has no rows. */
export interface DoneResult {
  readonly kind: 'done'
  readonly updateType: string
  readonly updateCount?: number
  readonly changes?: SessionChanges
}

export interface StatementContext extends QueryContext {
  readonly services: EngineServices
  /** The text that the statement is part of. */
  readonly sql: string
  /** Values of the parameters `?`, as expressions. */
  readonly parameters: readonly ParameterValue[]
}

export type StatementOf<K extends StatementKind> = Extract<Statement, { kind: K }>
export type StatementHandler<K extends StatementKind> = (
  statement: StatementOf<K>,
  context: StatementContext,
) => Promise<StatementResult>

/** Handlers by kind; a group covers some kinds, all groups together every one. */
export type StatementHandlers<K extends StatementKind = StatementKind> = {
  readonly [Kind in K]: StatementHandler<Kind>
}
