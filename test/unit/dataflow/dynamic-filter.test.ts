import { describe, expect, test } from 'vitest'
import { dynamicFilterOf } from '../../../src/dataflow/dynamic-filter.js'
import { makeKeyFilter } from '../../../src/operators/keys/key-filter.js'
import {
  BIGINT,
  BOOLEAN,
  blockOf,
  columnDomainOf,
  DATE,
  DOUBLE,
  domainIncludes,
  isNoTuples,
  multipleValuesDomain,
  type SqlType,
  timestampType,
  VARCHAR,
  type Value,
} from '../../../src/spi/index.js'
import { sharedArena } from '../kernel-support/random-blocks.js'

const arena = sharedArena()
const FILTER = { pipeline: 3, keyIndex: 0, column: 'c' }

/** What a connector hears of a build side with these keys. */
function predicateOf(type: SqlType, keys: readonly Value[]) {
  const state = makeKeyFilter(arena.memory, blockOf(type, keys, arena), type, arena, arena)
  const filter = dynamicFilterOf({ dynamicFilters: [FILTER], knownDomains: [] }, (id) =>
    id === 3 ? [{ filters: [state] }] : undefined,
  )
  expect(filter.isComplete()).toBe(true)
  expect(filter.columnsCovered).toEqual(['c'])
  return filter.getCurrentPredicate()
}

describe('what connectors hear of joins', () => {
  const many = <V extends Value>(value: (i: number) => V) =>
    Array.from({ length: 3000 }, (_, i) => value(i))
  const cases: readonly (readonly [string, SqlType, readonly Value[], Value | undefined])[] = [
    ['few integers', BIGINT, [5n, null, 9n], 7n],
    ['many integers', BIGINT, many((i) => BigInt(i + 10)), 9n],
    ['few dates', DATE, [100, 200], 150],
    ['many dates', DATE, many((i) => i), 3000],
    ['many timestamps', timestampType(3), many((i) => BigInt(i) * 1_000_000_000n), -1_000_000_000n],
    ['few texts', VARCHAR, ['a', 'b'], 'c'],
    ['many texts', VARCHAR, many((i) => `t${i}`), undefined],
    ['many booleans', BOOLEAN, many((i) => i % 2 === 0), undefined],
    ['few doubles', DOUBLE, [0.5, Number.NaN], 0.25],
  ]
  test.each(cases)('%s', (_, type, keys, absent) => {
    const wanted = columnDomainOf(predicateOf(type, keys), 'c')!
    expect(domainIncludes(wanted, null)).toBe(false)
    for (const key of keys) {
      if (key !== null && !Number.isNaN(key))
        expect(domainIncludes(wanted, key), `${key}`).toBe(true)
    }
    if (absent !== undefined) expect(domainIncludes(wanted, absent)).toBe(false)
  })

  test('no keys: no rows', () => {
    expect(isNoTuples(predicateOf(BIGINT, [null]))).toBe(true)
    expect(isNoTuples(predicateOf(VARCHAR, []))).toBe(true)
  })

  test('a scan that nothing filters', () => {
    const scan = { dynamicFilters: [], knownDomains: [] }
    expect(dynamicFilterOf(scan, () => undefined).getCurrentPredicate().columnDomains).toEqual([])
  })

  test('what is known from elsewhere and from here', () => {
    const known = { column: 'c', domain: multipleValuesDomain(BIGINT, [5n, 6n]) }
    const keys = blockOf(BIGINT, [6n, 7n], arena)
    const state = makeKeyFilter(arena.memory, keys, BIGINT, arena, arena)
    const scan = { dynamicFilters: [FILTER], knownDomains: [known] }
    const predicate = dynamicFilterOf(scan, () => [{ filters: [state] }]).getCurrentPredicate()
    const wanted = columnDomainOf(predicate, 'c')!
    expect([5n, 6n, 7n].filter((value) => domainIncludes(wanted, value))).toEqual([6n])
  })
})
