import type { Expression } from '../expressions/ir.js'
import type { Selection } from '../expressions/page-expression.js'
import type { FunctionRegistry } from '../expressions/registry.js'
import type { SessionContext } from '../expressions/session-context.js'
import type { Arena, Block, Page } from '../spi/index.js'
import type { SharedBound } from './sort/shared-bound.js'
import type { SpillSpace } from './spill/spill-space.js'
import type { Steps } from './steps.js'

/**
 * What a driver gives each operator it builds. One driver runs in one thread; its operators share nothing with those of
 * other drivers but the inputs, which are read only.
 */
export interface OperatorContext {
  /** Where in the plan the operator comes from, for statistics and errors. */
  readonly planNodeId: string
  /** 0 to driverCount - 1 among the drivers of the pipeline. */
  readonly driverIndex: number
  readonly driverCount: number
  /** Tells the pipeline's drivers apart, those in other nodes too; below 8,192. Absent: `driverIndex` does. */
  readonly driverSerial?: number
  /** An arena of the query's memory, closed by the operator. */
  createArena(): Arena
  /** Reserves shared memory for the rest of the query, beyond the operator's life: hash tables and collected pages. */
  readonly queryArena: Arena
  /** Memory of the query that is counted, and given back as a whole before the operator ends. */
  createScope(): MemoryScope
  /** Bytes that the operator may still claim. */
  freeBytes(): number
  /**
   * Has so many bytes reserved for what the operator claims from here on, no more and no less, where queries may spill; false:
   * they are not free, and what was reserved stays.
   */
  reserve(byteLength: number): boolean
  /** The query's way to disk; absent where it may not spill. */
  readonly spill?: SpillSpace
  /** Of the one top-N of the pipeline whose drivers share it. */
  readonly sharedBound?: SharedBound
  /** Plain state that an earlier pipeline left, by the pipeline's id: one a driver. */
  stateOf(pipelineId: number): readonly unknown[]
  /** True once the query is to stop; long loops without pages look at it. */
  isCancelled(): boolean
  readonly settings: ExecutionSettings
}

export interface MemoryScope {
  /** Bytes that the scope's arenas hold. */
  readonly heldBytes: number
  createArena(): Arena
  close(): void
}

/** Session values that operators and kernels need. */
export interface ExecutionSettings {
  /** Rows of the pages that operators emit, at most. */
  readonly outputPageRows: number
  readonly session: SessionContext
  readonly registry: FunctionRegistry
  /** Forces an expression target, for tests. */
  readonly expressionTarget?: 'wasm' | 'js' | 'interpreter'
}

/**
 * A backpressured page transform. Its code is synchronous: `process` and `finish` give output pages one by one
 * and are not resumed while the consumer is full. An output page is valid until the generator is resumed, and an input
 * page until the next call of `process`: an operator that keeps rows copies them.
 *
 * Calls: any number of `process`, then `finish` unless the query was stopped, then `close` exactly once in every case.
 * No `process` after `finished` is true; `finish` still comes.
 */
export interface Operator {
  process(page: Page): Iterable<Page>
  /** The input has ended: emits what is left. */
  finish(): Iterable<Page>
  /** True once no further input can change the output: upstream is closed. */
  readonly finished: boolean
  /** Gives memory back. */
  close(): void
  /**
   * Takes rows that the operator before selects and computes, without their columns being made.
   * @returns how many rows; that operator then gives a page of so many {@link absorbed}, which tells what was taken. Undefined:
   * it cannot, and nothing has changed
   * @throws no error of data: the operator before finds those in its own order
   */
  absorb?(rows: UnmadeRows): number | undefined
  /** Hears of the operator that gets its pages. */
  feeds?(next: Operator): void
  /** Whether it does less for pages of {@link loneRows}. */
  readonly knowsLoneRows?: boolean
  /** Bytes that could be given back by spilling; absent: none. */
  readonly revocableBytes?: number
  /** Bytes that it may claim to go on, beside work on its next rows, and to give memory back; absent: {@link revocableBytes} twice more. */
  readonly neededBytes?: number
  /**
   * Asked to give memory back, between two pages of input; takes effect before the next output page. A query that is cancelled
   * meanwhile takes no further step.
   */
  revoke?(): Steps<void>
  /** What EXPLAIN ANALYZE shows besides rows, bytes and time. */
  describe?(): Readonly<Record<string, string | number>>
}

/** What projections would give for some rows of a page. */
export interface UnmadeRows {
  readonly page: Page
  readonly selection: Selection
  readonly projections: readonly Expression[]
}

const ABSORBED: readonly Block[] = Object.freeze([])

/** A page of rows that the operator it goes to has taken already. */
export const absorbed = (rowCount: number): Page => ({ rowCount, blocks: ABSORBED })
export const isAbsorbed = ({ blocks }: Page): boolean => blocks === ABSORBED

/** A page of rows each of which has a key that no other row has of all that come to the operator it goes to. */
interface LoneRows extends Page {
  readonly areLone: true
}
export const loneRows = ({ rowCount, blocks }: Page): LoneRows => ({
  rowCount,
  blocks,
  areLone: true,
})
export const areLone = (page: Page): page is LoneRows => 'areLone' in page

export const NO_PAGES: readonly Page[] = Object.freeze([])
/** What long work yields where it has no rows yet: the driver may give the event loop its turn. */
export const NO_ROWS: Page = Object.freeze({ rowCount: 0, blocks: Object.freeze([]) })

/** Long work as an operator does it: a page of no rows after each step. */
export function* noRows<T>(steps: Steps<T>): Generator<Page, T, void> {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    yield NO_ROWS
  }
}
