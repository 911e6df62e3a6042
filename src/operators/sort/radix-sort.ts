import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { type Arena, assert } from '../../spi/index.js'

const DIGIT_COUNT = 8
const DIGIT_VALUES = 256
const HISTOGRAM_BYTES = DIGIT_COUNT * DIGIT_VALUES * 4

type Radix = {
  /**
   * Sorts keys (u64) and positions (i32) by key, stably. Digits that all keys share cost nothing beyond the histogram.
   * @returns 0 where the result is in the first buffers, 1 where it is in the second
   */
  sort(
    keys: number,
    positions: number,
    otherKeys: number,
    otherPositions: number,
    count: number,
    histogram: number,
  ): number
  /** out[i] = words[positions[i]] */
  pick(words: number, positions: number, count: number, out: number): void
  /** positions[i] = i */
  number(positions: number, count: number): void
}

function build(m: ModuleBuilder): void {
  m.function(
    'sort',
    {
      keys: 'i32',
      positions: 'i32',
      otherKeys: 'i32',
      otherPositions: 'i32',
      count: 'i32',
      histogram: 'i32',
    },
    'i32',
    (f, p) => {
      const i = f.local('i32')
      const digit = f.local('i32')
      const slot = f.local('i32')
      const total = f.local('i32')
      const swapped = f.local('i32')
      const key = f.local('i64')
      const rest = f.local('i64')
      const table = f.local('i32')
      f.fill(p.histogram, 0, HISTOGRAM_BYTES)
      f.for(i, 0, p.count, () => {
        f.set(rest, i64.load(i32.add(p.keys, i32.shl(i, 3))))
        for (let d = 0; d < DIGIT_COUNT; d++) {
          const low = i32.wrap_i64(i64.and(i64.shr_u(rest, BigInt(d * 8)), 255n))
          f.set(slot, i32.add(p.histogram, i32.shl(low, 2)))
          f.store32(slot, i32.add(i32.load(slot, d * 1024), 1), d * 1024)
        }
      })
      f.for(digit, 0, DIGIT_COUNT, () => {
        f.block((skip) => {
          f.set(table, i32.add(p.histogram, i32.shl(digit, 10)))
          const shift = f.let(i64.extend_i32_u(i32.shl(digit, 3)))
          const digitOf = (value: typeof key) =>
            i32.shl(i32.wrap_i64(i64.and(i64.shr_u(value, shift), 255n)), 2)
          f.set(key, i64.load(p.keys))
          f.brIf(skip, i32.eq(i32.load(i32.add(table, digitOf(key))), p.count))
          f.set(total, 0)
          f.for(i, 0, DIGIT_VALUES, () => {
            f.set(slot, i32.add(table, i32.shl(i, 2)))
            const size = f.let(i32.load(slot))
            f.store32(slot, total)
            f.set(total, i32.add(total, size))
          })
          const target = f.local('i32')
          f.for(i, 0, p.count, () => {
            f.set(key, i64.load(i32.add(p.keys, i32.shl(i, 3))))
            f.set(slot, i32.add(table, digitOf(key)))
            f.set(target, i32.load(slot))
            f.store32(slot, i32.add(target, 1))
            f.store64(i32.add(p.otherKeys, i32.shl(target, 3)), key)
            f.store32(
              i32.add(p.otherPositions, i32.shl(target, 2)),
              i32.load(i32.add(p.positions, i32.shl(i, 2))),
            )
          })
          f.set(slot, p.keys)
          f.set(p.keys, p.otherKeys)
          f.set(p.otherKeys, slot)
          f.set(slot, p.positions)
          f.set(p.positions, p.otherPositions)
          f.set(p.otherPositions, slot)
          f.set(swapped, i32.xor(swapped, 1))
        })
      })
      f.return(swapped)
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
 * Positions 0 to count - 1 in the order of their keys; equal keys keep the order of positions.
 * O(count · digits that differ).
 * @param words addresses of u64 arrays in `memory`, most significant first; not changed
 */
export function radixSort(
  memory: WebAssembly.Memory,
  words: readonly number[],
  count: number,
  arena: Arena,
): Int32Array {
  const { sort, pick, number } = kernel<Radix>(memory, 'radix sort', build)
  let positions = allocateInt32(arena, count)
  number(positions.byteOffset, count)
  if (words.length === 0 || count < 2) return positions
  let otherPositions = allocateInt32(arena, count)
  const keys = arena.allocate(count * 8).byteOffset
  const otherKeys = arena.allocate(count * 8).byteOffset
  const histogram = arena.allocate(HISTOGRAM_BYTES).byteOffset
  for (let word = words.length - 1; word >= 0; word--) {
    assert(words[word] !== undefined)
    pick(words[word], positions.byteOffset, count, keys)
    const swapped = sort(
      keys,
      positions.byteOffset,
      otherKeys,
      otherPositions.byteOffset,
      count,
      histogram,
    )
    if (swapped !== 0) [positions, otherPositions] = [otherPositions, positions]
  }
  return positions
}
