import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TaskNode, TaskRequest } from '../../../../src/dataflow/task/task-request.js'
import type { Engine } from '../../../../src/engine/engine.js'
import type { FaultTolerance } from '../../../../src/engine/execution/fault-tolerance.js'
import { errorToRecord, MillraceError, readValue } from '../../../../src/spi/index.js'
import { startLocalCluster } from '../../../support/local-cluster.js'

/* What workers do wrong, one thing at a time, and what becomes of the query. */

const SQL = 'SELECT custkey, count(*) FROM orders GROUP BY custkey ORDER BY 2 DESC, 1 LIMIT 3'

/** What happens to a task that a worker is to run: it may not reach the worker. */
type Fault = (request: TaskRequest, fail: (error: MillraceError) => void) => 'run' | 'never'

let folder: string
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
let requests: { readonly node: number; readonly taskId: string }[]
let fault: (node: number) => Fault
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-retries-'))
  requests = []
  fault = () => () => 'run'
})
afterEach(async () => {
  await cluster.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(faultTolerance: Partial<FaultTolerance>): Promise<void> {
  cluster = await startLocalCluster(
    3,
    {
      catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '4' } },
      faultTolerance: {
        initialDelayMillis: 1,
        stragglerMinMillis: 150,
        exchangeDirectories: [folder],
        ...faultTolerance,
      },
    },
    (node, index): TaskNode => ({
      ...node,
      createTask(request, listener) {
        requests.push({ node: index, taskId: request.taskId })
        const fail = (error: MillraceError) =>
          listener.status({
            taskId: request.taskId,
            version: 1_000_000,
            state: 'FAILED',
            error: errorToRecord(error),
            execution: {
              state: 'FAILED',
              pipelines: [],
              totalSplits: 0,
              completedSplits: 0,
              memoryBytes: 0,
              peakMemoryBytes: 0,
              spilledBytes: 0,
            },
            output: { rows: 0, pages: 0, bytes: 0, bufferedBytes: 0 },
            createdMillis: 0,
          })
        if (fault(index)(request, (error) => setImmediate(fail, error)) === 'run') {
          node.createTask(request, listener)
        }
      },
    }),
  )
}

/** Of the last query. */
let failedTasks = 0

async function rowsOf(engine: Engine, sql = SQL): Promise<unknown[][]> {
  const session = { ...engine.defaultSession, catalog: 'tpch', schema: 'tiny' }
  const run = engine.createRun({ sql, session })
  const rows: unknown[][] = []
  for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
    const { blocks, rowCount } = page
    for (let i = 0; i < rowCount; i++) rows.push(blocks.map((block) => readValue(block, i)))
  }
  const { stages } = run.execution!.info()
  failedTasks = stages.reduce((sum, stage) => sum + stage.failedTasks, 0)
  return rows
}

function expectNothingLeft(): void {
  for (const { member } of [cluster.coordinator, ...cluster.workers]) {
    expect(member.tasks.taskCount).toBe(0)
  }
  for (const name of readdirSync(folder)) expect(readdirSync(join(folder, name))).toEqual([])
}

const lostNode = () => new MillraceError('GENERIC_INTERNAL_ERROR', 'the disk is gone')
const attemptsOf = (name: string): readonly string[] =>
  requests.map(({ taskId }) => taskId).filter((taskId) => taskId.includes(name))

describe('retry-policy TASK', () => {
  test('without faults every task runs once', async () => {
    await start({ policy: 'TASK' })
    expect(await rowsOf(cluster.coordinator)).toHaveLength(3)
    expect(requests.filter(({ taskId }) => !taskId.endsWith('.0'))).toEqual([])
    expectNothingLeft()
  })

  test('a task that fails runs again on another node', async () => {
    await start({ policy: 'TASK' })
    const rows = await rowsOf(cluster.coordinator)
    requests = []
    fault = (node) => (_, fail) => {
      if (node !== 1) return 'run'
      fail(lostNode())
      return 'never'
    }
    expect(await rowsOf(cluster.coordinator)).toEqual(rows)
    const again = requests.filter(({ taskId }) => taskId.endsWith('.1'))
    expect(again.length).toBeGreaterThan(0)
    expect(again.every(({ node }) => node !== 1)).toBe(true)
    expect(failedTasks).toBe(again.length)
    expectNothingLeft()
  })

  test('an error of the statement is not tried again', async () => {
    await start({ policy: 'TASK' })
    const failing = 'SELECT sum(1 / (orderkey - orderkey)) FROM orders'
    await expect(rowsOf(cluster.coordinator, failing)).rejects.toMatchObject({
      code: 'DIVISION_BY_ZERO',
    })
    expect(requests.every(({ taskId }) => taskId.endsWith('.0'))).toBe(true)
    expectNothingLeft()
  })

  test('a task that always fails fails the query, with its error', async () => {
    await start({ policy: 'TASK', taskRetries: 2 })
    fault = () => (request, fail) => {
      if (!/\.0\.0\.\d$/.test(request.taskId)) return 'run'
      fail(lostNode())
      return 'never'
    }
    await expect(rowsOf(cluster.coordinator)).rejects.toMatchObject({ message: 'the disk is gone' })
    expect(attemptsOf('.0.0.')).toHaveLength(3)
    expectNothingLeft()
  })

  test('a task that hangs is outrun by a second attempt', async () => {
    await start({ policy: 'TASK' })
    const rows = await rowsOf(cluster.coordinator)
    requests = []
    fault = (node) => (request) => {
      const isOneOfMany = request.taskCount > 1
      return node === 2 && isOneOfMany && request.taskId.endsWith('.0') ? 'never' : 'run'
    }
    expect(await rowsOf(cluster.coordinator)).toEqual(rows)
    expect(requests.some(({ taskId }) => taskId.endsWith('.1'))).toBe(true)
    expectNothingLeft()
  })

  test('the tasks of a node that is lost run on others, or when there is one', async () => {
    await start({ policy: 'TASK' })
    const rows = await rowsOf(cluster.coordinator)
    requests = []
    let isLost = false
    fault = (node) => () => {
      if (node !== 0 || isLost) return 'run'
      isLost = true
      setTimeout(() => cluster.lose(0), 20)
      return 'never'
    }
    expect(await rowsOf(cluster.coordinator)).toEqual(rows)
    expect(isLost).toBe(true)
    expectNothingLeft()
  })

  test('with no node at all a query waits for a while', async () => {
    await start({ policy: 'TASK', noNodeMillis: 300 })
    for (const i of [0, 1, 2]) cluster.lose(i)
    await expect(rowsOf(cluster.coordinator)).rejects.toMatchObject({ code: 'NO_NODES_AVAILABLE' })
    expectNothingLeft()
  })

  test('without a place for outputs there is no start', async () => {
    await start({ policy: 'NONE', exchangeDirectories: [] })
    const { defaultSession } = cluster.coordinator
    const session = {
      ...defaultSession,
      catalog: 'tpch',
      schema: 'tiny',
      properties: new Map([['retry_policy', 'TASK']]),
    }
    const run = cluster.coordinator.createRun({ sql: SQL, session })
    await expect(run.nextPage()).rejects.toMatchObject({ code: 'EXCHANGE_MANAGER_NOT_CONFIGURED' })
    await expect(
      startLocalCluster(1, { faultTolerance: { policy: 'TASK' } }),
    ).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })
})

describe('retry-policy QUERY', () => {
  /** The first attempts fail. */
  const failing = (attempts: number) => (): Fault => (request, fail) => {
    if (Number(request.taskId.split('.').at(-1)) >= attempts) return 'run'
    fail(lostNode())
    return 'never'
  }

  test('a query runs again until it ends, and no longer than it may', async () => {
    await start({ policy: 'QUERY', queryRetries: 2 })
    const rows = await rowsOf(cluster.coordinator)
    fault = failing(2)
    expect(await rowsOf(cluster.coordinator)).toEqual(rows)
    fault = failing(3)
    await expect(rowsOf(cluster.coordinator)).rejects.toMatchObject({ message: 'the disk is gone' })
    expectNothingLeft()
  })

  test('what is too large for memory goes to a file, or is given as it comes', async () => {
    const all = 'SELECT * FROM orders'
    await start({ policy: 'QUERY', resultBufferBytes: 1000 })
    fault = failing(1)
    expect(await rowsOf(cluster.coordinator, all)).toHaveLength(15_000)
    expectNothingLeft()
    await cluster.close()
    await start({ policy: 'QUERY', resultBufferBytes: 1000, exchangeDirectories: [] })
    expect(await rowsOf(cluster.coordinator, all)).toHaveLength(15_000)
  })

  test('a query that is left in the middle ends', async () => {
    await start({ policy: 'QUERY' })
    fault = () => () => 'never'
    const { defaultSession } = cluster.coordinator
    const session = { ...defaultSession, catalog: 'tpch', schema: 'tiny' }
    const run = cluster.coordinator.createRun({ sql: SQL, session })
    const first = run.nextPage()
    setTimeout(() => run.cancel(), 50)
    await expect(first).rejects.toMatchObject({ code: 'USER_CANCELED' })
    await run.settled
    expectNothingLeft()
  })
})
