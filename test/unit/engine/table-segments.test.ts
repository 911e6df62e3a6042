import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QUERIES } from '../../../bench/tpch/queries.mjs'
import { TABLES } from '../../../bench/tpch/tables.mjs'
import type { EngineOptions, Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

const CATALOGS = {
  tpch: {
    'connector.name': 'tpch',
    'tpch.column-naming': 'STANDARD',
    'tpch.double-type-mapping': 'DECIMAL',
  },
}
const MB = 2 ** 20

let create: (options: EngineOptions) => Promise<Millrace>

beforeAll(async () => {
  requireBuild()
  const url = pathToFileURL(`${DIST}/index.js`).href
  const module = (await import(url)) as typeof import('../../../src/index.js')
  create = (options) => module.Millrace.create({ catalogs: CATALOGS, ...options })
})

describe.each([0, 2])('tables beyond the shared memory, %i threads', (threads) => {
  let engine: Millrace

  beforeAll(async () => {
    // Pages of the first table are in both places.
    engine = await create({
      threads,
      callingThreadMillis: 0,
      tableMemoryBytes: MB,
      segmentBytes: MB,
    })
    for (const table of Object.keys(TABLES)) {
      await engine.execute(`CREATE TABLE ${table} AS SELECT * FROM tpch.tiny.${table}`)
    }
  }, 60_000)
  afterAll(() => engine?.close())

  const rows = (sql: string, options: object) =>
    engine.query(sql, undefined, { rowMode: 'array', ...options }).all()

  test.each(
    QUERIES.map((sql: string, i: number) => [`Q${i + 1}`, sql]),
  )('%s has the rows of the generated tables', async (_name, sql) => {
    expect(await rows(sql, {})).toEqual(await rows(sql, { catalog: 'tpch', schema: 'tiny' }))
  })

  test('rows are changed where they lie', async () => {
    await engine.execute('CREATE TABLE changed AS SELECT * FROM tpch.tiny.orders')
    await engine.execute('DELETE FROM changed WHERE o_orderkey % 3 = 0')
    await engine.execute("UPDATE changed SET o_comment = 'x' WHERE o_orderkey % 5 = 0")
    const changed = `SELECT o_orderkey, if(o_orderkey % 5 = 0, 'x', o_comment), o_clerk
      FROM tpch.tiny.orders WHERE o_orderkey % 3 <> 0 ORDER BY 1`
    const sql = 'SELECT o_orderkey, o_comment, o_clerk FROM changed ORDER BY 1'
    expect(await rows(sql, {})).toEqual(await rows(changed, {}))
    await engine.execute('DROP TABLE changed')
  })
})

test('what dropped tables held is used again', async () => {
  const engine = await create({
    threads: 2,
    callingThreadMillis: 0,
    memoryLimitBytes: 96 * MB,
    tableMemoryBytes: 0,
    segmentBytes: 4 * MB,
  })
  try {
    for (let round = 0; round < 4; round++) {
      // A tenth of SF1's lineitem: more than a third of the limit.
      await engine.execute('CREATE TABLE l AS SELECT * FROM tpch."sf0.1".lineitem')
      const [row] = await engine.query('SELECT count(*) AS n FROM l').all()
      expect(row).toEqual({ n: 600_572n })
      await engine.execute('DROP TABLE l')
    }
    await engine.execute('CREATE TABLE l AS SELECT * FROM tpch."sf0.1".lineitem')
    // A second one may fit, by what the pages under way take; three do not.
    const others = async () => {
      for (const name of ['m', 'n']) {
        await engine.execute(`CREATE TABLE ${name} AS SELECT * FROM tpch."sf0.1".lineitem`)
      }
    }
    await expect(others()).rejects.toMatchObject({
      code: expect.stringMatching('MEMORY_LIMIT') as string,
    })
    const [row] = await engine.query('SELECT count(*) AS n FROM l').all()
    expect(row).toEqual({ n: 600_572n })
  } finally {
    await engine.close()
  }
}, 120_000)
