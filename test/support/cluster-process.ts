import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIST, requireBuild } from './build.js'

export interface NodeProcess {
  readonly url: string
  readonly pid: number
  /** What it has printed. */
  output(): string
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

type Properties = Readonly<Record<string, string>>

const START_MILLIS = 30_000
export const CLUSTER_SECRET = 'a secret of the cluster in tests'

/** `millrace server` processes that make up clusters; all of them end with {@link close}. */
export class ClusterProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-'))
  readonly #nodes: NodeProcess[] = []
  #nextFolder = 0

  constructor() {
    requireBuild()
  }

  startCoordinator(catalogs: Readonly<Record<string, Properties>>, config: Properties = {}) {
    return this.start(
      { coordinator: 'true', 'node-scheduler.include-coordinator': 'false', ...config },
      catalogs,
    )
  }

  startWorker(coordinator: NodeProcess, config: Properties = {}): Promise<NodeProcess> {
    return this.start({ coordinator: 'false', 'discovery.uri': coordinator.url, ...config }, {})
  }

  /** Starts a node and waits until it is served. */
  async start(
    config: Properties,
    catalogs: Readonly<Record<string, Properties>>,
  ): Promise<NodeProcess> {
    const node = this.spawn(config, catalogs)
    this.#nodes.push(node)
    try {
      await node.started
    } catch (error) {
      node.kill('SIGKILL')
      throw error
    }
    return node
  }

  /** Spawns a node over a directory as Trino has it; each property is in the file that it belongs to. */
  spawn(
    config: Properties,
    catalogs: Readonly<Record<string, Properties>>,
  ): NodeProcess & { readonly started: Promise<void> } {
    const {
      'node.environment': environment = 'testing',
      'node.id': id,
      'exchange.base-directories': exchangeDirectories,
      ...rest
    } = config
    const etcDir = join(this.#folder, String(this.#nextFolder++))
    mkdirSync(join(etcDir, 'catalog'), { recursive: true })
    const write = (file: string, properties: Properties) =>
      writeFileSync(
        join(etcDir, file),
        Object.entries(properties)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      )
    write('node.properties', {
      'node.environment': environment,
      ...(id === undefined ? {} : { 'node.id': id }),
    })
    write('config.properties', {
      'http-server.http.port': '0',
      'internal-communication.shared-secret': CLUSTER_SECRET,
      'task.max-worker-threads': '1',
      ...rest,
    })
    if (exchangeDirectories !== undefined) {
      write('exchange-manager.properties', {
        'exchange-manager.name': 'filesystem',
        'exchange.base-directories': exchangeDirectories,
      })
    }
    for (const [name, properties] of Object.entries(catalogs)) {
      write(join('catalog', `${name}.properties`), properties)
    }
    return childNode(
      spawn(process.execPath, [join(DIST, 'cli/main.js'), 'server', '--etc-dir', etcDir], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
  }

  /** Ends all nodes that are left. */
  async close(): Promise<void> {
    for (const node of this.#nodes) node.kill('SIGKILL')
    await Promise.all(this.#nodes.map((node) => node.exited))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function childNode(child: ChildProcess): NodeProcess & { readonly started: Promise<void> } {
  let output = ''
  let url = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const started = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`node did not start: ${output}`)), START_MILLIS)
    const read = (text: string): void => {
      output += text
      const match = /^millrace: (http:\S+)$/m.exec(output)
      if (match === null) return
      url = match[1]!
      clearTimeout(timer)
      resolve()
    }
    child.stdout!.setEncoding('utf8').on('data', read)
    child.stderr!.setEncoding('utf8').on('data', read)
    exited.then((code) => {
      clearTimeout(timer)
      reject(new Error(`node ended with ${code}: ${output}`))
    })
  })
  started.catch(() => undefined)
  return {
    get url() {
      return url
    },
    pid: child.pid!,
    output: () => output,
    exited,
    started,
    kill: (signal) => void child.kill(signal),
  }
}

/** A port that nothing listens at now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0))
    })
  })
