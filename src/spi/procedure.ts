import type { ConnectorTypes } from './connector-types.js'
import type { Page } from './page.js'
import type { ConnectorPageSource } from './page-source.js'
import type { PropertyMetadata } from './property.js'
import type { Awaitable } from './schema.js'
import type { ConnectorSession } from './session.js'
import type { ConnectorSplit } from './split.js'
import type { RowField, SqlType } from './type.js'
import type { Value } from './value.js'

/** What CALL runs. @source Trino Procedure */
export interface Procedure<Transaction = unknown> {
  readonly schema: string
  readonly name: string
  readonly args: readonly ProcedureArgument[]
  /** Values in the order of `args`, defaults filled in. */
  call(
    session: ConnectorSession,
    transaction: Transaction,
    args: readonly Value[],
    signal: AbortSignal,
  ): Awaitable<void>
}
export interface ProcedureArgument {
  /** As printed; matched without regard to case. */
  readonly name: string
  readonly type: SqlType
  /** Absent means true. */
  readonly required?: boolean
  readonly defaultValue?: Value
}

/** What ALTER TABLE … EXECUTE runs. @source Trino TableProcedureMetadata */
export interface TableProcedure {
  readonly name: string
  /** `coordinatorOnly`, or a scan of the table feeding page sinks. */
  readonly executionMode:
    | 'coordinatorOnly'
    | 'distributed'
    | 'distributedWithFilteringAndRepartitioning'
  readonly properties: readonly PropertyMetadata[]
}

/** A table function of the catalog, called in FROM as TABLE(catalog.schema.name(…)). @source Trino ConnectorTableFunction */
export interface ConnectorTableFunction<T extends ConnectorTypes = ConnectorTypes> {
  readonly schema: string
  readonly name: string
  readonly args: readonly TableFunctionArgument[]
  readonly returnType: TableFunctionReturnType
  analyze(
    session: ConnectorSession,
    transaction: T['transaction'],
    args: Readonly<Record<string, TableFunctionArgumentValue>>,
    signal: AbortSignal,
  ): Awaitable<TableFunctionAnalysis<T>>
  /**
   * Runs a leaf function (one without table arguments) over a split; absent if applyTableFunction replaces it. The engine
   * does not run functions itself yet: a call that applyTableFunction leaves is NOT_SUPPORTED.
   */
  createSplitProcessor?(
    session: ConnectorSession,
    handle: T['tableFunction'],
    split: ConnectorSplit,
    signal: AbortSignal,
  ): Awaitable<ConnectorPageSource>
  /** Runs over the pages of one partition of the table arguments. Not called yet: table arguments are NOT_SUPPORTED. */
  createDataProcessor?(
    session: ConnectorSession,
    handle: T['tableFunction'],
    signal: AbortSignal,
  ): Awaitable<TableFunctionDataProcessor>
}
/** Gets the input's pages of a partition and gives output pages. @source Trino TableFunctionDataProcessor */
export interface TableFunctionDataProcessor {
  /** One page a table argument, undefined where that argument has ended; all undefined: the end of the partition. */
  process(input: readonly (Page | undefined)[]): Iterable<Page> | AsyncIterable<Page>
  close(): Awaitable<void>
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
      readonly rowSemantics: boolean
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
  /** Names and types of the output, for a generic table. */
  readonly returnedType?: readonly RowField[]
  /** Fields of each table argument that the function reads. */
  readonly requiredColumns?: Readonly<Record<string, readonly number[]>>
  readonly handle: T['tableFunction']
}
