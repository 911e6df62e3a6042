import type { SqlType, Value } from '../../spi/index.js'
import type { ComparisonOperator, Expression, InputExpression } from '../ir.js'
import { isIntegerStored } from './interval.js'

/**
 * Conditions that SIMD can decide for 16 rows at once: trees of AND and OR over comparisons of columns, or their remainders, with constants or
 * of columns with each other, IS NULL and booleans. Only truth is computed: a leaf is false where its column is null, and NOT is
 * pushed into the leaves.
 */
export type VectorNode =
  | VectorJunction
  | RangeLeaf
  | RemainderLeaf
  | FloatLeaf
  | ColumnsLeaf
  | NullLeaf
  | BooleanLeaf

export interface VectorJunction {
  readonly kind: 'and' | 'or'
  readonly terms: readonly VectorNode[]
}
/** The column's integer lies in one of the inclusive ranges, or (negated) in none. */
export interface RangeLeaf {
  readonly kind: 'range'
  readonly input: InputExpression
  readonly ranges: readonly (readonly [bigint, bigint])[]
  readonly negated: boolean
}
/** The remainder of the column's integer by a divisor lies in one of the inclusive ranges, or (negated) in none. */
export interface RemainderLeaf {
  readonly kind: 'remainder'
  readonly input: InputExpression
  /** Not zero, of 32 bits. */
  readonly divisor: number
  readonly ranges: readonly (readonly [bigint, bigint])[]
  readonly negated: boolean
}
/** All comparisons of a DOUBLE or REAL with constants hold, or (negated) not all. */
export interface FloatLeaf {
  readonly kind: 'float'
  readonly input: InputExpression
  readonly comparisons: readonly { readonly operator: Ordering; readonly value: number }[]
  readonly negated: boolean
}
export interface ColumnsLeaf {
  readonly kind: 'columns'
  readonly left: ShiftedColumn
  readonly right: ShiftedColumn
  readonly operator: Ordering
}
/** A column plus a number: of dates and whole days. */
export interface ShiftedColumn {
  readonly input: InputExpression
  readonly by: number
}
export interface NullLeaf {
  readonly kind: 'null'
  readonly input: InputExpression
  readonly negated: boolean
}
export interface BooleanLeaf {
  readonly kind: 'boolean'
  readonly input: InputExpression
  readonly negated: boolean
}

export type Ordering = Exclude<ComparisonOperator, 'identical'>

const IN_LIST_MAX = 8
const MICROS = 1_000_000n
const MILLIS_PER_DAY = 86_400_000n
const I64_MAX = 2n ** 63n - 1n
const I64_MIN = -(2n ** 63n)

const FLIPPED: Readonly<Record<Ordering, Ordering>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}
const INVERSE: Readonly<Record<Ordering, Ordering>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

const isFloat = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'real'

/** The vector form of a condition; undefined where it has none. */
export function vectorize(e: Expression, negated = false): VectorNode | undefined {
  switch (e.kind) {
    case 'not':
      return vectorize(e.arg, !negated)
    case 'logical': {
      const terms: VectorNode[] = []
      for (const term of e.terms) {
        const node = vectorize(term, negated)
        if (node === undefined) return undefined
        terms.push(node)
      }
      return { kind: negated === (e.operator === 'and') ? 'or' : 'and', terms }
    }
    case 'comparison':
      return e.operator === 'identical'
        ? undefined
        : vectorizeComparison(e.left, e.operator, e.right, negated)
    case 'between': {
      const low = constantOf(e.min)
      const high = constantOf(e.max)
      if (low === undefined || high === undefined) return undefined
      if (e.value.kind === 'input' && isFloat(e.value.type)) {
        const comparisons = [
          { operator: '>=', value: Number(low) },
          { operator: '<=', value: Number(high) },
        ] as const
        return { kind: 'float', input: e.value, comparisons, negated }
      }
      if (!isIntegerStored(e.value.type)) return undefined
      const range = [integerOf(low, e.value.type), integerOf(high, e.value.type)] as const
      return ranges(e.value, [range], negated)
    }
    case 'in': {
      if (e.list.length > IN_LIST_MAX) return undefined
      const { value } = e
      const items = e.list.map(constantOf)
      if (items.includes(undefined) || !isIntegerStored(value.type)) return undefined
      const values = items.map((item) => integerOf(item!, value.type))
      return ranges(
        value,
        values.map((v) => [v, v] as const),
        negated,
      )
    }
    case 'isNull':
      return e.arg.kind === 'input' ? { kind: 'null', input: e.arg, negated } : undefined
    case 'input':
      return e.type.kind === 'boolean' ? { kind: 'boolean', input: e, negated } : undefined
    default:
      return undefined
  }
}

/** A constant that is not null. */
const constantOf = (e: Expression): Value | undefined =>
  e.kind === 'constant' && e.value !== null ? e.value : undefined

function integerOf(value: Value, type: SqlType): bigint {
  const integer = BigInt(value as bigint | number)
  return type.kind === 'timestamp' ? integer / MICROS : integer
}

/** @param value a column, or the remainder of one */
function ranges(
  value: Expression,
  list: readonly (readonly [bigint, bigint])[],
  negated: boolean,
): RangeLeaf | RemainderLeaf | undefined {
  if (!isIntegerStored(value.type)) return undefined
  if (value.kind === 'input') return { kind: 'range', input: value, ranges: list, negated }
  const remainder = remainderOf(value)
  return remainder && { kind: 'remainder', ...remainder, ranges: list, negated }
}

const INTEGERS: ReadonlySet<SqlType['kind']> = new Set(['tinyint', 'smallint', 'integer', 'bigint'])
const DIVISOR_MAX = 2 ** 31 - 1

/** The remainder of a column by a constant that every value can be divided by. */
function remainderOf(e: Expression): Pick<RemainderLeaf, 'input' | 'divisor'> | undefined {
  if (e.kind !== 'call' || e.function.name !== '$modulus' || !INTEGERS.has(e.type.kind)) {
    return undefined
  }
  const [input, by] = e.args
  const divisor = Number(by === undefined ? 0 : (constantOf(by) ?? 0))
  if (input?.kind !== 'input' || divisor === 0 || Math.abs(divisor) > DIVISOR_MAX) return undefined
  return { input, divisor }
}

function vectorizeComparison(
  left: Expression,
  operator: Ordering,
  right: Expression,
  negated: boolean,
): VectorNode | undefined {
  const columns = [shiftedColumn(left), shiftedColumn(right)] as const
  if (columns[0] !== undefined && columns[1] !== undefined) {
    if (!isIntegerStored(left.type)) return undefined
    const [one, other] = columns
    return {
      kind: 'columns',
      left: one,
      right: other,
      operator: negated ? INVERSE[operator] : operator,
    }
  }
  if (left.kind === 'constant' && right.kind !== 'constant') {
    return vectorizeComparison(right, FLIPPED[operator], left, negated)
  }
  const value = constantOf(right)
  if (value === undefined) return undefined
  if (left.kind === 'input' && isFloat(left.type)) {
    return {
      kind: 'float',
      input: left,
      comparisons: [{ operator, value: Number(value) }],
      negated,
    }
  }
  if (!isIntegerStored(left.type)) return undefined
  const wanted = integerOf(value, left.type)
  const op = negated ? INVERSE[operator] : operator
  return ranges(left, [rangeOf(op, wanted)], op === '<>')
}

/** A column, or dates of one some whole days before or after. */
function shiftedColumn(e: Expression): ShiftedColumn | undefined {
  if (e.kind === 'input') return { input: e, by: 0 }
  if (e.kind !== 'call' || e.type.kind !== 'date') return undefined
  const { name } = e.function
  if (name !== '$add' && name !== '$subtract') return undefined
  const [first, second] = e.args
  const [input, interval] =
    name === '$add' && second?.kind === 'input' ? [second, first] : [first, second]
  if (input?.kind !== 'input' || interval?.type.kind !== 'interval day to second') return undefined
  const millis = constantOf(interval)
  if (typeof millis !== 'bigint' || millis % MILLIS_PER_DAY !== 0n) return undefined
  const days = Number(millis / MILLIS_PER_DAY)
  return { input, by: name === '$add' ? days : -days }
}

/** The range of values for which a comparison holds; of `<>` the one for which it doesn't. */
function rangeOf(operator: Ordering, value: bigint): readonly [bigint, bigint] {
  switch (operator) {
    case '=':
    case '<>':
      return [value, value]
    case '<':
      return [I64_MIN, value - 1n]
    case '<=':
      return [I64_MIN, value]
    case '>':
      return [value + 1n, I64_MAX]
    case '>=':
      return [value, I64_MAX]
  }
}
