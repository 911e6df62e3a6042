import type { Bounds, SqlType } from '../../spi/index.js'
import type { CallExpression, CastExpression, Expression } from '../ir.js'
import { floorDivide, yearOfDay } from './calendar.js'

/**
 * Interval arithmetic over expressions of integer values (integers, unscaled decimals, dates, timestamps): from the
 * bounds of a page's columns it proves which operations cannot leave their type or 64 bits, so that kernels check only
 * the others, and gives the bounds of results. Intervals are doubles: exact up to 2^53, beyond it compared with a
 * margin that covers their rounding.
 */
export type Interval = Bounds

/** Below 2^63 by more than doubles can be off. */
const I64_LIMIT = 9.2e18
const UNKNOWN_64: Interval = { min: -9.3e18, max: 9.3e18 }

const TYPE_INTERVALS: Partial<Record<SqlType['kind'], Interval>> = {
  tinyint: { min: -128, max: 127 },
  smallint: { min: -32_768, max: 32_767 },
  integer: { min: -2_147_483_648, max: 2_147_483_647 },
  date: { min: -2_147_483_648, max: 2_147_483_647 },
  'interval year to month': { min: -2_147_483_648, max: 2_147_483_647 },
}

/** What values of a type can be at all. */
export function typeInterval(type: SqlType): Interval {
  if (type.kind === 'decimal') {
    const limit = 10 ** type.precision
    return { min: -limit, max: limit }
  }
  return TYPE_INTERVALS[type.kind] ?? UNKNOWN_64
}

export const within = (inner: Interval, outer: Interval): boolean =>
  inner.min >= outer.min && inner.max <= outer.max

const fits64 = (interval: Interval): boolean =>
  interval.min >= -I64_LIMIT && interval.max <= I64_LIMIT

export const union = (a: Interval, b: Interval): Interval => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
})

const clip = (interval: Interval, limits: Interval): Interval => ({
  min: Math.min(Math.max(interval.min, limits.min), limits.max),
  max: Math.max(Math.min(interval.max, limits.max), limits.min),
})

/** Doubles are off by less than this fraction of the numbers they are computed from. */
const RELATIVE_ERROR = 2 ** -50

/** Widens what was computed from numbers too large to be exact. */
function outward(interval: Interval, from: number): Interval {
  if (from <= Number.MAX_SAFE_INTEGER) return interval
  const error = from * RELATIVE_ERROR
  return { min: interval.min - error, max: interval.max + error }
}

const scale = (a: Interval, factor: number): Interval => ({
  min: a.min * factor,
  max: a.max * factor,
})

const magnitude = (a: Interval): number => Math.max(Math.abs(a.min), Math.abs(a.max))

const symmetric = (limit: number): Interval => ({ min: -limit, max: limit })

function product(a: Interval, b: Interval): Interval {
  const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max]
  return { min: Math.min(...corners), max: Math.max(...corners) }
}

function quotient(a: Interval, b: Interval): Interval {
  const nearest = b.min > 0 ? b.min : b.max < 0 ? -b.max : 1
  // Rounding half up adds at most one, the division of doubles less than another.
  const limit = Math.ceil(magnitude(a) / Math.max(1, nearest)) + 2
  return a.min >= 0 && b.min > 0 ? { min: 0, max: limit } : symmetric(limit)
}

function remainder(a: Interval, b: Interval): Interval {
  const limit = Math.min(Math.max(0, magnitude(b)), magnitude(a))
  return { min: a.min >= 0 ? 0 : -limit, max: a.max <= 0 ? 0 : limit }
}

export const decimalScale = (type: SqlType): number => (type.kind === 'decimal' ? type.scale : 0)

/** How an operation is run: proven safe, with checks a row, or not at all in 64 bits. */
export type Decision = 'unchecked' | 'checked' | 'impossible'

export interface NodeFacts {
  readonly interval: Interval
  readonly decision: Decision
}

/** What is known of every integer-valued node of an expression for the bounds given. */
export interface Analysis {
  readonly facts: ReadonlyMap<Expression, NodeFacts>
  /** The decisions in order of appearance: with the layouts and the literal-free expression it names the code. */
  readonly key: string
  /** Some node needs more than 64 bits, or more than a double's. */
  readonly impossible: boolean
}

export function isIntegerStored(type: SqlType): boolean {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'interval year to month':
    case 'interval day to second':
      return true
    case 'timestamp':
    case 'time':
      return type.precision <= 6
    default:
      return false
  }
}

/** Whether doubles hold all integers of an interval exactly. */
export const areDoubles = ({ min, max }: Interval): boolean =>
  min >= -Number.MAX_SAFE_INTEGER && max <= Number.MAX_SAFE_INTEGER

/** Powers of ten up to this one are doubles. */
const MAX_EXACT_POWER_OF_TEN = 22

/** Whether the power of ten of a scale is a double: divided by it, integers that are doubles become their nearest. */
export const hasNearestDouble = (scale: number): boolean => scale <= MAX_EXACT_POWER_OF_TEN

/**
 * Whether a cast makes DOUBLEs of decimals that one rounding does not give: of more than 18 digits they are the nearest
 * doubles, and a division rounds a second time where doubles do not hold the digits.
 * @source Trino DecimalConversions.longDecimalToDouble
 */
const roundsTwice = (e: Expression, digits: Interval | undefined): boolean =>
  e.kind === 'cast' &&
  e.type.kind === 'double' &&
  e.arg.type.kind === 'decimal' &&
  e.arg.type.precision > 18 &&
  e.arg.type.scale > 0 &&
  !areDoubles(digits!)

export const mayBeZero = (interval: Interval): boolean => interval.min <= 0 && interval.max >= 0

const LETTERS: Readonly<Record<Decision, string>> = {
  unchecked: 'u',
  checked: 'c',
  impossible: 'x',
}

/**
 * Analyses expressions. O(nodes).
 * @param children as childrenOf gives them
 */
export function analyze(
  expressions: readonly Expression[],
  inputBounds: (channel: number, type: SqlType) => Interval,
  childrenOf: (e: Expression) => readonly Expression[],
): Analysis {
  const facts = new Map<Expression, NodeFacts>()
  let key = ''
  let impossible = false
  const visit = (e: Expression): Interval => {
    const children = childrenOf(e).map(visit)
    if (!isIntegerStored(e.type)) {
      if (e.kind === 'input' || e.kind === 'constant') return UNKNOWN_64
      key += '-'
      if (roundsTwice(e, children[0])) impossible = true
      return UNKNOWN_64
    }
    const node = factsOf(e, children, inputBounds)
    facts.set(e, node)
    if (node.decision === 'impossible') impossible = true
    if (e.kind !== 'input' && e.kind !== 'constant') key += LETTERS[node.decision]
    if (e.kind === 'call' && children.length === 2 && mayBeZero(children[1]!)) key += 'z'
    if (ofTimestamp(e) && areDoubles(children[0]!)) key += 'd'
    return node.interval
  }
  expressions.forEach(visit)
  return { facts, key, impossible }
}

/** Whether an operation takes a timestamp apart, which it can do in doubles where these hold it. */
const ofTimestamp = (e: Expression): boolean =>
  (e.kind === 'cast' ? e.arg : e.kind === 'call' ? e.args[0] : undefined)?.type.kind === 'timestamp'

const unchecked = (interval: Interval): NodeFacts => ({ interval, decision: 'unchecked' })

function factsOf(
  e: Expression,
  children: readonly Interval[],
  inputBounds: (channel: number, type: SqlType) => Interval,
): NodeFacts {
  switch (e.kind) {
    case 'input':
      return fitting(clip(inputBounds(e.channel, e.type), typeInterval(e.type)), e.type)
    case 'constant':
      return fitting(constantInterval(e.value, e.type), e.type)
    case 'call':
      return callFacts(e, children)
    case 'cast':
      return castFacts(e, children[0]!)
    case 'case': {
      const results = children.filter((_, i) => i % 2 === 1 || i === children.length - 1)
      return unchecked(results.reduce(union))
    }
    case 'coalesce':
      return unchecked(children.reduce(union))
    case 'nullIf':
      return unchecked(children[0]!)
    default:
      return fitting(typeInterval(e.type), e.type)
  }
}

/** Leaves: 64 bits hold what their type and bounds allow, or the kernel cannot read them. */
const fitting = (interval: Interval, type: SqlType): NodeFacts => ({
  interval,
  decision:
    type.kind === 'decimal' && !fits64(interval) && type.precision > 18
      ? 'impossible'
      : 'unchecked',
})

function constantInterval(value: unknown, type: SqlType): Interval {
  if (value === null) return { min: 0, max: 0 }
  if (typeof value !== 'bigint' && typeof value !== 'number') return UNKNOWN_64
  const n = Number(type.kind === 'timestamp' ? BigInt(value) / PICOS_PER_MICRO : value)
  return outward({ min: n, max: n }, Math.abs(n))
}

/** Facts of an operation whose exact result lies in `raw` and whose intermediates lie in `intermediates`. */
function operation(raw: Interval, type: SqlType, ...intermediates: Interval[]): NodeFacts {
  const limits = typeInterval(type)
  const interval = clip(raw, limits)
  const small = type.kind !== 'bigint' && type.kind !== 'decimal'
  if (type.kind === 'decimal') {
    if (!fits64(raw) || !intermediates.every(fits64)) return { interval, decision: 'impossible' }
    return { interval, decision: within(raw, surelyInside(limits)) ? 'unchecked' : 'checked' }
  }
  if (small && limits !== UNKNOWN_64) {
    return { interval, decision: within(raw, limits) ? 'unchecked' : 'checked' }
  }
  return { interval, decision: fits64(raw) ? 'unchecked' : 'checked' }
}

/** Limits of a decimal, less by one and by what doubles can be off. */
function surelyInside(limits: Interval): Interval {
  const margin = 1 + (limits.max > Number.MAX_SAFE_INTEGER ? limits.max * RELATIVE_ERROR : 0)
  return { min: limits.min + margin, max: limits.max - margin }
}

const TEN = 10

function callFacts(e: CallExpression, args: readonly Interval[]): NodeFacts {
  const [a, b] = args
  const type = e.type
  switch (e.function.name) {
    case '$add':
    case '$subtract': {
      const s = decimalScale(type)
      const left = scale(a!, TEN ** (s - decimalScale(e.args[0]!.type)))
      const right = scale(b!, TEN ** (s - decimalScale(e.args[1]!.type)))
      const raw =
        e.function.name === '$add'
          ? { min: left.min + right.min, max: left.max + right.max }
          : { min: left.min - right.max, max: left.max - right.min }
      const from = Math.max(magnitude(left), magnitude(right))
      return operation(outward(raw, from), type, left, right)
    }
    case '$multiply':
      return operation(product(a!, b!), type)
    case '$divide': {
      const shift =
        decimalScale(type) - decimalScale(e.args[0]!.type) + decimalScale(e.args[1]!.type)
      const dividend = scale(a!, TEN ** shift)
      return operation(quotient(dividend, b!), type, dividend)
    }
    case '$modulus': {
      const s = Math.max(decimalScale(e.args[0]!.type), decimalScale(e.args[1]!.type))
      const left = scale(a!, TEN ** (s - decimalScale(e.args[0]!.type)))
      const right = scale(b!, TEN ** (s - decimalScale(e.args[1]!.type)))
      return operation(remainder(left, right), type, left, right)
    }
    case '$negation':
      return operation({ min: -a!.max, max: -a!.min }, type)
    case 'abs': {
      const raw = {
        min: a!.min <= 0 && a!.max >= 0 ? 0 : Math.min(Math.abs(a!.min), Math.abs(a!.max)),
        max: magnitude(a!),
      }
      return operation(raw, type)
    }
    case 'bitwise_and':
      return unchecked(bitwiseAnd(a!, b!))
    case 'bitwise_or':
    case 'bitwise_xor':
      return unchecked(bitwiseUnion(a!, b!))
    case 'bitwise_not':
      return unchecked(outward({ min: -1 - a!.max, max: -1 - a!.min }, magnitude(a!)))
    default:
      return unchecked(truncatedInterval(e, a) ?? datePartInterval(e, a) ?? typeInterval(type))
  }
}

/** Of two numbers the one that is not negative masks the other. */
function bitwiseAnd(a: Interval, b: Interval): Interval {
  if (a.min < 0 && b.min < 0) return bitwiseUnion(a, b)
  const masks = [a, b].filter((mask) => mask.min >= 0).map((mask) => mask.max)
  return { min: 0, max: Math.min(...masks) }
}

/** No bit is set, or copied from the sign, beyond those of the operands. */
function bitwiseUnion(a: Interval, b: Interval): Interval {
  const largest = Math.max(magnitude(a), magnitude(b))
  if (largest > Number.MAX_SAFE_INTEGER) return UNKNOWN_64
  const limit = 2 ** Math.ceil(Math.log2(largest + 1))
  return { min: a.min >= 0 && b.min >= 0 ? 0 : -limit, max: limit - 1 }
}

const DATE_PARTS: Readonly<Record<string, Interval>> = {
  month: { min: 1, max: 12 },
  day: { min: 1, max: 31 },
  day_of_month: { min: 1, max: 31 },
  quarter: { min: 1, max: 4 },
  day_of_week: { min: 1, max: 7 },
  dow: { min: 1, max: 7 },
  day_of_year: { min: 1, max: 366 },
  doy: { min: 1, max: 366 },
  hour: { min: 0, max: 23 },
  minute: { min: 0, max: 59 },
  second: { min: 0, max: 59 },
}

const MICROS_PER_DAY = 86_400_000_000
const PICOS_PER_MICRO = 1_000_000n

/** Of date_trunc as kernels call it: of no unit a value is further from its start than a year. */
function truncatedInterval(e: CallExpression, a: Interval | undefined): Interval | undefined {
  if (a === undefined || !e.function.name.startsWith('date_trunc ')) return undefined
  const year = 366 * (e.type.kind === 'timestamp' ? MICROS_PER_DAY : 1)
  return clip({ min: a.min - year, max: a.max }, typeInterval(e.type))
}

function datePartInterval(e: CallExpression, a: Interval | undefined): Interval | undefined {
  if (e.function.name !== 'year' || a === undefined) return DATE_PARTS[e.function.name]
  const perDay = e.args[0]!.type.kind === 'timestamp' ? MICROS_PER_DAY : 1
  const first = floorDivide(a.min, perDay)
  const last = floorDivide(a.max, perDay)
  // One year of margin for what doubles lose in far timestamps.
  const margin = Math.abs(first) > 1e8 || Math.abs(last) > 1e8 ? 1 : 0
  return { min: yearOfDay(first) - margin, max: yearOfDay(last) + margin }
}

function castFacts(e: CastExpression, arg: Interval): NodeFacts {
  const from = e.arg.type
  const to = e.type
  if (!isIntegerStored(from)) return { interval: typeInterval(to), decision: 'checked' }
  if (from.kind === 'date' && to.kind === 'timestamp') {
    return operation(scale(arg, MICROS_PER_DAY), to)
  }
  if (from.kind === 'timestamp' && to.kind === 'date') {
    return operation(
      {
        min: floorDivide(arg.min, MICROS_PER_DAY) - 1,
        max: floorDivide(arg.max, MICROS_PER_DAY) + 1,
      },
      to,
    )
  }
  const shift = decimalScale(to) - decimalScale(from)
  if (shift >= 0) {
    const raw = scale(arg, TEN ** shift)
    const limits = typeInterval(to)
    // A short result is checked before it is scaled, so that nothing leaves 64 bits.
    if (to.kind === 'decimal' && to.precision <= 18 && !within(raw, surelyInside(limits))) {
      return { interval: clip(raw, limits), decision: 'checked' }
    }
    return operation(raw, to)
  }
  const divided = scale(arg, TEN ** shift)
  return operation({ min: Math.floor(divided.min) - 2, max: Math.ceil(divided.max) + 2 }, to)
}
