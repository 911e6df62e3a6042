import type { AggregateFunction, CallNode, SqlType, Value } from '../../spi/index.js'
import type { Comparability, SqlColumn } from './handles.js'
import type { Grammar } from './sql-printer.js'
import type { SqlExpression } from './sql-tree.js'

/** Why something is left to the engine. */
export interface Refusal {
  readonly kind: 'refused'
  readonly reason: string
}
export type Written = SqlExpression | Refusal

export const refused = (reason: string): Refusal => ({ kind: 'refused', reason })

/** What an aggregate function becomes: a column of the grouped query, and how its values become the answer. */
export interface WrittenAggregate {
  readonly expression: SqlExpression
  readonly type: SqlType
  readonly storage: string
}

/**
 * What a database does the same way as the engine. Whatever is not known to give the engine's answer for every value that
 * the column's type has (and the engine's error, where it gives one) is refused, with a reason for EXPLAIN.
 */
export interface SqlDialect {
  readonly grammar: Grammar
  /** Words between an operand and another that is identical or both NULL. */
  readonly identicalOperator: string
  /** True where NaN equals itself and is greater than numbers, so that only ranges of constants mean the same. */
  readonly comparesNaN: boolean
  /** How the database writes a value that is not NULL. */
  literal(type: SqlType, value: Value): Written
  /** What may be asked of computed values of a type. */
  comparability(type: SqlType): Comparability
  /** How computed values of a type are held; undefined where they can't be read back as they are. */
  storage(type: SqlType): string | undefined
  /** A column's values; raises where the database holds one that is not of the column's type. */
  checked(column: SqlColumn): SqlExpression
  /** What a scan selects for a column, so that its values come exactly. */
  selected(column: SqlColumn): SqlExpression
  /** A function or an operator that is no comparison and no logic, over arguments that are written. */
  call(node: CallNode, args: readonly SqlExpression[]): Written
  /**
   * A condition that holds wherever a predicate holds, and maybe elsewhere, for what has no exact form.
   * The engine goes on checking the predicate.
   */
  looseCondition(node: CallNode, args: readonly SqlExpression[]): SqlExpression | undefined
  /** @param arg absent for count(*) */
  aggregate(
    aggregate: AggregateFunction,
    arg:
      | {
          readonly expression: SqlExpression
          readonly type: SqlType
          readonly comparability: Comparability
        }
      | undefined,
  ): WrittenAggregate | Refusal
}
