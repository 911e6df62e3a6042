import { beforeAll, expect, test } from 'vitest'
import { estimatedNanos } from '../../../src/dataflow/estimated-work.js'
import { workEstimates } from '../../../src/planner/cost/work-estimates.js'
import type { Catalogs } from '../planner/optimizer/planning.js'
import { planQuery, tpchCatalogs } from '../planner/optimizer/planning.js'

let catalogs: Catalogs
beforeAll(async () => {
  catalogs = await tpchCatalogs()
})

/** Pairs that the conditions of a statement's joins look at, and its work. */
async function estimatesOf(sql: string): Promise<{ pairs: readonly number[]; nanos: number }> {
  const at = { catalog: 'tpch', schema: 'sf1' }
  const { plan, context } = await planQuery(sql, catalogs, at)
  const { nodeRows, joinPairs } = workEstimates(plan, [], context.estimator)
  const nanos = estimatedNanos(plan, { nodeRows, joinPairs, liesInMemory: () => true })
  return { pairs: [...joinPairs.values()], nanos }
}

/** With the true number of pairs. */
const CONDITIONS: readonly [string, string, number][] = [
  [
    'a key that is unique',
    'customer c JOIN nation n USING (nationkey) WHERE n.name < phone',
    150_000,
  ],
  [
    'keys of many rows on either side',
    'orders o JOIN orders p USING (custkey) WHERE o.totalprice < p.totalprice',
    24_000_000,
  ],
  [
    'a semi-join',
    `lineitem l WHERE EXISTS
      (SELECT 1 FROM lineitem k WHERE k.orderkey = l.orderkey AND k.suppkey <> l.suppkey)`,
    30_000_000,
  ],
  ['no keys', 'nation n JOIN nation m ON n.name < m.name', 625],
]

for (const [name, from, pairs] of CONDITIONS) {
  test(`a condition looks at all pairs of rows with equal keys, however many it leaves: ${name}`, async () => {
    const estimates = await estimatesOf(`SELECT count(*) FROM ${from}`)
    expect(estimates.pairs).toHaveLength(1)
    const [estimated = 0] = estimates.pairs
    expect(estimated).toBeGreaterThan(pairs / 1.5)
    expect(estimated).toBeLessThan(pairs * 1.5)
    expect(estimates.nanos).toBeGreaterThan(estimated)
    expect(estimates.nanos).toBeLessThan(Infinity)
  })
}

test('conditions are work for each of their pairs', async () => {
  const join = 'SELECT count(*) FROM customer c JOIN nation n USING (nationkey)'
  const { nanos } = await estimatesOf(join)
  const compared = await estimatesOf(`${join} WHERE n.name < phone`)
  const searched = await estimatesOf(`${join} WHERE strpos(n.name, phone) > 0`)
  expect(compared.nanos).toBeGreaterThan(nanos)
  expect(searched.nanos).toBeGreaterThan(compared.nanos)
})

test('of keys that one side knows nothing of nobody says how many pairs they have', async () => {
  const estimates = await estimatesOf(
    'SELECT count(*) FROM orders o JOIN customer c ON upper(o.clerk) = c.mktsegment WHERE totalprice < acctbal',
  )
  expect(estimates).toEqual({ pairs: [], nanos: Infinity })
})
