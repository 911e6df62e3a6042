import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readValue } from '../../../../src/spi/index.js'
import { startLocalCluster } from '../../../support/local-cluster.js'

/* How plans are cut, as EXPLAIN shows it over three workers and tables of scale factor 1. */

let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  cluster = await startLocalCluster(3, { catalogs: { tpch: { 'connector.name': 'tpch' } } })
})
afterAll(() => cluster.close())

async function explain(
  sql: string,
  properties: Readonly<Record<string, string>> = {},
  { coordinator } = cluster,
) {
  const session = {
    ...coordinator.defaultSession,
    catalog: 'tpch',
    schema: 'sf1',
    properties: new Map(Object.entries(properties)),
  }
  const run = coordinator.createRun({ sql: `EXPLAIN (TYPE DISTRIBUTED) ${sql}`, session })
  const page = await run.nextPage()
  const text = String(readValue(page!.blocks[0]!, 0))
  await run.drain()
  return text
}

/** Names of the fragments, and of the nodes in each, from the top. */
const shapeOf = (text: string): string[] =>
  text.split('\n\n').map((fragment) => {
    const [head, ...lines] = fragment.split('\n')
    const output = lines.find((line) => line.includes('Output partitioning: '))!
    const nodes = lines.flatMap((line) => /^[\s│├└─]*([A-Z]\w+)(?:\[|$)/.exec(line)?.[1] ?? [])
    return `${head!.replace('Fragment ', '')} → ${output.split(': ')[1]}: ${nodes.join(', ')}`
  })

describe('fragments', () => {
  test('a grouping has a partial step where the rows are', async () => {
    expect(shapeOf(await explain('SELECT custkey, count(*) FROM orders GROUP BY custkey'))).toEqual(
      [
        '0 [HASH] → SINGLE []: Output, Aggregate, RemoteSource',
        '1 [SOURCE] → HASH [custkey]: Aggregate, TableScan',
      ],
    )
  })

  test('no task only hands on what it gathers', async () => {
    expect(shapeOf(await explain('SELECT orderkey FROM orders WHERE custkey = 1'))).toEqual([
      '0 [SOURCE] → SINGLE []: Output, Project, Filter, TableScan',
    ])
    const [limited] = shapeOf(await explain('SELECT orderkey FROM orders LIMIT 5'))
    expect(limited).toBe('0 [SINGLE] → SINGLE []: Output, Limit, RemoteSource')
  })

  test('what one node would share is computed where it is used', async () => {
    const sql = `WITH g AS (SELECT orderstatus, orderdate, count(*) AS n FROM orders GROUP BY 1, 2)
      SELECT a.n, b.n FROM g a JOIN g b ON a.orderdate = b.orderdate AND a.n < b.n`
    const text = await explain(sql)
    expect(text).not.toMatch(/SharedScan|With\[/)
    expect(text.split('TableScan')).toHaveLength(3)
  })

  test('distinct aggregates get the rows themselves', async () => {
    const sql = 'SELECT custkey, array_agg(orderkey ORDER BY orderkey) FROM orders GROUP BY custkey'
    expect(shapeOf(await explain(sql))[1]).toBe('1 [SOURCE] → HASH [custkey]: TableScan')
  })

  test('a grouping by the keys of a partitioned join stays where the join is', async () => {
    const text = await explain(
      'SELECT o.custkey, count(*) FROM orders o JOIN customer c ON o.custkey = c.custkey GROUP BY o.custkey',
      { join_distribution_type: 'PARTITIONED' },
    )
    expect(shapeOf(text)).toEqual([
      '0 [HASH] → SINGLE []: Output, Aggregate, InnerJoin, RemoteSource, RemoteSource',
      '1 [SOURCE] → HASH [custkey]: TableScan',
      '2 [SOURCE] → HASH [custkey_1]: TableScan',
    ])
  })

  test('properties of the session say where rows move', async () => {
    const grouped = await explain('SELECT custkey, count(*) FROM orders GROUP BY custkey', {
      prefer_partial_aggregation: 'false',
    })
    expect(shapeOf(grouped)[1]).toBe('1 [SOURCE] → HASH [custkey]: TableScan')
    const joined = 'SELECT count(*) FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey'
    const colocated = await explain(joined)
    expect(colocated).toContain('PARTITIONED_SOURCE')
    for (const name of ['colocated_join', 'use_table_scan_node_partitioning']) {
      expect(await explain(joined, { [name]: 'false' })).not.toContain('PARTITIONED_SOURCE')
    }
    const written = 'CREATE TABLE memory.default.t AS SELECT orderkey FROM orders LIMIT 5'
    expect(shapeOf(await explain(written))[1]).toMatch(/^1 \[ROUND_ROBIN\].*TableWriter/)
    expect(shapeOf(await explain(written, { redistribute_writes: 'false' }))[1]).toMatch(
      /^1 \[SINGLE\].*TableWriter/,
    )
  })

  test('small build sides go to every node, large ones are partitioned', async () => {
    const small = await explain('SELECT * FROM customer JOIN nation USING (nationkey)')
    expect(small).toContain('distribution = REPLICATED')
    expect(small).toContain('Output partitioning: BROADCAST []')
    const large = await explain('SELECT * FROM lineitem JOIN orders USING (orderkey)')
    expect(large).toContain('distribution = PARTITIONED')
  })

  test('sorts are merged', async () => {
    expect(shapeOf(await explain('SELECT orderkey, custkey FROM orders ORDER BY custkey'))).toEqual(
      ['0 [SINGLE] → SINGLE []: Output, RemoteMerge', '1 [SOURCE] → SINGLE []: Sort, TableScan'],
    )
  })

  test('over six nodes many rows are merged in ranges', async () => {
    const larger = await startLocalCluster(6, { catalogs: { tpch: { 'connector.name': 'tpch' } } })
    const shape = async (sql: string) => shapeOf(await explain(sql, {}, larger))
    try {
      expect(await shape('SELECT orderkey, custkey FROM orders ORDER BY custkey')).toEqual([
        '0 [SINGLE] → SINGLE []: Output, RemoteSource',
        '1 [RANGE] → SINGLE []: RemoteMerge',
        '2 [SOURCE] → RANGE [custkey ASC NULLS LAST]: Sort, TableScan',
      ])
      expect(await shape('SELECT name FROM customer ORDER BY name')).toEqual([
        '0 [SINGLE] → SINGLE []: Output, RemoteMerge',
        '1 [SOURCE] → SINGLE []: Sort, TableScan',
      ])
    } finally {
      await larger.close()
    }
  })

  test('limits and top-Ns have a partial step', async () => {
    expect(shapeOf(await explain('SELECT orderkey FROM orders ORDER BY 1 DESC LIMIT 3'))).toEqual([
      '0 [SINGLE] → SINGLE []: Output, TopN, RemoteSource',
      '1 [SOURCE] → SINGLE []: TopNPartial, TableScan',
    ])
    expect(
      shapeOf(await explain('SELECT orderkey FROM orders WHERE custkey > 5 LIMIT 3'))[1],
    ).toMatch(/^1 \[SOURCE\] → SINGLE \[\]: LimitPartial/)
  })

  test('NOT IN gets all rows of its subquery on every node, whatever is asked for', async () => {
    const text = await explain(
      'SELECT name FROM customer WHERE custkey NOT IN (SELECT custkey FROM orders)',
      { join_distribution_type: 'PARTITIONED' },
    )
    expect(text).toContain('Output partitioning: BROADCAST []')
    expect(text).not.toContain('Output partitioning: HASH')
  })

  test('tables of the coordinator are read there', async () => {
    const text = await explain(
      'SELECT count(*) FROM nation JOIN system.runtime.nodes ON length(node_id) = nationkey',
    )
    expect(text).toContain('[COORDINATOR_ONLY]')
  })

  test('columns that only a filter reads don’t travel', async () => {
    const text = await explain(
      "SELECT orderkey FROM orders WHERE comment NOT LIKE '%x%' ORDER BY orderkey",
    )
    expect(text).toMatch(/Fragment 1 \[SOURCE\]\n\s+Output layout: \[orderkey\]/)
  })
})

const plans = join(import.meta.dirname, '../../../plans/tpch')

test.each(
  readdirSync(plans),
)('%s: every fragment but the first is read by one other', async (file) => {
  const sql = readFileSync(join(plans, file), 'utf8').split('\n----\n')[0]!
  const text = await explain(sql.replace(/^--.*\n/gm, ''))
  const read = [...text.matchAll(/sourceFragmentIds = \[(\d+)\]/g)].map(([, id]) => Number(id))
  const fragments = [...text.matchAll(/^Fragment (\d+)/gm)].map(([, id]) => Number(id))
  expect(read.sort((a, b) => a - b)).toEqual(fragments.slice(1))
})
