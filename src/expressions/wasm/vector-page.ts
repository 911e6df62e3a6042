import { type Block, type IntegerBlock, mayHaveNulls } from '../../spi/index.js'
import { type Interval, union, within } from './interval.js'
import { blockInterval } from './layout.js'
import type {
  ColumnsLeaf,
  Ordering,
  RangeLeaf,
  RemainderLeaf,
  VectorNode,
} from './vector-program.js'

/**
 * A vector condition over the blocks of one page: constants moved into the columns' storage, leaves that the bounds
 * decide taken out. `shape` names the code; `parameters` are what it reads, in order.
 */
export type PageNode =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly PageNode[] }
  | RangePageLeaf
  | RemainderPageLeaf
  | FloatPageLeaf
  | ColumnsPageLeaf
  | ValidPageLeaf

export type LaneStorage = 'i8' | 'i16' | 'i32' | 'i64'

/** Raw values in (or, negated, outside of) ranges of storage values, and valid. */
export interface RangePageLeaf {
  readonly kind: 'range'
  readonly storage: LaneStorage
  readonly values: number
  readonly validity: number
  readonly ranges: readonly (readonly [bigint, bigint])[]
  readonly negated: boolean
}
/** Remainders of integers of 32 bits, which are the raw values after their base is added. */
export interface RemainderPageLeaf {
  readonly kind: 'remainder'
  readonly storage: LaneStorage
  readonly values: number
  readonly base: number
  readonly validity: number
  readonly divisor: number
  readonly ranges: readonly (readonly [bigint, bigint])[]
  readonly negated: boolean
}
export interface FloatPageLeaf {
  readonly kind: 'float'
  readonly storage: 'f32' | 'f64'
  readonly values: number
  readonly validity: number
  readonly comparisons: readonly { readonly operator: Ordering; readonly value: number }[]
  readonly negated: boolean
}
export type WordLane = Exclude<LaneStorage, 'i64'>

/** Two columns compared as integers of `lane` after their offsets are added, wrapping. */
export interface ColumnsPageLeaf {
  readonly kind: 'columns'
  readonly operator: Ordering
  readonly lane: WordLane
  readonly storages: readonly [WordLane, WordLane]
  readonly values: readonly [number, number]
  readonly offsets: readonly [number, number]
  readonly validities: readonly [number, number]
}
/** The position is (not) null. */
export interface ValidPageLeaf {
  readonly kind: 'valid'
  readonly validity: number
  readonly negated: boolean
}

const ALWAYS = { kind: 'always' } as const
const NEVER = { kind: 'never' } as const

const STORAGE_LIMITS: Readonly<Record<LaneStorage, bigint>> = {
  i8: 127n,
  i16: 32_767n,
  i32: 2_147_483_647n,
  i64: 9_223_372_036_854_775_807n,
}

/** @returns undefined where a block's encoding needs row-wise code */
export function bindVector(
  node: VectorNode,
  blockOf: (channel: number) => Block,
): PageNode | undefined {
  switch (node.kind) {
    case 'and':
    case 'or': {
      const terms: PageNode[] = []
      for (const term of node.terms) {
        const bound = bindVector(term, blockOf)
        if (bound === undefined) return undefined
        terms.push(bound)
      }
      return simplify(node.kind, terms)
    }
    case 'null': {
      const block = blockOf(node.input.channel)
      if (!mayHaveNulls(block)) return node.negated ? ALWAYS : NEVER
      if (block.encoding === 'constant' || isNullBlock(block)) return node.negated ? NEVER : ALWAYS
      if (block.encoding !== 'flat' || block.validity === null) return undefined
      return { kind: 'valid', validity: block.validity.byteOffset, negated: !node.negated }
    }
    case 'boolean': {
      const block = blockOf(node.input.channel)
      if (isNullBlock(block)) return NEVER
      if (block.encoding !== 'flat' || block.storage !== 'bool') return undefined
      return {
        kind: 'range',
        storage: 'i8',
        values: block.values.byteOffset,
        validity: block.validity?.byteOffset ?? 0,
        ranges: [[0n, 0n]],
        negated: !node.negated,
      }
    }
    case 'range':
      return bindRange(node, blockOf(node.input.channel))
    case 'remainder':
      return bindRemainder(node, blockOf(node.input.channel))
    case 'float': {
      const block = blockOf(node.input.channel)
      if (isNullBlock(block)) return NEVER
      if (block.encoding !== 'flat' || (block.storage !== 'f32' && block.storage !== 'f64')) {
        return undefined
      }
      const { storage, values, validity } = block
      const { comparisons, negated } = node
      const addresses = { values: values.byteOffset, validity: validity?.byteOffset ?? 0 }
      return { kind: 'float', storage, comparisons, negated, ...addresses }
    }
    case 'columns':
      return bindColumns(node, blockOf)
  }
}

const isNullBlock = (block: Block): boolean => block.encoding === 'flat' && block.storage === 'null'

/** AND or OR of bound conditions. */
export function simplify(kind: 'and' | 'or', given: readonly PageNode[]): PageNode {
  const terms = kind === 'and' ? withoutRangeTwice(given) : given
  const neutral = kind === 'and' ? 'always' : 'never'
  const deciding = kind === 'and' ? 'never' : 'always'
  if (terms.some((term) => term.kind === deciding)) return { kind: deciding }
  const rest = terms.filter((term) => term.kind !== neutral)
  return rest.length === 0
    ? { kind: neutral }
    : rest.length === 1
      ? rest[0]!
      : { kind, terms: rest }
}

/** Ranges of one column, as of its lower and upper limit, are one range: the column is read once. */
function withoutRangeTwice(terms: readonly PageNode[]): readonly PageNode[] {
  const kept: PageNode[] = []
  const placeOf = new Map<string, number>()
  for (const term of terms) {
    const [range, ...others] = term.kind === 'range' && !term.negated ? term.ranges : []
    if (term.kind !== 'range' || range === undefined || others.length > 0) {
      kept.push(term)
      continue
    }
    const column = `${term.storage} ${term.values} ${term.validity}`
    const place = placeOf.get(column) ?? kept.length
    const before = kept[place]
    placeOf.set(column, place)
    kept[place] = before?.kind === 'range' ? overlap(before, range) : (before ?? term)
  }
  return kept
}

/** Where a column is in the only range of one condition and in another. */
function overlap(one: RangePageLeaf, [low, high]: readonly [bigint, bigint]): PageNode {
  const [from, to] = one.ranges[0]!
  const ranges = [[max(from, low), min(to, high)]] as const
  return ranges[0][0] > ranges[0][1] ? NEVER : { ...one, ranges }
}

function bindRange(leaf: RangeLeaf, block: Block): PageNode | undefined {
  if (isNullBlock(block)) return NEVER
  if (block.encoding !== 'flat' || !('base' in block) || block.factor <= 0) return undefined
  const { storage, base, factor, values } = block
  const validity = block.validity?.byteOffset ?? 0
  const interval = blockInterval(block, leaf.input.type)
  const limit = STORAGE_LIMITS[storage]
  const bound: (readonly [bigint, bigint])[] = []
  let isAll = false
  for (const [from, to] of leaf.ranges) {
    const low = max(ceilDivide(from - BigInt(base), BigInt(factor)), -limit - 1n)
    const high = min(floorDivide(to - BigInt(base), BigInt(factor)), limit)
    if (low > high || Number(from) > interval.max || Number(to) < interval.min) continue
    if (within(interval, { min: Number(from), max: Number(to) }) && isExact(interval)) isAll = true
    bound.push([low, high])
  }
  const valid = validity === 0 ? ALWAYS : ({ kind: 'valid', validity, negated: false } as const)
  if (isAll) return leaf.negated ? NEVER : valid
  if (bound.length === 0) return leaf.negated ? valid : NEVER
  const { negated } = leaf
  return { kind: 'range', storage, values: values.byteOffset, validity, ranges: bound, negated }
}

/** Bounds beyond 2^53 are rounded: they exclude with Number() comparisons of the same rounding only if far apart. */
const isExact = (interval: { min: number; max: number }): boolean =>
  Number.isSafeInteger(interval.min) && Number.isSafeInteger(interval.max)

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** For positive divisors. */
const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((b - 1n - a) / b))
const ceilDivide = (a: bigint, b: bigint): bigint => -floorDivide(-a, b)

const I32_INTERVAL = { min: -2_147_483_648, max: 2_147_483_647 }

interface Words {
  readonly block: IntegerBlock
  readonly storage: WordLane
  readonly interval: Interval
}

/** Integers whose base need only be added, which then are of 32 bits. */
function wordsOf(block: Block): Words | undefined {
  const isPlain = block.encoding === 'flat' && 'base' in block && block.factor === 1
  if (!isPlain || block.storage === 'i64') return undefined
  const interval = blockInterval(block, block.type)
  return within(interval, I32_INTERVAL) ? { block, storage: block.storage, interval } : undefined
}

function bindRemainder(leaf: RemainderLeaf, block: Block): PageNode | undefined {
  if (isNullBlock(block)) return NEVER
  const words = wordsOf(block)
  if (words === undefined) return undefined
  const { divisor, ranges, negated } = leaf
  const { storage, base, values, validity } = words.block
  const addresses = { values: values.byteOffset, validity: validity?.byteOffset ?? 0 }
  return { kind: 'remainder', storage, base, divisor, ranges, negated, ...addresses }
}

function bindColumns(
  { operator, left: one, right: other }: ColumnsLeaf,
  blockOf: (channel: number) => Block,
): PageNode | undefined {
  const sides = [blockOf(one.input.channel), blockOf(other.input.channel)] as const
  // What is added to values beside nulls may still leave their type.
  if (sides.some(isNullBlock)) return one.by === 0 && other.by === 0 ? NEVER : undefined
  const left = shifted(wordsOf(sides[0]), one.by)
  const right = shifted(wordsOf(sides[1]), other.by)
  if (left === undefined || right === undefined) return undefined
  const { lane, origin } = laneOf(left, right)
  const blocks = [left.block, right.block] as const
  return {
    kind: 'columns',
    operator,
    lane,
    storages: [left.storage, right.storage],
    values: [blocks[0].values.byteOffset, blocks[1].values.byteOffset],
    offsets: [blocks[0].base - origin, blocks[1].base - origin],
    validities: [blocks[0].validity?.byteOffset ?? 0, blocks[1].validity?.byteOffset ?? 0],
  }
}

/** @returns undefined where a value may leave 32 bits */
function shifted(words: Words | undefined, by: number): Words | undefined {
  if (words === undefined || by === 0) return words
  const interval = { min: words.interval.min + by, max: words.interval.max + by }
  if (!within(interval, I32_INTERVAL)) return undefined
  return { ...words, block: { ...words.block, base: words.block.base + by }, interval }
}

const LANE_BITS: Readonly<Record<WordLane, number>> = { i8: 8, i16: 16, i32: 32 }

/** The narrowest lanes that hold what is stored of two columns, and both columns' values once they are counted from `origin`. */
function laneOf(left: Words, right: Words): { readonly lane: WordLane; readonly origin: number } {
  const stored = Math.max(LANE_BITS[left.storage], LANE_BITS[right.storage])
  const { min, max } = union(left.interval, right.interval)
  for (const lane of ['i8', 'i16'] as const) {
    const count = 2 ** LANE_BITS[lane]
    if (stored <= LANE_BITS[lane] && max - min < count) return { lane, origin: min + count / 2 }
  }
  return { lane: 'i32', origin: 0 }
}

/** A range of one value takes one comparison. */
export const signOf = ([low, high]: readonly [bigint, bigint]): '=' | '-' =>
  low === high ? '=' : '-'

/** Names the code of a bound condition. */
export function shapeOf(node: PageNode): string {
  switch (node.kind) {
    case 'always':
    case 'never':
      return node.kind
    case 'and':
    case 'or':
      return `${node.kind}(${node.terms.map(shapeOf).join()})`
    case 'range':
      return `${node.storage}${node.negated ? '!' : ''}${node.ranges.length}${node.validity === 0 ? '' : 'n'}`
    case 'remainder':
      return `${node.storage}%${node.negated ? '!' : ''}${node.ranges.map(signOf).join('')}${node.validity === 0 ? '' : 'n'}`
    case 'float':
      return `${node.storage}${node.negated ? '!' : ''}${node.comparisons.map((c) => c.operator).join('&')}${node.validity === 0 ? '' : 'n'}`
    case 'columns':
      return `${node.lane} ${node.storages[0]}${node.operator}${node.storages[1]}${node.validities.map((v) => (v === 0 ? '' : 'n')).join(':')}`
    case 'valid':
      return node.negated ? 'null' : 'valid'
  }
}
