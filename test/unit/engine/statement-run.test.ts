import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../src/engine/engine.js'

let engine: Engine

beforeAll(async () => {
  engine = await Engine.create({ threads: 0 })
})
afterAll(() => engine.close())

test.each([
  'trino',
  'postgresql',
])('a statement of %s ended as it begins leaves nothing', async (dialect) => {
  const { defaultSession: session } = engine
  const run = engine.createRun({
    sql: 'SELECT 1',
    session: { ...session, properties: new Map([['dialect', dialect]]) },
  })
  const starting = run.start()
  run.cancel()
  await expect(starting).rejects.toMatchObject({ code: 'USER_CANCELED' })
  await run.settled
  // What it still waited for comes now.
  await import('../../../src/dialect/translate.js')
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  expect(engine.services.contexts.find(run.id)).toBeUndefined()
  expect(engine.services.queries.active()).toEqual([])
})
