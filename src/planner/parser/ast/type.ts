import type { Identifier } from './name.js'
import type { NodeBase } from './node.js'

/** @source io.trino.sql.tree.DataType and its subclasses */
export type DataType = GenericDataType | DateTimeDataType | RowDataType | IntervalDataType

/**
 * `name(parameter, …)`, and every type written in another way that is one: `DOUBLE PRECISION` is
 * `double`, `t ARRAY` and `ARRAY<t>` are `array(t)`, `MAP<k, v>` is `map(k, v)`.
 */
export interface GenericDataType extends NodeBase {
  readonly kind: 'genericDataType'
  readonly name: Identifier
  readonly parameters: readonly DataTypeParameter[]
}

export type DataTypeParameter = NumericTypeParameter | TypeParameter

/** The 10 and the 2 of `DECIMAL(10, 2)`, as written. */
export interface NumericTypeParameter extends NodeBase {
  readonly kind: 'numericParameter'
  readonly text: string
}

/** A type as parameter; a lone identifier too, such as the `p` of `VARCHAR(p)`. */
export interface TypeParameter extends NodeBase {
  readonly kind: 'typeParameter'
  readonly type: DataType
}

/** `TIME` or `TIMESTAMP`. */
export interface DateTimeDataType extends NodeBase {
  readonly kind: 'dateTimeDataType'
  readonly base: 'time' | 'timestamp'
  readonly withTimeZone: boolean
  readonly precision?: DataTypeParameter
}

export interface RowDataType extends NodeBase {
  readonly kind: 'rowDataType'
  readonly fields: readonly RowDataTypeField[]
}

export interface RowDataTypeField extends NodeBase {
  readonly kind: 'rowDataTypeField'
  readonly name?: Identifier
  readonly type: DataType
}

/** `INTERVAL YEAR TO MONTH`, `INTERVAL DAY TO SECOND`; both fields equal when `TO` is absent. */
export interface IntervalDataType extends NodeBase {
  readonly kind: 'intervalDataType'
  readonly from: IntervalField
  readonly to: IntervalField
}

export type IntervalField = 'YEAR' | 'MONTH' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND'
