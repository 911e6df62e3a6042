import { expect, test } from 'vitest'
import { Millrace } from '../../../src/engine/millrace.js'

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
