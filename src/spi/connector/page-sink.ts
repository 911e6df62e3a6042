import type { Awaitable } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import type { ConnectorTypes } from './connector-types.js'
import type { ConnectorSession } from './session.js'

/** Where the rows of a page come from, in a write whose rows several drivers make at the same time. */
export interface PageOrigin {
  /** Numbers the drivers. */
  readonly driver: number
  /** Rows of one run are neighbours in their source, and come from one driver, in order. Later runs have larger numbers. */
  readonly run: number
}

/** Takes the pages of one writer. Exactly one of finish and abort is called, once. @source Trino ConnectorPageSink */
export interface ConnectorPageSink {
  /**
   * Takes a page, borrowed until the answer: the writer waits for it before the next one, which is what carries
   * backpressure into the query.
   * @param origin for a sink that keeps neighbours together, since pages of several drivers come in turns; absent: the rows have
   * one order, in which they come. An extension.
   */
  appendPage(page: Page, origin?: PageOrigin): Awaitable<void>
  /** Completes the writing; the answer goes to finishInsert, finishCreateTable or finishMerge. */
  finish(): Awaitable<readonly Uint8Array[]>
  /** Undoes what was written. */
  abort(): Awaitable<void>
  readonly completedBytes: number
  readonly memoryUsage: number
}

/** Operations in a merge page's TINYINT operation channel. @source Trino ConnectorMergeSink */
export const MERGE_OPERATION = {
  insert: 1,
  delete: 2,
  update: 3,
  /** The two halves of an update under `DELETE_ROW_AND_INSERT_ROW`. */
  updateInsert: 4,
  updateDelete: 5,
} as const

/**
 * How the updates of a table come to its merge sinks. `CHANGE_ONLY_UPDATED_COLUMNS`: as `update` rows, with the row id and all
 * columns as they will be (those that the case does not set unchanged). `DELETE_ROW_AND_INSERT_ROW`: as an `updateDelete` row with
 * the row id and an `updateInsert` row with the columns, the pages of both one after the other. `UPDATED_COLUMNS_ONLY`, an extension:
 * as `update` rows with the row id and the columns that the case sets, the others null, so that they need not be read.
 * @source Trino RowChangeParadigm
 */
export type RowChangeParadigm =
  | 'CHANGE_ONLY_UPDATED_COLUMNS'
  | 'DELETE_ROW_AND_INSERT_ROW'
  | 'UPDATED_COLUMNS_ONLY'

/** Takes the changes of MERGE, UPDATE and DELETE. @source Trino ConnectorMergeSink */
export interface ConnectorMergeSink {
  /**
   * Blocks: the table's visible columns, then the operation (TINYINT, {@link MERGE_OPERATION}), then the case number
   * (INTEGER), then the row id. The operation says which mean something: columns not of deleted rows, the row id not of
   * inserted ones. The page is borrowed until the answer.
   */
  storeMergedRows(page: Page): Awaitable<void>
  finish(): Awaitable<readonly Uint8Array[]>
  abort(): Awaitable<void>
}

/** Called in every thread that writes. @source Trino ConnectorPageSinkProvider */
export interface ConnectorPageSinkProvider<T extends ConnectorTypes = ConnectorTypes> {
  /** For CREATE TABLE AS. `sinkId` tells the writers of a query apart. */
  createPageSink?(
    transaction: T['transaction'],
    session: ConnectorSession,
    handle: T['output'],
    sinkId: number,
    signal: AbortSignal,
  ): Awaitable<ConnectorPageSink>
  createInsertPageSink?(
    transaction: T['transaction'],
    session: ConnectorSession,
    handle: T['insert'],
    sinkId: number,
    signal: AbortSignal,
  ): Awaitable<ConnectorPageSink>
  createExecutePageSink?(
    transaction: T['transaction'],
    session: ConnectorSession,
    handle: T['execute'],
    sinkId: number,
    signal: AbortSignal,
  ): Awaitable<ConnectorPageSink>
  createMergeSink?(
    transaction: T['transaction'],
    session: ConnectorSession,
    handle: T['merge'],
    sinkId: number,
    signal: AbortSignal,
  ): Awaitable<ConnectorMergeSink>
}
