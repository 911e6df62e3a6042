import type { SqlType } from '../../spi/index.js'
import type { ConstantExpression, Expression } from '../ir.js'
import type { FunctionBuilder, Local } from './builder.js'
import { type Analysis, type Decision, isIntegerStored } from './interval.js'
import { f32, f64, i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

/**
 * How values of a row stand in a kernel: integers of all kinds, unscaled decimals, dates and timestamps as i64; DOUBLE
 * and REAL as f64 and f32; BOOLEAN as 0 or 1. `isNull` is 0 or 1; null where the value is never null by what the
 * layout tells. The value of a null is arbitrary.
 */
export type Lowered = LoweredInt | LoweredF64 | LoweredF32 | LoweredBool

interface LoweredFields {
  readonly isNull: Expr<'i32'> | null
}
export interface LoweredInt extends LoweredFields {
  readonly rep: 'int'
  readonly value: Expr<'i64'>
}
export interface LoweredF64 extends LoweredFields {
  readonly rep: 'f64'
  readonly value: Expr<'f64'>
}
export interface LoweredF32 extends LoweredFields {
  readonly rep: 'f32'
  readonly value: Expr<'f32'>
}
export interface LoweredBool extends LoweredFields {
  readonly rep: 'bool'
  readonly value: Expr<'i32'>
}
export type Rep = Lowered['rep']

/** The representation of a type's values; undefined: kernels have none. */
export function repOf(type: SqlType): Rep | undefined {
  if (isIntegerStored(type)) return 'int'
  if (type.kind === 'double') return 'f64'
  if (type.kind === 'real') return 'f32'
  return type.kind === 'boolean' ? 'bool' : undefined
}

/** What lowering an expression needs around it. */
export interface RowContext {
  readonly f: FunctionBuilder<'i32'>
  readonly analysis: Analysis
  input(channel: number): Lowered
  literal(constant: ConstantExpression): Lowered
  /** Emits: where the condition holds, stop and report the row. */
  failIf(condition: Expr<'i32'>): void
  lower(expression: Expression): Lowered
  childrenOf(expression: Expression): readonly Expression[]
  /** Nodes of an expression. */
  sizeOf(expression: Expression): number
}

export const decisionOf = (context: RowContext, e: Expression): Decision =>
  context.analysis.facts.get(e)?.decision ?? 'unchecked'

export type NullFlag = Expr<'i32'> | null

/** Null where either is. */
export const eitherNull = (a: NullFlag, b: NullFlag): NullFlag =>
  a === null ? b : b === null ? a : i32.or(a, b)

/** `condition` holds and the value is not null. */
export const andNotNull = (condition: Expr<'i32'>, isNull: NullFlag): Expr<'i32'> =>
  isNull === null ? condition : i32.and(condition, i32.eqz(isNull))

/** Keeps a value in locals, so that uses cost nothing. */
export function keep<L extends Lowered>(f: FunctionBuilder<'i32'>, l: L): L {
  return { ...l, value: f.let(l.value), isNull: l.isNull === null ? null : f.let(l.isNull) }
}

/** A variable of a representation, for results of branches. */
export interface Variable {
  readonly rep: Rep
  readonly isNull: Local<'i32'>
  assign(f: FunctionBuilder<'i32'>, value: Lowered): void
  read(nullable: boolean): Lowered
}

export function variable(f: FunctionBuilder<'i32'>, rep: Rep): Variable {
  const isNull = f.local('i32')
  const setNull = (value: Lowered) => f.set(isNull, value.isNull ?? 0)
  const flag = (nullable: boolean): NullFlag => (nullable ? isNull : null)
  switch (rep) {
    case 'int': {
      const value = f.local('i64')
      return {
        rep,
        isNull,
        assign(_, l) {
          if (l.rep === 'int') f.set(value, l.value)
          setNull(l)
        },
        read: (nullable) => ({ rep, value, isNull: flag(nullable) }),
      }
    }
    case 'f64': {
      const value = f.local('f64')
      return {
        rep,
        isNull,
        assign(_, l) {
          if (l.rep === 'f64') f.set(value, l.value)
          setNull(l)
        },
        read: (nullable) => ({ rep, value, isNull: flag(nullable) }),
      }
    }
    case 'f32': {
      const value = f.local('f32')
      return {
        rep,
        isNull,
        assign(_, l) {
          if (l.rep === 'f32') f.set(value, l.value)
          setNull(l)
        },
        read: (nullable) => ({ rep, value, isNull: flag(nullable) }),
      }
    }
    case 'bool': {
      const value = f.local('i32')
      return {
        rep,
        isNull,
        assign(_, l) {
          if (l.rep === 'bool') f.set(value, l.value)
          setNull(l)
        },
        read: (nullable) => ({ rep, value, isNull: flag(nullable) }),
      }
    }
  }
}

const ZEROS = {
  int: { rep: 'int', value: i64.const(0), isNull: i32.const(1) },
  f64: { rep: 'f64', value: f64.const(0), isNull: i32.const(1) },
  f32: { rep: 'f32', value: f32.const(0), isNull: i32.const(1) },
  bool: { rep: 'bool', value: i32.const(0), isNull: i32.const(1) },
} as const

/** NULL. */
export const nullOf = (rep: Rep): Lowered => ZEROS[rep]

/** Chooses between two values, evaluating both. */
export function selectLowered(condition: Expr<'i32'>, a: Lowered, b: Lowered): Lowered {
  const isNull =
    a.isNull === null && b.isNull === null
      ? null
      : i32.select(condition, a.isNull ?? 0, b.isNull ?? 0)
  if (a.rep === 'int' && b.rep === 'int') {
    return { rep: 'int', value: i64.select(condition, a.value, b.value), isNull }
  }
  if (a.rep === 'f64' && b.rep === 'f64') {
    return { rep: 'f64', value: f64.select(condition, a.value, b.value), isNull }
  }
  if (a.rep === 'f32' && b.rep === 'f32') {
    return { rep: 'f32', value: f32.select(condition, a.value, b.value), isNull }
  }
  if (a.rep === 'bool' && b.rep === 'bool') {
    return { rep: 'bool', value: i32.select(condition, a.value, b.value), isNull }
  }
  throw new Error(`internal error: branches of ${a.rep} and ${b.rep}`)
}
