import type { NodeBase } from './node.js'
import type { IntervalField } from './type.js'

/** @source io.trino.sql.tree.Literal and its subclasses */
export type Literal =
  | BinaryLiteral
  | BooleanLiteral
  | DecimalLiteral
  | DoubleLiteral
  | GenericLiteral
  | IntervalLiteral
  | LongLiteral
  | NullLiteral
  | StringLiteral

/** `X'65'`; `hex` is upper case, without blanks, of even length. */
export interface BinaryLiteral extends NodeBase {
  readonly kind: 'binaryLiteral'
  readonly hex: string
}

export interface BooleanLiteral extends NodeBase {
  readonly kind: 'booleanLiteral'
  readonly value: boolean
}

/**
 * `1.5`, `.5`, `-1.`: the text as written, with underscores and a sign that belongs to it; or the
 * unchecked content of `DECIMAL '…'`.
 */
export interface DecimalLiteral extends NodeBase {
  readonly kind: 'decimalLiteral'
  readonly text: string
}

/** `1e5`, `-1.5E-3`: the text as written. */
export interface DoubleLiteral extends NodeBase {
  readonly kind: 'doubleLiteral'
  readonly text: string
}

/**
 * An integer that fits 64 bits: `text` as written (`-1_000`, `0xFF`), `value` in plain decimal
 * digits with an optional minus (`-1000`, `255`).
 */
export interface LongLiteral extends NodeBase {
  readonly kind: 'longLiteral'
  readonly text: string
  readonly value: string
}

/** `DATE '2020-01-01'`: any type name before a string. */
export interface GenericLiteral extends NodeBase {
  readonly kind: 'genericLiteral'
  /** The type's name as written, with its quotes if it has some; `DOUBLE` for DOUBLE PRECISION. */
  readonly type: string
  readonly value: string
}

export interface IntervalLiteral extends NodeBase {
  readonly kind: 'intervalLiteral'
  readonly value: string
  readonly sign: '+' | '-'
  readonly startField: IntervalField
  readonly endField?: IntervalField
}

export interface NullLiteral extends NodeBase {
  readonly kind: 'nullLiteral'
}

export interface StringLiteral extends NodeBase {
  readonly kind: 'stringLiteral'
  readonly value: string
}
