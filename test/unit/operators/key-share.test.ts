import { describe, expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../src/expressions/functions/index.js'
import { input } from '../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../src/expressions/registry.js'
import { AggregationOperator } from '../../../src/operators/aggregation/aggregation.js'
import { createKeyShare } from '../../../src/operators/key-share.js'
import type { PageExtent } from '../../../src/operators/keys/key-range.js'
import { areLone } from '../../../src/operators/operator.js'
import type { AggregationSpec } from '../../../src/operators/spec.js'
import {
  type Arena,
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  type Page,
  REAL,
  type SqlType,
  timestampType,
  UUID,
  VARBINARY,
  VARCHAR,
  type Value,
  valueKey,
} from '../../../src/spi/index.js'
import { operatorContext, queryMemory } from '../../support/operator-environment.js'
import { type Encoding, rowsOf, toPage } from '../../support/operator-test.js'
import type { Row } from '../../support/page-literal.js'
import { randomValue } from '../../support/random-value.js'
import { createRandom, type Random } from '../kernel-support/cells.js'

const NO_EXTENTS = { boundsOf: () => undefined }

const TYPES: readonly SqlType[] = [
  BIGINT,
  BOOLEAN,
  INTEGER,
  DATE,
  DOUBLE,
  REAL,
  VARCHAR,
  VARBINARY,
  UUID,
  charType(4),
  decimalType(12, 2),
  decimalType(38, 3),
  timestampType(3),
  timestampType(9),
]
const ENCODINGS: readonly Encoding[] = ['flat', 'constant', 'dictionary', 'selected']

/** Merges counts of groups. */
const COUNTS: AggregationSpec = {
  kind: 'aggregation',
  planNodeId: '2',
  step: 'final',
  keyChannels: [0],
  keyTypes: [BIGINT],
  aggregates: [
    {
      function: createRegistry(BUILTIN_FUNCTIONS).resolve('count', []),
      args: [input(1, BIGINT)],
      distinct: false,
    },
  ],
  outputTypes: [BIGINT, BIGINT],
  globalRow: false,
}

/** Pages of keys, of most of which a group is in one page, and counts. */
function randomGroups(random: Random, start: bigint, arena: Arena): Page[] {
  const pages: Page[] = []
  let key = 0
  for (let i = 1 + random.below(20); i > 0; i--) {
    // Neighbours may have a key or a stretch in common; a page may lie in a gap of another.
    if (random.chance(0.3)) key = Math.max(0, key - 1 - random.below(random.pick([1, 200])))
    const keys = Array.from({ length: 1 + random.below(150) }, () => {
      key += 1 + random.below(random.chance(0.02) ? 300 : 4)
      return key
    })
    if (random.chance(0.1)) random.pick([() => keys.reverse(), () => keys.push(keys[0]!)])()
    const rows: Row[] = keys.map((k) => [
      random.chance(0.002) ? null : start + BigInt(k),
      BigInt(1 + random.below(9)),
    ])
    pages.push(toPage({ types: [BIGINT, BIGINT], rows }, 'flat', arena, random))
  }
  return pages
}

describe('rows shared by key', () => {
  const seed = (Date.now() & 0xffff) + 1
  test(`each row has one driver, equal keys the same one, whatever the encoding: seed ${seed}`, () => {
    const random = createRandom(seed)
    for (let round = 0; round < 150; round++) {
      const types = Array.from({ length: 1 + random.below(3) }, () => random.pick(TYPES))
      const known = Array.from({ length: 1 + random.below(30) }, () =>
        types.map((type) => randomValue(random, type, 0.2)),
      )
      const driverCount = 1 + random.below(4)
      const owners = new Map<string, number>()
      for (const encoding of ENCODINGS) {
        const rows: Row[] = Array.from({ length: random.below(40) }, () => random.pick(known))
        const memory = queryMemory()
        const arena = memory.createArena()
        let total = 0
        for (let driverIndex = 0; driverIndex < driverCount; driverIndex++) {
          const operator = createKeyShare(
            {
              kind: 'keyShare',
              planNodeId: '1',
              keyChannels: types.map((_, channel) => channel),
              keyTypes: types,
            },
            operatorContext(memory, { driverIndex, driverCount }),
            NO_EXTENTS,
          )
          const page = toPage({ types, rows }, encoding, arena, random)
          for (const out of page.rowCount === 0 ? [] : operator.process(page)) {
            for (const row of rowsOf(out)) {
              total += 1
              const key = row.map((value, c) => valueKey(types[c]!, value)).join('|')
              expect(owners.get(key) ?? driverIndex, `${encoding} ${key}`).toBe(driverIndex)
              owners.set(key, driverIndex)
            }
          }
          operator.close()
        }
        expect(total).toBe(rows.length)
        memory.releaseAll()
      }
    }
  })

  test('many keys of one column are spread, neighbours together', () => {
    const memory = queryMemory()
    const arena = memory.createArena()
    const rows: Row[] = Array.from({ length: 20_000 }, (_, i) => [BigInt(i)])
    const page = toPage({ types: [BIGINT], rows }, 'flat', arena, createRandom(1))
    const counts = [0, 1, 2].map((driverIndex) => {
      const operator = createKeyShare(
        { kind: 'keyShare', planNodeId: '1', keyChannels: [0], keyTypes: [BIGINT] },
        operatorContext(memory, { driverIndex, driverCount: 3 }),
        NO_EXTENTS,
      )
      const own = [...operator.process(page)].flatMap(rowsOf).map(([value]) => Number(value))
      expect(own.slice(0, 256).every((value, i) => value === own[0]! + i)).toBe(true)
      operator.close()
      return own.length
    })
    expect(counts.reduce((a, b) => a + b)).toBe(20_000)
    for (const count of counts) expect(count).toBeGreaterThan(3_000)
    memory.releaseAll()
  })

  /** Pages as an earlier pipeline leaves them, of which only the bounds are looked at. */
  function collectedState(pages: readonly Page[]) {
    const words = pages.map((_, i) => Float64Array.of(i))
    const boundsOf = ([i]: Float64Array): PageExtent | undefined => {
      const block = pages[i!]!.blocks[0]!
      return 'bounds' in block && block.bounds !== undefined
        ? { rowCount: block.rowCount, ...block.bounds }
        : undefined
    }
    return { state: { pages: words }, boundsOf }
  }

  test(`pages of neighbours are divided by ranges: each key has one driver, as by hash: seed ${seed}`, () => {
    const random = createRandom(seed)
    const divisions = new Set<unknown>()
    for (let round = 0; round < 200; round++) {
      const memory = queryMemory()
      const arena = memory.createArena()
      const driverCount = 2 + random.below(3)
      // From pages that hardly overlap to pages that all hold keys of everywhere; both ends of 53 bits.
      const spread = random.pick([10, 40, 4000])
      const start = random.pick([0n, -(2n ** 53n) + 1n, 2n ** 53n - 4001n])
      const nulls = random.pick([0, 0.1])
      const pages = Array.from({ length: 1 + random.below(40) }, () => {
        const first = random.below(4000 - spread + 1)
        const rows: Row[] = Array.from({ length: 1 + random.below(60) }, () => [
          random.below(100) < nulls * 100 ? null : start + BigInt(first + random.below(spread)),
        ])
        return toPage({ types: [BIGINT], rows }, 'flat', arena, random)
      })
      const { state, boundsOf } = collectedState(pages)
      const owners = new Map<string, number>()
      let total = 0
      const divided = Array.from({ length: driverCount }, (_, driverIndex) => {
        const operator = createKeyShare(
          {
            kind: 'keyShare',
            planNodeId: '1',
            keyChannels: [0],
            keyTypes: [BIGINT],
            pipelines: [7],
          },
          operatorContext(memory, { driverIndex, driverCount, states: new Map([[7, [state]]]) }),
          { boundsOf },
        )
        for (const [value] of pages.flatMap((page) =>
          [...operator.process(page)].flatMap(rowsOf),
        )) {
          total += 1
          expect(owners.get(String(value)) ?? driverIndex, String(value)).toBe(driverIndex)
          owners.set(String(value), driverIndex)
        }
        operator.close()
        return operator.describe!()['division']
      })
      // All drivers come to the same.
      expect(new Set(divided).size).toBe(1)
      divisions.add(divided[0])
      expect(total).toBe(pages.reduce((sum, page) => sum + page.rowCount, 0))
      memory.releaseAll()
    }
    expect(divisions).toEqual(new Set(['range', 'hash']))
  })

  test(`rows whose key is in no other page are known to be groups, and come to what all give together: seed ${seed}`, () => {
    const random = createRandom(seed)
    let aloneCount = 0
    for (let round = 0; round < 200; round++) {
      const memory = queryMemory()
      const arena = memory.createArena()
      const driverCount = 2 + random.below(3)
      const start = random.pick([0n, -(2n ** 53n) + 1n, 2n ** 53n - 40_001n])
      const pages = randomGroups(random, start, arena)
      const counts = new Map<Value, bigint>()
      for (const [key, count] of pages.flatMap(rowsOf)) {
        counts.set(key!, (counts.get(key!) ?? 0n) + (count as bigint))
      }
      const { state, boundsOf } = collectedState(pages)
      const results = new Map<Value, Value>()
      for (let driverIndex = 0; driverIndex < driverCount; driverIndex++) {
        const states = new Map([[7, [state]]])
        const context = operatorContext(memory, { driverIndex, driverCount, states })
        const spec = {
          kind: 'keyShare',
          planNodeId: '1',
          keyChannels: [0],
          keyTypes: [BIGINT],
          pipelines: [7],
        } as const
        const share = createKeyShare(spec, context, { boundsOf })
        const groups = new AggregationOperator(COUNTS, context)
        share.feeds!(groups)
        const take = (given: Iterable<Page>) => {
          for (const [key, count] of [...given].flatMap(rowsOf)) {
            expect(results.has(key!), String(key)).toBe(false)
            results.set(key!, count!)
          }
        }
        const add = (shared: Iterable<Page>) => {
          for (const page of shared) {
            if (areLone(page)) aloneCount += page.rowCount
            take(groups.process(page))
          }
        }
        for (const page of pages) add(share.process(page))
        add(share.finish())
        take(groups.finish())
        share.close()
        groups.close()
      }
      expect(results).toEqual(counts)
      memory.releaseAll()
    }
    expect(aloneCount).toBeGreaterThan(10_000)
  })
})
