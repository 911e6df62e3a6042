import type { SqlType } from '../../spi/index.js'
import type { CallExpression, Expression } from '../ir.js'
import { decimalScale, mayBeZero } from './interval.js'
import { lowerUnless } from './lower-logic.js'
import {
  andNotNull,
  decisionOf,
  eitherNull,
  keep,
  type Lowered,
  type LoweredInt,
  type NullFlag,
  type RowContext,
} from './lowered.js'
import { f32, f64, i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

/** Calls of arithmetic functions, over rows. */

type I64 = Expr<'i64'>
export type Lowering = (context: RowContext, e: CallExpression) => Lowered

/** Limits of integer types narrower than 64 bits. */
const NARROW_LIMITS: Partial<Record<SqlType['kind'], number>> = {
  tinyint: 128,
  smallint: 32_768,
  integer: 2_147_483_648,
  'interval year to month': 2_147_483_648,
}

export function lowerInt(context: RowContext, e: Expression, skip: NullFlag = null): LoweredInt {
  const lowered = lowerUnless(context, skip, e)
  if (lowered.rep !== 'int') throw new Error(`internal error: ${e.kind} of ${lowered.rep}`)
  return keep(context.f, lowered)
}

function limitsOf(type: SqlType): readonly [bigint, bigint] | undefined {
  if (type.kind === 'decimal') {
    const limit = 10n ** BigInt(type.precision) - 1n
    return [-limit, limit]
  }
  const limit = NARROW_LIMITS[type.kind]
  return limit === undefined ? undefined : [-BigInt(limit), BigInt(limit) - 1n]
}

/** Emits a check that the result of an operation done in i64 is a value of a type of fewer bits. */
export function checkNarrow(
  context: RowContext,
  type: SqlType,
  value: I64,
  isNull: NullFlag,
): void {
  const limits = limitsOf(type)
  if (limits === undefined) return
  const [low, high] = limits
  const outside = i32.or(i64.lt_s(value, low), i64.gt_s(value, high))
  context.failIf(andNotNull(outside, isNull))
}

/** An unscaled decimal at a larger scale; the analysis proved that it fits. */
const rescale = (value: I64, by: number): I64 =>
  by === 0 ? value : i64.mul(value, 10n ** BigInt(by))

interface Operands {
  readonly a: I64
  readonly b: I64
  readonly isNull: NullFlag
}

function operands(context: RowContext, e: CallExpression, commonScale: number | null): Operands {
  const a = lowerInt(context, e.args[0]!)
  const b = lowerInt(context, e.args[1]!, a.isNull)
  const isNull = eitherNull(a.isNull, b.isNull)
  if (commonScale === null) return { a: a.value, b: b.value, isNull }
  return {
    a: context.f.let(rescale(a.value, commonScale - decimalScale(e.args[0]!.type))),
    b: context.f.let(rescale(b.value, commonScale - decimalScale(e.args[1]!.type))),
    isNull,
  }
}

const isFull = (type: SqlType): boolean =>
  NARROW_LIMITS[type.kind] === undefined && type.kind !== 'decimal'

/** 64-bit results overflow where `overflow` says; narrower ones where they leave their type. */
function checked(
  context: RowContext,
  e: CallExpression,
  value: I64,
  isNull: NullFlag,
  overflow: (result: I64) => Expr<'i32'>,
): LoweredInt {
  const result = context.f.let(value)
  if (decisionOf(context, e) === 'checked') {
    if (isFull(e.type)) context.failIf(andNotNull(overflow(result), isNull))
    else checkNarrow(context, e.type, result, isNull)
  }
  return { rep: 'int', value: result, isNull }
}

const lowerAdd: Lowering = (context, e) => {
  if (e.type.kind === 'double' || e.type.kind === 'real') {
    return floatOperation(context, e, f64.add, f32.add)
  }
  const { a, b, isNull } = operands(context, e, decimalScale(e.type))
  return checked(context, e, i64.add(a, b), isNull, (r) =>
    i64.lt_s(i64.and(i64.xor(a, r), i64.xor(b, r)), 0),
  )
}

const lowerSubtract: Lowering = (context, e) => {
  if (e.type.kind === 'double' || e.type.kind === 'real') {
    return floatOperation(context, e, f64.sub, f32.sub)
  }
  const { a, b, isNull } = operands(context, e, decimalScale(e.type))
  return checked(context, e, i64.sub(a, b), isNull, (r) =>
    i64.lt_s(i64.and(i64.xor(a, b), i64.xor(a, r)), 0),
  )
}

const I64_MIN = -(2n ** 63n)

const lowerMultiply: Lowering = (context, e) => {
  if (e.type.kind === 'double' || e.type.kind === 'real') {
    return floatOperation(context, e, f64.mul, f32.mul)
  }
  const { a, b, isNull } = operands(context, e, null)
  return checked(context, e, i64.mul(a, b), isNull, (r) => {
    // Dividing back finds every overflow but that of MIN * -1, which must not be divided.
    const negatesMin = i32.or(
      i32.and(i64.eq(a, -1), i64.eq(b, I64_MIN)),
      i32.and(i64.eq(b, -1), i64.eq(a, I64_MIN)),
    )
    const divisible = i32.and(i64.ne(a, 0), i64.ne(a, -1))
    return i32.if(divisible, i64.ne(i64.div_s(r, a), b), negatesMin)
  })
}

/** A divisor that is safe to divide by: zero stops the kernel, under null it becomes 1. */
function safeDivisor(context: RowContext, e: CallExpression, b: I64, isNull: NullFlag): I64 {
  const facts = context.analysis.facts.get(e.args[1]!)
  if (facts === undefined || mayBeZero(facts.interval)) {
    context.failIf(andNotNull(i64.eqz(b), isNull))
  }
  if (isNull === null) return b
  return context.f.let(i64.select(isNull, 1, b))
}

const lowerDivide: Lowering = (context, e) => {
  if (e.type.kind === 'double' || e.type.kind === 'real') {
    return floatOperation(context, e, f64.div, f32.div)
  }
  if (e.type.kind === 'decimal') return divideDecimals(context, e)
  const { a, b: rawDivisor, isNull } = operands(context, e, null)
  const b = safeDivisor(context, e, rawDivisor, isNull)
  if (decisionOf(context, e) === 'checked' && isFull(e.type)) {
    context.failIf(andNotNull(i32.and(i64.eq(a, I64_MIN), i64.eq(b, -1)), isNull))
  }
  const value = context.f.let(i64.div_s(a, b))
  if (decisionOf(context, e) === 'checked') checkNarrow(context, e.type, value, isNull)
  return { rep: 'int', value, isNull }
}

const absolute = (value: I64): I64 => i64.select(i64.lt_s(value, 0), i64.sub(0, value), value)

/** Rounds half away from zero. @source Trino DecimalOperators.divideShortShortShort */
function divideDecimals(context: RowContext, e: CallExpression): LoweredInt {
  const { f } = context
  const { a, b: rawDivisor, isNull } = operands(context, e, null)
  const b = safeDivisor(context, e, rawDivisor, isNull)
  const shift = decimalScale(e.type) - decimalScale(e.args[0]!.type) + decimalScale(e.args[1]!.type)
  const dividend = f.let(rescale(a, shift))
  const value = f.let(divideHalfUp(context, dividend, b))
  if (decisionOf(context, e) === 'checked') checkNarrow(context, e.type, value, isNull)
  return { rep: 'int', value, isNull }
}

/** a / b rounded half away from zero. */
export function divideHalfUp(context: RowContext, a: I64, b: I64): I64 {
  const { f } = context
  const n = f.let(absolute(a))
  const d = f.let(absolute(b))
  const q = f.let(i64.div_u(n, d))
  const r = i64.sub(n, i64.mul(q, d))
  const rounded = f.let(i64.add(q, i64.extend_i32_u(i64.ge_u(i64.shl(r, 1), d))))
  return i64.select(i64.lt_s(i64.xor(a, b), 0), i64.sub(0, rounded), rounded)
}

const lowerModulus: Lowering = (context, e) => {
  const scale = Math.max(decimalScale(e.args[0]!.type), decimalScale(e.args[1]!.type))
  const { a, b: rawDivisor, isNull } = operands(context, e, scale)
  const b = safeDivisor(context, e, rawDivisor, isNull)
  return { rep: 'int', value: context.f.let(i64.rem_s(a, b)), isNull }
}

const lowerNegation: Lowering = (context, e) => {
  const arg = context.lower(e.args[0]!)
  if (arg.rep === 'f64') return { ...arg, value: f64.neg(arg.value) }
  if (arg.rep === 'f32') return { ...arg, value: f32.neg(arg.value) }
  const { value, isNull } = lowerInt(context, e.args[0]!)
  return checked(context, e, i64.sub(0, value), isNull, () => i64.eq(value, I64_MIN))
}

const lowerAbs: Lowering = (context, e) => {
  if (e.type.kind === 'double' || e.type.kind === 'real') {
    const arg = context.lower(e.args[0]!)
    if (arg.rep === 'f64') return { ...arg, value: f64.abs(arg.value) }
    if (arg.rep === 'f32') return { ...arg, value: f32.abs(arg.value) }
  }
  const { value, isNull } = lowerInt(context, e.args[0]!)
  return checked(context, e, absolute(value), isNull, () => i64.eq(value, I64_MIN))
}

function floatOperation(
  context: RowContext,
  e: CallExpression,
  double: (a: Expr<'f64'>, b: Expr<'f64'>) => Expr<'f64'>,
  real: (a: Expr<'f32'>, b: Expr<'f32'>) => Expr<'f32'>,
): Lowered {
  const a = keep(context.f, context.lower(e.args[0]!))
  const b = lowerUnless(context, a.isNull, e.args[1]!)
  const isNull = eitherNull(a.isNull, b.isNull)
  if (a.rep === 'f64' && b.rep === 'f64') {
    return keep(context.f, { rep: 'f64', value: double(a.value, b.value), isNull })
  }
  if (a.rep === 'f32' && b.rep === 'f32') {
    return keep(context.f, { rep: 'f32', value: real(a.value, b.value), isNull })
  }
  throw new Error(`internal error: ${e.function.name} of ${a.rep} and ${b.rep}`)
}

const doubleFunction =
  (apply: (a: Expr<'f64'>) => Expr<'f64'>): Lowering =>
  (context, e) => {
    const arg = context.lower(e.args[0]!)
    if (arg.rep !== 'f64') throw new Error(`internal error: ${e.function.name} of ${arg.rep}`)
    return { ...arg, value: apply(arg.value) }
  }

const bitwise =
  (apply: (a: I64, b: I64) => I64): Lowering =>
  (context, e) => {
    const { a, b, isNull } = operands(context, e, null)
    return { rep: 'int', value: context.f.let(apply(a, b)), isNull }
  }

const bitwiseNot: Lowering = (context, e) => {
  const { value, isNull } = lowerInt(context, e.args[0]!)
  return { rep: 'int', value: context.f.let(i64.xor(value, -1)), isNull }
}

const BITS: Partial<Record<SqlType['kind'], number>> = {
  tinyint: 8,
  smallint: 16,
  integer: 32,
  bigint: 64,
}

/** A distance past the width moves everything out; a negative one counts modulo 64. */
const shift =
  (
    apply: (value: I64, places: I64) => I64,
    beyond: (value: I64) => I64,
    signed: boolean,
  ): Lowering =>
  (context, e) => {
    const { f } = context
    const width = BITS[e.type.kind]!
    const { a, b, isNull } = operands(context, e, null)
    const places = f.let(i64.select(i64.lt_s(b, 0), i64.and(b, 63), b))
    const given = signed || width === 64 ? a : i64.and(a, 2 ** width - 1)
    const isOut = i64.ge_s(places, width)
    const moved = f.let(i64.select(isOut, beyond(a), apply(given, places)))
    const rest = 64 - width
    const value = rest === 0 ? moved : f.let(i64.shr_s(i64.shl(moved, rest), rest))
    return { rep: 'int', value, isNull }
  }

const nothing = (): I64 => i64.const(0)

type Accepts = (e: CallExpression) => boolean

/** Functions kernels know, with the argument types they know them for. */
export type KernelFunctions = Readonly<Record<string, readonly [Accepts, Lowering]>>

export const argumentKinds =
  (...kinds: SqlType['kind'][]): Accepts =>
  (e) =>
    e.args.every(
      ({ type }) =>
        kinds.includes(type.kind) &&
        (!('precision' in type) || type.kind === 'decimal' || type.precision <= 6),
    )
const NUMBERS = argumentKinds(
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'decimal',
  'real',
  'double',
)
const INTEGERS = argumentKinds('tinyint', 'smallint', 'integer', 'bigint', 'decimal')
const DOUBLES = argumentKinds('double')

export const ARITHMETIC: KernelFunctions = {
  $add: [NUMBERS, lowerAdd],
  $subtract: [NUMBERS, lowerSubtract],
  $multiply: [NUMBERS, lowerMultiply],
  $divide: [NUMBERS, lowerDivide],
  $modulus: [INTEGERS, lowerModulus],
  $negation: [NUMBERS, lowerNegation],
  abs: [NUMBERS, lowerAbs],
  bitwise_and: [INTEGERS, bitwise(i64.and)],
  bitwise_or: [INTEGERS, bitwise(i64.or)],
  bitwise_xor: [INTEGERS, bitwise(i64.xor)],
  bitwise_not: [INTEGERS, bitwiseNot],
  bitwise_left_shift: [INTEGERS, shift(i64.shl, nothing, true)],
  bitwise_right_shift: [INTEGERS, shift(i64.shr_u, nothing, false)],
  bitwise_right_shift_arithmetic: [INTEGERS, shift(i64.shr_s, (a) => i64.shr_s(a, 63), true)],
  sqrt: [DOUBLES, doubleFunction(f64.sqrt)],
  floor: [DOUBLES, doubleFunction(f64.floor)],
  ceiling: [DOUBLES, doubleFunction(f64.ceil)],
  ceil: [DOUBLES, doubleFunction(f64.ceil)],
}
