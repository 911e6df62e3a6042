import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryConnectorFactory } from '../../../../src/connectors/memory/connector.js'
import { Millrace } from '../../../../src/index.js'
import type { ConnectorFactory } from '../../../../src/spi/index.js'

let engine: Millrace
/** What others do between a statement's planning and its scans, once. */
let meanwhile: (() => Promise<unknown>) | undefined

const interruptedFactory: ConnectorFactory = {
  name: 'interrupted',
  async create(...args) {
    const connector = await memoryConnectorFactory.create(...args)
    return {
      ...connector,
      getMetadata(session, transaction) {
        const metadata = connector.getMetadata(session, transaction)
        return {
          ...metadata,
          async getTableStatistics(...call) {
            const statistics = await metadata.getTableStatistics!(...call)
            const interrupt = meanwhile
            meanwhile = undefined
            await interrupt?.()
            return statistics
          },
        }
      },
    }
  },
}

beforeEach(async () => {
  engine = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [interruptedFactory] }],
    catalogs: { memory: { 'connector.name': 'interrupted' } },
  })
  await engine.execute(
    "CREATE TABLE t AS SELECT * FROM (VALUES (1, VARCHAR 'a', 10), (2, 'b', 20)) AS v(k, name, x)",
  )
})
afterEach(() => engine.close())

const twice = () => engine.execute("INSERT INTO t VALUES (1, 'other', 100)")
const another = () => engine.execute("INSERT INTO t VALUES (3, 'c', 30)")
const rows = (sql: string) => engine.query(sql, [], { rowMode: 'array' }).all()

test('a plan that rests on unique keys reads the rows whose keys are', async () => {
  const sql = 'SELECT k, name, sum(x) FROM t GROUP BY k, name ORDER BY k, name'
  meanwhile = twice
  expect(await rows(sql)).toEqual([
    [1, 'a', 10n],
    [2, 'b', 20n],
  ])
  expect(await rows(sql)).toEqual([
    [1, 'a', 10n],
    [1, 'other', 100n],
    [2, 'b', 20n],
  ])
})

test('a change of rows goes on from what others have changed', async () => {
  meanwhile = another
  await engine.execute('UPDATE t SET x = x + 1')
  expect(await rows('SELECT k, x FROM t ORDER BY k')).toEqual([
    [1, 11],
    [2, 21],
    [3, 31],
  ])
})

test('a change of rows fails where keys are unique no longer, and changes nothing', async () => {
  meanwhile = twice
  await expect(engine.execute('UPDATE t SET x = x + 1')).rejects.toMatchObject({
    code: 'TRANSACTION_CONFLICT',
  })
  expect(await rows('SELECT k, x FROM t ORDER BY k, x')).toEqual([
    [1, 10],
    [1, 100],
    [2, 20],
  ])
})
