import { type Arena, assert } from '../../spi/index.js'
import type { Selection } from '../page-expression.js'
import { allocateInt32 } from './buffers.js'
import type { FunctionBuilder, Local } from './builder.js'
import { arenaBuffer, kernelMemory } from './kernel-memory.js'
import { ParameterReader, ParameterWriter } from './layout.js'
import { kernel } from './module-cache.js'
import { i32 } from './scalar.js'
import { f32x4, f64x2, i8x16, i16x8, i32x4, i64x2, v128 } from './simd.js'
import type { Expr } from './value.js'
import {
  type ColumnsPageLeaf,
  type FloatPageLeaf,
  type LaneStorage,
  type PageNode,
  type RangePageLeaf,
  type RemainderPageLeaf,
  shapeOf,
  signOf,
  type WordLane,
} from './vector-page.js'
import type { Ordering } from './vector-program.js'

/** Filters of 16 rows a turn: every leaf becomes a mask of 16 bytes. */

const ROWS = 16
const ALL = 0xffff
/** What the last turn may write past the selected positions. */
const PADDING_POSITIONS = 16

type V = Expr<'v128'>
type Run = { run(params: number, count: number): number }

/**
 * Selects the positions of a page where a bound condition holds. O(rows).
 * @param bound what bindVector made of this page's blocks
 */
export function runVectorFilter(bound: PageNode, rowCount: number, arena: Arena): Selection {
  if (bound.kind === 'never') return { count: 0, positions: allocateInt32(arena, 0) }
  if (bound.kind === 'always') return { count: rowCount, positions: null }
  const positions = allocateInt32(arena, rowCount + PADDING_POSITIONS)
  const count = runKernel(bound, rowCount, positions, arena)
  return { count, positions: count === rowCount ? null : positions.subarray(0, count) }
}

/** How many positions {@link runVectorFilter} selects. O(rows). */
export function countVectorFilter(bound: PageNode, rowCount: number, arena: Arena): number {
  if (bound.kind === 'never') return 0
  return bound.kind === 'always' ? rowCount : runKernel(bound, rowCount, undefined, arena)
}

/** @param positions where selected positions go; undefined: they are counted only */
function runKernel(
  bound: PageNode,
  rowCount: number,
  positions: Int32Array | undefined,
  arena: Arena,
): number {
  const memory = kernelMemory(arenaBuffer(arena))
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  const emit = positions === undefined ? countBits : emitPositions
  const name = `vector ${positions === undefined ? 'count ' : ''}${shapeOf(bound)}`
  const { run } = kernel<Run>(memory, name, (m) => {
    m.function('run', { params: 'i32', count: 'i32' }, 'i32', (f, { params, count }) => {
      buildVectorFilter(f, params, count, bound, emit)
    })
  })
  const writer = new ParameterWriter(arena, 1 + slotCount(bound))
  writer.i32(positions === undefined ? 0 : positions.byteOffset)
  writeParameters(writer, bound)
  return run(writer.address, rowCount)
}

function slotCount(node: PageNode): number {
  switch (node.kind) {
    case 'always':
    case 'never':
      return 0
    case 'and':
    case 'or':
      return node.terms.reduce((sum, term) => sum + slotCount(term), 0)
    case 'range':
      return 2 + 2 * node.ranges.length
    case 'remainder':
      return 5 + 2 * node.ranges.length
    case 'float':
      return 2 + node.comparisons.length
    case 'columns':
      return 6
    case 'valid':
      return 1
  }
}

function writeParameters(p: ParameterWriter, node: PageNode): void {
  switch (node.kind) {
    case 'always':
    case 'never':
      break
    case 'and':
    case 'or':
      for (const term of node.terms) writeParameters(p, term)
      break
    case 'range':
      p.i32(node.values)
      p.i32(node.validity)
      for (const [low, high] of node.ranges) {
        p.i64(low)
        // Narrow lanes compare (value - low) with the range's length, unsigned.
        p.i64(node.storage === 'i64' ? high : high - low)
      }
      break
    case 'remainder':
      p.i32(node.values)
      p.i32(node.validity)
      p.i32(node.base)
      p.f64(node.divisor)
      p.f64(reciprocal(node.divisor))
      for (const [low, high] of node.ranges) {
        p.f64(Number(low))
        p.f64(Number(high))
      }
      break
    case 'float':
      p.i32(node.values)
      p.i32(node.validity)
      for (const { value } of node.comparisons) {
        if (node.storage === 'f64') p.f64(value)
        else p.f32(value)
      }
      break
    case 'columns':
      for (const side of [0, 1] as const) {
        p.i32(node.values[side])
        p.i32(node.validities[side])
        p.i32(node.offsets[side])
      }
      break
    case 'valid':
      p.i32(node.validity)
      break
  }
}

/** Emits a leaf's mask for 16 rows; the prologue has read its parameters. */
type Mask = () => V

function buildVectorFilter(
  f: FunctionBuilder<'i32'>,
  params: Local<'i32'>,
  count: Local<'i32'>,
  node: PageNode,
  emit: Emit,
): void {
  const reader = new ParameterReader(f, params)
  const out = reader.i32()
  const next = f.let(out)
  const row = f.local('i32')
  const mask = prologue(f, reader, node, row)
  const bits = f.local('i32')
  f.for(
    row,
    0,
    count,
    () => {
      f.set(bits, i8x16.bitmask(mask()))
      const left = i32.sub(count, row)
      f.if(i32.lt_s(left, ROWS), () => {
        f.set(bits, i32.and(bits, i32.sub(i32.shl(1, left), 1)))
      })
      emit(f, next, row, bits)
    },
    ROWS,
  )
  f.return(i32.shr_u(i32.sub(next, out), 2))
}

/** What becomes of the selected ones of 16 rows: `next` moves by four bytes for each. */
type Emit = (
  f: FunctionBuilder<'i32'>,
  next: Local<'i32'>,
  row: Local<'i32'>,
  bits: Local<'i32'>,
) => void

const countBits: Emit = (f, next, _row, bits) =>
  f.set(next, i32.add(next, i32.shl(i32.popcnt(bits), 2)))

const FEW_HITS = 3

/** All: four vectors; few: one a bit; else every lane is written and the pointer moves where the bit is set. */
const emitPositions: Emit = (f, next, row, bits) => {
  const all = () => {
    const base = f.let(i32x4.splat(row))
    for (let part = 0; part < 4; part++) {
      const iota = new Uint8Array(Int32Array.of(0, 1, 2, 3).map((i) => i + part * 4).buffer)
      f.store128(next, i32x4.add(base, v128.const(iota)), part * 16)
    }
    f.set(next, i32.add(next, ROWS * 4))
  }
  const few = () => {
    f.loop((again) => {
      f.store32(next, i32.add(row, i32.ctz(bits)))
      f.set(next, i32.add(next, 4))
      f.brIf(again, f.tee(bits, i32.and(bits, i32.sub(bits, 1))))
    })
  }
  const some = () => {
    for (let lane = 0; lane < ROWS; lane++) {
      f.store32(next, i32.add(row, lane))
      const bit = i32.and(bits, 1 << lane)
      const step = lane < 2 ? i32.shl(bit, 2 - lane) : i32.shr_u(bit, lane - 2)
      f.set(next, i32.add(next, step))
    }
  }
  f.if(bits, () => {
    f.if(i32.le_u(i32.popcnt(bits), FEW_HITS), few, () => f.if(i32.eq(bits, ALL), all, some))
  })
}

function prologue(
  f: FunctionBuilder<'i32'>,
  p: ParameterReader,
  node: PageNode,
  row: Local<'i32'>,
): Mask {
  switch (node.kind) {
    case 'always':
    case 'never':
      throw new Error('internal error: a decided condition has no code')
    case 'and':
    case 'or': {
      const combine = node.kind === 'and' ? v128.and : v128.or
      const masks = node.terms.map((term) => prologue(f, p, term, row))
      return () => masks.map((mask) => mask()).reduce((a, b) => combine(a, b))
    }
    case 'range':
      return rangeMask(f, p, node, row)
    case 'remainder':
      return remainderMask(f, p, node, row)
    case 'float':
      return floatMask(f, p, node, row)
    case 'columns':
      return columnsMask(f, p, node, row)
    case 'valid': {
      const validity = p.i32()
      return () => {
        const valid = validMask(validity, row)
        return node.negated ? v128.not(valid) : valid
      }
    }
  }
}

const BIT_OF_LANE = v128.const([1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128])
const BYTE_OF_LANE = v128.const([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])

/** 16 bits of a validity bitmap as 16 byte masks. */
function validMask(validity: Expr<'i32'>, row: Expr<'i32'>): V {
  const bits = i32.load16_u(i32.add(validity, i32.shr_u(row, 3)))
  const spread = i8x16.swizzle(i16x8.splat(bits), BYTE_OF_LANE)
  return i8x16.eq(v128.and(spread, BIT_OF_LANE), BIT_OF_LANE)
}

function finish(mask: V, negated: boolean, validity: Expr<'i32'> | null, row: Expr<'i32'>): V {
  if (validity === null) return negated ? v128.not(mask) : mask
  const valid = validMask(validity, row)
  return negated ? v128.andnot(valid, mask) : v128.and(mask, valid)
}

const SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3, f32: 2, f64: 3 } as const

/** Narrows lane masks of 16, 32 or 64 bits, in row order, to one mask of bytes. */
function narrow(masks: readonly V[]): V {
  switch (masks.length) {
    case 1:
      return masks[0]!
    case 2:
      return i8x16.narrow_i16x8_s(masks[0]!, masks[1]!)
    case 4:
      return narrow([
        i16x8.narrow_i32x4_s(masks[0]!, masks[1]!),
        i16x8.narrow_i32x4_s(masks[2]!, masks[3]!),
      ])
    default: {
      const halves: V[] = []
      for (let i = 0; i < masks.length; i += 2) {
        halves.push(i8x16.shuffle(masks[i]!, masks[i + 1]!, EVEN_WORDS))
      }
      return narrow(halves)
    }
  }
}
const EVEN_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]

const LANES = {
  i8: { splat: (v: Expr<'i64'>) => i8x16.splat(wrap(v)), sub: i8x16.sub, le: i8x16.le_u },
  i16: { splat: (v: Expr<'i64'>) => i16x8.splat(wrap(v)), sub: i16x8.sub, le: i16x8.le_u },
  i32: { splat: (v: Expr<'i64'>) => i32x4.splat(wrap(v)), sub: i32x4.sub, le: i32x4.le_u },
} as const
const wrap = i32.wrap_i64

function rangeMask(
  f: FunctionBuilder<'i32'>,
  p: ParameterReader,
  leaf: RangePageLeaf,
  row: Local<'i32'>,
): Mask {
  const values = p.i32()
  const validity = p.i32()
  const { storage } = leaf
  const splat = (v: Expr<'i64'>) => (storage === 'i64' ? i64x2.splat(v) : LANES[storage].splat(v))
  const bounds = leaf.ranges.map(() => [f.let(splat(p.i64())), f.let(splat(p.i64()))] as const)
  const inRange = (value: V, [low, high]: (typeof bounds)[number]): V =>
    storage === 'i64'
      ? v128.and(i64x2.ge_s(value, low), i64x2.le_s(value, high))
      : LANES[storage].le(LANES[storage].sub(value, low), high)
  return () => {
    const address = f.let(i32.add(values, i32.shl(row, SHIFTS[storage])))
    const masks = Array.from({ length: 1 << SHIFTS[storage] }, (_, part) => {
      const value = f.let(v128.load(address, part * 16))
      return bounds.map((bound) => inRange(value, bound)).reduce((a, b) => v128.or(a, b))
    })
    return finish(narrow(masks), leaf.negated, leaf.validity === 0 ? null : validity, row)
  }
}

const DOUBLE_LANES: Readonly<Record<Ordering, (a: V, b: V) => V>> = {
  '=': f64x2.eq,
  '<>': f64x2.ne,
  '<': f64x2.lt,
  '<=': f64x2.le,
  '>': f64x2.gt,
  '>=': f64x2.ge,
}
const REAL_LANES: Readonly<Record<Ordering, (a: V, b: V) => V>> = {
  '=': f32x4.eq,
  '<>': f32x4.ne,
  '<': f32x4.lt,
  '<=': f32x4.le,
  '>': f32x4.gt,
  '>=': f32x4.ge,
}

function floatMask(
  f: FunctionBuilder<'i32'>,
  p: ParameterReader,
  leaf: FloatPageLeaf,
  row: Local<'i32'>,
): Mask {
  const values = p.i32()
  const validity = p.i32()
  const isDouble = leaf.storage === 'f64'
  const operators = isDouble ? DOUBLE_LANES : REAL_LANES
  const constants = leaf.comparisons.map(() =>
    f.let(isDouble ? f64x2.splat(p.f64()) : f32x4.splat(p.f32())),
  )
  return () => {
    const address = f.let(i32.add(values, i32.shl(row, SHIFTS[leaf.storage])))
    const masks = Array.from({ length: 1 << SHIFTS[leaf.storage] }, (_, part) => {
      const value = f.let(v128.load(address, part * 16))
      return leaf.comparisons
        .map(({ operator }, i) => operators[operator](value, constants[i]!))
        .reduce((a, b) => v128.and(a, b))
    })
    return finish(narrow(masks), leaf.negated, leaf.validity === 0 ? null : validity, row)
  }
}

const INTEGER_LANES = { i8: i8x16, i16: i16x8, i32: i32x4 } as const
const LANE_ORDERINGS = {
  '=': 'eq',
  '<>': 'ne',
  '<': 'lt_s',
  '<=': 'le_s',
  '>': 'gt_s',
  '>=': 'ge_s',
} as const satisfies Readonly<Record<Ordering, string>>

/** 16 values as vectors of lanes that are not narrower than they are stored. */
function loadLanes(
  f: FunctionBuilder<'i32'>,
  storage: LaneStorage,
  lane: WordLane,
  address: Expr<'i32'>,
): V[] {
  if (storage === lane) {
    return Array.from({ length: 1 << SHIFTS[lane] }, (_, part) => v128.load(address, part * 16))
  }
  if (storage === 'i8' && lane === 'i16') {
    return [v128.load8x8_s(address), v128.load8x8_s(address, 8)]
  }
  const halves = loadLanes(f, storage, 'i16', address).map((half) => f.let(half))
  return halves.flatMap((half) => [i32x4.extend_low_i16x8_s(half), i32x4.extend_high_i16x8_s(half)])
}

/**
 * What a value is multiplied by to be divided: so much more than 1 / divisor that products of multiples are not below the
 * quotient, and so little that those of 32-bit integers just below a multiple don't reach it: they are 1 / divisor away, and
 * the product is off by less than 2^31 / divisor * 2^-47.
 */
const reciprocal = (divisor: number): number => (1 / divisor) * (1 + 2 ** -48)

const HIGH_WORDS = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]

/** Remainders are computed in doubles, which hold all that occurs exactly. */
function remainderMask(
  f: FunctionBuilder<'i32'>,
  p: ParameterReader,
  leaf: RemainderPageLeaf,
  row: Local<'i32'>,
): Mask {
  const values = p.i32()
  const validity = p.i32()
  const base = f.let(i32x4.splat(p.i32()))
  const divisor = f.let(f64x2.splat(p.f64()))
  const inverse = f.let(f64x2.splat(p.f64()))
  const tests = leaf.ranges.map((range) => {
    const low = f.let(f64x2.splat(p.f64()))
    const high = f.let(f64x2.splat(p.f64()))
    return (value: V): V =>
      signOf(range) === '='
        ? f64x2.eq(value, low)
        : v128.and(f64x2.ge(value, low), f64x2.le(value, high))
  })
  const maskOf = (integers: V): V => {
    const value = f.let(f64x2.convert_low_i32x4_s(integers))
    const quotient = f64x2.trunc(f64x2.mul(value, inverse))
    const remainder = f.let(f64x2.sub(value, f64x2.mul(quotient, divisor)))
    return tests.map((test) => test(remainder)).reduce((a, b) => v128.or(a, b))
  }
  return () => {
    const address = f.let(i32.add(values, i32.shl(row, SHIFTS[leaf.storage])))
    const masks = loadLanes(f, leaf.storage, 'i32', address).flatMap((words) => {
      const integers = f.let(i32x4.add(words, base))
      return [maskOf(integers), maskOf(i8x16.shuffle(integers, integers, HIGH_WORDS))]
    })
    return finish(narrow(masks), leaf.negated, leaf.validity === 0 ? null : validity, row)
  }
}

function columnsMask(
  f: FunctionBuilder<'i32'>,
  p: ParameterReader,
  leaf: ColumnsPageLeaf,
  row: Local<'i32'>,
): Mask {
  const lanes = INTEGER_LANES[leaf.lane]
  const sides = leaf.storages.map((storage, side) => {
    const values = p.i32()
    const validity = p.i32()
    const offset = f.let(lanes.splat(p.i32()))
    return { storage, values, offset, validity: leaf.validities[side] === 0 ? null : validity }
  })
  const compare = lanes[LANE_ORDERINGS[leaf.operator]]
  return () => {
    const [left, right] = sides.map(({ storage, values, offset }) => {
      const address = f.let(i32.add(values, i32.shl(row, SHIFTS[storage])))
      return loadLanes(f, storage, leaf.lane, address).map((stored) => lanes.add(stored, offset))
    })
    const compared = left!.map((values, i) => compare(values, right![i]!))
    return sides.reduce((mask, side) => finish(mask, false, side.validity, row), narrow(compared))
  }
}
