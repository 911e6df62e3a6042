import { describe, expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../src/expressions/functions/index.js'
import { input } from '../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../src/expressions/registry.js'
import { AggregationOperator, stateTypes } from '../../../src/operators/aggregation/aggregation.js'
import { genericAggregator } from '../../../src/operators/aggregation/generic.js'
import type { AggregateSpec, AggregationSpec } from '../../../src/operators/spec.js'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  readValue,
  type SqlType,
  VARCHAR,
  valueKey,
} from '../../../src/spi/index.js'
import fc from '../../support/fast-check.js'
import { testContext, testMemory } from '../../support/memory.js'
import { multiset, pagesOf, type Row, runOperator } from '../../support/operator.js'

const memory = testMemory()
const context = testContext(memory)
const registry = createRegistry(BUILTIN_FUNCTIONS)

const TYPES: readonly SqlType[] = [
  VARCHAR, // key
  INTEGER, // key
  BIGINT,
  INTEGER,
  decimalType(12, 2),
  decimalType(38, 0),
  DOUBLE,
  REAL,
  DATE,
  VARCHAR,
  BOOLEAN,
]
const row = fc.tuple(
  fc.option(fc.constantFrom('a', 'b', '', 'ccc')),
  fc.option(fc.integer({ min: -2, max: 2 })),
  fc.option(fc.bigInt({ min: -(2n ** 46n), max: 2n ** 46n })),
  fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  fc.option(fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n })),
  fc.option(fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n })),
  fc.option(fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8)),
  fc.option(fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8)),
  fc.option(fc.integer({ min: 0, max: 20_000 })),
  fc.option(fc.string({ maxLength: 4 })),
  fc.option(fc.boolean()),
)

const aggregate = (name: string, ...channels: readonly number[]): AggregateSpec => ({
  function: registry.resolve(
    name,
    channels.map((c) => TYPES[c]!),
  ),
  args: channels.map((c) => input(c, TYPES[c]!)),
  distinct: false,
})

const CALLS: readonly AggregateSpec[] = [
  aggregate('count'),
  ...[2, 9].map((c) => aggregate('count', c)),
  ...[2, 3, 4, 5, 6, 7].map((c) => aggregate('sum', c)),
  ...[2, 3, 4, 5, 6, 7].map((c) => aggregate('avg', c)),
  ...TYPES.map((_, c) => aggregate('checksum', c)),
  ...[2, 3, 4, 5, 6, 7, 8, 9].flatMap((c) => [aggregate('min', c), aggregate('max', c)]),
]

function spec(
  step: AggregationSpec['step'],
  keys: readonly number[],
  calls: readonly AggregateSpec[],
): AggregationSpec {
  return {
    kind: 'aggregation',
    planNodeId: '1',
    step,
    keyChannels: step === 'final' ? keys.map((_, i) => i) : keys,
    keyTypes: keys.map((c) => TYPES[c]!),
    aggregates: calls,
    outputTypes: [],
    globalRow: keys.length === 0 && step !== 'partial',
  }
}

/** Groups by a Map, each call by the accumulators of its definition. */
function reference(
  rows: readonly Row[],
  keys: readonly number[],
  calls: readonly AggregateSpec[],
): Row[] {
  const groups = new Map<string, Row[]>()
  if (keys.length === 0) groups.set('', [])
  for (const r of rows) {
    const key = keys.map((c) => valueKey(TYPES[c]!, r[c]!)).join('|')
    groups.set(key, [...(groups.get(key) ?? []), r])
  }
  return [...groups.values()].map((members) => {
    const values = calls.map((call) => {
      const aggregator = genericAggregator(call.function, call.args, undefined, context.settings)
      aggregator.reserve(1)
      const seen = new Set<string>()
      const kept = members.filter((r) => {
        if (call.filterChannel !== undefined && r[call.filterChannel] !== true) return false
        if (!call.distinct) return true
        const key = call.args
          .map((a) => (a.kind === 'input' ? valueKey(a.type, r[a.channel]!) : ''))
          .join('|')
        if (seen.has(key)) return false
        seen.add(key)
        return true
      })
      const arena = memory.createArena()
      for (const page of pagesOf(memory, TYPES, kept, 1000)) {
        const blocks = call.args.map((a) => page.blocks[a.kind === 'input' ? a.channel : 0]!)
        aggregator.add(blocks, page.rowCount, undefined, arena)
      }
      const block = aggregator.results(0, 1, arena)
      return readValue(block, 0)
    })
    const [first] = members
    return [...keys.map((c) => first![c]!), ...values]
  })
}

const outputTypes = (keys: readonly number[], calls: readonly AggregateSpec[]): SqlType[] => [
  ...keys.map((c) => TYPES[c]!),
  ...calls.map((call) => call.function.returnType),
]

/**
 * Whether a sum of BIGINTs leaves 64 bits before it comes back. Adding row by row then fails, and adding a page at once
 * need not: which of them is seen depends on how rows are spread over pages and threads.
 */
function overflowsOnTheWay(rows: readonly Row[], key: number, channels: readonly number[]) {
  const fits = (sum: bigint) => BigInt.asIntN(64, sum) === sum
  return channels.some((channel) => {
    const sums = new Map<unknown, { sum: bigint; hasLeft: boolean }>()
    for (const row of rows) {
      const group = sums.get(row[key]) ?? { sum: 0n, hasLeft: false }
      group.sum += row[channel] as bigint
      group.hasLeft ||= !fits(group.sum)
      sums.set(row[key], group)
    }
    return [...sums.values()].some(({ sum, hasLeft }) => hasLeft && fits(sum))
  })
}

describe('aggregation', () => {
  for (const keys of [[], [1], [0], [0, 1]]) {
    test(`one step and two steps agree with the definitions, keys ${keys.join(',') || 'none'}`, () => {
      fc.assert(
        fc.property(
          fc.array(row, { maxLength: 60 }),
          fc.subarray([...CALLS], { minLength: 1 }),
          fc.constantFrom(1, 7, 100),
          (rows, calls, pageRows) => {
            memory.releaseAll()
            const types = outputTypes(keys, calls)
            const expected = multiset(reference(rows, keys, calls), types)
            const pages = pagesOf(memory, TYPES, rows, pageRows)
            const single = runOperator(
              new AggregationOperator(spec('single', keys, calls), context),
              pages,
            )
            expect(multiset(single, types)).toEqual(expected)

            const states = calls.map((call) =>
              stateTypes(call.function, (fn) => registry.intermediateType(fn)),
            )
            const half = Math.ceil(pages.length / 2)
            const partials = [pages.slice(0, half), pages.slice(half)].map((part) =>
              runOperator(new AggregationOperator(spec('partial', keys, calls), context), part),
            )
            let channel = keys.length
            const finals = calls.map((call, i) => ({
              ...call,
              args: states[i]!.map((type) => input(channel++, type)),
            }))
            const stateRowTypes = [...keys.map((c) => TYPES[c]!), ...states.flat()]
            const statePages = pagesOf(memory, stateRowTypes, partials.flat(), pageRows)
            const final = runOperator(
              new AggregationOperator(spec('final', keys, finals), context),
              statePages,
            )
            expect(multiset(final, types)).toEqual(expected)
          },
        ),
        { numRuns: 60, verbose: 0 },
      )
    })
  }

  test('columns without nulls, added in one pass, come to what each comes to alone', () => {
    const calls = [
      aggregate('count'),
      ...[2, 3, 4].flatMap((c) => [aggregate('sum', c), aggregate('count', c)]),
      // Averages of BIGINT above 2^53 differ from the definition's in the last digit.
      ...[3, 4].map((c) => aggregate('avg', c)),
      aggregate('sum', 1),
      { ...aggregate('sum', 3), filterChannel: 10 },
      aggregate('max', 2),
      ...[2, 3, 4].map((c) => aggregate('sum', c)),
    ]
    const range = fc.constantFrom(
      ...[1n, 100n, 30_000n, 2n ** 31n, 2n ** 46n, 2n ** 62n].flatMap((n) => [
        { base: 0n, size: n },
        { base: -n, size: 2n * n },
        { base: 2n ** 40n, size: n },
      ]),
    )
    const value = fc.bigInt({ min: 0n, max: 2n ** 63n })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(row, value), { minLength: 1, maxLength: 60 }),
        range,
        fc.constantFrom(7, 100),
        (drawn, { base, size }, pageRows) => {
          memory.releaseAll()
          const rows = drawn.map(([r, v]) => {
            const wide = base + (v % size)
            return r.map((cell, c) => {
              if (c === 1) return cell ?? 7
              if (c === 2) return wide
              if (c === 3) return Number(BigInt.asIntN(32, wide))
              return c === 4 ? wide % 10n ** 12n : cell
            })
          })
          const types = outputTypes([0], calls)
          const pages = pagesOf(memory, TYPES, rows, pageRows)
          const attempt = (run: () => Row[]): Row[] | string => {
            try {
              return run()
            } catch (error) {
              return (error as { code: string }).code
            }
          }
          const single = attempt(() =>
            runOperator(new AggregationOperator(spec('single', [0], calls), context), pages),
          )
          const expected = attempt(() => reference(rows, [0], calls))
          if (typeof single !== 'string' && typeof expected !== 'string') {
            expect(multiset(single, types)).toEqual(multiset(expected, types))
          } else if (!overflowsOnTheWay(rows, 0, [2, 4])) expect(single).toBe(expected)
        },
      ),
      { numRuns: 150, verbose: 0 },
    )
  })

  test('columns of one group, of every width, with and without nulls', () => {
    const calls = [
      aggregate('count'),
      ...[2, 3, 4, 6, 7, 8].flatMap((c) =>
        ['count', 'min', 'max', ...(c === 8 ? [] : ['sum'])].map((name) => aggregate(name, c)),
      ),
    ]
    const bits = fc.constantFrom(3, 7, 8, 15, 16, 31)
    const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 1023, -(2 ** 1023))
    const cell = fc.tuple(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.oneof({ weight: 20, arbitrary: fc.integer({ min: -800, max: 800 }) }, special),
      fc.boolean(),
    )
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 300 }),
        bits,
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.constantFrom(40, 1000),
        (drawn, width, [isNullable, isSpecial, isWide], pageRows) => {
          memory.releaseAll()
          const rows = drawn.map(([drawnInteger, drawnFloat, isNull]): Row => {
            const integer = drawnInteger >> (32 - width)
            const float = isSpecial || Math.abs(drawnFloat) <= 800 ? drawnFloat / 8 : 0
            const values = [
              isWide ? BigInt(integer) << 31n : BigInt(integer),
              integer,
              BigInt(integer) * 100n,
              0n,
              float,
              Math.abs(float) < 2 ** 100 ? float : Number.NaN,
              integer & 0x3fff,
            ]
            return ['a', 1, ...values.map((v) => (isNullable && isNull ? null : v)), 'b', true]
          })
          const types = outputTypes([], calls)
          const single = runOperator(
            new AggregationOperator(spec('single', [], calls), context),
            pagesOf(memory, TYPES, rows, pageRows),
          )
          const expected = reference(rows, [], calls)
          expect(multiset(single, types)).toEqual(multiset(expected, types))
        },
      ),
      { numRuns: 200, verbose: 0 },
    )
  })

  test('DISTINCT and FILTER count what they say', () => {
    const calls = [
      { ...aggregate('count', 3), distinct: true },
      { ...aggregate('sum', 4), filterChannel: 10 },
      { ...aggregate('count', 9), distinct: true, filterChannel: 10 },
      { ...aggregate('sum', 1), distinct: true },
    ]
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 60 }),
        fc.constantFrom(1, 7, 100),
        (rows, pageRows) => {
          memory.releaseAll()
          const types = outputTypes([0], calls)
          const pages = pagesOf(memory, TYPES, rows, pageRows)
          const single = runOperator(
            new AggregationOperator(spec('single', [0], calls), context),
            pages,
          )
          expect(multiset(single, types)).toEqual(multiset(reference(rows, [0], calls), types))
        },
      ),
      { numRuns: 60, verbose: 0 },
    )
  })

  test('a sum of bigints that leaves 64 bits is an error', () => {
    const rows = [2n ** 62n, 2n ** 62n].map((v) => TYPES.map((_, c) => (c === 2 ? v : null)))
    const operator = new AggregationOperator(spec('single', [], [aggregate('sum', 2)]), context)
    expect(() => runOperator(operator, pagesOf(memory, TYPES, rows, 10))).toThrow(
      expect.objectContaining({ code: 'NUMERIC_VALUE_OUT_OF_RANGE' }),
    )
  })

  test('an average of the largest decimals is exact, and their sum an error', () => {
    const largest = 10n ** 38n - 1n
    const rows = Array.from({ length: 9 }, () => TYPES.map((_, c) => (c === 5 ? largest : null)))
    const pages = pagesOf(memory, TYPES, rows, 4)
    const average = new AggregationOperator(spec('single', [], [aggregate('avg', 5)]), context)
    expect(runOperator(average, pages)).toEqual([[largest]])
    const sum = new AggregationOperator(spec('single', [], [aggregate('sum', 5)]), context)
    expect(() => runOperator(sum, pages)).toThrow(
      expect.objectContaining({ code: 'NUMERIC_VALUE_OUT_OF_RANGE' }),
    )
  })
})
