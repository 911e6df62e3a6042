import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ROOT } from '../support/build.js'
import { ClusterProcesses } from '../support/cluster-process.js'
import { type ServerProcess, startServerProcess } from '../support/server-process.js'

/** What the corpus's own library gives; it is outside of the repository. */
interface Corpus {
  readonly Session: new (
    server: string,
    options: { user: string; timeoutMs: number },
  ) => { run(sql: string): Promise<{ error?: unknown }> }
  readCases(file: string): Case[]
  runCase(
    server: string,
    testCase: Case,
    options: { timeoutMs: number },
  ): Promise<{ result: unknown; problem: string | null }>
  difference(testCase: Case, result: unknown): string | null
}
interface Case {
  readonly id: string
  readonly sql: string
  readonly catalog?: string
  readonly setup?: readonly string[]
  readonly teardown?: readonly string[]
}

const folder = resolve(
  process.env['MILLRACE_CONFORMANCE'] ?? join(ROOT, '..', 'shared', 'conformance'),
)
const here = join(ROOT, 'test', 'conformance')
/** Parquet files of TPC-DS at its tiniest and the statements that load them, beside the corpus. */
const tpcdsFolder = join(folder, '..', 'tpcds')
const hasTpcds = existsSync(join(tpcdsFolder, 'load.sql'))
const areas = (
  JSON.parse(readFileSync(join(here, 'areas.json'), 'utf8')).areas as readonly string[]
).filter((area) => hasTpcds || area !== 'tpcds')
const knownFile = join(here, 'known-failures.txt')
const known = new Set(
  readFileSync(knownFile, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== ''),
)
/** With MILLRACE_CONFORMANCE_UPDATE=1 the list of known failures is written instead of held to. */
const isUpdate = process.env['MILLRACE_CONFORMANCE_UPDATE'] === '1'

const CASE_TIMEOUT_MILLIS = 120_000
const AREA_TIMEOUT_MILLIS = 600_000
/** Plain queries of an area that run side by side. */
const JOBS = 4

/** The answers are asked of a cluster of so many workers instead of one process. */
const WORKERS = Number(process.env['MILLRACE_CONFORMANCE_WORKERS'] ?? 0)

async function startCluster(
  catalogs: Parameters<ClusterProcesses['start']>[1],
  workers: number,
): Promise<Pick<ServerProcess, 'url' | 'stop'>> {
  const processes = new ClusterProcesses()
  const coordinator = await processes.startCoordinator(catalogs)
  for (let i = 0; i < workers; i++) await processes.startWorker(coordinator)
  await vi.waitFor(
    async () => {
      const nodes = (await (await fetch(`${coordinator.url}/v1/node`)).json()) as unknown[]
      expect(nodes).toHaveLength(workers + 1)
    },
    { timeout: 30_000, interval: 50 },
  )
  return { url: coordinator.url, stop: async () => processes.close() }
}

const isPlain = (testCase: Case): boolean =>
  testCase.setup === undefined &&
  testCase.teardown === undefined &&
  /^\s*(select|values|with|\()/i.test(testCase.sql)

if (!existsSync(join(folder, 'lib.mjs'))) {
  test.skip(`conformance: no corpus at ${folder}; set MILLRACE_CONFORMANCE`, () => {})
  console.log(`conformance is skipped: there is no corpus at ${folder}`)
} else {
  describe('answers recorded from Trino 476', () => {
    let corpus: Corpus
    let server: Pick<ServerProcess, 'url' | 'stop'>
    const failures = new Map<string, string>()
    const ran = new Set<string>()

    beforeAll(async () => {
      corpus = await import(pathToFileURL(join(folder, 'lib.mjs')).href)
      const catalogs = {
        tpch: { 'connector.name': 'tpch' },
        tpchstd: {
          'connector.name': 'tpch',
          'tpch.column-naming': 'STANDARD',
          'tpch.double-type-mapping': 'DECIMAL',
        },
        tpcds: { 'connector.name': 'memory', 'memory.trino-limits': 'true' },
        memory: { 'connector.name': 'memory', 'memory.trino-limits': 'true' },
        ...(hasTpcds
          ? { files: { 'connector.name': 'files', 'files.root': dirname(tpcdsFolder) } }
          : {}),
      }
      server =
        WORKERS === 0 ? await startServerProcess(catalogs) : await startCluster(catalogs, WORKERS)
      if (hasTpcds) await loadTpcds()
      else console.log(`conformance: tpcds is skipped: there are no files at ${tpcdsFolder}`)
    }, AREA_TIMEOUT_MILLIS)
    afterAll(async () => {
      await server?.stop()
      if (isUpdate) {
        // Areas that were not run keep what the list says of them.
        const kept = [...known].filter((id) => !ran.has(id.slice(0, id.indexOf('/'))))
        const ids = [...kept, ...failures.keys()].sort()
        writeFileSync(knownFile, ids.map((id) => `${id}\n`).join(''))
      }
    })

    async function loadTpcds(): Promise<void> {
      const session = new corpus.Session(server.url, {
        user: 'load',
        timeoutMs: CASE_TIMEOUT_MILLIS,
      })
      const script = readFileSync(join(tpcdsFolder, 'load.sql'), 'utf8')
        .replaceAll('{dir}', `files.${basename(tpcdsFolder)}`)
        .replace(/^--.*\n/gm, '')
      for (const statement of script.split(';\n').map((text) => text.trim())) {
        if (statement === '') continue
        const { error } = await session.run(statement)
        expect(error ?? null, statement).toBeNull()
      }
    }

    async function runArea(area: string): Promise<readonly Case[]> {
      ran.add(area)
      const cases = corpus
        .readCases(join(folder, 'public', `${area}.jsonl`))
        .filter(({ sql, catalog }) => hasTpcds || !`${catalog} ${sql}`.includes('tpcds'))
      const one = async (testCase: Case) => {
        const { result, problem } = await corpus.runCase(server.url, testCase, {
          timeoutMs: CASE_TIMEOUT_MILLIS,
        })
        const why = problem ?? corpus.difference(testCase, result)
        if (why !== null) failures.set(testCase.id, why)
      }
      const plain = cases.filter(isPlain)
      const drain = async () => {
        for (let next = plain.shift(); next !== undefined; next = plain.shift()) await one(next)
      }
      await Promise.all(Array.from({ length: JOBS }, drain))
      for (const testCase of cases) if (!isPlain(testCase)) await one(testCase)
      return cases
    }

    test.each(areas)(
      '%s',
      async (area) => {
        const cases = await runArea(area)
        if (isUpdate) return
        const unexpected = cases
          .filter(({ id }) => failures.has(id) && !known.has(id))
          .map(({ id, sql }) => `${id}: ${failures.get(id)}\n    ${sql}`)
        const fixed = cases.filter(({ id }) => !failures.has(id) && known.has(id))
        expect(unexpected, 'cases that fail').toEqual([])
        expect(
          fixed.map(({ id }) => id),
          'cases of known-failures.txt that pass',
        ).toEqual([])
      },
      AREA_TIMEOUT_MILLIS,
    )
  })
}
