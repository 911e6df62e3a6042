import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

/** Random INSERT, UPDATE, DELETE, MERGE and transactions against a model in plain JavaScript. */
interface Row {
  id: number
  a: number | null
  s: string | null
  d: number | null
}

const seeds = process.env['SEED'] === undefined ? [1, 2, 3] : [Number(process.env['SEED'])]

/** @source Steele and Vigna's SplitMix, 32 bits */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return ((z ^ (z >>> 16)) >>> 0) % below
  }
}

const engines: { readonly threads: number; readonly pageRows: number }[] = [
  { threads: 0, pageRows: 16_384 },
  { threads: 0, pageRows: 3 },
  { threads: 2, pageRows: 16_384 },
]

describe.each(engines)('$threads threads, pages of $pageRows rows', ({ threads, pageRows }) => {
  let engine: Millrace
  beforeAll(async () => {
    engine = await (await engineClass(threads)).create({
      threads,
      callingThreadMillis: 0,
      outputPageRows: pageRows,
      timeZone: 'UTC',
    })
  })
  afterAll(() => engine?.close())

  test.each(seeds)('random changes, SEED=%i', async (seed) => {
    await changeAtRandom(engine, seed, pageRows < 100 ? 200 : 20_000)
  })
})

/** Threads are there in what was built. */
async function engineClass(threads: number): Promise<typeof Millrace> {
  if (threads === 0) return Millrace
  requireBuild()
  const url = pathToFileURL(join(DIST, 'index.js')).href
  return ((await import(url)) as typeof import('../../../src/index.js')).Millrace
}

const sqlText = (text: string | null): string => (text === null ? 'NULL' : `'${text}'`)
const sum = (values: readonly (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0)

async function changeAtRandom(engine: Millrace, seed: number, rowCount: number): Promise<void> {
  const random = randomOf(seed)
  const table = `t${seed}`
  await engine.execute(`DROP TABLE IF EXISTS ${table}`)
  await engine.execute(
    `CREATE TABLE ${table} AS SELECT n AS id, IF(n % 11 = 0, NULL, n % 100) AS a,
     IF(n % 13 = 0, NULL, concat('s', CAST(n % 17 AS varchar))) AS s, CAST(n AS double) AS d
     FROM UNNEST(sequence(1, ${Math.min(rowCount, 3_000)})) x (n)`,
  )
  let rows: Row[] = Array.from({ length: Math.min(rowCount, 3_000) }, (_, i): Row => {
    const n = i + 1
    return {
      id: n,
      a: n % 11 === 0 ? null : n % 100,
      s: n % 13 === 0 ? null : `s${n % 17}`,
      d: n,
    }
  })
  let nextId = rows.length + 1
  let saved: Row[] | undefined
  const expectCount = async (sql: string, count: number): Promise<void> => {
    const { updateCount } = await engine.execute(sql)
    expect(updateCount, `seed ${seed}: ${sql}`).toBe(count)
  }
  for (let step = 0; step < 30; step++) {
    const m = 1 + random(12)
    const r = random(m)
    const matches = (row: Row): boolean => row.id % m === r
    switch (random(8)) {
      case 0: {
        const count = 1 + random(5)
        const added = Array.from({ length: count }, (): Row => {
          const id = nextId++
          return { id, a: random(50), s: random(3) === 0 ? null : `new${random(5)}`, d: null }
        })
        const values = added.map((row) => `(${row.id}, ${row.a}, ${sqlText(row.s)}, NULL)`)
        await expectCount(`INSERT INTO ${table} VALUES ${values.join(', ')}`, count)
        rows = [...rows, ...added]
        break
      }
      case 1: {
        await expectCount(
          `DELETE FROM ${table} WHERE id % ${m * 3} = ${r}`,
          rows.filter((row) => row.id % (m * 3) === r).length,
        )
        rows = rows.filter((row) => row.id % (m * 3) !== r)
        break
      }
      case 2: {
        await expectCount(
          `UPDATE ${table} SET a = a + ${m} WHERE id % ${m} = ${r}`,
          rows.filter(matches).length,
        )
        rows = rows.map((row) => (matches(row) && row.a !== null ? { ...row, a: row.a + m } : row))
        break
      }
      case 3: {
        await expectCount(
          `UPDATE ${table} SET s = concat('u', CAST(id % ${m} AS varchar)), d = NULL WHERE s IS NULL OR a > ${r * 20}`,
          rows.filter((row) => row.s === null || (row.a ?? -1) > r * 20).length,
        )
        rows = rows.map((row) =>
          row.s === null || (row.a ?? -1) > r * 20 ? { ...row, s: `u${row.id % m}`, d: null } : row,
        )
        break
      }
      case 4: {
        const low = nextId - 40
        const high = nextId + 5
        const known = new Set(rows.map((row) => row.id))
        const inRange = (row: Row): boolean => row.id >= low && row.id < high
        const inserted = Array.from({ length: high - low }, (_, i) => low + i).filter(
          (id) => !known.has(id) && id % 2 === 0,
        )
        const deleted = rows.filter((row) => inRange(row) && row.id % 5 === 0)
        const updated = rows.filter((row) => inRange(row) && row.id % 5 !== 0)
        await expectCount(
          `MERGE INTO ${table} t USING UNNEST(sequence(${low}, ${high - 1})) s (k) ON t.id = s.k
           WHEN MATCHED AND k % 5 = 0 THEN DELETE
           WHEN MATCHED THEN UPDATE SET d = coalesce(d, 0) + k, s = 'm'
           WHEN NOT MATCHED AND k % 2 = 0 THEN INSERT (id, a) VALUES (k, ${m})`,
          inserted.length + deleted.length + updated.length,
        )
        rows = [
          ...rows
            .filter((row) => !(inRange(row) && row.id % 5 === 0))
            .map((row) => (inRange(row) ? { ...row, d: (row.d ?? 0) + row.id, s: 'm' } : row)),
          ...inserted.map((id): Row => ({ id, a: m, s: null, d: null })),
        ]
        nextId = high
        break
      }
      case 5: {
        const failing = engine.execute(
          `UPDATE ${table} SET a = 1 / (id - ${rows[random(rows.length)]?.id ?? 0}), s = 'half'`,
        )
        if (rows.length > 0 && saved === undefined) {
          await expect(failing).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' })
        } else {
          // In a transaction a failure would leave only its end.
          await failing.then(
            () => undefined,
            async () => {
              await engine.execute('ROLLBACK')
              if (saved !== undefined) rows = saved
              saved = undefined
            },
          )
        }
        break
      }
      case 6:
        if (saved === undefined) {
          await engine.execute('START TRANSACTION')
          saved = rows
        } else {
          await engine.execute(m > 6 ? 'COMMIT' : 'ROLLBACK')
          if (m <= 6) rows = saved
          saved = undefined
        }
        break
      default:
        await expectCount(
          `MERGE INTO ${table} t USING (SELECT DISTINCT a FROM ${table} WHERE a < ${m}) s ON t.a = s.a AND t.id % 3 = 0
           WHEN MATCHED THEN UPDATE SET a = NULL`,
          rows.filter((row) => row.a !== null && row.a < m && row.id % 3 === 0).length,
        )
        rows = rows.map((row) =>
          row.a !== null && row.a < m && row.id % 3 === 0 ? { ...row, a: null } : row,
        )
    }
    await compare(engine, table, rows, `seed ${seed}, step ${step}`)
  }
  if (saved !== undefined) {
    await engine.execute('ROLLBACK')
    await compare(engine, table, saved, `seed ${seed}, rolled back`)
  }
}

/** Rows, and statistics that must not be narrower than the truth. */
async function compare(
  engine: Millrace,
  table: string,
  rows: readonly Row[],
  place: string,
): Promise<void> {
  const found = await engine
    .query<Row>(`SELECT id, a, s, d FROM ${table} ORDER BY id`, [], { values: 'plain' })
    .all()
  const sorted = [...rows].sort((x, y) => x.id - y.id)
  expect(sum(found.map((row) => row.id)), place).toBe(sum(sorted.map((row) => row.id)))
  expect(found, place).toEqual(sorted)
  const stats = await engine
    .query(`SHOW STATS FOR ${table}`, [], { rowMode: 'array', values: 'plain' })
    .all()
  const total = stats.at(-1)
  expect(total?.[4], `${place}: row count`).toBe(rows.length)
  for (const [i, name] of (['id', 'a'] as const).entries()) {
    const [, , distinct, nullsFraction, , low, high] = stats[i]!
    const values = rows.flatMap((row) => (row[name] === null ? [] : [row[name]]))
    if (rows.length > 0) {
      expect(nullsFraction, `${place}: nulls of ${name}`).toBeCloseTo(
        1 - values.length / rows.length,
        9,
      )
    }
    if (values.length === 0) continue
    expect(Number(low), `${place}: low of ${name}`).toBeLessThanOrEqual(Math.min(...values))
    expect(Number(high), `${place}: high of ${name}`).toBeGreaterThanOrEqual(Math.max(...values))
    expect(Number(distinct), `${place}: distinct ${name}`).toBeLessThanOrEqual(values.length)
  }
}
