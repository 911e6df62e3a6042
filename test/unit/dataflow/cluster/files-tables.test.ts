import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOutputOf } from '../../../../src/connectors/files/file-output.js'
import { FilesWrites } from '../../../../src/connectors/files/writes.js'
import { startLocalCluster } from '../../../support/local-cluster.js'
import { rowTexts } from '../../../support/row-texts.js'

/* Tables of files that three workers write into one folder. */

process.env['MILLRACE_VERIFY'] = '1'

const root = mkdtempSync(join(tmpdir(), 'millrace-files-tables-'))
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  cluster = await startLocalCluster(3, {
    catalogs: {
      tpch: { 'connector.name': 'tpch', 'tpch.splits-per-node': '6' },
      files: { 'connector.name': 'files', 'files.root': root },
      alone: {
        'connector.name': 'files',
        'files.root': root,
        'files.distributed-writes': 'false',
      },
    },
  })
}, 60_000)
afterAll(async () => {
  await cluster.close()
  rmSync(root, { recursive: true, force: true })
})

function ask(sql: string): Promise<string[]> {
  const { coordinator } = cluster
  const session = { ...coordinator.defaultSession, catalog: 'files', schema: 'default' }
  return rowTexts(coordinator.createRun({ sql, session }))
}

/** Files of the folder, hidden ones too, but what describes a table. */
const filesOf = (folder = '.'): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.endsWith('.millrace-table.json'),
  )

const sums = (table: string): string =>
  `SELECT count(*), sum(orderkey), sum(quantity), count(DISTINCT comment), max(shipdate) FROM ${table}`

test('all workers write a table, whose rows are those of its query', async () => {
  const create = 'CREATE TABLE l AS SELECT * FROM tpch.tiny.lineitem'
  const plan = await ask(`EXPLAIN ${create}`)
  expect(plan.join('\n')).toMatch(/Fragment 1 [\s\S]*TableWriter/)
  expect(await ask(create)).toEqual(['"60175n"'])
  expect(filesOf('l')).toHaveLength(3)
  expect(await ask(sums('l'))).toEqual(await ask(sums('tpch.tiny.lineitem')))
  expect(await ask('INSERT INTO l SELECT * FROM l')).toEqual(['"60175n"'])
  expect(await ask('SELECT count(*), sum(orderkey) FROM l')).toEqual(
    await ask('SELECT 2 * count(*), 2 * sum(orderkey) FROM tpch.tiny.lineitem'),
  )
  expect(filesOf().filter((name) => name.startsWith('.'))).toEqual([])
})

test('partitions have the rows of all workers', async () => {
  expect(
    await ask(
      `CREATE TABLE p WITH (format = 'CSV', partitioned_by = ARRAY['status']) AS
       SELECT orderkey, totalprice, orderstatus AS status FROM tpch.tiny.orders`,
    ),
  ).toEqual(['"15000n"'])
  expect(readdirSync(join(root, 'p')).sort()).toEqual([
    '.millrace-table.json',
    'status=F',
    'status=O',
    'status=P',
  ])
  expect(readdirSync(join(root, 'p', 'status=O'))).toHaveLength(3)
  expect(await ask('SELECT status, count(*), sum(orderkey) FROM p GROUP BY 1 ORDER BY 1')).toEqual(
    await ask(
      'SELECT orderstatus, count(*), sum(orderkey) FROM tpch.tiny.orders GROUP BY 1 ORDER BY 1',
    ),
  )
})

test('a write that fails in one task leaves nothing of the others', async () => {
  await ask('CREATE TABLE f AS SELECT orderkey FROM tpch.tiny.orders')
  const before = filesOf()
  const failing = 'SELECT 1 / (orderkey - 29984) AS orderkey FROM tpch.tiny.lineitem'
  for (const sql of [`CREATE TABLE g AS ${failing}`, `INSERT INTO f ${failing}`]) {
    await expect(ask(sql)).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' })
    expect(filesOf()).toEqual(before)
  }
})

test('files.distributed-writes=false leaves the write to the coordinator', async () => {
  await ask('CREATE TABLE alone.default.a AS SELECT * FROM tpch.tiny.lineitem')
  expect(filesOf('a')).toHaveLength(1)
})

test('a node that does not see the folder fails the write', async () => {
  const gone = join(root, 'gone')
  await expect(createOutputOf(gone, 'x=1/file')).rejects.toMatchObject({
    code: 'HIVE_WRITER_OPEN_ERROR',
    hint: expect.stringContaining('files.root must be the same folder on all nodes'),
  })
  const writes = new FilesWrites()
  mkdirSync(join(root, 'other'))
  const target = join(root, 'other', 't')
  const description = { format: 'CSV', columns: [], partitionedBy: [], properties: {} } as const
  const { id } = await writes.beginCreate(1, target, description, false)
  const fragment = Buffer.from(JSON.stringify({ path: 'elsewhere.csv', byteLength: 3 }))
  await expect(writes.publish(id, [fragment])).rejects.toMatchObject({
    code: 'HIVE_WRITER_CLOSE_ERROR',
  })
  await writes.end(1)
  expect(filesOf('other')).toEqual([])
})
