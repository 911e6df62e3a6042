import type { SqlType, Value } from '../../spi/index.js'
import type { ComparisonOperator, Expression, InputExpression } from '../ir.js'
import { isIntegerStored } from './interval.js'

/**
 * Conditions that SIMD can decide for 16 rows at once: trees of AND and OR over comparisons of columns with constants or
 * with each other, IS NULL and booleans. Only truth is computed: a leaf is false where its column is null, and NOT is
 * pushed into the leaves.
 */
export type VectorNode =
  | VectorJunction
  | RangeLeaf
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
/** All comparisons of a DOUBLE or REAL with constants hold, or (negated) not all. */
export interface FloatLeaf {
  readonly kind: 'float'
  readonly input: InputExpression
  readonly comparisons: readonly { readonly operator: Ordering; readonly value: number }[]
  readonly negated: boolean
}
export interface ColumnsLeaf {
  readonly kind: 'columns'
  readonly left: InputExpression
  readonly right: InputExpression
  readonly operator: Ordering
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
      if (e.value.kind !== 'input') return undefined
      const low = constantOf(e.min)
      const high = constantOf(e.max)
      if (low === undefined || high === undefined) return undefined
      if (isFloat(e.value.type)) {
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
      if (e.value.kind !== 'input' || e.list.length > IN_LIST_MAX) return undefined
      const { value: input } = e
      const items = e.list.map(constantOf)
      if (items.includes(undefined) || !isIntegerStored(input.type)) return undefined
      const values = items.map((item) => integerOf(item!, input.type))
      return ranges(
        input,
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

function ranges(
  input: InputExpression,
  list: readonly (readonly [bigint, bigint])[],
  negated: boolean,
): RangeLeaf | undefined {
  return isIntegerStored(input.type) ? { kind: 'range', input, ranges: list, negated } : undefined
}

function vectorizeComparison(
  left: Expression,
  operator: Ordering,
  right: Expression,
  negated: boolean,
): VectorNode | undefined {
  if (left.kind === 'input' && right.kind === 'input') {
    if (!isIntegerStored(left.type)) return undefined
    return { kind: 'columns', left, right, operator: negated ? INVERSE[operator] : operator }
  }
  if (right.kind === 'input') return vectorizeComparison(right, FLIPPED[operator], left, negated)
  const value = constantOf(right)
  if (left.kind !== 'input' || value === undefined) return undefined
  if (isFloat(left.type)) {
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

export const vectorInputs = (node: VectorNode): readonly InputExpression[] => {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.terms.flatMap(vectorInputs)
    case 'columns':
      return [node.left, node.right]
    default:
      return [node.input]
  }
}
