import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  BIGINT,
  blockOf,
  type Connector,
  fixedSplitSource,
  page,
  readValue,
} from '../../../../src/spi/index.js'
import { startLocalCluster } from '../../../support/local-cluster.js'

/* Functions run on the coordinator; what they are given comes from all nodes, and what they give goes there. */

/** Nodes of which a processor was made. */
const madeOn: string[] = []

const connectorOf = (nodeId: string): Connector => ({
  getTableFunctions: () => [
    {
      schema: 's',
      name: 'tally',
      args: [
        {
          kind: 'table',
          name: 'INPUT',
          rowSemantics: false,
          pruneWhenEmpty: true,
          passThroughColumns: false,
        },
      ],
      returnType: { kind: 'generic' },
      analyze: () => ({
        returnedType: [{ name: 'n', type: BIGINT }],
        requiredColumns: { INPUT: [0] },
        handle: 'tally',
      }),
    },
  ],
  getMetadata: () => ({
    listSchemaNames: () => ['s'],
    listTables: () => [],
    *streamTableColumns() {},
    getTableHandle: () => undefined,
    getTableMetadata: () => ({ table: { schema: 's', table: 't' }, columns: [] }),
    getColumnHandles: () => new Map(),
    getColumnMetadata: (_session, _table, column) => ({ name: String(column), type: BIGINT }),
  }),
  getSplitManager: () => ({ getSplits: () => fixedSplitSource([]) }),
  getFunctionProvider: () => ({
    getTableFunctionProcessorProvider: () => ({
      getDataProcessor() {
        madeOn.push(nodeId)
        let count = 0
        return {
          *process([rows]) {
            count += rows?.rowCount ?? 0
            if (rows === undefined) yield page([blockOf(BIGINT, [BigInt(count)])])
          },
          close() {},
        }
      },
    }),
  }),
})

let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  cluster = await startLocalCluster(2, {
    catalogs: { tpch: { 'connector.name': 'tpch' }, f: { 'connector.name': 'functions' } },
    plugins: [
      {
        getConnectorFactories: () => [
          { name: 'functions', create: (_name, _config, { nodeId }) => connectorOf(nodeId) },
        ],
      },
    ],
  })
})
afterAll(() => cluster.close())

async function rowsOf(sql: string, retryPolicy = 'NONE'): Promise<unknown[][]> {
  const { coordinator } = cluster
  const session = {
    ...coordinator.defaultSession,
    catalog: 'tpch',
    schema: 'tiny',
    properties: new Map([['retry_policy', retryPolicy]]),
  }
  const run = coordinator.createRun({ sql, session })
  const rows: unknown[][] = []
  for (let next = await run.nextPage(); next !== undefined; next = await run.nextPage()) {
    for (let i = 0; i < next.rowCount; i++) {
      rows.push(next.blocks.map((block) => readValue(block, i)))
    }
  }
  return rows
}

const TALLY =
  'TABLE(f.s.tally(TABLE(SELECT orderkey, orderpriority FROM orders) PARTITION BY orderpriority))'

test.each(['NONE', 'QUERY'])('a table argument of rows on all nodes, with %s', async (policy) => {
  madeOn.length = 0
  const given = await rowsOf(`SELECT orderpriority, n FROM ${TALLY} ORDER BY 1`, policy)
  expect(given).toEqual(
    await rowsOf('SELECT orderpriority, count(*) FROM orders GROUP BY 1 ORDER BY 1'),
  )
  expect(madeOn).toEqual(Array(5).fill('coordinator'))
})

test('what a function gives is joined with rows on all nodes', async () => {
  const joined = await rowsOf(
    `SELECT t.n, count(*) FROM (SELECT n, orderpriority FROM ${TALLY}) t JOIN orders o ON o.orderpriority = t.orderpriority GROUP BY 1`,
  )
  for (const [n, count] of joined) expect(count).toBe(n)
  expect(joined).toHaveLength(5)
})

test('the plan has the function in a fragment of the coordinator, and its argument in one of all nodes', async () => {
  const [[text]] = (await rowsOf(`EXPLAIN SELECT * FROM ${TALLY}`)) as [[string]]
  const fragments = text.split(/(?=Fragment \d+ )/)
  expect(fragments.find((fragment) => fragment.includes('TableFunction'))).toContain(
    'COORDINATOR_ONLY',
  )
  expect(fragments.find((fragment) => fragment.includes('TableScan'))).toContain('[SOURCE]')
})
