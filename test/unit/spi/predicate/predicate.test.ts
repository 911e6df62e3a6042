import { describe, expect, it } from 'vitest'
import {
  allDomain,
  allValues,
  BIGINT,
  charType,
  columnDomainOf,
  columnWiseUnion,
  complementDomain,
  complementValueSet,
  containsValue,
  DOUBLE,
  type Domain,
  discreteValues,
  domain,
  domainContains,
  domainIncludes,
  domainsEqual,
  domainsOverlap,
  extractFixedValues,
  intersectDomains,
  intersectTuples,
  intersectValueSets,
  isAllTuples,
  isNoTuples,
  isNoValues,
  JSON_TYPE,
  multipleValuesDomain,
  noneDomain,
  noValues,
  onlyNull,
  type Range,
  rangeGreaterThan,
  rangeLessThanOrEqual,
  type SqlType,
  simplifyDomain,
  singleValueDomain,
  subtractDomains,
  type TupleDomain,
  transformColumns,
  tupleDomain,
  tuplesContain,
  tuplesEqual,
  tuplesOverlap,
  uniteDomains,
  uniteValueSets,
  VARCHAR,
  type Value,
  type ValueSet,
  valueSetContains,
  valueSetOf,
  valueSetOfRanges,
  valueSetsEqual,
  valueSetsOverlap,
} from '../../../../src/spi/index.js'
import fc from '../../../support/fast-check.js'

/** Types with a few values of each, in order where they have one, so that sets can be compared by membership. */
const UNIVERSES: readonly { readonly type: SqlType; readonly universe: readonly Value[] }[] = [
  { type: BIGINT, universe: [-(2n ** 63n), -2n, -1n, 0n, 1n, 2n, 2n ** 53n, 2n ** 53n + 1n] },
  {
    type: DOUBLE,
    universe: [Number.NEGATIVE_INFINITY, -1.5, 0, 2, 1e300, Number.POSITIVE_INFINITY, Number.NaN],
  },
  { type: VARCHAR, universe: ['', ' ', 'a', 'a ', 'b', '\uffff', '😀'] },
  { type: charType(3), universe: ['\u0001', '', 'a\u0001', 'a', 'ab', 'b'] },
  { type: JSON_TYPE, universe: ['1', '"a"', 'null', '[]'] },
]
const orderable = UNIVERSES.filter(({ type }) => type.kind !== 'json')

const range = (universe: readonly Value[]): fc.Arbitrary<Range> => {
  const end = fc.option(fc.nat(universe.length - 1), { nil: undefined, freq: 3 })
  return fc
    .tuple(end, fc.boolean(), end, fc.boolean())
    .map(([a, lowInclusive, b, highInclusive]) => {
      const [low, high] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b]
      const single = low !== undefined && low === high
      return {
        ...(low === undefined
          ? { lowInclusive: false }
          : { low: universe[low]!, lowInclusive: single || lowInclusive }),
        ...(high === undefined
          ? { highInclusive: false }
          : { high: universe[high]!, highInclusive: single || highInclusive }),
      }
    })
}

const valueSet = (type: SqlType, universe: readonly Value[]): fc.Arbitrary<ValueSet> => {
  const lists = fc.subarray([...universe]).map((values) => valueSetOf(type, values))
  const bounds = fc.constantFrom(allValues(type), noValues(type))
  return type.kind === 'json'
    ? fc.oneof(lists, lists.map(complementValueSet), bounds)
    : fc.oneof(
        lists,
        bounds,
        fc.array(range(universe), { maxLength: 5 }).map((ranges) => valueSetOfRanges(type, ranges)),
      )
}

const members = (set: ValueSet, universe: readonly Value[]): boolean[] =>
  universe.map((value) => containsValue(set, value))

describe('value sets', () => {
  it('are closed under exact intersection, union and complement', () => {
    for (const { type, universe } of UNIVERSES) {
      const set = valueSet(type, universe)
      fc.assert(
        fc.property(set, set, (a, b) => {
          const inA = members(a, universe)
          const inB = members(b, universe)
          expect(members(intersectValueSets(a, b), universe)).toEqual(
            inA.map((x, i) => x && inB[i]!),
          )
          expect(members(uniteValueSets(a, b), universe)).toEqual(inA.map((x, i) => x || inB[i]!))
          expect(members(complementValueSet(a), universe)).toEqual(inA.map((x) => !x))
          expect(valueSetsEqual(complementValueSet(complementValueSet(a)), a)).toBe(true)
          expect(valueSetsEqual(uniteValueSets(a, complementValueSet(a)), allValues(type))).toBe(
            true,
          )
          expect(isNoValues(intersectValueSets(a, complementValueSet(a)))).toBe(true)
          expect(
            valueSetsEqual(
              complementValueSet(uniteValueSets(a, b)),
              intersectValueSets(complementValueSet(a), complementValueSet(b)),
            ),
          ).toBe(true)
          expect(valueSetContains(a, intersectValueSets(a, b))).toBe(true)
          expect(valueSetContains(uniteValueSets(a, b), a)).toBe(true)
          expect(valueSetsOverlap(a, b)).toBe(!isNoValues(intersectValueSets(a, b)))
          expect(valueSetsEqual(structuredClone(a), a)).toBe(true)
        }),
        { numRuns: 300 },
      )
    }
  })

  it('keep ranges ascending and apart', () => {
    for (const { type, universe } of orderable) {
      fc.assert(
        fc.property(fc.array(range(universe), { maxLength: 6 }), (ranges) => {
          const set = valueSetOfRanges(type, ranges)
          for (const value of universe) {
            const within = ranges.some((r) => containsValue(valueSetOfRanges(type, [r]), value))
            expect(containsValue(set, value)).toBe(within)
          }
          expect(valueSetsEqual(valueSetOfRanges(type, set.ranges.toReversed()), set)).toBe(true)
          for (const [i, next] of set.ranges.entries()) {
            if (i > 0)
              expect(
                isNoValues(
                  intersectValueSets(
                    valueSetOfRanges(type, [set.ranges[i - 1]!]),
                    valueSetOfRanges(type, [next]),
                  ),
                ),
              ).toBe(true)
          }
        }),
      )
    }
  })

  it('merge ranges that touch', () => {
    const below: Range = { lowInclusive: false, high: 1n, highInclusive: false }
    const from: Range = { low: 1n, lowInclusive: true, highInclusive: false }
    expect(valueSetOfRanges(BIGINT, [from, below])).toEqual(allValues(BIGINT))
    const open = valueSetOfRanges(BIGINT, [below, { ...from, lowInclusive: false }])
    expect(open.ranges).toHaveLength(2)
    expect(discreteValues(complementValueSet(open))).toEqual([1n])
  })

  it("leave NaN out of SQL's comparisons and have it in complements", () => {
    const above = valueSetOfRanges(DOUBLE, [rangeGreaterThan(DOUBLE, 1)])
    expect(containsValue(above, Number.POSITIVE_INFINITY)).toBe(true)
    expect(containsValue(above, Number.NaN)).toBe(false)
    const upTo = valueSetOfRanges(DOUBLE, [rangeLessThanOrEqual(1)])
    expect(containsValue(complementValueSet(upTo), Number.NaN)).toBe(true)
    expect(containsValue(valueSetOf(DOUBLE, [0]), -0)).toBe(true)
  })

  it('compare CHAR as padded', () => {
    const type = charType(3)
    const above = valueSetOfRanges(type, [rangeGreaterThan(type, 'a')])
    expect(containsValue(above, 'a\u0001')).toBe(false)
    expect(containsValue(above, 'ab')).toBe(true)
  })
})

describe('domains', () => {
  it('treat null as a value of its own', () => {
    for (const { type, universe } of UNIVERSES) {
      const withNull = [...universe, null]
      const any = fc.tuple(valueSet(type, universe), fc.boolean()).map(([v, n]) => domain(v, n))
      const includes = (d: Domain): boolean[] => withNull.map((v) => domainIncludes(d, v))
      fc.assert(
        fc.property(any, any, (a, b) => {
          const inA = includes(a)
          const inB = includes(b)
          expect(includes(intersectDomains(a, b))).toEqual(inA.map((x, i) => x && inB[i]!))
          expect(includes(uniteDomains(a, b))).toEqual(inA.map((x, i) => x || inB[i]!))
          expect(includes(subtractDomains(a, b))).toEqual(inA.map((x, i) => x && !inB[i]!))
          expect(includes(complementDomain(a))).toEqual(inA.map((x) => !x))
          expect(domainContains(uniteDomains(a, b), b)).toBe(true)
          expect(domainsOverlap(a, complementDomain(a))).toBe(false)
          expect(domainContains(a, b)).toBe(domainsEqual(uniteDomains(a, b), a))
          expect(domainContains(simplifyDomain(a, 1), a)).toBe(true)
        }),
        { numRuns: 200 },
      )
    }
  })
})

describe('tuple domains', () => {
  const universe = [0n, 1n, 2n, null]
  interface Column {
    readonly name: string
  }
  const columns: Column[] = [{ name: 'a' }, { name: 'b' }]
  const oneDomain = fc
    .subarray(universe)
    .map((values) => multipleValuesDomain(BIGINT, values))
    .chain((d) => fc.constantFrom(d, complementDomain(d), allDomain(BIGINT)))
  const tuples: fc.Arbitrary<TupleDomain<Column>> = fc
    .tuple(oneDomain, oneDomain)
    .map((domains) =>
      tupleDomain(columns.map((column, i) => ({ column: { ...column }, domain: domains[i]! }))),
    )
  const rows = universe.flatMap((a) => universe.map((b) => [a, b] as const))
  const passes = (t: TupleDomain<Column>, row: readonly Value[]): boolean =>
    t.columnDomains?.every(({ column, domain: d }) =>
      domainIncludes(d, row[columns.findIndex((c) => c.name === column.name)]!),
    ) ?? false
  const passing = (t: TupleDomain<Column>): boolean[] => rows.map((row) => passes(t, row))

  it('are conjunctions', () => {
    fc.assert(
      fc.property(tuples, tuples, (a, b) => {
        const inA = passing(a)
        const inB = passing(b)
        const both = intersectTuples(a, b)
        expect(passing(both)).toEqual(inA.map((x, i) => x && inB[i]!))
        const union = passing(columnWiseUnion([a, b]))
        for (const [i, x] of union.entries()) if (inA[i] || inB[i]) expect(x).toBe(true)
        expect(tuplesContain(a, both)).toBe(true)
        expect(tuplesEqual(a, structuredClone(a))).toBe(true)
        if (tuplesContain(a, b))
          for (const [i, x] of inB.entries()) if (x) expect(inA[i]).toBe(true)
        if (!tuplesOverlap(a, b)) expect(isNoTuples(both)).toBe(true)
        expect(isNoTuples(both)).toBe(both.columnDomains === null)
      }),
    )
  })

  it('normalise', () => {
    const [a, b] = columns as [Column, Column]
    expect(isAllTuples(tupleDomain([{ column: a, domain: allDomain(BIGINT) }]))).toBe(true)
    expect(isNoTuples(tupleDomain([{ column: a, domain: noneDomain(BIGINT) }]))).toBe(true)
    const fixed = tupleDomain([
      { column: a, domain: singleValueDomain(BIGINT, 5n) },
      { column: b, domain: onlyNull(BIGINT) },
    ])
    expect(extractFixedValues(fixed)).toEqual([
      { column: a, value: 5n },
      { column: b, value: null },
    ])
    expect(columnDomainOf(fixed, { name: 'b' })).toEqual(onlyNull(BIGINT))
    const renamed = transformColumns(fixed, (c) => (c.name === 'a' ? 'x' : undefined))
    expect(renamed.columnDomains?.map((e) => e.column)).toEqual(['x'])
  })
})
