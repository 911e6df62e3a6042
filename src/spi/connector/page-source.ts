import type { Awaitable } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import type { DynamicFilter } from '../predicate/dynamic-filter.js'
import type { ConnectorTypes } from './connector-types.js'
import type { ConnectorSession } from './session.js'

/**
 * Reads one split. Pages may lie over ordinary ArrayBuffers (the engine imports them) or over its shared memory.
 * A page is borrowed: it stays valid until the next call of getNextPage or close.
 * @source Trino ConnectorPageSource
 */
export interface ConnectorPageSource {
  /**
   * The next page, or undefined at the end; not called again before the answer is there. A page may be empty. A source
   * that waits for input answers with what it has, however few rows, instead of holding them back for a full page.
   */
  getNextPage(): Awaitable<Page | undefined>
  /** Bytes read of the source so far. */
  readonly completedBytes: number
  /** Time spent reading so far. */
  readonly readTimeNanos: number
  /** Bytes held now. */
  readonly memoryUsage: number
  /** Called exactly once: after the end, an error or a cancel, also while getNextPage is pending. */
  close(): Awaitable<void>
}

/** Called in every thread and node that reads splits. @source Trino ConnectorPageSourceProvider */
export interface ConnectorPageSourceProvider<T extends ConnectorTypes = ConnectorTypes> {
  /** Blocks of the pages are `columns`, in that order; with none, pages only have a row count. */
  createPageSource(
    transaction: T['transaction'],
    session: ConnectorSession,
    split: T['split'],
    table: T['table'],
    columns: readonly T['column'][],
    dynamicFilter: DynamicFilter<T['column']>,
    signal: AbortSignal,
  ): Awaitable<ConnectorPageSource>
}
