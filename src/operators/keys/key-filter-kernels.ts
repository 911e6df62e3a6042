import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { i16x8, i32x4, i64x2, v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, HASH_MULTIPLIER, type KeySource, loadKey, validBit } from './key-kernels.js'

/** How a key finds its bit: its distance from the smallest (`dense`, in 32 bits: `narrow`), or its hash. */
export type KeyFilterMode = 'narrow' | 'dense' | 'hashed'

/**
 * Kernels of bitmaps over integer keys. A key is base + factor * source[i]; it is inside where its distance from the smallest
 * key, offset + factor * source[i], is below `size`. In a dense bitmap that distance is the bit, and bit `size` is 0; in a
 * hashed one the bits are those of the key's hash, shifted to the length of the bitmap.
 */
export interface KeyFilterKernels {
  /** Sets the bits of the keys that are not null. */
  mark(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    size: bigint,
    shift: bigint,
    bits: number,
  ): void
  /** Lists the positions of [0, count) whose key has its bit set. @returns how many */
  select(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    size: bigint,
    shift: bigint,
    bits: number,
    out: number,
  ): number
  /** As `select`, quicker where few positions are kept, and slower where one is in most runs of four. */
  selectFew: KeyFilterKernels['select']
  /** As `select`, of the given positions; `out` may be where they are. */
  refine(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    size: bigint,
    shift: bigint,
    bits: number,
    out: number,
    positions: number,
  ): number
  /** As `refine`, quicker where few of the positions are kept. */
  refineFew: KeyFilterKernels['refine']
}

const COLUMN = {
  source: 'i32',
  validity: 'i32',
  count: 'i32',
  offset: 'i64',
  factor: 'i64',
  size: 'i64',
  shift: 'i64',
  bits: 'i32',
} as const

type Params = {
  readonly [K in keyof typeof COLUMN]: Local<(typeof COLUMN)[K]>
}

/**
 * @param mode `narrow` needs source values of at most 32 bits, factor 1, and an offset and size that {@link isNarrow} allows
 */
export function keyFilterKernels(
  memory: WebAssembly.Memory,
  source: KeySource,
  nullable: boolean,
  mode: KeyFilterMode,
): KeyFilterKernels {
  const build = (m: ModuleBuilder) => {
    m.function('mark', COLUMN, null, (f, p) => {
      const i = f.local('i32')
      const bit = bitLocator(f, p, source, mode)
      const mark = () => {
        const index = bit(i)
        const byte = f.let(i32.add(p.bits, i32.shr_u(index, 3)))
        f.store8(byte, i32.or(i32.load8_u(byte), i32.shl(1, i32.and(index, 7))))
      }
      f.for(i, 0, p.count, () => {
        if (nullable) f.if(validBit(p.validity, i), mark)
        else mark()
      })
    })
    for (const name of ['select', 'selectFew', 'refine', 'refineFew'] as const) {
      const areGiven = name === 'refine' || name === 'refineFew'
      const params = { ...COLUMN, out: 'i32', ...(areGiven ? { positions: 'i32' } : {}) }
      m.function(
        name,
        params as typeof COLUMN & { out: 'i32'; positions: 'i32' },
        'i32',
        (f, p) => {
          const i = f.local('i32')
          const position = areGiven ? f.local('i32') : i
          const found = f.local('i32')
          const bit = bitLocator(f, p, source, mode)
          const isByFour = mode === 'narrow'
          const areFew = name === 'selectFew' || name === 'refineFew'
          if (isByFour) selectByFour(f, p, { source, nullable, areGiven, areFew, found })
          f.for(i, isByFour ? i32.and(p.count, -LANES) : 0, p.count, () => {
            if (areGiven) f.set(position, i32.load(at(p.positions, i, 2)))
            const isSet = validBit(p.bits, bit(position))
            f.store32(at(p.out, found, 2), position)
            const keeps = nullable ? i32.and(isSet, validBit(p.validity, position)) : isSet
            f.set(found, i32.add(found, keeps))
          })
          f.return(found)
        },
      )
    }
  }
  const key = `key filter ${source}${nullable ? ' nullable' : ''} ${mode}`
  return kernel<KeyFilterKernels>(memory, key, build)
}

const LANES = 4

/** Four keys of at most 32 bits, widened. */
function loadFour(source: KeySource, base: Expr<'i32'>, index: Expr<'i32'>): Expr<'v128'> {
  switch (source) {
    case 'i8':
      return i32x4.extend_low_i16x8_s(
        i16x8.extend_low_i8x16_s(v128.load32_zero(at(base, index, 0))),
      )
    case 'u8':
      return i32x4.extend_low_i16x8_u(
        i16x8.extend_low_i8x16_u(v128.load32_zero(at(base, index, 0))),
      )
    case 'i16':
      return v128.load16x4_s(at(base, index, 1))
    case 'u16':
      return v128.load16x4_u(at(base, index, 1))
    case 'i32':
      return v128.load(at(base, index, 2))
    case 'i64':
      throw new Error('internal error: distances of i64 keys are not computed in 32 bits')
  }
}

/** Keys of at most 32 bits at four positions, widened. */
function gatherFour(
  source: KeySource,
  base: Expr<'i32'>,
  positions: readonly Expr<'i32'>[],
): Expr<'v128'> {
  const lanes = (load: typeof v128.load8_lane, shift: number) =>
    positions.reduce<Expr<'v128'>>(
      (keys, position, lane) => load(at(base, position, shift), keys, lane),
      v128.const(new Uint8Array(16)),
    )
  switch (source) {
    case 'i8':
      return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(lanes(v128.load8_lane, 0)))
    case 'u8':
      return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(lanes(v128.load8_lane, 0)))
    case 'i16':
      return i32x4.extend_low_i16x8_s(lanes(v128.load16_lane, 1))
    case 'u16':
      return i32x4.extend_low_i16x8_u(lanes(v128.load16_lane, 1))
    case 'i32':
      return lanes(v128.load32_lane, 2)
    case 'i64':
      throw new Error('internal error: distances of i64 keys are not computed in 32 bits')
  }
}

interface ByFour {
  readonly source: KeySource
  readonly nullable: boolean
  /** Positions are given; otherwise they are [0, count). */
  readonly areGiven: boolean
  /** One branch passes over four positions of which none is kept. */
  readonly areFew: boolean
  /** How many are kept: the code counts on from there. */
  readonly found: Local<'i32'>
}

/**
 * Code that lists the positions of count, rounded down to whole fours, whose bit is set in a narrow bitmap. Without branches:
 * a position that is not kept is written over by the next [1.15 ns a row, whatever is kept; row by row 1.5; of given positions 1.4
 * and 1.8]. With one where they are few [0.9 ns a row where 1 of 1,000 is kept, 1.1 of 50, 1.4 of 20].
 */
function selectByFour(
  f: FunctionBuilder,
  p: Params & { readonly out: Local<'i32'>; readonly positions: Local<'i32'> },
  { source, nullable, areGiven, areFew, found }: ByFour,
): void {
  const i = f.local('i32')
  const offset = f.let(i32x4.splat(i32.wrap_i64(p.offset)))
  const size = f.let(i32x4.splat(i32.wrap_i64(p.size)))
  const distances = f.local('v128')
  const words = f.local('v128')
  const distancePair = f.local('i64')
  const wordPair = f.local('i64')
  const bits = Array.from({ length: LANES }, () => f.local('i32'))
  const given = areGiven ? bits.map(() => f.local('i32')) : undefined
  const list = () => {
    for (const [lane, bit] of bits.entries()) {
      const position = given?.[lane] ?? i32.add(i, lane)
      f.store32(at(p.out, found, 2), position)
      const keeps = nullable ? i32.and(bit, validBit(p.validity, position)) : i32.and(bit, 1)
      f.set(found, i32.add(found, keeps))
    }
  }
  f.for(
    i,
    0,
    i32.and(p.count, -LANES),
    () => {
      given?.forEach((position, lane) => {
        f.set(position, i32.load(at(p.positions, i, 2), lane * 4))
      })
      const keys =
        given === undefined ? loadFour(source, p.source, i) : gatherFour(source, p.source, given)
      f.set(distances, i32x4.min_u(i32x4.add(keys, offset), size))
      f.set(words, i32x4.shl(i32x4.shr_u(distances, 5), 2))
      // Two lanes at a time: fewer instructions than one by one.
      for (let pair = 0; pair < LANES / 2; pair++) {
        f.set(distancePair, i64x2.extract_lane(distances, pair))
        f.set(wordPair, i64x2.extract_lane(words, pair))
        for (const half of [0, 1]) {
          const [distance, word] = [distancePair, wordPair].map((lanes) =>
            i32.wrap_i64(half === 0 ? lanes : i64.shr_u(lanes, 32n)),
          )
          // A shift counts modulo 32: the distance's low bits say which bit of the word it is.
          f.set(bits[pair * 2 + half]!, i32.shr_u(i32.load(i32.add(p.bits, word!)), distance!))
        }
      }
      if (areFew) f.if(i32.and(bits.slice(1).reduce<Expr<'i32'>>(i32.or, bits[0]!), 1), list)
      else list()
    },
    LANES,
  )
}

/** Code for the bit of the key at a position, in a local; outside of the range, a bit that is 0. */
function bitLocator(
  f: FunctionBuilder,
  p: Params,
  source: KeySource,
  mode: KeyFilterMode,
): (position: Expr<'i32'>) => Local<'i32'> {
  const index = f.local('i32')
  if (mode === 'narrow') {
    const offset = f.let(i32.wrap_i64(p.offset))
    const size = f.let(i32.wrap_i64(p.size))
    return (position) => {
      f.set(index, i32.add(i32.wrap_i64(loadKey(source, p.source, position)), offset))
      f.set(index, i32.select(i32.lt_u(index, size), index, size))
      return index
    }
  }
  const distance = f.local('i64')
  return (position) => {
    f.set(distance, i64.add(p.offset, i64.mul(p.factor, loadKey(source, p.source, position))))
    if (mode === 'dense') {
      const bounded = i64.select(i64.lt_u(distance, p.size), distance, p.size)
      f.set(index, i32.wrap_i64(bounded))
    } else {
      const hash = i64.mul(i64.xor(distance, i64.shr_u(distance, 32n)), i64.const(HASH_MULTIPLIER))
      f.set(index, i32.wrap_i64(i64.shr_u(hash, p.shift)))
    }
    return index
  }
}
