import { expect, test } from 'vitest'
import { memoryConnectorFactory } from '../../../src/connectors/memory/connector.js'
import { Millrace } from '../../../src/engine/millrace.js'
import type { ConnectorFactory } from '../../../src/spi/index.js'

test('catalogs are created and dropped while the engine runs', async () => {
  const engine = await Millrace.create({ threads: 0, dynamicCatalogs: true })
  try {
    await engine.execute('CREATE CATALOG t USING tpch WITH ("tpch.column-naming" = \'STANDARD\')')
    const count = () => engine.query('SELECT count(n_name) AS n FROM t.tiny.nation').all()
    expect(await count()).toEqual([{ n: 25n }])
    await expect(engine.execute('CREATE CATALOG t USING tpch')).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    await engine.execute('CREATE CATALOG IF NOT EXISTS t USING tpch')
    await expect(engine.execute('CREATE CATALOG u USING nothing')).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    })
    const open = engine.query('SELECT o_orderkey FROM t.tiny.orders')
    const rows = open[Symbol.asyncIterator]()
    await rows.next()
    await engine.execute('DROP CATALOG t')
    await expect(count()).rejects.toMatchObject({ code: 'CATALOG_NOT_FOUND' })
    // A query that had begun reads on.
    let rowCount = 1
    for (let step = await rows.next(); !step.done; step = await rows.next()) rowCount++
    expect(rowCount).toBe(15_000)
    await engine.execute('DROP CATALOG IF EXISTS t')
    await expect(engine.execute('DROP CATALOG system')).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    })
  } finally {
    await engine.close()
  }
})

test('catalogs are fixed unless the engine is told otherwise', async () => {
  const engine = await Millrace.create({ threads: 0 })
  try {
    await expect(engine.execute('CREATE CATALOG t USING tpch')).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    })
  } finally {
    await engine.close()
  }
})

test('an engine is closed to its end though a connector fails to shut down', async () => {
  const shutDown: string[] = []
  const factory: ConnectorFactory = {
    name: 'stubborn',
    async create(catalog, ...rest) {
      return {
        ...(await memoryConnectorFactory.create(catalog, ...rest)),
        shutdown() {
          shutDown.push(catalog)
          if (catalog === 'dropped') throw new Error('it does not want to')
        },
      }
    },
  }
  const engine = await Millrace.create({
    threads: 0,
    dynamicCatalogs: true,
    plugins: [{ getConnectorFactories: () => [factory] }],
  })
  await engine.execute('CREATE CATALOG dropped USING stubborn')
  await engine.execute('CREATE CATALOG kept USING stubborn')
  await engine.execute('DROP CATALOG dropped')
  await expect(engine.close()).rejects.toThrow('it does not want to')
  expect(shutDown).toEqual(['dropped', 'kept'])
})
