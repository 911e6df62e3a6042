import { describe, expect, test } from 'vitest'
import { createGroupId } from '../../../src/operators/group-id.js'
import { createLimit } from '../../../src/operators/limit.js'
import { createMarkDistinct } from '../../../src/operators/mark-distinct.js'
import type { OperatorContext } from '../../../src/operators/operator.js'
import { createRowNumber } from '../../../src/operators/row-number.js'
import { createSample } from '../../../src/operators/sample.js'
import type { ChannelOrder, TopNRankingSpec } from '../../../src/operators/spec.js'
import { createTopNRanking } from '../../../src/operators/top-n-ranking.js'
import { BIGINT, DOUBLE, INTEGER, VARCHAR, type Value, valueKey } from '../../../src/spi/index.js'
import { queryMemory } from '../../support/operator-environment.js'
import { operatorProperty, operatorTest, runOperator } from '../../support/operator-test.js'
import { page, type Row } from '../../support/page-literal.js'
import { fewOutcomes, randomValue } from '../../support/random-value.js'
import { compareRowsBy } from '../../support/reference-order.js'
import type { Random } from '../kernel-support/cells.js'

const by = (channel: number, ascending = true, nullsFirst = false): ChannelOrder => ({
  channel,
  ascending,
  nullsFirst,
})

describe('limit', () => {
  const make = (count: number, ties?: readonly ChannelOrder[]) => (context: OperatorContext) =>
    createLimit(
      { kind: 'limit', planNodeId: '1', count, ...(ties === undefined ? {} : { ties }) },
      context,
    )
  operatorTest('cuts inside a page', {
    input: page`bigint varchar | 1 a | NULL b | 3 c`,
    make: make(2),
    expect: page`bigint varchar | 1 a | NULL b`,
  })
  operatorTest('keeps ties of the last row', {
    input: page`bigint varchar | 1 a | 2 b | 2 c | 2 d | 3 e | 2 f`,
    make: make(2, [by(0)]),
    expect: page`bigint varchar | 1 a | 2 b | 2 c | 2 d`,
  })
  operatorTest('keeps ties of nulls and of zeros of both signs', {
    input: page`double | -0 | 0 | 1`,
    make: make(1, [by(0)]),
    expect: page`double | -0 | 0`,
  })
  operatorTest('fewer rows than the limit', {
    input: page`bigint | 1 | NULL`,
    make: make(3, [by(0)]),
    expect: page`bigint | 1 | NULL`,
  })
})

describe('row number', () => {
  const types = [VARCHAR, BIGINT]
  operatorTest('numbers rows of partitions', {
    input: page`varchar bigint | a 1 | b 2 | a 3 | NULL 4 | NULL 5 | a 6`,
    make: (context) =>
      createRowNumber(
        {
          kind: 'rowNumber',
          planNodeId: '1',
          types,
          partitionBy: [0],
          maxRowsPerPartition: 2,
        },
        context,
      ),
    expect: page`varchar bigint bigint | a 1 1 | b 2 1 | a 3 2 | NULL 4 1 | NULL 5 2`,
  })
  operatorTest('numbers all rows', {
    input: page`varchar bigint | a 1 | b 2 | a 3`,
    make: (context) =>
      createRowNumber(
        { kind: 'rowNumber', planNodeId: '1', types, partitionBy: [], maxRowsPerPartition: 2 },
        context,
      ),
    expect: page`varchar bigint bigint | a 1 1 | b 2 2`,
  })
})

describe('mark distinct', () => {
  const types = [VARCHAR, INTEGER]
  const firsts = (rows: readonly Row[]): Row[] => {
    const seen = new Set<string>()
    return rows.map((row) => {
      const key = JSON.stringify(row.map((value, i) => valueKey(types[i]!, value)))
      const isFirst = !seen.has(key)
      seen.add(key)
      return [...row, isFirst]
    })
  }
  operatorProperty('marks first rows', {
    types,
    make: (context) =>
      createMarkDistinct(
        { kind: 'markDistinct', planNodeId: '1', channels: [0, 1], types },
        context,
      ),
    randomRow: (random) => types.map((type) => randomValue(fewOutcomes(random), type)),
    reference: firsts,
  })
})

describe('group id', () => {
  operatorTest('repeats rows for each set', {
    input: page`varchar bigint integer | a 1 7 | NULL 2 8`,
    make: (context) =>
      createGroupId(
        {
          kind: 'groupId',
          planNodeId: '1',
          sets: [
            [0, 1],
            [-1, 1],
            [-1, -1],
          ],
          keyTypes: [VARCHAR, BIGINT],
          argumentChannels: [2],
        },
        context,
      ),
    expect: page`varchar bigint integer bigint | a 1 7 0 | NULL 2 8 0
      | NULL 1 7 1 | NULL 2 8 1 | NULL NULL 7 2 | NULL NULL 8 2`,
    order: 'any',
  })
})

describe('sample', () => {
  const input = { types: [BIGINT], rows: Array.from({ length: 9 }, (_, i): Row => [BigInt(i)]) }
  const sample = (ratio: number, numbers: readonly number[]): Value[] => {
    let next = 0
    const rows = runOperator(
      (context) =>
        createSample({ kind: 'sample', planNodeId: '1', ratio }, context, () => numbers[next++]!),
      input,
      { memory: queryMemory(), pageRows: 4 },
    )
    return rows.map((row) => row[0]!)
  }
  test('keeps rows whose number is below the ratio', () => {
    const numbers = [0.9, 0.1, 0.5, 0.49, 0.7, 0.8, 0.9, 0.99, 0]
    expect(sample(0.5, numbers)).toEqual([1n, 3n, 8n])
    expect(sample(1, [])).toHaveLength(9)
    expect(sample(0, [])).toHaveLength(0)
  })
})

describe('top n ranking', () => {
  const types = [VARCHAR, DOUBLE, BIGINT]
  const orderBy = [by(1, false, true)]
  const spec = (ranking: TopNRankingSpec['ranking'], partitionBy: readonly number[]) => ({
    kind: 'topNRanking' as const,
    planNodeId: '1',
    types,
    ranking,
    partitionBy,
    orderBy,
    maxRanking: 3,
  })
  const compare = compareRowsBy(orderBy, types)
  const sameValue = (a: Value, b: Value) => valueKey(DOUBLE, a) === valueKey(DOUBLE, b)

  function ranked(ranking: TopNRankingSpec['ranking'], partitioned: boolean) {
    return (rows: readonly Row[]): Row[] => {
      const partitions = new Map<string, Row[]>()
      for (const row of rows) {
        const key = partitioned ? valueKey(VARCHAR, row[0]!) : ''
        partitions.set(key, [...(partitions.get(key) ?? []), row])
      }
      return [...partitions.values()].flatMap((partition) => {
        const sorted = [...partition].sort(compare)
        const starts = sorted.map((row) =>
          sorted.findIndex((other) => sameValue(other[1]!, row[1]!)),
        )
        const rankings = {
          row_number: sorted.map((_, i) => i + 1),
          rank: starts.map((start) => start + 1),
          dense_rank: starts.map((start) => new Set(starts.filter((s) => s <= start)).size),
        }[ranking]
        return sorted.flatMap((row, i) =>
          rankings[i]! <= 3 ? [[...row, BigInt(rankings[i]!)]] : [],
        )
      })
    }
  }
  const numberedRow = () => {
    let next = 0n
    return (random: Random): Row => [
      random.pick(['a', 'b', null, 'c']),
      randomValue(random.chance(0.7) ? fewOutcomes(random) : random, DOUBLE),
      next++,
    ]
  }
  for (const ranking of ['row_number', 'rank', 'dense_rank'] as const) {
    for (const partitioned of [true, false]) {
      operatorProperty(`${ranking} ${partitioned}`, {
        types,
        make: (context) => createTopNRanking(spec(ranking, partitioned ? [0] : []), context),
        randomRow: numberedRow(),
        reference: ranked(ranking, partitioned),
        order: 'any',
      })
    }
  }
  operatorProperty('thins out what it keeps', {
    types,
    runs: 1,
    rowCounts: [200_000],
    make: (context) => createTopNRanking(spec('row_number', []), context),
    randomRow: numberedRow(),
    reference: (rows) =>
      [...rows]
        .sort(compare)
        .slice(0, 3)
        .map((row, i) => [...row, BigInt(i + 1)]),
  })
})
