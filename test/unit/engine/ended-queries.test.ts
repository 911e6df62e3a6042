import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { defineConnector } from '../../../src/spi/index.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** An engine whose table `w.default.t` notes the objects that each scan of it works with. */
async function watchedEngine() {
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
  return { engine, held }
}

/** Which of them are still there once there was time to forget. */
async function leftOf(held: readonly WeakRef<object>[]): Promise<readonly number[]> {
  for (let i = 0; i < 10 && held.some((ref) => ref.deref() !== undefined); i++) {
    // What a WeakRef gave is held until the event loop's pass ends.
    await delay(1)
    gc()
  }
  return held.flatMap((ref, i) => (ref.deref() === undefined ? [] : [i]))
}

test('an ended query tells what it did, and keeps nothing of what it worked with', async () => {
  const { engine, held } = await watchedEngine()
  const sql = 'SELECT count(*) AS c FROM w.default.t AS a JOIN w.default.t AS b ON a.n = b.n'
  const queries = Array.from({ length: 3 }, () => engine.query(sql))
  for (const query of queries) expect(await query.all()).toEqual([{ c: 4n }])
  expect(await engine.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
  expect(held.length).toBeGreaterThanOrEqual(4 * 3)
  expect(await leftOf(held)).toEqual([])
  for (const query of queries) {
    const info = await query.info()
    expect(info).toMatchObject({ state: 'FINISHED' })
    expect(info.stages[0]).toMatchObject({ completedSplits: 4 })
    expect(info.stages[0]!.tasks[0]!.pipelines.length).toBeGreaterThan(1)
  }
  await engine.close()
})

test.each([
  ['fails', 'SELECT 1 / (n - 1) FROM w.default.t', 'DIVISION_BY_ZERO'],
  ['is refused', 'SELECT nope FROM w.default.t', 'COLUMN_NOT_FOUND'],
])('a query that %s keeps nothing of what it worked with', async (_, sql, code) => {
  const { engine, held } = await watchedEngine()
  const queries = Array.from({ length: 3 }, () => engine.query(sql))
  for (const query of queries) await expect(query.all()).rejects.toMatchObject({ code })
  expect(await engine.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
  expect(await leftOf(held)).toEqual([])
  for (const query of queries) expect(await query.info()).toMatchObject({ state: 'FAILED' })
  await engine.close()
})

test('a cancelled query keeps nothing of what it worked with', async () => {
  const { engine, held } = await watchedEngine()
  const query = engine.query('SELECT n FROM w.default.t')
  const rows = query[Symbol.asyncIterator]()
  await rows.next()
  await query.cancel()
  const rest = async () => {
    while ((await rows.next()).done !== true);
  }
  await expect(rest()).rejects.toMatchObject({ code: 'USER_CANCELED' })
  expect(await engine.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
  expect(held.length).toBeGreaterThan(0)
  expect(await leftOf(held)).toEqual([])
  expect(await query.info()).toMatchObject({ state: 'FAILED' })
  await engine.close()
})
