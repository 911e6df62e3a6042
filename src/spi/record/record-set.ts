import type { ConnectorTypes } from '../connector/connector-types.js'
import type { ConnectorSession } from '../connector/session.js'
import type { Awaitable } from '../metadata/schema.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'

/** Rows of known column types that can be read by a cursor, each time from the start. @source Trino RecordSet */
export interface RecordSet {
  getColumnTypes(): readonly SqlType[]
  cursor(): RecordCursor
}

/**
 * Reads records one by one: the simplest way to give rows, at the cost of a call a value. Which getter a field has
 * follows its type's carrier in Trino:
 *
 * | getter | types |
 * |---|---|
 * | getBoolean | BOOLEAN |
 * | getLong | TINYINT to BIGINT, DATE, short DECIMAL (unscaled), REAL (the bits of the float, as Trino's code has it), TIME(p) (picoseconds), TIME(≤9) WITH TIME ZONE and TIMESTAMP(≤3) WITH TIME ZONE (packed as DateTimeEncoding does), TIMESTAMP(≤6) (microseconds), intervals |
 * | getDouble | DOUBLE; REAL too (as Trino's documents have it) |
 * | getSlice | VARCHAR, CHAR, VARBINARY, JSON, UUID, IPADDRESS, sketches: bytes (strings as UTF-8), or a string for the character types |
 * | getObject | all others; the {@link Value} carrier. Any type may be read through it. |
 *
 * @source Trino RecordCursor; DECIMAL is a long up to precision 18 (LongDecimalType), whatever the documents say
 */
export interface RecordCursor {
  getCompletedBytes(): number
  getReadTimeNanos(): number
  getType(field: number): SqlType
  /** Moves to the next record; false at the end. A promise where the next record has to be waited for. */
  advanceNextPosition(): Awaitable<boolean>
  getBoolean(field: number): boolean
  getLong(field: number): bigint | number
  getDouble(field: number): number
  getSlice(field: number): Uint8Array | string
  getObject(field: number): Value
  isNull(field: number): boolean
  /** Called exactly once. */
  close(): Awaitable<void>
}

/** What a connector without a page source provider has; the engine wraps it in a RecordPageSource. @source Trino ConnectorRecordSetProvider */
export interface ConnectorRecordSetProvider<T extends ConnectorTypes = ConnectorTypes> {
  /** Columns of the record set are `columns`, in that order. */
  getRecordSet(
    transaction: T['transaction'],
    session: ConnectorSession,
    split: T['split'],
    table: T['table'],
    columns: readonly T['column'][],
    signal: AbortSignal,
  ): Awaitable<RecordSet>
}
