import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryConnectorFactory } from '../../../src/connectors/memory/connector.js'
import { Millrace } from '../../../src/index.js'
import type { ConnectorFactory } from '../../../src/spi/index.js'

let engine: Millrace
/** How often the optimizer asked for statistics: whether something was planned. */
let statisticsCalls = 0

const countingFactory: ConnectorFactory = {
  name: 'counting',
  async create(...args) {
    const connector = await memoryConnectorFactory.create(...args)
    return {
      ...connector,
      async getMetadata(session, transaction) {
        const metadata = await connector.getMetadata(session, transaction)
        return {
          ...metadata,
          getTableStatistics(...call) {
            statisticsCalls += 1
            return metadata.getTableStatistics!(...call)
          },
        }
      },
    }
  },
}

beforeEach(async () => {
  engine = await Millrace.create({
    threads: 0,
    timeZone: 'UTC',
    plugins: [{ getConnectorFactories: () => [countingFactory] }],
    catalogs: { memory: { 'connector.name': 'counting' } },
  })
  await engine.execute('CREATE TABLE t AS SELECT * FROM (VALUES (1, 2), (3, 4)) AS v(a, b)')
})
afterEach(() => engine.close())

const SQL = 'SELECT sum(a) AS s FROM t WHERE b > 1'

async function isPlanned(sql: string): Promise<boolean> {
  statisticsCalls = 0
  await engine.query(sql).all()
  return statisticsCalls > 0
}

describe('plans are found again', () => {
  test('over tables that have transactions', async () => {
    expect(await isPlanned(SQL)).toBe(true)
    expect(await isPlanned(SQL)).toBe(false)
    expect(await isPlanned(`${SQL} AND a < 7`)).toBe(true)
    expect(await isPlanned('SELECT now() FROM t')).toBe(true)
    expect(await isPlanned('SELECT now() FROM t')).toBe(true)
  })

  test('not once rows were written, or the table is another', async () => {
    expect(await engine.query(SQL).all()).toEqual([{ s: 4n }])
    await engine.execute('INSERT INTO t VALUES (10, 20)')
    expect(await engine.query(SQL).all()).toEqual([{ s: 14n }])
    await engine.execute('DROP TABLE t')
    await expect(engine.query(SQL).all()).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
    await engine.execute("CREATE TABLE t AS SELECT BIGINT '5' AS a, DOUBLE '7' AS b")
    expect(await engine.query(SQL).all()).toEqual([{ s: 5n }])
  })

  test('not once a view on the way is another', async () => {
    await engine.execute('CREATE VIEW v AS SELECT a FROM t')
    const sql = 'SELECT sum(a) AS s FROM v'
    expect(await engine.query(sql).all()).toEqual([{ s: 4n }])
    await engine.execute('CREATE OR REPLACE VIEW v AS SELECT b AS a FROM t')
    expect(await engine.query(sql).all()).toEqual([{ s: 6n }])
    await engine.execute('DROP VIEW v')
    await engine.execute('CREATE TABLE v AS SELECT 100 AS a')
    expect(await engine.query(sql).all()).toEqual([{ s: 100n }])
  })

  test('not once a function of a catalog is another', async () => {
    const create = (body: string) =>
      engine.execute(
        `CREATE OR REPLACE FUNCTION memory.default.f(x integer) RETURNS integer RETURN ${body}`,
      )
    await create('x + 1')
    const sql = 'SELECT memory.default.f(a) AS f FROM t ORDER BY 1'
    expect(await engine.query(sql).all()).toEqual([{ f: 2 }, { f: 4 }])
    await create('x * 10')
    expect(await engine.query(sql).all()).toEqual([{ f: 10 }, { f: 30 }])
  })

  test('not once a source of the program shadows the table', async () => {
    expect(await engine.query(SQL).all()).toEqual([{ s: 4n }])
    engine.register('t', [{ a: 50, b: 60 }])
    expect(await engine.query(SQL).all()).toEqual([{ s: 50n }])
    engine.unregister('t')
    expect(await engine.query(SQL).all()).toEqual([{ s: 4n }])
  })

  test('a plan is made again after each write, and reads what is there', async () => {
    expect(await isPlanned(SQL)).toBe(true)
    expect(await isPlanned(SQL)).toBe(false)
    await engine.execute('INSERT INTO t VALUES (1, 1)')
    expect(await isPlanned(SQL)).toBe(true)
    expect(await engine.query(SQL).all()).toEqual([{ s: 4n }])
  })
})
