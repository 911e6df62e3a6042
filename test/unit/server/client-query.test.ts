import { expect, test } from 'vitest'
import { Engine } from '../../../src/engine/engine.js'
import { ClientQuery } from '../../../src/server/client-query.js'
import { blockOf, type Page, VARCHAR } from '../../../src/spi/index.js'

const URI = { info: 'info', next: (token: number) => `next/${token}` }
const OPTIONS = { targetResultBytes: 1000, maxWaitMillis: 10_000 }

test('a page that cannot be written fails the statement, which its client is told, and gives back what it held', async () => {
  const engine = await Engine.create({ threads: 0 })
  try {
    const run = engine.createRun({
      sql: "SELECT * FROM (VALUES 'a', 'b') t (x)",
      session: engine.defaultSession,
    })
    // What a broken connector could give: text stored as numbers.
    const block = blockOf(VARCHAR, ['a', 'b'])
    const broken = { ...block, storage: 'f64', values: new Float64Array(2) } as unknown
    const give = run.nextPage.bind(run)
    run.nextPage = async () => {
      const page = await give()
      return page && ({ ...page, blocks: [broken] } as Page)
    }
    const query = new ClientQuery(run, engine.turns.taker())
    const answer = await query.answer(0, URI, OPTIONS)
    const body = JSON.parse(typeof answer === 'string' ? answer : answer.body.toString())
    expect(body).toMatchObject({
      stats: { state: 'FAILED' },
      error: { errorName: 'GENERIC_INTERNAL_ERROR' },
    })
    expect(body.nextUri).toBe(undefined)
    expect(body.data).toBe(undefined)
    expect(run.state).toBe('FAILED')
    expect(engine.services.queries.active()).toEqual([])
    // A lost answer is asked for again.
    expect(await query.answer(0, URI, OPTIONS)).toBe(answer)
  } finally {
    await engine.close()
  }
})
