import { afterEach, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../../src/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

let engine: Millrace
afterEach(() => engine.close())

const started = async (properties: Readonly<Record<string, string>> = {}): Promise<Millrace> => {
  engine = await Millrace.create({
    threads: 0,
    catalogs: { memory: { 'connector.name': 'memory', ...properties } },
  })
  return engine
}

const codeOf = (failing: Promise<unknown>): Promise<string | undefined> =>
  failing.then(
    () => undefined,
    (error: MillraceError) => error.code,
  )

interface Row {
  a: bigint
  b: string | null
  c: number | null
  d: string
  e: bigint | null
}
const ROWS = 70_000

const rows = async (): Promise<readonly Row[]> =>
  (await engine.query('SELECT a, b, c, d, e FROM t ORDER BY a').all()) as unknown as Row[]

test('random changes have the effect that they have on an array', async () => {
  const random = createRandom(SEED)
  await started()
  await engine.execute('CREATE TABLE t (a bigint, b varchar, c double, d varchar)')
  await engine.execute(
    `INSERT INTO t SELECT n, IF(n % 5 = 0, NULL, 'b' || CAST(n % 300 AS varchar)), n / 2e0, 'd' || CAST(n AS varchar)
     FROM TABLE(sequence(1, ${ROWS})) s (n)`,
  )
  await engine.execute("INSERT INTO t VALUES (-1, 'x', NULL, 'one'), (-2, NULL, 2, 'two')")
  await engine.execute('ALTER TABLE t ADD COLUMN e bigint')
  let model = (await rows()).map((row) => ({ ...row }))
  expect(model.length).toBe(ROWS + 2)
  for (let step = 0; step < 24; step++) {
    const modulus = BigInt([1, 2, 7, 1000, 30_000][random.below(5)]!)
    const rest = BigInt(random.below(Number(modulus)))
    const isHit = ({ a }: Row): boolean => a % modulus === rest
    const where = `WHERE a % ${modulus} = ${rest}`
    const label = `seed ${SEED}, step ${step}, ${where}`
    const hits = model.filter(isHit).length
    const changed = async (sql: string): Promise<void> => {
      expect((await engine.execute(sql)).updateCount, `${label}: ${sql}`).toBe(hits)
    }
    switch (random.below(6)) {
      case 0:
        await changed(`UPDATE t SET c = c + 1 ${where}`)
        for (const row of model.filter(isHit)) row.c = row.c === null ? null : row.c + 1
        break
      case 1:
        await changed(`UPDATE t SET b = IF(a % 3 = 0, NULL, 's${step}') ${where}`)
        for (const row of model.filter(isHit)) row.b = row.a % 3n === 0n ? null : `s${step}`
        break
      case 2:
        await changed(`UPDATE t SET e = a * ${step}, c = NULL ${where}`)
        for (const row of model.filter(isHit))
          Object.assign(row, { e: row.a * BigInt(step), c: null })
        break
      case 3:
        await changed(`UPDATE t SET d = d || 'x', b = 'all', c = 1, e = 2 ${where}`)
        for (const row of model.filter(isHit)) {
          Object.assign(row, { d: `${row.d}x`, b: 'all', c: 1, e: 2n })
        }
        break
      case 4:
        if (modulus < 7n) break
        await changed(`DELETE FROM t ${where}`)
        model = model.filter((row) => !isHit(row))
        break
      case 5:
        await changed(
          `MERGE INTO t USING (SELECT a AS k, row_number() OVER (ORDER BY d) AS n FROM t) s ON t.a = s.k AND a % ${modulus} = ${rest}
           WHEN MATCHED AND a % 2 = 0 THEN UPDATE SET d = 'merged' WHEN MATCHED THEN UPDATE SET e = a, b = d`,
        )
        for (const row of model.filter(isHit)) {
          if (row.a % 2n === 0n) row.d = 'merged'
          else Object.assign(row, { e: row.a, b: row.d })
        }
        break
    }
    expect(await rows(), label).toEqual(model)
  }
  const [stats] = await engine
    .query('SELECT count(*) n, count(b) b, count(c) c, count(e) e, max(a) m FROM t')
    .all()
  const shown = (await engine
    .query('SHOW STATS FOR t', [], { rowMode: 'array' })
    .all()) as unknown as (string | number | null)[][]
  for (const [name, , , nulls] of shown) {
    if (name === null || name === 'a' || name === 'd') continue
    const values = Number((stats as Record<string, bigint>)[name as string])
    expect(nulls, `${name}, seed ${SEED}`).toBeCloseTo(1 - values / model.length, 9)
  }
})

test('what updates replace is given back', async () => {
  await started({ 'memory.max-data-per-node': '4MB' })
  await engine.execute(
    `CREATE TABLE t AS SELECT n AS a, CAST(n AS double) AS b, n * 3 AS c, n + 7 AS d, CAST(n AS varchar) AS e
     FROM TABLE(sequence(1, 30000)) s (n)`,
  )
  for (let i = 0; i < 40; i++) await engine.execute(`UPDATE t SET ${'abcd'[i % 4]} = c + ${i}`)
  await engine.execute('DROP TABLE t')
  await engine.execute(
    `CREATE TABLE t AS SELECT n AS a, CAST(n AS double) AS b, n * 3 AS c FROM TABLE(sequence(1, 100000)) s (n)`,
  )
})

test('statements that change one table at once wait for each other', async () => {
  await started()
  await engine.execute(
    'CREATE TABLE t AS SELECT n AS a, 0 AS b FROM TABLE(sequence(1, 1000)) s (n)',
  )
  const changes = Array.from({ length: 8 }, (_, i) =>
    i === 5 ? 'DELETE FROM t WHERE a > 900' : 'UPDATE t SET b = b + 1',
  )
  const counts = await Promise.all(changes.map((sql) => engine.execute(sql)))
  expect(counts.map((result) => result.updateCount).toSorted()).toContain(100)
  expect(await engine.query('SELECT count(*) n, min(b) lo, max(b) hi FROM t').all()).toEqual([
    { n: 900n, lo: 7, hi: 7 },
  ])
  const [, , , inserted] = await Promise.all([
    engine.execute('UPDATE t SET b = 1'),
    engine.execute('TRUNCATE TABLE t'),
    engine.execute('UPDATE t SET b = 2'),
    engine.execute('INSERT INTO t VALUES (1, 1)'),
  ])
  expect(inserted?.updateCount).toBe(1)
})

test('who waits for a table can be cancelled, and a failure ends a turn', async () => {
  await started()
  await engine.execute('CREATE TABLE t AS SELECT 1 AS a')
  const running = engine.query(
    'UPDATE t SET a = a + 1 WHERE a < (SELECT count(*) FROM TABLE(sequence(1, 100000)))',
  )
  const aborted = new AbortController()
  const first = running.all()
  const second = engine.execute('UPDATE t SET a = 100', [], { signal: aborted.signal })
  const third = engine.execute('UPDATE t SET a = a + 10')
  const failing = engine.execute('UPDATE t SET a = 1 / 0')
  const fourth = engine.execute('UPDATE t SET a = a + 100')
  aborted.abort()
  expect(await codeOf(second)).toBeDefined()
  expect(await codeOf(failing)).toBe('DIVISION_BY_ZERO')
  await Promise.all([first, third, fourth])
  expect(await engine.query('SELECT a FROM t').all()).toEqual([{ a: 112 }])
})
