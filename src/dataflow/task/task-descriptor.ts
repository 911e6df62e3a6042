import type { SessionContext } from '../../expressions/session-context.js'
import type { LocalPlan } from '../pipeline.js'

/** A task as plain data, posted to each thread of its node once. */
export interface TaskDescriptor {
  /** See task-id. */
  readonly taskId: string
  readonly queryId: string
  /** The task's number among those of its fragment, and how many these are; absent: it is the only one. */
  readonly taskIndex?: number
  readonly taskCount?: number
  /** Slot of the shared memory account and cancel word. */
  readonly slot: number
  readonly plan: LocalPlan
  /** The plan is the same object whenever it runs again, so that threads may keep it. */
  readonly isKept?: boolean
  /** Handles of the query's transactions, by catalog, where the plan's tables have none. */
  readonly transactions?: Readonly<Record<string, unknown>>
  readonly session: SessionContext
  /** Session properties of catalogs, as text. */
  readonly catalogProperties: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly outputPageRows: number
  /** Drivers that a pipeline may have; absent: as many as there are threads. */
  readonly driversMax?: number
  /** Where the query may spill pages to, made when it does; absent: it may not. */
  readonly spillFolder?: string
  /** For tests: whatever can be is spilled. */
  readonly spillsEagerly?: boolean
  readonly expressionTarget?: 'wasm' | 'js' | 'interpreter'
}
