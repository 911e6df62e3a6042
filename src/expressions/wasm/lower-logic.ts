import type {
  BetweenExpression,
  CaseExpression,
  CoalesceExpression,
  ComparisonExpression,
  ComparisonOperator,
  Expression,
  InExpression,
  LogicalExpression,
  NotExpression,
  NullIfExpression,
} from '../ir.js'
import { mayBeZero } from './interval.js'
import {
  andNotNull,
  decisionOf,
  eitherNull,
  keep,
  type Lowered,
  type LoweredBool,
  type NullFlag,
  nullOf,
  type RowContext,
  repOf,
  selectLowered,
  variable,
} from './lowered.js'
import { f32, f64, i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

/**
 * Comparisons, three-valued logic and conditionals. What cannot fail is evaluated without branches; what can is
 * guarded as the interpreter guards it.
 */

type Bool = Expr<'i32'>

const INT = {
  '=': i64.eq,
  '<>': i64.ne,
  '<': i64.lt_s,
  '<=': i64.le_s,
  '>': i64.gt_s,
  '>=': i64.ge_s,
} as const
const DOUBLE = {
  '=': f64.eq,
  '<>': f64.ne,
  '<': f64.lt,
  '<=': f64.le,
  '>': f64.gt,
  '>=': f64.ge,
} as const
const REAL = {
  '=': f32.eq,
  '<>': f32.ne,
  '<': f32.lt,
  '<=': f32.le,
  '>': f32.gt,
  '>=': f32.ge,
} as const
const BOOLEAN = {
  '=': i32.eq,
  '<>': i32.ne,
  '<': i32.lt_u,
  '<=': i32.le_u,
  '>': i32.gt_u,
  '>=': i32.ge_u,
} as const

type Ordering = Exclude<ComparisonOperator, 'identical'>

/** The condition of a comparison, for operands that are not null. */
export function compare(operator: Ordering, a: Lowered, b: Lowered): Bool {
  if (a.rep === 'int' && b.rep === 'int') return INT[operator](a.value, b.value)
  if (a.rep === 'f64' && b.rep === 'f64') return DOUBLE[operator](a.value, b.value)
  if (a.rep === 'f32' && b.rep === 'f32') return REAL[operator](a.value, b.value)
  if (a.rep === 'bool' && b.rep === 'bool') return BOOLEAN[operator](a.value, b.value)
  throw new Error(`internal error: comparison of ${a.rep} and ${b.rep}`)
}

export function lowerComparison(context: RowContext, e: ComparisonExpression): LoweredBool {
  const a = keep(context.f, context.lower(e.left))
  const guard = e.operator === 'identical' ? null : a.isNull
  const b = lowerUnless(context, guard, e.right)
  if (e.operator !== 'identical') {
    const isNull = eitherNull(a.isNull, b.isNull)
    return { rep: 'bool', value: compare(e.operator, a, b), isNull }
  }
  const x = keep(context.f, a)
  const y = keep(context.f, b)
  const same = identicalValues(x, y)
  if (x.isNull === null && y.isNull === null) return { rep: 'bool', value: same, isNull: null }
  const nullX = x.isNull ?? i32.const(0)
  const nullY = y.isNull ?? i32.const(0)
  const value = i32.select(i32.or(nullX, nullY), i32.and(nullX, nullY), same)
  return { rep: 'bool', value, isNull: null }
}

/** IS NOT DISTINCT FROM holds NaN equal to itself. */
function identicalValues(a: Lowered, b: Lowered): Bool {
  const equal = compare('=', a, b)
  if (a.rep === 'f64' && b.rep === 'f64') {
    return i32.or(equal, i32.and(f64.ne(a.value, a.value), f64.ne(b.value, b.value)))
  }
  if (a.rep === 'f32' && b.rep === 'f32') {
    return i32.or(equal, i32.and(f32.ne(a.value, a.value), f32.ne(b.value, b.value)))
  }
  return equal
}

function lowerBool(context: RowContext, e: Expression): LoweredBool {
  const lowered = context.lower(e)
  if (lowered.rep !== 'bool') throw new Error(`internal error: condition of ${lowered.rep}`)
  return keep(context.f, lowered)
}

const isFalse = (b: LoweredBool): Bool => andNotNull(i32.eqz(b.value), b.isNull)
export const isTrue = (b: LoweredBool): Bool => andNotNull(b.value, b.isNull)

export function lowerLogical(context: RowContext, e: LogicalExpression): LoweredBool {
  const rest = e.terms.slice(1)
  if (rest.some((term) => canFail(context, term))) return guardedLogical(context, e)
  const terms = e.terms.map((term) => lowerBool(context, term))
  const combine = e.operator === 'and' ? i32.and : i32.or
  const values = terms.map((term) => term.value)
  if (terms.every((term) => term.isNull === null)) {
    return { rep: 'bool', value: values.reduce((a, b) => combine(a, b)), isNull: null }
  }
  const { f } = context
  const anyNull = terms.map((t) => t.isNull).reduce(eitherNull)!
  const decided = f.let(
    terms.map(e.operator === 'and' ? isFalse : isTrue).reduce((a, b) => i32.or(a, b)),
  )
  const isNull = f.let(i32.and(anyNull, i32.eqz(decided)))
  // AND is true unless decided, OR is false unless decided; null overrides.
  return { rep: 'bool', value: e.operator === 'and' ? i32.eqz(decided) : decided, isNull }
}

/** Evaluates terms in order until one decides. */
function guardedLogical(context: RowContext, e: LogicalExpression): LoweredBool {
  const { f } = context
  const value = f.local('i32')
  const isNull = f.local('i32')
  const decides = e.operator === 'and' ? 0 : 1
  f.block((exit) => {
    f.set(isNull, 0)
    for (const term of e.terms) {
      const t = lowerBool(context, term)
      f.if(decides === 0 ? isFalse(t) : isTrue(t), () => {
        f.set(value, decides)
        f.set(isNull, 0)
        f.br(exit)
      })
      if (t.isNull !== null) f.set(isNull, i32.or(isNull, t.isNull))
    }
    f.set(value, 1 - decides)
  })
  return { rep: 'bool', value, isNull }
}

export function lowerNot(context: RowContext, e: NotExpression): LoweredBool {
  const arg = lowerBool(context, e.arg)
  return { ...arg, value: i32.eqz(arg.value) }
}

export function lowerBetween(context: RowContext, e: BetweenExpression): LoweredBool {
  const value = keep(context.f, context.lower(e.value))
  const min = keep(context.f, lowerUnless(context, value.isNull, e.min))
  const low: LoweredBool = {
    rep: 'bool',
    value: context.f.let(compare('>=', value, min)),
    isNull: eitherNull(value.isNull, min.isNull),
  }
  const skipMax = canFail(context, e.max)
    ? context.f.let(value.isNull === null ? isFalse(low) : i32.or(value.isNull, isFalse(low)))
    : null
  const max = keep(context.f, lowerUnless(context, skipMax, e.max))
  const high: LoweredBool = {
    rep: 'bool',
    value: context.f.let(compare('<=', value, max)),
    isNull: eitherNull(value.isNull, max.isNull),
  }
  if (low.isNull === null && high.isNull === null) {
    return { rep: 'bool', value: i32.and(low.value, high.value), isNull: null }
  }
  const decided = context.f.let(i32.or(isFalse(low), isFalse(high)))
  const isNull = i32.and(eitherNull(low.isNull, high.isNull)!, i32.eqz(decided))
  return { rep: 'bool', value: i32.eqz(decided), isNull }
}

/** value IN (list): true where an item is equal, else null where the value or an item is null. */
export function lowerIn(context: RowContext, e: InExpression): LoweredBool {
  const value = keep(context.f, context.lower(e.value))
  const items = e.list.map((item) => context.lower(item))
  const found = context.f.let(
    items
      .map((item) => andNotNull(compare('=', value, item), item.isNull))
      .reduce((a, b) => i32.or(a, b)),
  )
  const anyItemNull = items.map((item) => item.isNull).reduce(eitherNull, null)
  const missing = anyItemNull === null ? null : i32.and(anyItemNull, i32.eqz(found))
  return { rep: 'bool', value: found, isNull: eitherNull(value.isNull, missing) }
}

const EAGER_NODES_MAX = 12

/** Branches that cannot fail and are small are all evaluated: selecting is faster than mispredicting. */
export function lowerCase(context: RowContext, e: CaseExpression): Lowered {
  const parts = [...e.whens.flatMap((when) => [when.condition, when.result]), e.otherwise]
  const size = parts.reduce((sum, part) => sum + context.sizeOf(part), 0)
  if (size <= EAGER_NODES_MAX && !parts.some((part) => canFail(context, part))) {
    let result = keep(context.f, context.lower(e.otherwise))
    for (const when of [...e.whens].reverse()) {
      const condition = context.f.let(isTrue(lowerBool(context, when.condition)))
      const chosen = keep(context.f, context.lower(when.result))
      result = keep(context.f, selectLowered(condition, chosen, result))
    }
    return result
  }
  const { f } = context
  const result = variable(f, repOf(e.type)!)
  let nullable = false
  const assign = (branch: Expression) => {
    const value = context.lower(branch)
    nullable ||= value.isNull !== null
    result.assign(f, value)
  }
  f.block((exit) => {
    for (const when of e.whens) {
      const condition = lowerBool(context, when.condition)
      f.if(isTrue(condition), () => {
        assign(when.result)
        f.br(exit)
      })
    }
    assign(e.otherwise)
  })
  return result.read(nullable)
}

export function lowerCoalesce(context: RowContext, e: CoalesceExpression): Lowered {
  const { f } = context
  const result = variable(f, repOf(e.type)!)
  let isNull: Expr<'i32'> | null = result.isNull
  f.block((exit) => {
    for (const arg of e.args) {
      const value = keep(f, context.lower(arg))
      result.assign(f, value)
      if (value.isNull === null) {
        isNull = null
        break
      }
      f.brIf(exit, i32.eqz(value.isNull))
    }
  })
  return result.read(isNull !== null)
}

/** The first, or null where both, as the compared type, are equal. */
export function lowerNullIf(context: RowContext, e: NullIfExpression): Lowered {
  const first = keep(context.f, context.lower(e.first))
  const second = keep(context.f, lowerUnless(context, first.isNull, e.second))
  const equal = andNotNull(compare('=', first, second), eitherNull(first.isNull, second.isNull))
  const isNull = context.f.let(first.isNull === null ? equal : i32.or(first.isNull, equal))
  return { ...first, isNull }
}

export const lowerIsNull = (context: RowContext, arg: Expression): LoweredBool => {
  const { isNull } = context.lower(arg)
  return { rep: 'bool', value: isNull ?? i32.const(0), isNull: null }
}

/**
 * Lowers what the interpreter would not evaluate where `skip` holds, because another operand is null already: guarded
 * where it can fail. Where skipped it is null.
 */
export function lowerUnless(context: RowContext, skip: NullFlag, e: Expression): Lowered {
  if (skip === null || !canFail(context, e)) return context.lower(e)
  const { f } = context
  const result = variable(f, repOf(e.type)!)
  f.if(
    i32.eqz(skip),
    () => result.assign(f, context.lower(e)),
    () => result.assign(f, nullOf(result.rep)),
  )
  return result.read(true)
}

/** Tells whether evaluating an expression may stop the kernel, given the page's bounds. */
function canFail(context: RowContext, e: Expression): boolean {
  if (decisionOf(context, e) === 'checked') return true
  if (e.kind === 'call' && (e.function.name === '$divide' || e.function.name === '$modulus')) {
    const divisor = context.analysis.facts.get(e.args[1]!)?.interval
    if (divisor !== undefined && mayBeZero(divisor)) return true
  }
  return context.childrenOf(e).some((child) => canFail(context, child))
}
