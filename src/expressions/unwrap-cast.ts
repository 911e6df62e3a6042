import type { SqlType, Value } from '../spi/index.js'
import { BOOLEAN, isInteger, MAX_DECIMAL_PRECISION } from '../spi/index.js'
import type {
  ComparisonExpression,
  ComparisonOperator,
  ConstantExpression,
  Expression,
} from './ir.js'
import { and, comparison, constant, FALSE, isNull, not, nullConstant, or } from './ir-build.js'

type Evaluate = (expression: Expression) => Value

/**
 * Moves a cast from a column to the constant it is compared with, so that statistics, connectors and kernels see the
 * column: `CAST(x AS bigint) > 5` with an INTEGER x is `x > 5`, and `= 1e10` can't be. Undefined: no such cast, or
 * one that is not injective and monotonic.
 * @param isInjective whether a cast can be moved; by default, whether it keeps the order of all values of the type
 * @source Trino UnwrapCastInComparison
 */
export function unwrapCast(
  e: ComparisonExpression,
  left: Expression,
  right: ConstantExpression,
  evaluate: Evaluate,
  isInjective: (from: Expression, to: SqlType) => boolean = (from, to) =>
    keepsOrder(from.type, to) || isWidest(from.type, to),
): Expression | undefined {
  if (left.kind !== 'cast' || left.safe || right.value === null) return undefined
  const source = left.arg
  if (!isInjective(source, right.type)) return undefined
  if (Number.isNaN(right.value)) return undefined

  const range = integerRange(source.type)
  if (range !== undefined) {
    const outside = outsideRange(e.operator, source, right, range, evaluate)
    if (outside !== undefined) return outside
  }
  let inSource: Expression
  let order: number
  try {
    const value = evaluate({ kind: 'cast', type: source.type, arg: right, safe: false })
    inSource = constant(source.type, value)
    const back = evaluate({ kind: 'cast', type: right.type, arg: inSource, safe: false })
    order = compareConstants(constant(right.type, back), right, evaluate)
  } catch {
    // The constant has no counterpart in the source's type; the comparison stays as it was written.
    return undefined
  }
  if (order === 0) return comparison(e.operator, source, inSource)
  return betweenValues(e.operator, source, inSource, order)
}

/** The constant lies between two values of the source's type; `inSource` is the neighbour on the side of `order`. */
function betweenValues(
  operator: ComparisonOperator,
  source: Expression,
  inSource: Expression,
  order: number,
): Expression {
  switch (operator) {
    case '=':
      return falseUnlessNull(source)
    case '<>':
      return trueUnlessNull(source)
    case 'identical':
      return FALSE
    case '<':
    case '<=':
      return comparison(order > 0 ? '<' : '<=', source, inSource)
    case '>':
    case '>=':
      return comparison(order > 0 ? '>=' : '>', source, inSource)
  }
}

const falseUnlessNull = (e: Expression): Expression => and([isNull(e), nullConstant(BOOLEAN)])
const trueUnlessNull = (e: Expression): Expression => or([not(isNull(e)), nullConstant(BOOLEAN)])

function compareConstants(a: Expression, b: Expression, evaluate: Evaluate): number {
  const holds = (operator: ComparisonOperator) =>
    evaluate({ kind: 'comparison', type: BOOLEAN, operator, left: a, right: b }) === true
  return holds('=') ? 0 : holds('<') ? -1 : 1
}

function outsideRange(
  operator: ComparisonOperator,
  source: Expression,
  right: ConstantExpression,
  range: { readonly min: Value; readonly max: Value },
  evaluate: Evaluate,
): Expression | undefined {
  const widen = (value: Value) =>
    constant(
      right.type,
      evaluate({ kind: 'cast', type: right.type, arg: constant(source.type, value), safe: false }),
    )
  const above = compareConstants(right, widen(range.max), evaluate) > 0
  const below = compareConstants(right, widen(range.min), evaluate) < 0
  if (!above && !below) return undefined
  switch (operator) {
    case '=':
      return falseUnlessNull(source)
    case '<>':
      return trueUnlessNull(source)
    case 'identical':
      return FALSE
    case '<':
    case '<=':
      return above ? trueUnlessNull(source) : falseUnlessNull(source)
    case '>':
    case '>=':
      return above ? falseUnlessNull(source) : trueUnlessNull(source)
  }
}

const INTEGER_DIGITS = { tinyint: 3, smallint: 5, integer: 10, bigint: 19 } as const

function integerRange(type: SqlType): { readonly min: Value; readonly max: Value } | undefined {
  switch (type.kind) {
    case 'tinyint':
      return { min: -128, max: 127 }
    case 'smallint':
      return { min: -32_768, max: 32_767 }
    case 'integer':
      return { min: -2_147_483_648, max: 2_147_483_647 }
    case 'bigint':
      return { min: -(2n ** 63n), max: 2n ** 63n - 1n }
    default:
      return undefined
  }
}

/** Decimals of all scales are coerced to the one with most digits, and compared with a constant though some do not fit. */
const isWidest = (from: SqlType, to: SqlType): boolean =>
  from.kind === 'decimal' &&
  to.kind === 'decimal' &&
  to.scale >= from.scale &&
  to.precision === MAX_DECIMAL_PRECISION

/** Tells whether a cast maps distinct values to distinct values in the same order, without failing. */
export function keepsOrder(from: SqlType, to: SqlType): boolean {
  if (isInteger(from)) {
    const digits = INTEGER_DIGITS[from.kind as keyof typeof INTEGER_DIGITS]
    if (isInteger(to)) return INTEGER_DIGITS[to.kind as keyof typeof INTEGER_DIGITS] >= digits
    if (to.kind === 'decimal') return to.precision - to.scale >= digits
    if (to.kind === 'double') return digits <= 10
    return to.kind === 'real' && digits <= 5
  }
  if (from.kind === 'real') return to.kind === 'double'
  if (from.kind === 'decimal') {
    if (to.kind === 'double') return from.precision <= 15
    return (
      to.kind === 'decimal' &&
      to.scale >= from.scale &&
      to.precision - to.scale >= from.precision - from.scale
    )
  }
  if (from.kind === 'varchar') {
    return to.kind === 'varchar' && (to.length ?? Infinity) >= (from.length ?? Infinity)
  }
  // DATE to TIMESTAMP can fail only far outside of what a constant timestamp reaches.
  if (from.kind === 'date') return to.kind === 'timestamp'
  if (from.kind === 'timestamp') return to.kind === 'timestamp' && to.precision >= from.precision
  return false
}
