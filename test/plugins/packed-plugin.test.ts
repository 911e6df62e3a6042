import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Millrace as MillraceClass } from '../../src/index.js'
import { BIGINT, defineConnector, InMemoryRecordSet, VARCHAR } from '../../src/spi/index.js'

const run = promisify(execFile)
const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href
const load = async (): Promise<typeof MillraceClass> => (await import(built('index.js'))).Millrace

/** A third party's package: its one dependency is the SPI. */
const PLUGIN = `
import { defineConnector, integerConfig } from ${JSON.stringify(built('spi/index.js'))}
import { threadId } from 'node:worker_threads'

export default defineConnector({
  name: 'squares',
  config: { 'squares.count': integerConfig({ description: 'How many', required: true, min: '1' }) },
  tables: { squares: { columns: { n: 'bigint', square: 'bigint', thread: 'bigint' } } },
  splits: ({ config }) => Array.from({ length: config['squares.count'] }, (_, n) => n),
  async *rows({ split }) {
    yield { n: split, square: split * split, thread: threadId }
  },
})
`

let folder: string
let plugin: URL

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-plugin-'))
  const source = join(folder, 'source')
  await mkdir(source)
  const manifest = { name: 'squares-connector', version: '1.0.0', type: 'module', main: 'index.js' }
  await writeFile(join(source, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(source, 'index.js'), PLUGIN)
  await run('npm', ['pack', '--pack-destination', folder], { cwd: source })
  const installed = join(folder, 'installed')
  await mkdir(installed)
  await writeFile(join(installed, 'package.json'), '{"private":true}')
  const tarball = join(folder, 'squares-connector-1.0.0.tgz')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: installed })
  plugin = pathToFileURL(join(installed, 'node_modules/squares-connector/index.js'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const SQUARES = { squares: { 'connector.name': 'squares', 'squares.count': '1000' } }

describe.each([0, 2])('with %d threads', (threads) => {
  it('a packed plugin is loaded by URL in every thread that needs it', async () => {
    const Millrace = await load()
    const engine = await Millrace.create({ threads, plugins: [plugin], catalogs: SQUARES })
    try {
      const [row] = await engine
        .query('SELECT count(*) AS n, sum(square) AS total FROM squares.default.squares')
        .all()
      expect(row).toEqual({ n: 1000n, total: 332_833_500n })
    } finally {
      await engine.close()
    }
  })

  it('a plugin that the program made stays in its thread', async () => {
    const Millrace = await load()
    const rows = [{ id: 1, name: 'Ann' }]
    const made = defineConnector({
      name: 'made',
      tables: { people: { columns: { id: 'bigint', name: 'varchar' } } },
      rows: () => rows,
    })
    const engine = await Millrace.create({
      threads,
      plugins: [made, { getConnectorFactory: () => recordFactory }],
      catalogs: { made: { 'connector.name': 'made' }, records: { 'connector.name': 'records' } },
    })
    try {
      const joined = engine.query(
        'SELECT p.name, r.label FROM made.default.people p JOIN records.s.t r ON p.id = r.id',
      )
      expect(await joined.all()).toEqual([{ name: 'Ann', label: 'first' }])
    } finally {
      await engine.close()
    }
  })

  it('a wrong property stops the start and names the near one', async () => {
    const Millrace = await load()
    const catalogs = { squares: { 'connector.name': 'squares', 'squares.cuont': '5' } }
    await expect(Millrace.create({ threads, plugins: [plugin], catalogs })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining("did you mean 'squares.count'"),
    })
  })
})

/** The seven methods, splits and records: the least that a connector has without defineConnector. */
const recordFactory = {
  name: 'records',
  create: () => ({
    getMetadata: () => ({
      listSchemaNames: () => ['s'],
      listTables: () => [{ schema: 's', table: 't' }],
      *streamTableColumns() {
        yield { table: { schema: 's', table: 't' }, columns: COLUMNS }
      },
      getTableHandle: (_session: unknown, { table }: { table: string }) =>
        table === 't' ? 't' : undefined,
      getTableMetadata: () => ({ table: { schema: 's', table: 't' }, columns: COLUMNS }),
      getColumnHandles: () => new Map(COLUMNS.map((column, index) => [column.name, index])),
      getColumnMetadata: (_session: unknown, _table: unknown, index: unknown) =>
        COLUMNS[Number(index)]!,
    }),
    getSplitManager: () => ({
      getSplits: () => ({
        getNextBatch: () => ({ splits: [{}], noMoreSplits: true }),
        close() {},
      }),
    }),
    getRecordSetProvider: () => ({
      getRecordSet: (
        ...[, , , , columns]: readonly [unknown, unknown, unknown, unknown, readonly unknown[]]
      ) =>
        new InMemoryRecordSet(
          columns.map((index) => COLUMNS[Number(index)]!.type),
          [columns.map((index) => ([1n, 'first'] as const)[Number(index)]!)],
        ),
    }),
  }),
}
const COLUMNS = [
  { name: 'id', type: BIGINT },
  { name: 'label', type: VARCHAR },
]
