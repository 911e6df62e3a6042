import type { PropertyMetadata } from '../config/property.js'
import type { Awaitable } from '../metadata/schema.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { ConnectorSession } from './session.js'

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
