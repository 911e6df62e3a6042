import { foldConstants } from '../../expressions/constant-folding.js'
import { evaluateConstant, type InterpreterOptions } from '../../expressions/interpreter.js'
import type { ComparisonExpression, ComparisonOperator, Expression } from '../../expressions/ir.js'
import { comparison, constant } from '../../expressions/ir-build.js'
import { transform } from '../../expressions/ir-walk.js'
import { keepsOrder, unwrapCast } from '../../expressions/unwrap-cast.js'
import type { Block, SqlType, Value } from '../../spi/index.js'

const FLIPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  identical: 'identical',
}

export interface ConditionOfRow {
  readonly condition: Expression
  /** It holds for pages whose blocks in these channels have at most 64 bits a value. */
  readonly narrowChannels: readonly number[]
}

/**
 * A join's condition where the build side is one row: its values are constants, and casts move from the probe side's columns to
 * them, so that `CAST(sum AS decimal(38,12)) > (SELECT …)` compares the sums as they are stored.
 * @param condition over the probe side's channels, then the build side's
 * @param valueIn the row's value in a channel of the build side
 */
export function conditionOfRow(
  condition: Expression,
  probeChannelCount: number,
  valueIn: (channel: number) => Value,
  options: InterpreterOptions,
): ConditionOfRow {
  const bound = transform(condition, (e) =>
    e.kind === 'input' && e.channel >= probeChannelCount
      ? constant(e.type, valueIn(e.channel - probeChannelCount))
      : e,
  )
  const narrow = new Set<number>()
  const isInjective = (from: Expression, to: SqlType): boolean => {
    if (keepsOrder(from.type, to)) return true
    if (from.kind !== 'input' || !fitsFrom64Bits(from.type, to)) return false
    narrow.add(from.channel)
    return true
  }
  const unwrapped = transform(foldConstants(bound, options), (e) =>
    e.kind === 'comparison' ? withoutCast(e, isInjective, options) : e,
  )
  return { condition: unwrapped, narrowChannels: [...narrow] }
}

/** Whether the block's values have at most 64 bits. */
export function isNarrow(block: Block): boolean {
  switch (block.encoding) {
    case 'flat':
      return block.storage !== 'fixed16'
    case 'constant':
      return block.value.storage !== 'fixed16'
    case 'dictionary':
      return block.dictionary.storage !== 'fixed16'
  }
}

const DIGITS_OF_64_BITS = 19

/** Whether decimals of at most 64 bits keep their order in another type and can't overflow there. */
const fitsFrom64Bits = (from: SqlType, to: SqlType): boolean =>
  from.kind === 'decimal' &&
  to.kind === 'decimal' &&
  to.scale >= from.scale &&
  DIGITS_OF_64_BITS + to.scale - from.scale <= to.precision

function withoutCast(
  e: ComparisonExpression,
  isInjective: (from: Expression, to: SqlType) => boolean,
  options: InterpreterOptions,
): Expression {
  const { operator, left, right } = e
  if (left.kind === 'constant' && right.kind !== 'constant') {
    return withoutCast(comparison(FLIPPED[operator], right, left), isInjective, options)
  }
  if (right.kind !== 'constant') return e
  const evaluate = (constantly: Expression) => evaluateConstant(constantly, options)
  return unwrapCast(e, left, right, evaluate, isInjective) ?? e
}
