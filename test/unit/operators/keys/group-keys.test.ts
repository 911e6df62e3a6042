import { describe, expect, test } from 'vitest'
import { allocateInt32 } from '../../../../src/expressions/wasm/buffers.js'
import { nullBlock } from '../../../../src/operators/kernels/gather.js'
import { GroupKeys } from '../../../../src/operators/keys/group-keys.js'
import {
  type Arena,
  arrayType,
  assert,
  BIGINT,
  type Block,
  BOOLEAN,
  blockOf,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  type Page,
  REAL,
  readValue,
  type SqlType,
  timestampType,
  timestampWithTimeZoneType,
  VARCHAR,
  type Value,
  valueKey,
} from '../../../../src/spi/index.js'
import fc from '../../../support/fast-check.js'
import { testMemory } from '../../../support/memory.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const memory = testMemory()

function keysOf(types: readonly SqlType[]) {
  const words = memory.createArena().allocate(16)
  const status = new Int32Array(words.buffer, words.byteOffset, 4)
  return new GroupKeys(memory.allocator.memory, () => memory.createArena(), status, types)
}

/** Groups by a Map of texts: slow and obvious. */
function expectGroups(types: readonly SqlType[], pages: readonly (readonly Value[])[][]) {
  const keys = keysOf(types)
  const known = new Map<string, number>()
  const rows: (readonly Value[])[] = []
  const arena: Arena = memory.createArena()
  const input = memory.createArena()
  for (const page of pages) {
    input.reset()
    arena.reset()
    const blocks = types.map((type, c) => {
      const column = page.map((row) => row[c]!)
      const isNullBlock = column.length % 2 === 0 && column.every((value) => value === null)
      return isNullBlock ? nullBlock(type, column.length) : blockOf(type, column, input)
    })
    const made: Page = { rowCount: page.length, blocks }
    const groups = keys.add(
      made,
      types.map((_, c) => c),
      arena,
    )
    const expected = page.map((row) => {
      const key = row.map((v, c) => valueKey(types[c]!, v)).join('|')
      if (!known.has(key)) {
        known.set(key, known.size)
        rows.push(row)
      }
      return known.get(key)
    })
    expect([...groups.subarray(0, page.length)]).toEqual(expected)
  }
  expect(keys.groupCount).toBe(known.size)
  const blocks = keys.blocks(0, known.size, types, arena)
  rows.forEach((row, i) => {
    // Of equal values a key shows any, but of zeros its first row's.
    const shown = (value: Value, c: number) =>
      typeof value === 'number' ? value : valueKey(types[c]!, value)
    expect(blocks.map((block, c) => shown(readValue(block, i), c))).toEqual(row.map(shown))
  })
  keys.close()
  const { addressing } = keys
  memory.releaseAll()
  return addressing
}

const values: readonly (readonly [SqlType, fc.Arbitrary<Value>])[] = [
  [BIGINT, fc.bigInt({ min: -5n, max: 1000n })],
  [BIGINT, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [INTEGER, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [BOOLEAN, fc.boolean()],
  [DATE, fc.integer({ min: 0, max: 30000 })],
  [DOUBLE, fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, 1))],
  [REAL, fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN, 1))],
  [timestampType(6), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map((n) => n * 1_000_000n)],
  [VARCHAR, fc.string({ maxLength: 20 })],
  [decimalType(10, 2), fc.bigInt({ min: 0n, max: 10n ** 9n })],
  [decimalType(38, 2), fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })],
  [arrayType(INTEGER), fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 })],
  [
    timestampWithTimeZoneType(3),
    fc.record({
      picos: fc.bigInt({ min: 0n, max: 3n }).map((n) => n * 10n ** 9n),
      zone: fc.constantFrom('UTC', 'Europe/Berlin'),
    }),
  ],
]

const table = fc
  .array(fc.constantFrom(...values.keys()), { minLength: 1, maxLength: 5 })
  .chain((columns) =>
    fc.tuple(
      fc.constant(columns.map((c) => values[c]![0])),
      fc.array(
        fc.array(fc.tuple(...columns.map((c) => fc.option(values[c]![1], { freq: 5 }))), {
          maxLength: 40,
        }),
        { maxLength: 4 },
      ),
    ),
  )

describe('group keys', () => {
  test('agree with a map of texts, whatever the types, nulls and order of pages', () => {
    fc.assert(
      fc.property(table, ([types, pages]) => {
        memory.releaseAll()
        expectGroups(types, pages)
      }),
      { numRuns: 300, verbose: 1 },
    )
  })

  test('number clustered keys by runs, and go on in another way where they fall', () => {
    const clustered = fc.tuple(
      fc.integer({ min: -100, max: 100 }),
      fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 50 }), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(1, 3, 1000, 2 ** 24),
      fc.array(fc.integer({ min: -100, max: 400 }), { maxLength: 5 }),
    )
    const seen = new Set<string>()
    fc.assert(
      fc.property(clustered, ([first, steps, scale, tail]) => {
        memory.releaseAll()
        let key = first
        const pages = steps.map((page) =>
          page.map((step) => {
            key += step
            return [BigInt(key * scale), BigInt(key >> 2)]
          }),
        )
        pages.push(tail.map((value) => [BigInt(value * scale), BigInt(value >> 2)]))
        seen.add(expectGroups([BIGINT, BIGINT], pages))
        const single = pages.map((page) => page.map((row) => [row[0]!]))
        seen.add(expectGroups([BIGINT], single))
        if (tail.length === 0) expect(expectGroups([BIGINT], single)).toBe('runs')
      }),
      { numRuns: 300, verbose: 1 },
    )
    expect([...seen].sort()).toEqual(['direct', 'hash', 'runs'])
  })

  test('move from direct addressing to hashing as the range grows', () => {
    const pages = [1n, 1000n, 2n ** 20n, 2n ** 35n, 2n ** 50n, 2n ** 58n].map((step) =>
      Array.from({ length: 50 }, (_, i) => [BigInt(i % 7) * step - step] as const),
    )
    expectGroups([BIGINT], pages)
  })

  test('move from hashing to direct addressing once groups are many', () => {
    // Few rows of a wide range are hashed first; pages of one range as a partial step leaves them, unsorted.
    const random = createRandom(SEED)
    const pages = Array.from({ length: 14 }, (_, i) =>
      Array.from({ length: 4096 }, (_, j) => [
        j === 0 ? 0n : j === 1 ? 2_999_999n : BigInt(random.below(2_999_999) + (i % 2)),
      ]),
    )
    expect(expectGroups([BIGINT], pages.slice(0, 2))).toBe('hash')
    expect(expectGroups([BIGINT], pages)).toBe('direct')
  })

  test('tell the bounds of the keys that came, not of those there is room for', () => {
    const keys = keysOf([BIGINT])
    const arena = memory.createArena()
    for (const from of [1000, 90_000, 30]) {
      const column = Array.from({ length: 500 }, (_, i) => BigInt(from + i * 7))
      keys.add({ rowCount: 500, blocks: [blockOf(BIGINT, column, arena)] }, [0], arena)
    }
    const [block] = keys.blocks(0, keys.groupCount, [BIGINT], arena)
    expect(block).toMatchObject({ bounds: { min: 30, max: 90_000 + 499 * 7 } })
    keys.close()
    memory.releaseAll()
  })

  test('take pages of nulls among values far from 0, as grouping sets make them', () => {
    const pages = [-7, 1, 1000].map((from) => [
      [1, 2].map((i) => [from + i, 5n] as const),
      [
        [null, 5n],
        [null, null],
      ] as const,
    ])
    for (const page of pages) expectGroups([INTEGER, BIGINT], page)
    expectGroups([INTEGER, BIGINT], pages.flat())
  })

  test('hold many distinct strings', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => [
      `value ${(i * 7919) % 9973}`,
      BigInt(i % 3),
    ])
    expectGroups([VARCHAR, BIGINT], [rows.slice(0, 7), rows])
  })
})

describe('texts of a dictionary with a name', () => {
  const FIRST = ['rail', 'ship', 'air']
  const texts = (values: readonly (string | null)[], arena: Arena) =>
    blockOf(VARCHAR, values, arena)

  /** Groups the codes of a dictionary, or texts, page by page, and gives the block of all keys. */
  function groupBlock(
    pages: readonly (
      | { readonly id: string; readonly entries: readonly string[]; readonly codes: number[] }
      | readonly (string | null)[]
    )[],
  ) {
    const arena = memory.createArena()
    const keys = keysOf([VARCHAR])
    for (const page of pages) {
      const input = memory.createArena()
      let block: Block
      if ('codes' in page) {
        const dictionary = texts(page.entries, input)
        assert(dictionary.encoding === 'flat')
        const codes = allocateInt32(input, page.codes.length)
        codes.set(page.codes)
        const { id: dictionaryId } = page
        const rowCount = codes.length
        block = {
          encoding: 'dictionary',
          type: VARCHAR,
          rowCount,
          codes,
          dictionary,
          dictionaryId,
          validity: null,
        }
      } else block = texts(page, input)
      keys.add({ rowCount: block.rowCount, blocks: [block] }, [0], arena)
      input.reset()
    }
    const [block] = keys.blocks(0, keys.groupCount, [VARCHAR], arena)
    const [again] = keys.blocks(0, 1, [VARCHAR], arena)
    assert(block?.encoding === 'dictionary' && again?.encoding === 'dictionary')
    const values = Array.from({ length: block.rowCount }, (_, i) => readValue(block, i))
    if (block.dictionaryId !== undefined) expect(again.dictionary).toBe(block.dictionary)
    return { id: block.dictionaryId, codes: [...block.codes], values }
  }

  test('keep its codes and its name', () => {
    const page = { id: 'modes', entries: FIRST, codes: [2, 0, 2] }
    expect(groupBlock([page])).toEqual({ id: 'modes', codes: [2, 0], values: ['air', 'rail'] })
    const grown = { id: 'modes', entries: [...FIRST, 'truck'], codes: [3] }
    const known = { id: 'modes', codes: [2, 0, 3], values: ['air', 'rail', 'truck'] }
    expect(groupBlock([page, grown])).toEqual(known)
    expect(groupBlock([page, grown, page, ['ship']])).toMatchObject({
      id: 'modes',
      codes: [2, 0, 3, 1],
    })
  })

  test('lose it beside others, and where they were numbered before', () => {
    const page = { id: 'modes', entries: FIRST, codes: [2, 0, 2] }
    expect(groupBlock([page, ['mail']]).id).toBe(undefined)
    expect(groupBlock([['air'], page]).id).toBe(undefined)
    const others = groupBlock([page, { id: 'words', entries: ['a', 'b'], codes: [1] }])
    expect(others).toMatchObject({ id: undefined, values: ['air', 'rail', 'b'] })
    const same = groupBlock([page, { id: 'copy', entries: FIRST, codes: [1] }])
    expect(same).toMatchObject({ id: undefined, values: ['air', 'rail', 'ship'] })
  })

  test('lose it where it is long and few of it are groups', () => {
    const entries = Array.from({ length: 5000 }, (_, i) => `text ${i}`)
    const few = groupBlock([{ id: 'long', entries, codes: [4999, 7] }])
    expect(few).toMatchObject({ id: undefined, values: ['text 4999', 'text 7'] })
    const many = groupBlock([{ id: 'long', entries, codes: entries.map((_, i) => i) }])
    expect(many).toMatchObject({ id: 'long', values: entries })
  })
})
