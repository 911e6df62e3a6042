import { beforeAll, describe, expect, it } from 'vitest'
import { innerJoinRows } from '../../../../src/planner/cost/join-statistics.js'
import type { SymbolStatistics } from '../../../../src/planner/cost/statistics.js'
import {
  distinctAfter,
  statsValue,
  UNKNOWN_SYMBOL,
} from '../../../../src/planner/cost/statistics.js'
import { DATE, decimalType, timestampType, VARCHAR } from '../../../../src/spi/index.js'
import type { Catalogs } from '../optimizer/planning.js'
import { planQuery, tpchCatalogs } from '../optimizer/planning.js'
import { tpcdsMetadata } from '../optimizer/tpcds-catalog.js'

let catalogs: Catalogs
beforeAll(async () => {
  catalogs = new Map([...(await tpchCatalogs()), ['tpcds', tpcdsMetadata()]])
})

async function rows(sql: string, catalog = 'tpch'): Promise<number> {
  const at = { catalog, schema: 'sf1' }
  const { plan, context } = await planQuery(sql, catalogs, at)
  return context.estimator.of(plan).rowCount
}

/** True counts at scale factor 1, by the TPC-H specification, and how far off an estimate may be. */
const CASES: readonly [string, number, number][] = [
  ['SELECT * FROM orders', 1_500_000, 1],
  [
    "SELECT * FROM orders WHERE orderdate >= DATE '1995-01-01' AND orderdate < DATE '1996-01-01'",
    228_637,
    1.1,
  ],
  ["SELECT * FROM customer WHERE mktsegment = 'BUILDING'", 30_142, 1.1],
  ["SELECT * FROM lineitem WHERE shipmode IN ('MAIL', 'SHIP')", 1_714_000, 1.1],
  ['SELECT * FROM lineitem WHERE quantity <> 1', 5_881_000, 1.1],
  ['SELECT * FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey', 6_001_215, 1.1],
  // A fifth of the customers has a fifth of the orders, though only two thirds of them have any.
  [
    "SELECT * FROM orders o JOIN customer c ON o.custkey = c.custkey WHERE c.mktsegment = 'BUILDING'",
    303_959,
    1.1,
  ],
  ['SELECT * FROM customer c JOIN nation n ON c.nationkey = n.nationkey', 150_000, 1.1],
  [
    'SELECT * FROM lineitem l JOIN partsupp p ON l.partkey = p.partkey AND l.suppkey = p.suppkey',
    6_001_215,
    5,
  ],
  ['SELECT * FROM orders o LEFT JOIN customer c ON o.custkey = c.custkey', 1_500_000, 1.1],
  [
    `SELECT * FROM lineitem l LEFT JOIN (SELECT orderkey FROM orders WHERE orderdate < DATE '1993-01-01') o
     ON l.orderkey = o.orderkey WHERE o.orderkey IS NULL`,
    5_092_000,
    1.1,
  ],
  [
    `SELECT * FROM (SELECT orderkey FROM orders WHERE orderdate < DATE '1993-01-01') o FULL JOIN lineitem l
     ON l.orderkey = o.orderkey WHERE o.orderkey IS NULL`,
    5_092_000,
    1.1,
  ],
  ['SELECT nationkey, count(*) FROM customer GROUP BY nationkey', 25, 1],
  ['SELECT DISTINCT returnflag, linestatus FROM lineitem', 4, 2],
  // A nation's name says what its region is.
  [
    'SELECT n.name, n.regionkey, n.comment, count(*) FROM customer c JOIN nation n ON c.nationkey = n.nationkey GROUP BY 1, 2, 3',
    25,
    1,
  ],
  // Every part of a disjunction narrows the column.
  [
    "SELECT DISTINCT orderstatus FROM orders WHERE orderstatus = 'F' OR orderstatus = 'O' AND totalprice > 5000",
    2,
    1,
  ],
  ['SELECT * FROM orders LIMIT 7', 7, 1],
  ['SELECT name FROM nation UNION ALL SELECT name FROM region', 30, 1],
]

/** True counts of the generated tables at scale factor 1. */
const TPCDS_CASES: readonly [string, number, number][] = [
  // A month of the calendar is one of the months that the table has, of whose dates it has few.
  [
    'SELECT * FROM inventory JOIN date_dim ON inv_date_sk = d_date_sk WHERE d_year = 2001 AND d_moy = 1',
    180_000,
    1.2,
  ],
  [
    'SELECT * FROM store_sales JOIN date_dim ON ss_sold_date_sk = d_date_sk WHERE d_year = 2001',
    546_310,
    1.2,
  ],
  // A filter of what is looked up drops as large a share of the rows that look up, though they have fewer keys than it keeps.
  [
    "SELECT * FROM catalog_sales JOIN customer_demographics ON cs_bill_cdemo_sk = cd_demo_sk WHERE cd_marital_status = 'D'",
    288_062,
    1.2,
  ],
  [
    "SELECT * FROM catalog_sales WHERE cs_bill_cdemo_sk IN (SELECT cd_demo_sk FROM customer_demographics WHERE cd_marital_status = 'D')",
    288_062,
    1.2,
  ],
]

describe('row counts are estimated from statistics', () => {
  for (const [sql, truth, factor] of CASES) {
    it(sql, async () => {
      const estimate = await rows(sql)
      expect(estimate).toBeGreaterThanOrEqual(truth / factor)
      expect(estimate).toBeLessThanOrEqual(truth * factor)
    })
  }
})

it('groups of one key are as many values of it, of whatever distribution', async () => {
  const groups = 'SELECT orderkey * 7 AS k, count(*) AS c FROM orders GROUP BY 1'
  expect(await rows(`SELECT k, max(c) FROM (${groups}) GROUP BY k`)).toBe(await rows(groups))
})

describe('formulas', () => {
  for (const [sql, truth, factor] of TPCDS_CASES) {
    it(sql, async () => {
      const estimate = await rows(sql, 'tpcds')
      expect(estimate).toBeGreaterThanOrEqual(truth / factor)
      expect(estimate).toBeLessThanOrEqual(truth * factor)
    })
  }
  it('keeps a key’s values in proportion, and few values nearly all', () => {
    expect(distinctAfter(1000, 1000, 0.25)).toBeCloseTo(250)
    expect(distinctAfter(10, 100_000, 0.1)).toBeCloseTo(10)
    expect(distinctAfter(10, 100_000, 0)).toBe(0)
  })
  it('joins no rows of ranges that do not meet, and no nulls', () => {
    const side = (s: Partial<SymbolStatistics>) => ({
      rowCount: 100,
      known: true,
      symbols: new Map([['k', { ...UNKNOWN_SYMBOL, distinct: 10, nullsFraction: 0, ...s }]]),
    })
    const keys = [{ left: 'k', right: 'k' }]
    expect(innerJoinRows(side({}), side({}), keys)).toBeCloseTo(1000)
    expect(innerJoinRows(side({ low: 0, high: 1 }), side({ low: 2, high: 3 }), keys)).toBe(0)
    expect(innerJoinRows(side({ nullsFraction: 0.5 }), side({}), keys)).toBeCloseTo(500)
  })
  it('damps further keys of the same relations only', () => {
    const symbol = { ...UNKNOWN_SYMBOL, distinct: 16, nullsFraction: 0 }
    const side = {
      rowCount: 1000,
      known: true,
      symbols: new Map([
        ['a', symbol],
        ['b', symbol],
      ]),
    }
    const a = { left: 'a', right: 'a' }
    const b = { left: 'b', right: 'b' }
    expect(innerJoinRows(side, side, [a, b])).toBeCloseTo(1e6 / 16 / 2)
    const others = [
      { ...a, relations: 0 },
      { ...b, relations: 1 },
    ]
    expect(innerJoinRows(side, side, others)).toBeCloseTo(1e6 / 16 / 16)
  })
  it('carries values as statistics do', () => {
    expect(statsValue(decimalType(12, 2), 150n)).toBe(1.5)
    expect(statsValue(DATE, 9000)).toBe(9000)
    expect(statsValue(timestampType(3), 2_000_000n)).toBe(2)
    expect(statsValue(VARCHAR, 'x')).toBeNaN()
  })
})
