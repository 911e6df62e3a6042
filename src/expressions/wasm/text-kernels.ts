import {
  call,
  type FunctionBuilder,
  type FunctionHandle,
  type Local,
  type ModuleBuilder,
} from './builder.js'
import { ParameterReader } from './layout.js'
import { i32, i64 } from './scalar.js'
import { i8x16, v128 } from './simd.js'
import { buildOrder } from './text-order.js'
import type { Ordering, TextTest } from './text-predicate.js'
import type { Expr } from './value.js'

/**
 * Kernels over texts: `mask` writes 0 or 1 for every position of a page, `search` does it for LIKE with an inner part
 * by looking for that part through the page's bytes at once, so that rows without it cost nothing but their offset.
 * Parameters: offsets, bytes, out, then (address, length) of each constant. Loads reach past the texts by up to 31
 * bytes, stores never.
 */
export type TextKernel = {
  mask(params: number, count: number): number
  /** Only where hasSearch says so. */
  search(params: number, count: number): number
}

/** Of a constant, that are compared at once. */
const HEAD_BYTES = 8

type I32 = Expr<'i32'>
export type Bool = FunctionHandle<'i32'>

/** Names the code of a test; its constants are parameters, but for which of them are empty. */
export function testShape(test: TextTest): string {
  const count = `${test.kind} ${test.values.length}`
  if (test.kind === 'order') return `${count} ${test.operators.join('')}`
  if (test.kind !== 'like') return isShort(test) ? `${count} short` : count
  return `${count} ${test.values.map((value) => (value.length === 0 ? '.' : 'x')).join('')}`
}

/** Several constants that are compared as a word each. */
const isShort = ({ values }: TextTest): boolean =>
  values.length > 1 && values.every(({ length }) => length <= HEAD_BYTES)

/** A prefix is checked in less time than it takes to look through a text. */
export const hasSearch = (test: TextTest): boolean =>
  test.kind === 'like' &&
  test.values[0]!.length === 0 &&
  test.values.slice(1, -1).some((value) => value.length > 0)

export function buildTextKernel(m: ModuleBuilder, test: TextTest): void {
  const equal = buildEqual(m)
  const find = test.kind === 'like' ? buildFind(m, equal) : null
  const order = test.kind === 'order' ? buildOrder(m) : null
  const matches = (
    f: FunctionBuilder<'i32'>,
    constants: readonly Constant[],
    start: Local<'i32'>,
    end: Local<'i32'>,
    hit: Local<'i32'>,
  ) => {
    if (test.kind === 'like') emitLike(f, constants, start, end, hit, equal, find!)
    else if (test.kind === 'order') emitOrder(f, constants, test.operators, start, end, hit, order!)
    else if (isShort(test)) emitShort(f, constants, start, end, hit, test.kind === 'prefix')
    else emitEqual(f, constants, start, end, hit, equal, test.kind === 'prefix')
  }
  m.function('mask', { params: 'i32', count: 'i32' }, 'i32', (f, { params, count }) => {
    const { offsets, bytes, out, constants } = readParameters(f, params, test)
    const row = f.local('i32')
    const start = f.let(i32.add(bytes, i32.load(offsets)))
    const end = f.local('i32')
    const hit = f.local('i32')
    f.for(row, 0, count, () => {
      f.set(end, i32.add(bytes, i32.load(i32.add(offsets, i32.shl(row, 2)), 4)))
      matches(f, constants, start, end, hit)
      f.store8(i32.add(out, row), hit)
      f.set(start, end)
    })
    f.return(0)
  })
  if (hasSearch(test)) {
    m.function('search', { params: 'i32', count: 'i32' }, 'i32', (f, { params, count }) => {
      emitSearch(f, readParameters(f, params, test), count, equal, find!)
      f.return(0)
    })
  }
}

interface Constant {
  readonly address: Local<'i32'>
  readonly length: Local<'i32'>
  readonly empty: boolean
  /** Its first eight bytes, or all where it is shorter, and the bits that these are in. */
  readonly head: Local<'i64'>
  readonly headMask: Local<'i64'>
}

function readParameters(f: FunctionBuilder<'i32'>, params: Local<'i32'>, test: TextTest) {
  const reader = new ParameterReader(f, params)
  const offsets = reader.i32()
  const bytes = reader.i32()
  const out = reader.i32()
  const constants = test.values.map((value): Constant => {
    const address = reader.i32()
    const length = reader.i32()
    const rest = i32.sub(HEAD_BYTES, i32.select(i32.lt_s(length, HEAD_BYTES), length, HEAD_BYTES))
    const bits = i64.shr_u(i64.const(-1n), i64.extend_i32_u(i32.shl(rest, 3)))
    // A shift by 64 bits is none.
    const headMask = f.let(i64.select(i32.eqz(length), i64.const(0n), bits))
    const head = f.let(i64.and(i64.load(address), headMask))
    return { address, length, empty: value.length === 0, head, headMask }
  })
  return { offsets, bytes, out, constants }
}

/** equal(a, b, length): whether so many bytes are the same, eight at a time. */
export function buildEqual(m: ModuleBuilder): Bool {
  return m.internal(
    'equal',
    { a: 'i32', b: 'i32', length: 'i32' },
    'i32',
    (f, { a, b, length }) => {
      f.while(i32.ge_s(length, 8), () => {
        f.if(i64.ne(i64.load(a), i64.load(b)), () => f.return(0))
        f.set(a, i32.add(a, 8))
        f.set(b, i32.add(b, 8))
        f.set(length, i32.sub(length, 8))
      })
      f.if(i32.eqz(length), () => f.return(1))
      const difference = i64.xor(i64.load(a), i64.load(b))
      const shift = i64.extend_i32_u(i32.shl(i32.sub(8, length), 3))
      f.return(i64.eqz(i64.shl(difference, shift)))
    },
  )
}

/** Sets `hit`: whether a text begins with a constant that is no longer. Most texts differ in their first bytes. */
function emitBegins(
  f: FunctionBuilder<'i32'>,
  { address, length, head, headMask }: Constant,
  start: Local<'i32'>,
  hit: Local<'i32'>,
  equal: Bool,
): void {
  f.set(hit, i64.eq(i64.and(i64.load(start), headMask), head))
  f.if(i32.and(hit, i32.gt_s(length, HEAD_BYTES)), () => {
    const rest = i32.sub(length, HEAD_BYTES)
    f.set(hit, call(equal, i32.add(start, HEAD_BYTES), i32.add(address, HEAD_BYTES), rest))
  })
}

/**
 * find(from, limit, text, length): the address of the first occurrence that ends by `limit`, or 0. The text is not
 * empty.
 */
export function buildFind(m: ModuleBuilder, equal: Bool): Bool {
  const params = { from: 'i32', limit: 'i32', text: 'i32', length: 'i32' } as const
  return m.internal('find', params, 'i32', (f, { from, limit, text, length }) => {
    f.if(i32.lt_s(i32.sub(limit, from), length), () => f.return(0))
    const last = f.let(i32.sub(limit, length))
    emitCandidates(f, { text, length, at: from, last, vectors: 1 }, (candidate) => {
      f.if(call(equal, candidate, text, length), () => f.return(candidate))
    })
    f.return(0)
  })
}

export interface CandidateSearch {
  /** What is looked for, and how many bytes, at least one. */
  readonly text: Local<'i32'>
  readonly length: Local<'i32'>
  /** The first place, moved on; the last one that may be visited. */
  readonly at: Local<'i32'>
  readonly last: Local<'i32'>
  /** How many vectors of places are looked at in a turn: one where texts are short, two where they go on and on. */
  readonly vectors: 1 | 2
}

/**
 * Visits the places that have a text's first, middle and last byte, from the left. Most others that have two of them lack
 * the third, which costs less than a branch foretold wrongly. `goOn(place)` leaves a visit and goes on there.
 * @source W. Muła, SIMD-friendly algorithms for substring searching
 */
export function emitCandidates<R extends 'i32'>(
  f: FunctionBuilder<R>,
  { text, length, at, last, vectors }: CandidateSearch,
  visit: (candidate: Local<'i32'>, goOn: (place: I32) => void) => void,
): void {
  const ahead = f.let(i32.sub(length, 1))
  const halfway = f.let(i32.shr_u(length, 1))
  const first = f.let(v128.load8_splat(text))
  const middle = f.let(v128.load8_splat(i32.add(text, halfway)))
  const final = f.let(v128.load8_splat(i32.add(text, ahead)))
  const width = 16 * vectors
  const places = f.local('i32')
  const candidate = f.local('i32')
  const placesFrom = (from: I32): I32 => {
    const ends = v128.and(
      i8x16.eq(v128.load(from), first),
      i8x16.eq(v128.load(i32.add(from, ahead)), final),
    )
    const isMiddle = i8x16.eq(v128.load(i32.add(from, halfway)), middle)
    return i8x16.bitmask(v128.and(ends, isMiddle))
  }
  f.while(i32.le_u(at, last), () => {
    const more = vectors === 1 ? null : i32.shl(placesFrom(i32.add(at, 16)), 16)
    f.set(places, more === null ? placesFrom(at) : i32.or(placesFrom(at), more))
    f.while(places, (passed) => {
      f.set(candidate, i32.add(at, i32.ctz(places)))
      f.set(places, i32.and(places, i32.sub(places, 1)))
      f.brIf(passed, i32.gt_u(candidate, last))
      visit(candidate, (place) => {
        f.set(at, i32.sub(place, width))
        f.br(passed)
      })
    })
    f.set(at, i32.add(at, width))
  })
}

function emitEqual(
  f: FunctionBuilder<'i32'>,
  constants: readonly Constant[],
  start: Local<'i32'>,
  end: Local<'i32'>,
  hit: Local<'i32'>,
  equal: Bool,
  prefix: boolean,
): void {
  const length = f.let(i32.sub(end, start))
  f.set(hit, 0)
  f.block((exit) => {
    for (const constant of constants) {
      const fits = prefix ? i32.ge_s(length, constant.length) : i32.eq(length, constant.length)
      f.if(fits, () => {
        emitBegins(f, constant, start, hit, equal)
        f.brIf(exit, hit)
      })
    }
  })
}

/** As {@link emitEqual}, of constants that are no longer than a word: without branches, since which of them fits is hard to foretell. */
function emitShort(
  f: FunctionBuilder<'i32'>,
  constants: readonly Constant[],
  start: Local<'i32'>,
  end: Local<'i32'>,
  hit: Local<'i32'>,
  prefix: boolean,
): void {
  const length = f.let(i32.sub(end, start))
  const word = f.let(i64.load(start))
  const isOne = constants.map((constant) => {
    const fits = prefix ? i32.ge_s(length, constant.length) : i32.eq(length, constant.length)
    return i32.and(i64.eq(i64.and(word, constant.headMask), constant.head), fits)
  })
  f.set(hit, isOne.slice(1).reduce<I32>(i32.or, isOne[0]!))
}

const SIGN = { '<': i32.lt_s, '<=': i32.le_s, '>': i32.gt_s, '>=': i32.ge_s } as const

function emitOrder(
  f: FunctionBuilder<'i32'>,
  constants: readonly Constant[],
  operators: readonly Ordering[],
  start: Local<'i32'>,
  end: Local<'i32'>,
  hit: Local<'i32'>,
  order: Bool,
): void {
  f.block((exit) => {
    constants.forEach(({ address, length }, i) => {
      const sign = call(order, start, i32.sub(end, start), address, length)
      f.set(hit, SIGN[operators[i]!](sign, 0))
      f.brIf(exit, i32.eqz(hit))
    })
  })
}

function emitLike(
  f: FunctionBuilder<'i32'>,
  constants: readonly Constant[],
  start: Local<'i32'>,
  end: Local<'i32'>,
  hit: Local<'i32'>,
  equal: Bool,
  find: Bool,
): void {
  const prefix = constants[0]!
  const suffix = constants.at(-1)!
  const at = f.let(start)
  const limit = f.let(end)
  f.set(hit, 0)
  f.block((exit) => {
    const least = i32.add(prefix.length, suffix.length)
    f.brIf(exit, i32.lt_s(i32.sub(end, start), least))
    if (!prefix.empty) {
      emitBegins(f, prefix, start, hit, equal)
      f.brIf(exit, i32.eqz(hit))
      f.set(at, i32.add(start, prefix.length))
    }
    if (!suffix.empty) {
      f.set(limit, i32.sub(end, suffix.length))
      f.set(hit, call(equal, limit, suffix.address, suffix.length))
      f.brIf(exit, i32.eqz(hit))
    }
    for (const inner of constants.slice(1, -1)) {
      if (inner.empty) continue
      f.set(at, call(find, at, limit, inner.address, inner.length))
      f.set(hit, i32.ne(at, 0))
      f.brIf(exit, i32.eqz(hit))
      f.set(at, i32.add(at, inner.length))
    }
    f.set(hit, 1)
  })
}

/**
 * Finds occurrences of the first inner constant through all the bytes. From behind the first one in a row the others
 * are looked for; a row without one is out. The pattern has no prefix.
 */
function emitSearch(
  f: FunctionBuilder<'i32'>,
  p: ReturnType<typeof readParameters>,
  count: Local<'i32'>,
  equal: Bool,
  find: Bool,
): void {
  const suffix = p.constants.at(-1)!
  const [wanted, ...others] = p.constants.slice(1, -1).filter(({ empty }) => !empty)
  const { address: text, length } = wanted!
  f.fill(p.out, 0, count)
  const endOf = (row: I32): I32 =>
    i32.add(p.bytes, i32.load(i32.add(p.offsets, i32.shl(row, 2)), 4))
  const at = f.let(i32.add(p.bytes, i32.load(p.offsets)))
  const last = f.let(i32.sub(endOf(i32.sub(count, 1)), length))
  // All texts together may be shorter than the constant.
  f.if(i32.lt_s(i32.sub(last, at), 0), () => f.return(0))
  const row = f.local('i32')
  const end = f.local('i32')
  const limit = f.local('i32')
  const behind = f.local('i32')
  const hit = f.local('i32')
  emitCandidates(f, { text, length, at, last, vectors: 2 }, (candidate, goOn) => {
    emitBegins(f, wanted!, candidate, hit, equal)
    f.if(hit, () => {
      f.while(i32.le_u(endOf(row), candidate), () => f.set(row, i32.add(row, 1)))
      f.set(end, endOf(row))
      f.set(limit, i32.sub(end, suffix.length))
      f.set(behind, i32.add(candidate, length))
      f.block((decided) => {
        // What lies across the ends of two rows is no occurrence.
        f.brIf(decided, i32.gt_s(i32.sub(behind, limit), 0))
        if (!suffix.empty)
          f.brIf(decided, i32.eqz(call(equal, limit, suffix.address, suffix.length)))
        for (const other of others) {
          f.set(behind, call(find, behind, limit, other.address, other.length))
          f.brIf(decided, i32.eqz(behind))
          f.set(behind, i32.add(behind, other.length))
        }
        f.store8(i32.add(p.out, row), i32.const(1))
      })
      goOn(end)
    })
  })
}
