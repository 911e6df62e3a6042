import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { defineConnector } from '../../../src/spi/index.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

test('an ended query tells what it did, and keeps nothing of what it worked with', async () => {
  const held: WeakRef<object>[] = []
  const plugin = defineConnector({
    name: 'watched',
    tables: { t: { columns: { n: 'bigint' } } },
    splits({ signal }) {
      const splits = [{ from: 0 }, { from: 10 }]
      held.push(new WeakRef(signal), ...splits.map((split) => new WeakRef(split)))
      return splits
    },
    rows({ split }) {
      const { from } = split as { from: number }
      return [{ n: from }, { n: from + 1 }]
    },
  })
  const engine = await Millrace.create({
    threads: 0,
    plugins: [plugin],
    catalogs: { w: { 'connector.name': 'watched' } },
  })
  const sql = 'SELECT count(*) AS c FROM w.default.t AS a JOIN w.default.t AS b ON a.n = b.n'
  const queries = Array.from({ length: 3 }, () => engine.query(sql))
  for (const query of queries) expect(await query.all()).toEqual([{ c: 4n }])
  expect(await engine.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
  expect(held.length).toBeGreaterThanOrEqual(4 * 3)
  for (let i = 0; i < 10 && held.some((ref) => ref.deref() !== undefined); i++) {
    // What a WeakRef gave is held until the event loop's pass ends.
    await delay(1)
    gc()
  }
  expect(held.flatMap((ref, i) => (ref.deref() === undefined ? [] : [i]))).toEqual([])
  for (const query of queries) {
    const info = await query.info()
    expect(info).toMatchObject({ state: 'FINISHED' })
    expect(info.stages[0]).toMatchObject({ completedSplits: 4 })
    expect(info.stages[0]!.tasks[0]!.pipelines.length).toBeGreaterThan(1)
  }
  await engine.close()
})
