import { describe } from 'vitest'
import { createSort } from '../../../src/operators/sort.js'
import type { ChannelOrder } from '../../../src/operators/spec.js'
import { createTopN } from '../../../src/operators/top-n.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  IPADDRESS,
  REAL,
  rowType,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  typeName,
  UUID,
  VARBINARY,
  VARCHAR,
} from '../../../src/spi/index.js'
import { operatorProperty, operatorTest } from '../../support/operator-test.js'
import { page } from '../../support/page-literal.js'
import { fewOutcomes, numbered, randomValue } from '../../support/random-value.js'
import { compareRowsBy } from '../../support/reference-order.js'

const by = (channel: number, ascending = true, nullsFirst = false): ChannelOrder => ({
  channel,
  ascending,
  nullsFirst,
})

const DIRECTIONS = [by(0), by(0, false), by(0, true, true), by(0, false, true)]

const TYPES: readonly SqlType[] = [
  BOOLEAN,
  TINYINT,
  INTEGER,
  BIGINT,
  DATE,
  REAL,
  DOUBLE,
  decimalType(12, 2),
  decimalType(38, 2),
  VARCHAR,
  charType(12),
  VARBINARY,
  UUID,
  IPADDRESS,
  timeType(3),
  timestampType(3),
  timestampType(9),
  timestampWithTimeZoneType(3),
  timestampWithTimeZoneType(9),
  timeWithTimeZoneType(3),
  timeWithTimeZoneType(12),
  arrayType(BIGINT),
  rowType([{ type: INTEGER }, { type: VARCHAR }]),
]

describe('sort', () => {
  operatorTest('orders by two columns', {
    input: page`bigint varchar | 2 b | 1 b | NULL a | 2 a | 1 NULL`,
    make: (context) =>
      createSort(
        { kind: 'sort', planNodeId: '1', orderBy: [by(0, false), by(1)], types: [BIGINT, VARCHAR] },
        context,
      ),
    expect: page`bigint varchar | 2 a | 2 b | 1 b | 1 NULL | NULL a`,
  })

  operatorTest('has no output for no input', {
    input: page`bigint`,
    make: (context) =>
      createSort({ kind: 'sort', planNodeId: '1', orderBy: [by(0)], types: [BIGINT] }, context),
    expect: page`bigint`,
  })

  for (const type of TYPES) {
    // A second column tells rows apart: equal ones keep their order.
    const types = [type, BIGINT]
    for (const order of DIRECTIONS) {
      const { ascending, nullsFirst } = order
      operatorProperty(`${typeName(type)} ${ascending} ${nullsFirst}`, {
        types,
        runs: 8,
        make: (context) =>
          createSort({ kind: 'sort', planNodeId: '1', orderBy: [order], types }, context),
        randomRow: numbered((random) => randomValue(random, type)),
        reference: (rows) => [...rows].sort(compareRowsBy([order], types)),
      })
    }
  }

  const mixed = [VARCHAR, DOUBLE, INTEGER, arrayType(BIGINT), VARCHAR, decimalType(38, 0)]
  operatorProperty('several columns of many types', {
    types: mixed,
    runs: 150,
    make: (context) =>
      createSort({ kind: 'sort', planNodeId: '1', orderBy: ORDERS, types: mixed }, context),
    randomRow: (random) =>
      mixed.map((type) => randomValue(random.chance(0.5) ? fewOutcomes(random) : random, type)),
    reference: (rows) => [...rows].sort(compareRowsBy(ORDERS, mixed)),
  })
})

const ORDERS = [by(2), by(0, false), by(3, true, true), by(1, false), by(5), by(4)]

describe('top n', () => {
  operatorTest('keeps the first rows', {
    input: page`bigint varchar | 3 c | 1 a | NULL n | 2 b | 1 A`,
    make: (context) =>
      createTopN(
        { kind: 'topN', planNodeId: '1', orderBy: [by(0)], types: [BIGINT, VARCHAR], count: 3 },
        context,
      ),
    expect: page`bigint varchar | 1 a | 1 A | 2 b`,
  })

  for (const type of TYPES) {
    const types = [type, BIGINT]
    for (const order of DIRECTIONS) {
      for (const count of [1, 5, 300]) {
        operatorProperty(`${typeName(type)} ${order.ascending} ${order.nullsFirst} ${count}`, {
          types,
          runs: 4,
          rowCounts: [0, 1, 5, 6, 100, 3000],
          make: (context) =>
            createTopN({ kind: 'topN', planNodeId: '1', orderBy: [order], types, count }, context),
          randomRow: numbered((random) => randomValue(random, type)),
          reference: (rows) => [...rows].sort(compareRowsBy([order], types)).slice(0, count),
        })
      }
    }
  }

  const mixed = [VARCHAR, DOUBLE, INTEGER, arrayType(BIGINT), VARCHAR, decimalType(38, 0)]
  operatorProperty('several columns', {
    types: mixed,
    runs: 100,
    rowCounts: [0, 1, 10, 100, 3000],
    make: (context) =>
      createTopN(
        { kind: 'topN', planNodeId: '1', orderBy: ORDERS, types: mixed, count: 20 },
        context,
      ),
    randomRow: (random) => mixed.map((type) => randomValue(fewOutcomes(random), type)),
    reference: (rows) => [...rows].sort(compareRowsBy(ORDERS, mixed)).slice(0, 20),
  })
})
