import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  INTERNAL_TOKEN_HEADER,
  signInternalToken,
} from '../../src/exchange/internal-authentication.js'
import { CLUSTER_SECRET, ClusterProcesses, freePort, type NodeProcess } from './cluster-process.js'
import { clientHeaders, get, post } from './protocol-client.js'

const catalogsOf = (dataFolder: string) => ({
  tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '6' },
  files: { 'connector.name': 'files', 'files.root': dataFolder },
})
const POLL_MILLIS = 50
/** A query that takes longer has hung. */
const QUERY_MILLIS_MAX = 90_000

export interface Outcome {
  readonly id: string
  readonly rows: readonly unknown[]
  readonly error: string | undefined
  readonly endedAt: number
}

/** A worker that can be killed, hung and started again, at one address. */
export interface FaultyWorker {
  readonly url: string
  process: NodeProcess
  state: 'up' | 'stopped' | 'down'
  /** Under way while it starts again. */
  starting: Promise<void> | undefined
}

/** A coordinator and workers, each a process of its own, to which things happen. */
export class FaultCluster {
  readonly workers: readonly FaultyWorker[]
  readonly spoolFolder: string
  /** Of the tables of the catalog `files`. */
  readonly dataFolder: string
  readonly #processes: ClusterProcesses
  readonly #coordinatorConfig: Readonly<Record<string, string>>
  #coordinator: NodeProcess

  private constructor(
    processes: ClusterProcesses,
    coordinator: NodeProcess,
    config: Readonly<Record<string, string>>,
    workers: readonly FaultyWorker[],
    spoolFolder: string,
    dataFolder: string,
  ) {
    this.#processes = processes
    this.#coordinator = coordinator
    this.#coordinatorConfig = config
    this.workers = workers
    this.spoolFolder = spoolFolder
    this.dataFolder = dataFolder
  }

  static async start(
    workerCount: number,
    config: Readonly<Record<string, string>> = {},
    workerConfig: (
      index: number,
    ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>> = () => ({}),
  ): Promise<FaultCluster> {
    const processes = new ClusterProcesses()
    const spoolFolder = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
    const dataFolder = mkdtempSync(join(tmpdir(), 'millrace-faults-data-'))
    const coordinatorConfig = {
      'http-server.http.port': String(await freePort()),
      'exchange.base-directories': spoolFolder,
      ...config,
    }
    const coordinator = await processes.startCoordinator(catalogsOf(dataFolder), coordinatorConfig)
    const workers = await Promise.all(
      Array.from({ length: workerCount }, async (_, i): Promise<FaultyWorker> => {
        const worker = await processes.startWorker(coordinator, {
          'http-server.http.port': String(await freePort()),
          ...(await workerConfig(i)),
        })
        return { url: worker.url, process: worker, state: 'up', starting: undefined }
      }),
    )
    const cluster = new FaultCluster(
      processes,
      coordinator,
      coordinatorConfig,
      workers,
      spoolFolder,
      dataFolder,
    )
    await cluster.settled()
    return cluster
  }

  get url(): string {
    return this.#coordinator.url
  }

  kill(worker: FaultyWorker): void {
    worker.state = 'down'
    worker.process.kill('SIGKILL')
  }

  stop(worker: FaultyWorker): void {
    worker.state = 'stopped'
    worker.process.kill('SIGSTOP')
  }

  resume(worker: FaultyWorker): void {
    if (worker.state !== 'stopped') return
    worker.state = 'up'
    worker.process.kill('SIGCONT')
  }

  /** Starts a worker that was killed, where it was. */
  restart(worker: FaultyWorker): Promise<void> {
    if (worker.state !== 'down') return worker.starting ?? Promise.resolve()
    worker.starting ??= (async () => {
      await worker.process.exited
      worker.process = await this.#processes.startWorker(this.#coordinator, {
        'http-server.http.port': new URL(worker.url).port,
      })
      worker.state = 'up'
    })().finally(() => {
      worker.starting = undefined
    })
    return worker.starting
  }

  killCoordinator(): Promise<unknown> {
    this.#coordinator.kill('SIGKILL')
    return this.#coordinator.exited
  }

  async restartCoordinator(): Promise<void> {
    this.#coordinator = await this.#processes.startCoordinator(
      catalogsOf(this.dataFolder),
      this.#coordinatorConfig,
    )
  }

  /** Runs a statement to its end, however it ends. */
  async ask(
    sql: string,
    session: Readonly<Record<string, string>> = {},
    schema = 'tiny',
  ): Promise<Outcome> {
    const headers = clientHeaders({
      'X-Trino-Catalog': 'tpch',
      'X-Trino-Schema': schema,
      'X-Trino-Session': Object.entries(session)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
    })
    const deadline = performance.now() + QUERY_MILLIS_MAX
    const rows: unknown[] = []
    let page = await post(this.url, sql, headers)
    while (page.body.nextUri !== undefined) {
      if (performance.now() > deadline) throw new Error(`the query hangs: ${page.text}`)
      page = await get(page.body.nextUri, headers)
      rows.push(...(page.body.data ?? []))
    }
    const { id, error } = page.body
    return { id, rows, error: error?.errorName, endedAt: performance.now() }
  }

  /** Waits until all workers are up and the coordinator knows them. */
  async settled(): Promise<void> {
    for (const worker of this.workers) {
      this.resume(worker)
      // On a busy machine one may not have started in time.
      await worker.starting?.catch(() => undefined)
      await this.restart(worker)
    }
    await within(30_000, 'not all workers are active', async () => {
      const response = await fetch(`${this.url}/v1/node`)
      const nodes = (await response.json()) as readonly { readonly state: string }[]
      return nodes.filter(({ state }) => state === 'active').length === this.workers.length + 1
    })
  }

  /** What nodes and disks hold of queries, as texts; empty when nothing is left. */
  async leftovers(): Promise<readonly string[]> {
    const found: string[] = []
    const token = signInternalToken(CLUSTER_SECRET, { nodeId: 'test', nonce: 'nonce' })
    for (const url of [this.url, ...this.workers.map((worker) => worker.url)]) {
      const headers = { [INTERNAL_TOKEN_HEADER]: token }
      const tasks = (await (await fetch(`${url}/v1/task`, { headers })).json()) as string[]
      found.push(...tasks.map((task) => `task ${task} at ${url}`))
      const metrics = await (await fetch(`${url}/metrics`)).text()
      for (const name of ['millrace_exchange_buffers', 'millrace_exchange_streams']) {
        const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]
        if (value !== '0') found.push(`${name} ${value} at ${url}`)
      }
    }
    for (const folder of readdirSync(this.spoolFolder)) {
      found.push(...readdirSync(join(this.spoolFolder, folder)).map((name) => `folder ${name}`))
    }
    return found
  }

  /** Waits until nodes have closed the connections that nothing is read over. */
  async connectionsAreClosed(): Promise<void> {
    await within(60_000, 'connections of the exchange are left', async () => {
      for (const { url } of this.workers) {
        const text = await (await fetch(`${url}/metrics`)).text()
        if (!/^millrace_exchange_connections 0$/m.test(text)) return false
      }
      return true
    })
  }

  /** Waits until nothing is left of any query. */
  async nothingIsLeft(): Promise<void> {
    let left: readonly string[] = []
    await within(
      10_000,
      () => `left: ${left.join('; ')}`,
      async () => {
        left = await this.leftovers()
        return left.length === 0
      },
    )
  }

  async close(): Promise<void> {
    for (const worker of this.workers) {
      this.resume(worker)
      await worker.starting?.catch(() => undefined)
    }
    await this.#processes.close()
    for (const folder of [this.spoolFolder, this.dataFolder]) {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Waits until something holds. */
export async function within(
  millis: number,
  otherwise: string | (() => string),
  holds: () => Promise<boolean>,
): Promise<void> {
  const until = performance.now() + millis
  while (!(await holds())) {
    if (performance.now() > until) {
      throw new Error(typeof otherwise === 'string' ? otherwise : otherwise())
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS))
  }
}
