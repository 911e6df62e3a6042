import { expect, test } from 'vitest'
import { memoryConnectorFactory } from '../../../src/connectors/memory/connector.js'
import { Millrace } from '../../../src/index.js'
import type { ConnectorFactory } from '../../../src/spi/index.js'

test('a page sink that opens after its query was canceled is aborted', async () => {
  let asked: () => void = () => {}
  let give: () => void = () => {}
  let aborted: () => void = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const isGiven = new Promise<void>((resolve) => {
    give = resolve
  })
  const isAborted = new Promise<void>((resolve) => {
    aborted = resolve
  })
  const factory: ConnectorFactory = {
    name: 'slow',
    async create(...args) {
      const connector = await memoryConnectorFactory.create(...args)
      const sinks = connector.getPageSinkProvider!()!
      return {
        ...connector,
        getPageSinkProvider: () => ({
          ...sinks,
          async createInsertPageSink() {
            asked()
            await isGiven
            return { appendPage() {}, finish: () => [], abort: aborted }
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
    await engine.execute('CREATE TABLE t (a bigint)')
    const query = engine.query('INSERT INTO t SELECT 1')
    const done = query.all()
    await isAsked
    await query.cancel()
    await expect(done).rejects.toMatchObject({ code: 'USER_CANCELED' })
    give()
    await isAborted
  } finally {
    await engine.close()
  }
})
