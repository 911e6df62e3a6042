import { describe, expect, test } from 'vitest'
import { allocateInt32 } from '../../../../src/expressions/wasm/buffers.js'
import { PagePartitioner } from '../../../../src/operators/partition/page-partitioner.js'
import { addHashes, partitionOf } from '../../../../src/operators/partition/row-hash.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  rowType,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeWithTimeZoneType,
  UUID,
  VARBINARY,
  VARCHAR,
  valueKey,
} from '../../../../src/spi/index.js'
import { queryMemory } from '../../../support/operator-environment.js'
import { type Encoding, rowsOf, toPage } from '../../../support/operator-test.js'
import type { Row } from '../../../support/page-literal.js'
import { fewOutcomes, randomValue } from '../../../support/random-value.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const ENCODINGS: readonly Encoding[] = ['flat', 'constant', 'dictionary', 'selected']
const TYPES: readonly SqlType[] = [
  BOOLEAN,
  TINYINT,
  INTEGER,
  BIGINT,
  REAL,
  DOUBLE,
  decimalType(12, 2),
  decimalType(38, 3),
  VARCHAR,
  VARBINARY,
  DATE,
  timestampType(3),
  timestampType(9),
  timestampWithTimeZoneType(3),
  timestampWithTimeZoneType(9),
  timeWithTimeZoneType(3),
  UUID,
  arrayType(BIGINT),
  rowType([
    { name: 'a', type: DOUBLE },
    { name: undefined, type: VARCHAR },
  ]),
]

const seed = SEED

const rowsOfFewKeys = (random: Random): Row[] =>
  Array.from({ length: 300 }, () => [random.pick([null, 'a', 'b']), random.pick([null, 1n, 2n])])

describe(`row hashes, seed ${seed}`, () => {
  test.each(TYPES)('$kind: of the value, not of how it is stored', (type) => {
    const random = createRandom(seed)
    const hashes = new Map<string, number>()
    for (let round = 0; round < 40; round++) {
      const memory = queryMemory()
      const arena = memory.createArena()
      const rows = Array.from(
        { length: 30 },
        (): Row => [randomValue(random.chance(0.5) ? fewOutcomes(random) : random, type)],
      )
      const page = toPage({ types: [type], rows }, random.pick(ENCODINGS), arena, random)
      const found = new Int32Array(page.rowCount)
      addHashes(page.blocks[0]!, found)
      rowsOf(page).forEach(([value], i) => {
        const key = value === null ? 'null' : String(valueKey(type, value!))
        expect(found[i], key).toBe(hashes.get(key) ?? found[i])
        hashes.set(key, found[i]!)
      })
      memory.releaseAll()
    }
    if (type !== BOOLEAN) expect(new Set(hashes.values()).size).toBeGreaterThan(hashes.size * 0.95)
  })

  test.each(TYPES)('$kind: one hash in the shared memory and out of it', (type) => {
    const random = createRandom(seed)
    for (let round = 0; round < 20; round++) {
      const memory = queryMemory()
      const arena = memory.createArena()
      const rows = Array.from(
        { length: random.pick([1, 7, 200]) },
        (): Row => [randomValue(random.chance(0.2) ? fewOutcomes(random) : random, type)],
      )
      const { blocks } = toPage({ types: [type], rows }, random.pick(ENCODINGS), arena, random)
      const before = Int32Array.from(rows, () => random.below(2 ** 31))
      const inHeap = before.slice()
      addHashes(blocks[0]!, inHeap)
      const shared = allocateInt32(arena, rows.length)
      shared.set(before)
      addHashes(blocks[0]!, shared)
      expect(shared).toEqual(inHeap)
      memory.releaseAll()
    }
  })

  test('0 and -0 have one hash, and NaNs', () => {
    const memory = queryMemory()
    const random = createRandom(seed)
    const rows: Row[] = [[0], [-0], [Number.NaN], [Number.NaN]]
    const page = toPage({ types: [DOUBLE], rows }, 'flat', memory.createArena(), random)
    for (const hashes of [new Int32Array(4), allocateInt32(memory.createArena(), 4).fill(0)]) {
      addHashes(page.blocks[0]!, hashes)
      expect(hashes[0]).toBe(hashes[1])
      expect(hashes[2]).toBe(hashes[3])
    }
    memory.releaseAll()
  })

  test('a page is cut into parts that have all of its rows, and rows of one key in one part', () => {
    const random = createRandom(seed)
    const partitionOfKey = new Map<string, number>()
    for (let round = 0; round < 40; round++) {
      const memory = queryMemory()
      const types = [VARCHAR, BIGINT, DOUBLE]
      const rows = Array.from(
        { length: random.pick([0, 1, 50, 500]) },
        (): Row => types.map((type) => randomValue(fewOutcomes(random), type)),
      )
      const page = toPage({ types, rows }, random.pick(ENCODINGS), memory.createArena(), random)
      const partitioner = new PagePartitioner([0, 2], 3, memory.createArena())
      const taken: string[] = []
      for (const part of partitioner.parts(page)) {
        const { partition } = part
        const hashes = new Int32Array(part.rowCount)
        for (const channel of [0, 2]) addHashes(part.blocks[channel]!, hashes)
        for (const hash of hashes) expect(partitionOf(hash, 3)).toBe(partition)
        for (const row of rowsOf(part)) {
          const key = [0, 2].map((i) => (row[i] === null ? 'null' : valueKey(types[i]!, row[i]!)))
          expect(partition).toBe(partitionOfKey.get(key.join()) ?? partition)
          partitionOfKey.set(key.join(), partition)
          taken.push(rowText(row))
        }
      }
      expect(taken.sort()).toEqual(rowsOf(page).map(rowText).sort())
      memory.releaseAll()
    }
    expect(new Set(partitionOfKey.values())).toEqual(new Set([0, 1, 2]))
  })

  test('rows with a NULL key go to each part in turn where they are spread, the others stay by their key', () => {
    const random = createRandom(seed)
    const types = [VARCHAR, BIGINT]
    for (const encoding of ENCODINGS) {
      const memory = queryMemory()
      const rows = rowsOfFewKeys(random)
      const page = toPage({ types, rows }, encoding, memory.createArena(), random)
      const place = (spreadsNulls: boolean) => {
        const nullCounts = [0, 0, 0]
        const others: string[] = []
        const partitioner = new PagePartitioner([0, 1], 3, memory.createArena(), {
          spreadsNulls,
        })
        for (const part of partitioner.parts(page)) {
          const { partition } = part
          for (const row of rowsOf(part)) {
            if (row.includes(null)) nullCounts[partition]! += 1
            else others.push(`${partition} ${rowText(row)}`)
          }
        }
        return { nullCounts, others: others.sort() }
      }
      const spread = place(true)
      expect(Math.max(...spread.nullCounts) - Math.min(...spread.nullCounts)).toBeLessThanOrEqual(1)
      expect(spread.nullCounts.reduce((a, b) => a + b)).toBe(
        rows.filter((row) => row.includes(null)).length,
      )
      expect(spread.others).toEqual(place(false).others)
      memory.releaseAll()
    }
  })

  test('rows of a heavy key go to each part in turn, or all of them to every part; NULL keys to one', () => {
    const random = createRandom(seed)
    const types = [VARCHAR, BIGINT]
    for (const encoding of ENCODINGS) {
      const memory = queryMemory()
      const rows = rowsOfFewKeys(random)
      const page = toPage({ types, rows }, encoding, memory.createArena(), random)
      const hashes = new Int32Array(rows.length)
      for (const block of page.blocks) addHashes(block, hashes)
      const hashOf = (...row: Row): number =>
        hashes[rows.findIndex((other) => rowText(other) === rowText(row))]!
      const spread = [hashOf('a', 1n), hashOf(null, 2n)]
      const replicated = [hashOf('b', 2n), hashOf(null, null)]
      const parts: string[][] = [[], [], []]
      const exceptions = { heavyKeys: { spread, replicated } }
      const partitioner = new PagePartitioner([0, 1], 3, memory.createArena(), exceptions)
      for (const part of partitioner.parts(page)) {
        parts[part.partition]!.push(...rowsOf(part).map(rowText))
      }
      for (const text of new Set(rows.map(rowText))) {
        const total = rows.filter((row) => rowText(row) === text).length
        const counts = parts.map((part) => part.filter((other) => other === text).length)
        if (text === rowText(['b', 2n])) expect(counts).toEqual([total, total, total])
        else {
          expect(counts.reduce((a, b) => a + b)).toBe(total)
          const isSpread = text === rowText(['a', 1n]) || text === rowText([null, 2n])
          expect(counts.filter((count) => count > 0).length).toBe(isSpread ? 3 : 1)
        }
      }
      memory.releaseAll()
    }
  })
})

const rowText = (row: Row): string =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
