import type { MillraceError, Page } from '../../spi/index.js'
import type { ExecutionInfo } from '../execution/query-info.js'
import type { ResultColumn } from '../result/result-column.js'

/** @source Trino QueryState */
export type QueryState = 'QUEUED' | 'PLANNING' | 'RUNNING' | 'FINISHING' | 'FINISHED' | 'FAILED'

/** When things happened, in milliseconds since the epoch and of duration. */
export interface RunTimes {
  readonly createdMillis: number
  readonly startedMillis: number | undefined
  readonly endedMillis: number | undefined
  /** From the last row on, until all is committed and given back. */
  readonly finishingMillis: number
  /** Parsing, analysis, planning, optimisation. */
  readonly planningMillis: number
  /** Before it was planned, and from then until others had ended that it had to wait for. */
  readonly queuedMillis: number
}

/** A statement under way, as its consumer sees it. Once it has ended, in whatever way, it holds nothing and `settled` resolves. */
export interface QueryRun {
  readonly id: string
  readonly state: QueryState
  readonly failure: MillraceError | undefined
  readonly updateType: string | undefined
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  /** Rows of the result so far. */
  readonly rowCount: number
  readonly times: RunTimes
  readonly execution: { info(): ExecutionInfo } | undefined
  readonly settled: Promise<void>
  start(): Promise<readonly ResultColumn[]>
  /** The next page, valid until the next call; undefined at the end. */
  nextPage(): Promise<Page | undefined>
  cancel(reason?: MillraceError): void
}

/** Turns of the event loop, which making rows takes. */
export interface RowTurns {
  /** Whether the loop has waited long enough. */
  readonly isDue: boolean
  take(): Promise<void>
}
