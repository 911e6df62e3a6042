import { expect, test } from 'vitest'
import { memoryConnectorFactory } from '../../../src/connectors/memory/connector.js'
import { Millrace } from '../../../src/index.js'
import type { ConnectorFactory } from '../../../src/spi/index.js'

test('splits that come after a query was canceled are closed, and the engine goes on', async () => {
  let closes = 0
  let asked: () => void = () => {}
  let give: () => void = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const isGiven = new Promise<void>((resolve) => {
    give = resolve
  })
  let slow = true
  const factory: ConnectorFactory = {
    name: 'slow',
    async create(...args) {
      const connector = await memoryConnectorFactory.create(...args)
      return {
        ...connector,
        getSplitManager: () => ({
          async getSplits(...call) {
            const source = await connector.getSplitManager!()!.getSplits(...call)
            return {
              isFinished: () => source.isFinished(),
              async getNextBatch(maxSize) {
                if (slow) {
                  asked()
                  await isGiven
                }
                return source.getNextBatch(maxSize)
              },
              close() {
                closes += 1
                return source.close()
              },
            }
          },
        }),
      }
    },
  }
  const engine = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [factory] }],
    catalogs: { memory: { 'connector.name': 'slow' } },
  })
  try {
    await engine.execute('CREATE TABLE t AS SELECT 1 AS a')
    const query = engine.query('SELECT sum(a) AS s FROM t')
    const rows = query.all()
    await isAsked
    await query.cancel()
    await expect(rows).rejects.toMatchObject({ code: 'USER_CANCELED' })
    expect(closes).toBe(0)
    slow = false
    give()
    await new Promise((resolve) => setImmediate(resolve))
    expect(closes).toBe(1)
    expect(await engine.query('SELECT sum(a) AS s FROM t').all()).toEqual([{ s: 1n }])
  } finally {
    await engine.close()
  }
})
