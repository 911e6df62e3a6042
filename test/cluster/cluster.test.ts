import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Client, connect } from '../../src/client/connect.js'
import {
  INTERNAL_TOKEN_HEADER,
  signInternalToken,
} from '../../src/exchange/internal-authentication.js'
import { CLUSTER_SECRET, ClusterProcesses, type NodeProcess } from '../support/cluster-process.js'
import { clientHeaders, follow, get, post, rowsOf } from '../support/protocol-client.js'

/* One coordinator and three workers, each a process of its own. */

const CATALOGS = { tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '6' } }
const HEADERS = clientHeaders({ 'X-Trino-Catalog': 'tpch', 'X-Trino-Schema': 'tiny' })

const processes = new ClusterProcesses()
let single: NodeProcess
let coordinator: NodeProcess
let workers: NodeProcess[]

beforeAll(async () => {
  ;[single, coordinator] = await Promise.all([
    processes.start({}, CATALOGS),
    processes.startCoordinator(CATALOGS, { 'catalog.management': 'dynamic' }),
  ])
  workers = await Promise.all([1, 2, 3].map(() => processes.startWorker(coordinator)))
  await nodesAre(['active', 'active', 'active', 'active'])
}, 60_000)
afterAll(() => processes.close())

const ask = (sql: string) => rowsOf(coordinator.url, sql, HEADERS)

/** Waits until the coordinator knows nodes in these states. */
async function nodesAre(states: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await fetch(`${coordinator.url}/v1/node`)
      const nodes = (await response.json()) as readonly { readonly state: string }[]
      expect(nodes.map((node) => node.state).sort()).toEqual([...states].sort())
    },
    { timeout: 15_000, interval: 50 },
  )
}

/** Waits until no worker has a task. */
async function nothingIsLeft(nodes: readonly NodeProcess[] = workers): Promise<void> {
  const token = signInternalToken(CLUSTER_SECRET, { nodeId: 'test', nonce: 'nonce' })
  for (const { url } of nodes) {
    await vi.waitFor(
      async () => {
        const headers = { [INTERNAL_TOKEN_HEADER]: token }
        expect(await (await fetch(`${url}/v1/task`, { headers })).json()).toEqual([])
      },
      { timeout: 5000, interval: 20 },
    )
  }
}

const rounded = (rows: readonly unknown[]): string[] =>
  rows.map((row) =>
    JSON.stringify(row, (_, value) =>
      typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(12) : value,
    ),
  )

const plans = join(import.meta.dirname, '../plans/tpch')
const queries = readdirSync(plans).map((file) => ({
  name: file.replace('.plan', ''),
  sql: readFileSync(join(plans, file), 'utf8')
    .split('\n----\n')[0]!
    .replace(/^--.*\n/gm, ''),
}))

test.each(queries)('$name gives the single process’s answer', async ({ sql }) => {
  const [expected, actual] = await Promise.all([rowsOf(single.url, sql, HEADERS), ask(sql)])
  const isOrdered = /order by[^)]*$/i.test(sql)
  if (isOrdered) expect(rounded(actual)).toEqual(rounded(expected))
  else expect(rounded(actual).sort()).toEqual(rounded(expected).sort())
})

interface Figures {
  readonly physicalInputPositions?: number
  readonly processedInputPositions?: number
  readonly internalNetworkInputPositions?: number
  readonly internalNetworkInputDataSize?: string
  readonly inputPositions?: number
  readonly totalDrivers?: number
  readonly operatorType?: string
}
interface StageJson {
  readonly stageId: string
  readonly state: string
  readonly stageStats: Figures
  readonly tasks: readonly {
    readonly taskStatus: { readonly nodeId: string }
    readonly stats: Figures
  }[]
  readonly subStages: readonly StageJson[]
}
interface RootStage {
  readonly subStages: readonly RootStage[]
}

const stagesOf = (stage: StageJson): readonly StageJson[] => [
  stage,
  ...stage.subStages.flatMap(stagesOf),
]

test('a query’s stages and tasks are told, and their figures add up', async () => {
  const pages = await follow(
    coordinator.url,
    'SELECT orderstatus, count(*) FROM orders GROUP BY orderstatus ORDER BY orderstatus',
    HEADERS,
  )
  const { id } = pages[0]!.body
  const info = (await (await fetch(`${coordinator.url}/v1/query/${id}`)).json()) as {
    readonly outputStage: StageJson
    readonly queryStats: Figures & { readonly operatorSummaries: readonly Figures[] }
  }
  const stages = stagesOf(info.outputStage)
  const tasks = stages.flatMap((stage) => stage.tasks)
  expect(stages.map((stage) => [stage.stageId, stage.state])).toEqual([
    [`${id}.0`, 'FINISHED'],
    [`${id}.1`, 'FINISHED'],
    [`${id}.2`, 'FINISHED'],
  ])
  expect(new Set(tasks.map((task) => task.taskStatus.nodeId)).size).toBe(3)
  const sum = (figures: readonly Figures[], of: keyof Figures) =>
    figures.reduce((total, figure) => total + Number(figure[of]), 0)
  for (const of of ['physicalInputPositions', 'processedInputPositions', 'totalDrivers'] as const) {
    for (const { stageStats, tasks } of stages) {
      const ofTasks = tasks.map((task) => task.stats)
      expect(sum(ofTasks, of), of).toBe(Number(stageStats[of]))
    }
    const ofStages = stages.map((stage) => stage.stageStats)
    expect(sum(ofStages, of), of).toBe(Number(info.queryStats[of]))
  }
  expect(info.queryStats).toMatchObject({
    physicalInputPositions: 15_000,
    completedSplits: 6,
    totalTasks: 7,
    completedTasks: 7,
    outputPositions: 3,
  })
  // Each of three tasks hands over a state of three groups at most.
  expect(Number(info.queryStats.internalNetworkInputPositions)).toBeGreaterThanOrEqual(6)
  const scans = info.queryStats.operatorSummaries.filter(
    (operator) => operator.operatorType === 'scan',
  )
  expect(scans).toMatchObject([{ inputPositions: 15_000, outputPositions: 15_000 }])
  const received = info.queryStats.operatorSummaries.filter(
    (operator) => operator.operatorType === 'remote',
  )
  expect(sum(received, 'inputPositions')).toBe(info.queryStats.internalNetworkInputPositions)
  // The client's stats tell the same stages.
  const { rootStage, internalNetworkInputBytes } = pages.at(-1)!.body.stats as unknown as {
    readonly rootStage: RootStage
    readonly internalNetworkInputBytes: number
  }
  expect(`${internalNetworkInputBytes}B`).toBe(info.queryStats.internalNetworkInputDataSize)
  expect(internalNetworkInputBytes).toBeGreaterThan(0)
  expect(rootStage).toMatchObject({
    stageId: '0',
    state: 'FINISHED',
    subStages: [{ stageId: '1', subStages: [{ stageId: '2', processedRows: 15_000 }] }],
  })
  const rows = await ask(
    `SELECT state, count(*) FROM system.runtime.tasks WHERE query_id = '${id}' GROUP BY state`,
  )
  expect(rows).toEqual([['FINISHED', 7]])
  await nothingIsLeft()
})

test('tables in the coordinator’s memory are read and written with rows of the workers', async () => {
  await ask(
    'CREATE TABLE memory.default.counts AS SELECT custkey, count(*) AS orders FROM orders GROUP BY custkey',
  )
  const rows = await ask(
    'SELECT count(*), sum(orders) FROM customer JOIN memory.default.counts USING (custkey)',
  )
  expect(rows).toEqual([[1000, 15_000]])
})

test('an error of a task is the query’s, with its code', async () => {
  const pages = await follow(
    coordinator.url,
    'SELECT sum(1 / (orderkey - orderkey)) FROM lineitem',
    HEADERS,
  )
  expect(pages.at(-1)!.body.error).toMatchObject({ errorName: 'DIVISION_BY_ZERO' })
  await nothingIsLeft()
})

describe.each(['one process', 'a cluster'])('rows read, of %s', (kind) => {
  const url = (): string => (kind === 'a cluster' ? coordinator.url : single.url)
  const connected = async (action: (client: Client) => Promise<void>): Promise<void> => {
    const client = connect(`${url().replace('http', 'ws')}/v1/stream`)
    try {
      await action(client)
    } finally {
      await client.close()
    }
  }
  const rowsRead = async (text: string): Promise<number> => {
    const list = (await (await fetch(`${url()}/v1/query?state=RUNNING`)).json()) as {
      readonly query: string
      readonly queryStats: Figures
    }[]
    return Number(list.find((query) => query.query === text)?.queryStats.physicalInputPositions)
  }

  test('stop where the consumer takes a row now and then', () =>
    connected(async (client) => {
      const sql = 'SELECT * FROM tpch.sf10.lineitem'
      const query = client.query(sql)
      const rows = query[Symbol.asyncIterator]()
      const counts: number[] = []
      // The output buffers of four tasks and what reads them are filled first, each with 8 MiB and a page.
      for (let i = 0; i < 150 && (i < 3 || counts.at(-1) !== counts.at(-3)); i++) {
        expect((await rows.next()).done).toBe(false)
        await sleep(600)
        counts.push(await rowsRead(sql))
      }
      expect(counts.at(-1)).toBeGreaterThan(0)
      expect(counts.at(-1)).toBe(counts.at(-3))
      expect(counts.at(-1)).toBeLessThan(2_000_000)
      await query.cancel()
    }))

  test('are told while a scan gives no row', () =>
    connected(async (client) => {
      const sql = "SELECT count(*) FROM tpch.sf100.lineitem WHERE comment LIKE '%zz%'"
      const query = client.query(sql)
      const answer = query.all().catch((error: unknown) => error)
      await vi.waitFor(async () => expect(await rowsRead(sql)).toBeGreaterThan(0), {
        timeout: 15_000,
        interval: 100,
      })
      await query.cancel()
      expect(await answer).toMatchObject({ code: 'USER_CANCELED' })
    }))
})

test('EXPLAIN ANALYZE VERBOSE tells of the operators of all tasks', async () => {
  const [[text]] = (await ask(
    'EXPLAIN ANALYZE VERBOSE SELECT orderstatus, count(*) FROM orders GROUP BY orderstatus',
  )) as [[string]]
  expect(text.match(/^Fragment \d/gm)).toHaveLength(2)
  expect(text).toMatch(
    /TableScan.*\n.*\n.* Output: 15000 rows \(\d+B\), time: .*\n.*Drivers: \d+, each output:/,
  )
  expect(text).toMatch(/RemoteSource.*\n.*\n.* Output: [1-9]\d* rows \(\d+B\), time:/)
  expect(text).not.toContain('Input: 0 rows')
  await nothingIsLeft()
})

test('a request whose headers are too long is refused, and the next is answered', async () => {
  const response = await fetch(`${coordinator.url}/v1/statement`, {
    method: 'POST',
    body: 'SELECT 1',
    headers: { ...HEADERS, 'X-Trino-Client-Info': 'x'.repeat(1_000_000) },
  })
  expect(response.status).toBe(431)
  expect(await ask('SELECT 1')).toEqual([[1]])
})

test('catalogs that are created are read by the workers, until they are dropped', async () => {
  await ask('CREATE CATALOG other USING tpch WITH ("tpch.column-naming" = \'STANDARD\')')
  const sql = 'SELECT count(DISTINCT o_custkey) FROM other.tiny.orders'
  expect(await ask(sql)).toEqual([[1000]])
  await expect(ask('CREATE CATALOG other USING tpch')).rejects.toThrow('ALREADY_EXISTS')
  await ask('DROP CATALOG other')
  await expect(ask(sql)).rejects.toThrow('CATALOG_NOT_FOUND')
  await ask('CREATE CATALOG other USING tpch')
  expect(await ask('SELECT count(DISTINCT custkey) FROM other.tiny.orders')).toEqual([[1000]])
})

/** A query that takes as long as the test likes. */
const LONG =
  'SELECT count(*) FROM lineitem a, lineitem b WHERE a.comment < b.comment AND a.partkey <> b.suppkey'

async function started(sql: string) {
  let page = await post(coordinator.url, sql, HEADERS)
  while (page.body.stats.state !== 'RUNNING') page = await get(page.body.nextUri!, HEADERS)
  await vi.waitFor(async () => {
    const running = "SELECT count(*) FROM system.runtime.tasks WHERE state = 'RUNNING'"
    expect(await ask(running)).not.toEqual([[0]])
  })
  return page
}

test('a query that is cancelled leaves no task', async () => {
  const page = await started(LONG)
  await fetch(page.body.nextUri!, { method: 'DELETE', headers: HEADERS })
  await nothingIsLeft()
})

test('nodes of another secret or environment are refused', async () => {
  for (const config of [
    { 'internal-communication.shared-secret': 'another' },
    { 'node.environment': 'another' },
  ]) {
    const node = processes.spawn(
      { coordinator: 'false', 'discovery.uri': coordinator.url, ...config },
      {},
    )
    expect(await node.exited).toBe(1)
    expect(node.output()).toMatch(/secret|environment/)
  }
  await nodesAre(['active', 'active', 'active', 'active'])
})

test('a node of an id that another has is refused, and the other stays', async () => {
  const sql = 'SELECT node_id, http_uri FROM system.runtime.nodes ORDER BY coordinator, node_id'
  const nodes = (await ask(sql)) as readonly (readonly [string, string])[]
  for (const [id, uri] of [nodes[0]!, nodes.at(-1)!]) {
    const node = processes.spawn(
      { coordinator: 'false', 'discovery.uri': coordinator.url, 'node.id': id },
      {},
    )
    expect(await node.exited).toBe(1)
    expect(node.output()).toContain(`The node at ${uri} has this one's id: ${id}`)
    expect(node.output()).toContain('its own node.id')
  }
  expect(await ask(sql)).toEqual(nodes)
  expect(await ask('SELECT count(*) FROM lineitem')).toEqual([[60_175]])
})

test('a worker that is killed ends its queries with an error, and the others go on', async () => {
  const page = await started(LONG)
  const killedAt = Date.now()
  workers[0]!.kill('SIGKILL')
  let last = page
  while (last.body.nextUri !== undefined) last = await get(last.body.nextUri, HEADERS)
  expect(Date.now() - killedAt).toBeLessThan(5000)
  expect(['REMOTE_HOST_GONE', 'PAGE_TRANSPORT_ERROR', 'PAGE_TRANSPORT_TIMEOUT']).toContain(
    last.body.error?.errorName,
  )
  await nothingIsLeft(workers.slice(1))
  await nodesAre(['active', 'active', 'active'])
  expect(await ask('SELECT count(*) FROM lineitem')).toEqual([[60_175]])
})

test('a worker that comes again at its address is there at once', async () => {
  const { port } = new URL(workers[0]!.url)
  workers[0] = await processes.startWorker(coordinator, { 'http-server.http.port': port })
  await nodesAre(['active', 'active', 'active', 'active'])
  expect(await ask('SELECT count(*) FROM lineitem')).toEqual([[60_175]])
})

test('a worker that is shut down finishes its tasks, takes no more and leaves', async () => {
  const response = await fetch(`${workers[1]!.url}/v1/info/state`, {
    method: 'PUT',
    body: '"SHUTTING_DOWN"',
    headers: { 'Content-Type': 'application/json' },
  })
  expect(response.status).toBe(200)
  expect(await workers[1]!.exited).toBe(0)
  await nodesAre(['active', 'active', 'active'])
  expect(await ask('SELECT count(*) FROM lineitem')).toEqual([[60_175]])
})
