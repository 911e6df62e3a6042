import { expect, test } from 'vitest'
import { isBoundType } from '../../../../src/dataflow/bound-domain.js'
import { dynamicFilterOf } from '../../../../src/dataflow/dynamic-filter.js'
import { SharedBound } from '../../../../src/operators/sort/shared-bound.js'
import { createTopN } from '../../../../src/operators/top-n.js'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  domainIncludes,
  INTEGER,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { operatorContext, queryMemory } from '../../../support/operator-environment.js'
import { rowsOf, toPage } from '../../../support/operator-test.js'
import type { Row } from '../../../support/page-literal.js'
import { fewOutcomes, randomValue } from '../../../support/random-value.js'
import { compareRowsBy } from '../../../support/reference-order.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const KEY_TYPES = [
  BOOLEAN,
  TINYINT,
  INTEGER,
  BIGINT,
  DATE,
  DOUBLE,
  decimalType(12, 2),
  decimalType(38, 2),
  VARCHAR,
  timeType(3),
  timestampType(3),
  timestampType(9),
  timestampWithTimeZoneType(3),
  timeWithTimeZoneType(9),
]
const ENCODINGS = ['flat', 'constant', 'dictionary', 'selected'] as const

test('a bound only falls, and words of zeros are none', () => {
  const bound = new SharedBound(new BigUint64Array(new SharedArrayBuffer(8)))
  expect(bound.key).toBe((1n << 64n) - 1n)
  for (const [told, kept] of [
    [1n << 63n, 1n << 63n],
    [(1n << 63n) + 5n, 1n << 63n],
    [7n, 7n],
    [8n, 7n],
    [0n, 0n],
  ] as const) {
    bound.lower(told)
    expect(bound.key).toBe(kept)
  }
})

/** The rows of a driver's scan that a connector would give which leaves out all that it may. */
function scanned(random: Random, rows: readonly Row[], includes: (row: Row) => boolean): Row[] {
  return random.chance(0.5) ? rows.filter(includes) : [...rows]
}

test(`drivers that share a bound, and scans that know it, from seed ${SEED}`, () => {
  let leftOut = 0
  for (let seed = SEED; seed < SEED + 150; seed++) {
    const random = createRandom(seed)
    const type = random.pick(KEY_TYPES)
    const types = [type, BIGINT]
    const first = { channel: 0, ascending: random.chance(0.5), nullsFirst: random.chance(0.5) }
    const second = { channel: 1, ascending: random.chance(0.5), nullsFirst: false }
    const orderBy = random.chance(0.5) ? [first, second] : [first]
    const compare = compareRowsBy(orderBy, types)
    const count = random.pick([1, 3, 50])
    const memory = queryMemory()
    const pages = memory.createArena()
    const sharedBound = new SharedBound(new BigUint64Array(new SharedArrayBuffer(8)))
    const spec = {
      kind: 'topN',
      planNodeId: '1',
      orderBy,
      types,
      count,
      sharesBound: true,
    } as const
    const contexts = [0, 1, 2].map(() => ({ ...operatorContext(memory), sharedBound }))
    const drivers = contexts.map((context) => createTopN(spec, context))
    const boundBy = { ...first, column: 'key', type }
    const scan = { dynamicFilters: [], knownDomains: [], ...(isBoundType(type) ? { boundBy } : {}) }
    const filter = dynamicFilterOf(scan, () => undefined, sharedBound)
    const all: Row[] = []
    for (let round = random.below(12); round >= 0; round--) {
      const source = random.chance(0.5) ? fewOutcomes(random) : random
      const nulls = random.pick([0, 0.1, 0.9])
      const rows = Array.from(
        { length: random.pick([1, 4, 200]) },
        (_, i): Row => [randomValue(source, type, nulls), BigInt(all.length + i)],
      )
      all.push(...rows)
      const [known] = filter.getCurrentPredicate().columnDomains ?? []
      const given = scanned(
        random,
        rows,
        ([key]) => known === undefined || domainIncludes(known.domain, key!),
      )
      leftOut += rows.length - given.length
      if (given.length === 0) continue
      const page = toPage({ types, rows: given }, random.pick(ENCODINGS), pages, random)
      expect([...random.pick(drivers).process(page)]).toEqual([])
    }
    const kept = drivers.flatMap((driver) => [...driver.finish()].flatMap(rowsOf))
    const answer = kept.sort(compare).slice(0, count)
    const expected = all.sort(compare).slice(0, count)
    expect(answer.length, `seed ${seed}`).toBe(expected.length)
    const differs = (row: Row, i: number): boolean => compare(row, expected[i]!) !== 0
    expect(answer.filter(differs), `seed ${seed}`).toEqual([])
    for (const driver of drivers) driver.close()
    for (const { queryArena } of contexts) queryArena.close()
    pages.close()
    expect(memory.usedBytes).toBe(0)
  }
  expect(leftOut).toBeGreaterThan(0)
})
