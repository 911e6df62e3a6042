import { describe, expect, test } from 'vitest'
import { flattenBlock } from '../../../../src/operators/kernels/gather.js'
import { KeyFilter, makeKeyFilter } from '../../../../src/operators/keys/key-filter.js'
import {
  type Arena,
  BIGINT,
  type Block,
  blockOf,
  decimalType,
  INTEGER,
  readValue,
  type SqlType,
  VARCHAR,
  valueKey,
} from '../../../../src/spi/index.js'
import { createRandom } from '../../kernel-support/cells.js'
import { randomBlock, SCALAR_TYPES, sharedArena } from '../../kernel-support/random-blocks.js'

const arena = sharedArena()

const filterOf = (column: Block, kept: Arena = arena) =>
  makeKeyFilter(arena.memory, flattenBlock(column, arena), column.type, kept, arena)

/** Text of each position's key; undefined for null and NaN, which match nothing. */
const keysOf = (block: Block): (string | undefined)[] =>
  Array.from({ length: block.rowCount }, (_, i) => {
    const value = readValue(block, i)
    return value === null || Number.isNaN(value) ? undefined : valueKey(block.type, value)
  })

const isExact = (type: SqlType, filter: ReturnType<typeof filterOf>): boolean =>
  filter.integers?.hashBits === 0 && type.kind !== 'real' && type.kind !== 'double'

describe('key filters', () => {
  const start = Date.now() % 1_000_000
  test(`drop no row that has a partner, from seed ${start}`, () => {
    for (let seed = start; seed < start + 600; seed++) {
      arena.reset()
      const random = createRandom(seed)
      const type = random.pick(SCALAR_TYPES)
      const build = randomBlock(random, type, random.below(60), arena)
      const probe = randomBlock(random, type, 1 + random.below(200), arena)
      const state = filterOf(build)
      const filter = new KeyFilter(arena.memory, state)
      // Where a page's filter kept few positions, the next is filtered by another kernel.
      if (random.chance(0.5)) {
        filter.select(randomBlock(random, type, 1, arena), { count: 1, positions: null }, arena)
      }
      const known = new Set(keysOf(build))
      const matching = keysOf(probe).flatMap((key, i) =>
        key !== undefined && known.has(key) ? [i] : [],
      )
      if (filter.excludes(probe)) expect(matching, `seed ${seed}`).toEqual([])
      const chosen = Array.from({ length: probe.rowCount }, (_, i) => i).filter(() =>
        random.chance(0.6),
      )
      const positions = new Int32Array(
        arena.allocate(0).buffer,
        arena.allocate(4 * 200).byteOffset,
        200,
      )
      positions.set(chosen)
      const selection = random.chance(0.5)
        ? { count: probe.rowCount, positions: null }
        : { count: chosen.length, positions }
      const before = selection.positions === null ? [...probeRows(probe.rowCount)] : chosen
      const { count, positions: kept } = filter.select(probe, selection, arena)
      const after = kept === null ? [...probeRows(count)] : [...kept.subarray(0, count)]
      const wanted = before.filter((i) => matching.includes(i))
      expect(
        after.filter((i) => matching.includes(i)),
        `seed ${seed}`,
      ).toEqual(wanted)
      expect(
        before.filter((i) => after.includes(i)),
        `seed ${seed}`,
      ).toEqual(after)
      if (isExact(type, state)) expect(after, `seed ${seed}`).toEqual(wanted)
      if (state.values !== undefined) {
        const texts = state.values.map((value) => valueKey(type, value))
        expect(new Set(texts), `seed ${seed}`).toEqual(
          new Set([...known].filter((key) => key !== undefined)),
        )
      }
    }
  })

  test('a side without keys lets nothing through', () => {
    const nulls = blockOf(INTEGER, [null, null], arena)
    for (const column of [nulls, blockOf(INTEGER, [], arena), blockOf(VARCHAR, [null], arena)]) {
      const state = filterOf(column)
      expect(state.isEmpty).toBe(true)
      expect(new KeyFilter(arena.memory, state).excludes(blockOf(column.type, [null], arena))).toBe(
        true,
      )
    }
  })

  test('bounds that lie beside the keys exclude a page', () => {
    const filter = new KeyFilter(arena.memory, filterOf(blockOf(BIGINT, [10n, 20n], arena)))
    expect(filter.excludes(blockOf(BIGINT, [1n, 9n], arena))).toBe(true)
    expect(filter.excludes(blockOf(BIGINT, [1n, 10n], arena))).toBe(false)
    expect(filter.excludes(blockOf(BIGINT, [21n, 2n ** 40n], arena))).toBe(true)
  })

  test('spread keys are hashed: few others pass', () => {
    arena.reset()
    const spread = (i: number) => BigInt(i) * 1_000_003n * 1_000_003n - 2n ** 60n
    const keys = Array.from({ length: 4000 }, (_, i) => spread(2 * i))
    const state = filterOf(
      blockOf(
        decimalType(18, 0),
        keys.map((key) => key % 10n ** 17n),
        arena,
      ),
    )
    expect(state.integers?.hashBits).toBeGreaterThan(0)
    expect(state.values).toBeUndefined()
    const others = Array.from({ length: 4000 }, (_, i) => spread(2 * i + 1) % 10n ** 17n)
    const probe = blockOf(decimalType(18, 0), others, arena)
    const { count } = new KeyFilter(arena.memory, state).select(
      probe,
      { count: probe.rowCount, positions: null },
      arena,
    )
    expect(count).toBeLessThan(600)
  })

  test('a filter that keeps nearly all rests', () => {
    arena.reset()
    const column = blockOf(
      INTEGER,
      Array.from({ length: 3000 }, (_, i) => i),
      arena,
    )
    const filter = new KeyFilter(arena.memory, filterOf(column))
    const all = { count: 3000, positions: null }
    const unknown = blockOf(INTEGER, new Array(3000).fill(5000), arena)
    expect(filter.select(column, all, arena)).toBe(all)
    // What is left to the join is not dropped for now …
    expect(filter.select(unknown, all, arena)).toBe(all)
    for (let page = 0; page < 40; page++) filter.select(unknown, all, arena)
    // … and tried again later.
    expect(filter.select(unknown, all, arena).count).toBe(0)
  })
})

function* probeRows(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i
}
