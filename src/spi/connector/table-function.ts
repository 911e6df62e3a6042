import type { Awaitable } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import type { RowField, SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { ConnectorTypes } from './connector-types.js'
import type { ConnectorSession } from './session.js'
import type { ConnectorSplit } from './split.js'

/**
 * A table function of the catalog, called in FROM as TABLE(catalog.schema.name(…)). Its rows come from the table that
 * applyTableFunction makes of the call (functions without table arguments only), or from the processors of
 * {@link FunctionProvider}.
 * @source Trino ConnectorTableFunction
 */
export interface ConnectorTableFunction<T extends ConnectorTypes = ConnectorTypes> {
  readonly schema: string
  readonly name: string
  readonly args: readonly TableFunctionArgument[]
  readonly returnType: TableFunctionReturnType
  /**
   * Called once a call, while the statement is analysed.
   * @param args by the declared names
   * @throws INVALID_FUNCTION_ARGUMENT and whatever else is the caller's fault
   */
  analyze(
    session: ConnectorSession,
    transaction: T['transaction'],
    args: Readonly<Record<string, TableFunctionArgumentValue>>,
    signal: AbortSignal,
  ): Awaitable<TableFunctionAnalysis<T>>
}

/** What runs functions in the engine, in every thread that does. @source Trino FunctionProvider */
export interface FunctionProvider<T extends ConnectorTypes = ConnectorTypes> {
  getTableFunctionProcessorProvider(handle: T['tableFunction']): TableFunctionProcessorProvider<T>
}

/** One of the two, by whether the function has table arguments. @source Trino TableFunctionProcessorProvider */
export interface TableFunctionProcessorProvider<T extends ConnectorTypes = ConnectorTypes> {
  /**
   * Runs over the rows of table arguments: with set semantics one processor for each partition (each combination of
   * partitions of several arguments), with row semantics one for any number of rows.
   */
  getDataProcessor?(
    session: ConnectorSession,
    handle: T['tableFunction'],
    signal: AbortSignal,
  ): Awaitable<TableFunctionDataProcessor>
  /** Runs a function without table arguments over one of its splits, see getTableFunctionSplits. */
  getSplitProcessor?(
    session: ConnectorSession,
    handle: T['tableFunction'],
    split: T['split'] & ConnectorSplit,
    signal: AbortSignal,
  ): Awaitable<TableFunctionSplitProcessor>
}

/**
 * Gets the rows of table arguments page by page and gives output pages. Their blocks are the function's own columns, then for
 * each table argument declared with pass-through columns a BIGINT block: the number of the argument's row, from 0 in the
 * partition, whose columns stand beside the output row; NULL for none. With row semantics these are rows of the page
 * given last.
 * @source Trino TableFunctionDataProcessor
 */
export interface TableFunctionDataProcessor {
  /**
   * @param input for each table argument the next page of its required columns, borrowed until the answer has ended, or
   * undefined where the argument has ended; all undefined, once: the partition has ended
   */
  process(input: readonly (Page | undefined)[]): Iterable<Page> | AsyncIterable<Page>
  /** Called exactly once, on every way out, also while an answer is awaited. */
  close?(): Awaitable<void>
}

/** @source Trino TableFunctionSplitProcessor */
export interface TableFunctionSplitProcessor {
  /** The pages of the split: the function's columns. Called once. */
  process(): Iterable<Page> | AsyncIterable<Page>
  /** Called exactly once, on every way out, also while an answer is awaited. */
  close?(): Awaitable<void>
}

export type TableFunctionArgument =
  | {
      readonly kind: 'scalar'
      readonly name: string
      readonly type: SqlType
      readonly required: boolean
      readonly defaultValue?: Value
    }
  | {
      readonly kind: 'table'
      readonly name: string
      /** Each row is worked on by itself: no partitioning, no order, and nothing happens without rows. */
      readonly rowSemantics: boolean
      /** With set semantics, what counts where the call has neither PRUNE nor KEEP WHEN EMPTY. */
      readonly pruneWhenEmpty: boolean
      readonly passThroughColumns: boolean
    }
  | { readonly kind: 'descriptor'; readonly name: string; readonly required: boolean }
export type TableFunctionArgumentValue =
  | { readonly kind: 'scalar'; readonly type: SqlType; readonly value: Value }
  | {
      readonly kind: 'table'
      readonly rowType: readonly RowField[]
      readonly partitionBy: readonly string[]
      readonly orderBy: readonly string[]
    }
  | { readonly kind: 'descriptor'; readonly fields: readonly DescriptorField[] | null }
export interface DescriptorField {
  readonly name: string
  readonly type?: SqlType
}
export type TableFunctionReturnType =
  | { readonly kind: 'generic' }
  | { readonly kind: 'onlyPassThrough' }
  | { readonly kind: 'described'; readonly fields: readonly RowField[] }
export interface TableFunctionAnalysis<T extends ConnectorTypes = ConnectorTypes> {
  /** Names and types of the function's own columns; of a generic table only, where it must be there. */
  readonly returnedType?: readonly RowField[]
  /** For each table argument the columns that the function reads, by index: at least one. */
  readonly requiredColumns?: Readonly<Record<string, readonly number[]>>
  readonly handle: T['tableFunction']
}
