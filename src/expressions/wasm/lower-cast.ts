import type { SqlType } from '../../spi/index.js'
import type { CastExpression } from '../ir.js'

import { decimalScale, hasNearestDouble, isIntegerStored } from './interval.js'
import { checkNarrow, divideHalfUp } from './lower-arithmetic.js'
import { wholeUnits } from './lower-datetime.js'
import {
  andNotNull,
  decisionOf,
  keep,
  type Lowered,
  type LoweredF32,
  type LoweredF64,
  type LoweredInt,
  type RowContext,
} from './lowered.js'
import { f32, f64, i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

/**
 * Casts that kernels know: among integers and decimals (rounding half away from zero), to and from DOUBLE and REAL,
 * DATE to TIMESTAMP and back, BOOLEAN to numbers. Failures stop the kernel; TRY_CAST is left to the other engines.
 */

const MICROS_PER_DAY = 86_400_000_000
/** Days on either side of 1970 whose microseconds have 64 bits. */
const MAX_DAYS = 106_751_991

const NUMBERS: readonly SqlType['kind'][] = ['tinyint', 'smallint', 'integer', 'bigint', 'decimal']
const INTEGERS = NUMBERS.slice(0, 4)
const isFloat = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'real'
const isMicros = (type: SqlType): boolean => type.kind === 'timestamp' && type.precision <= 6

/** Tells whether kernels know a cast. */
export function canLowerCast(e: CastExpression): boolean {
  const from = e.arg.type
  const to = e.type
  if (e.safe) return false
  if (NUMBERS.includes(from.kind)) return NUMBERS.includes(to.kind) || canLowerToFloat(from, to)
  if (isFloat(from)) return isFloat(to) || INTEGERS.includes(to.kind)
  if (from.kind === 'boolean') return INTEGERS.includes(to.kind)
  if (from.kind === 'date') return isMicros(to)
  return isMicros(from) && (to.kind === 'date' || (isMicros(to) && precisionGrows(from, to)))
}

const canLowerToFloat = (from: SqlType, to: SqlType): boolean =>
  from.kind !== 'decimal' || from.precision <= 18
    ? isFloat(to)
    : to.kind === 'double' && hasNearestDouble(from.scale)

const precisionGrows = (from: SqlType, to: SqlType): boolean =>
  'precision' in from && 'precision' in to && from.precision <= to.precision

export function lowerCast(context: RowContext, e: CastExpression): Lowered {
  const arg = keep(context.f, context.lower(e.arg))
  switch (arg.rep) {
    case 'int':
      return castInteger(context, e, arg)
    case 'f64':
      return castDouble(context, e, arg)
    case 'f32':
      return castDouble(context, e, arg)
    case 'bool':
      return { rep: 'int', value: i64.extend_i32_u(arg.value), isNull: arg.isNull }
  }
}

function castInteger(context: RowContext, e: CastExpression, arg: LoweredInt): Lowered {
  const { f } = context
  const from = e.arg.type
  const to = e.type
  const { value, isNull } = arg
  if (to.kind === 'double' || to.kind === 'real') return toFloat(to, from, arg)
  if (!isIntegerStored(to)) throw new Error(`internal error: cast to ${to.kind}`)
  if (from.kind === 'date' && to.kind === 'timestamp') {
    if (decisionOf(context, e) === 'checked') {
      const outside = i32.or(i64.lt_s(value, -MAX_DAYS), i64.gt_s(value, MAX_DAYS))
      context.failIf(andNotNull(outside, isNull))
    }
    return { rep: 'int', value: f.let(i64.mul(value, MICROS_PER_DAY)), isNull }
  }
  if (from.kind === 'timestamp') {
    if (to.kind === 'timestamp') return arg
    return { rep: 'int', value: f.let(wholeUnits(context, e.arg, value, MICROS_PER_DAY)), isNull }
  }
  const shift = decimalScale(to) - decimalScale(from)
  const isChecked = decisionOf(context, e) === 'checked'
  if (shift >= 0) {
    if (isChecked && to.kind === 'decimal') checkBeforeScaling(context, to.precision - shift, arg)
    const scaled = shift === 0 ? value : f.let(i64.mul(value, 10n ** BigInt(shift)))
    if (isChecked && to.kind !== 'decimal') checkNarrow(context, to, scaled, isNull)
    return { rep: 'int', value: scaled, isNull }
  }
  const rounded = f.let(divideByPowerOfTen(context, value, -shift))
  if (isChecked) checkNarrow(context, to, rounded, isNull)
  return { rep: 'int', value: rounded, isNull }
}

/** Beyond 18 digits the divisor leaves 64 bits, and so does twice the value: the quotient rounds to 0. */
function divideByPowerOfTen(context: RowContext, value: Expr<'i64'>, digits: number): Expr<'i64'> {
  if (digits > 19) return i64.const(0)
  if (digits < 19) return divideHalfUp(context, value, i64.const(10n ** BigInt(digits)))
  const half = 5n * 10n ** 18n
  const away = i64.extend_i32_u(i32.or(i64.ge_s(value, half), i64.le_s(value, -half)))
  return i64.select(i64.lt_s(value, 0), i64.sub(0, away), away)
}

/** A value fits `to` where it has at most this many digits before scaling. */
function checkBeforeScaling(context: RowContext, digits: number, arg: LoweredInt): void {
  const limit = digits <= 0 ? 0n : digits > 18 ? 2n ** 63n - 1n : 10n ** BigInt(digits) - 1n
  const outside = i32.or(i64.lt_s(arg.value, -limit), i64.gt_s(arg.value, limit))
  context.failIf(andNotNull(outside, arg.isNull))
}

/** Long decimals come here where the analysis found that the quotient is their nearest double. */
function toFloat(to: SqlType, from: SqlType, { value, isNull }: LoweredInt): Lowered {
  const scale = decimalScale(from)
  if (to.kind === 'double') {
    const double = f64.convert_i64_s(value)
    return { rep: 'f64', value: scale === 0 ? double : f64.div(double, 10 ** scale), isNull }
  }
  if (scale === 0 && from.kind !== 'decimal') {
    return { rep: 'f32', value: f32.convert_i64_s(value), isNull }
  }
  const real = f32.div(f32.convert_i64_s(value), Math.fround(10 ** scale))
  return { rep: 'f32', value: real, isNull }
}

const I64_END = 2 ** 63

function castDouble(context: RowContext, e: CastExpression, arg: LoweredF64 | LoweredF32): Lowered {
  const { f } = context
  const to = e.type
  const { isNull } = arg
  if (to.kind === 'real') {
    return { rep: 'f32', value: arg.rep === 'f32' ? arg.value : f32.demote_f64(arg.value), isNull }
  }
  const double = f.let(arg.rep === 'f64' ? arg.value : f64.promote_f32(arg.value))
  if (to.kind === 'double') return { rep: 'f64', value: double, isNull }
  // Rounds half away from zero: nearest goes to even, a difference of exactly one half tells ties.
  const nearest = f.let(f64.nearest(double))
  const isTie = f64.eq(f64.abs(f64.sub(double, nearest)), 0.5)
  const away = f64.add(double, f64.copysign(f64.const(0.5), double))
  const rounded = f.let(f64.select(isTie, away, nearest))
  const value = f.let(i64.trunc_sat_f64_s(rounded))
  if (e.arg.type.kind === 'real' && to.kind === 'bigint') {
    // Trino saturates here, and here only.
    context.failIf(andNotNull(f64.ne(double, double), isNull))
    return { rep: 'int', value, isNull }
  }
  const inside = i32.and(f64.ge(rounded, -I64_END), f64.lt(rounded, I64_END))
  context.failIf(andNotNull(i32.eqz(inside), isNull))
  checkNarrow(context, to, value, isNull)
  return { rep: 'int', value, isNull }
}
