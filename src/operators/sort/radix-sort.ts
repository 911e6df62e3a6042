import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { Arena } from '../../spi/index.js'
import { type Steps, slices } from '../steps.js'

const DIGIT_COUNT = 8
const DIGIT_VALUES = 256
/** Of one digit's histogram. */
const TABLE_BYTES = DIGIT_VALUES * 4

type Radix = {
  /** Counts the digits of keys (u64) [from, to) in a histogram of each digit. */
  count(keys: number, from: number, to: number, histogram: number): void
  /** Makes places of a digit's counts. @returns 0 where all `count` keys share it */
  place(keys: number, count: number, digit: number, histogram: number): number
  /** Moves keys and positions (i32) [from, to) to the places of their digit, stably. */
  move(
    keys: number,
    positions: number,
    otherKeys: number,
    otherPositions: number,
    from: number,
    to: number,
    digit: number,
    histogram: number,
  ): void
  /** out[i] = words[positions[i]] */
  pick(words: number, positions: number, count: number, out: number): void
  /** positions[i] = i */
  number(positions: number, count: number): void
}

const slotOf = (table: Expr<'i32'>, key: Expr<'i64'>, shift: Expr<'i64'>) =>
  i32.add(table, i32.shl(i32.wrap_i64(i64.and(i64.shr_u(key, shift), 255n)), 2))

const shiftOf = (digit: Expr<'i32'>) => i64.extend_i32_u(i32.shl(digit, 3))

function build(m: ModuleBuilder): void {
  m.function(
    'count',
    { keys: 'i32', from: 'i32', to: 'i32', histogram: 'i32' },
    null,
    (f, { keys, from, to, histogram }) => {
      const i = f.local('i32')
      const slot = f.local('i32')
      const rest = f.local('i64')
      f.for(i, from, to, () => {
        f.set(rest, i64.load(i32.add(keys, i32.shl(i, 3))))
        for (let d = 0; d < DIGIT_COUNT; d++) {
          const low = i32.wrap_i64(i64.and(i64.shr_u(rest, BigInt(d * 8)), 255n))
          f.set(slot, i32.add(histogram, i32.shl(low, 2)))
          f.store32(slot, i32.add(i32.load(slot, d * TABLE_BYTES), 1), d * TABLE_BYTES)
        }
      })
    },
  )
  m.function(
    'place',
    { keys: 'i32', count: 'i32', digit: 'i32', histogram: 'i32' },
    'i32',
    (f, { keys, count, digit, histogram }) => {
      const i = f.local('i32')
      const slot = f.local('i32')
      const total = f.local('i32')
      const table = f.let(i32.add(histogram, i32.mul(digit, TABLE_BYTES)))
      f.if(i32.eq(i32.load(slotOf(table, i64.load(keys), shiftOf(digit))), count), () => {
        f.return(0)
      })
      f.for(i, 0, DIGIT_VALUES, () => {
        f.set(slot, i32.add(table, i32.shl(i, 2)))
        const size = f.let(i32.load(slot))
        f.store32(slot, total)
        f.set(total, i32.add(total, size))
      })
      f.return(1)
    },
  )
  m.function(
    'move',
    {
      keys: 'i32',
      positions: 'i32',
      otherKeys: 'i32',
      otherPositions: 'i32',
      from: 'i32',
      to: 'i32',
      digit: 'i32',
      histogram: 'i32',
    },
    null,
    (f, p) => {
      const i = f.local('i32')
      const slot = f.local('i32')
      const target = f.local('i32')
      const key = f.local('i64')
      const table = f.let(i32.add(p.histogram, i32.mul(p.digit, TABLE_BYTES)))
      const shift = f.let(shiftOf(p.digit))
      f.for(i, p.from, p.to, () => {
        f.set(key, i64.load(i32.add(p.keys, i32.shl(i, 3))))
        f.set(slot, slotOf(table, key, shift))
        f.set(target, i32.load(slot))
        f.store32(slot, i32.add(target, 1))
        f.store64(i32.add(p.otherKeys, i32.shl(target, 3)), key)
        f.store32(
          i32.add(p.otherPositions, i32.shl(target, 2)),
          i32.load(i32.add(p.positions, i32.shl(i, 2))),
        )
      })
    },
  )
  m.function(
    'pick',
    { words: 'i32', positions: 'i32', count: 'i32', out: 'i32' },
    null,
    (f, { words, positions, count, out }) => {
      const i = f.local('i32')
      f.for(i, 0, count, () => {
        const position = i32.load(i32.add(positions, i32.shl(i, 2)))
        f.store64(i32.add(out, i32.shl(i, 3)), i64.load(i32.add(words, i32.shl(position, 3))))
      })
    },
  )
  m.function('number', { positions: 'i32', count: 'i32' }, null, (f, { positions, count }) => {
    const i = f.local('i32')
    f.for(i, 0, count, () => f.store32(i32.add(positions, i32.shl(i, 2)), i))
  })
}

/**
 * Positions 0 to count - 1 in the order of their keys, in steps; equal keys keep the order of positions. Digits that all keys
 * share cost nothing beyond the histogram. O(count · digits that differ).
 * @param words addresses of u64 arrays in `memory`, most significant first; not changed
 */
export function* radixSort(
  memory: WebAssembly.Memory,
  words: readonly number[],
  count: number,
  arena: Arena,
): Steps<Int32Array> {
  const kernels = kernel<Radix>(memory, 'radix sort', build)
  let positions = allocateInt32(arena, count)
  kernels.number(positions.byteOffset, count)
  if (words.length === 0 || count < 2) return positions
  let otherPositions = allocateInt32(arena, count)
  let keys = arena.allocate(count * 8).byteOffset
  let otherKeys = arena.allocate(count * 8).byteOffset
  const histogram = arena.allocate(DIGIT_COUNT * TABLE_BYTES)
  for (const word of words.toReversed()) {
    histogram.fill(0)
    for (const { from, count: rows } of slices(count)) {
      kernels.pick(word, positions.byteOffset + from * 4, rows, keys + from * 8)
      kernels.count(keys, from, from + rows, histogram.byteOffset)
      yield
    }
    for (let digit = 0; digit < DIGIT_COUNT; digit++) {
      if (kernels.place(keys, count, digit, histogram.byteOffset) === 0) continue
      for (const { from, count: rows } of slices(count)) {
        kernels.move(
          keys,
          positions.byteOffset,
          otherKeys,
          otherPositions.byteOffset,
          from,
          from + rows,
          digit,
          histogram.byteOffset,
        )
        yield
      }
      ;[keys, otherKeys] = [otherKeys, keys]
      ;[positions, otherPositions] = [otherPositions, positions]
    }
  }
  return positions
}
