import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseDuckdbConfig } from '../../../../src/connectors/duckdb/config.js'
import { DuckdbInstance } from '../../../../src/connectors/duckdb/instances.js'
import { DuckdbSnapshot } from '../../../../src/connectors/duckdb/snapshot.js'
import { Millrace } from '../../../../src/index.js'
import { readValue } from '../../../../src/spi/index.js'
import { runNative } from '../sql-base/databases.js'

/** With one thread of DuckDB's, a split has two row groups of 122,880 rows. */
const ROWS = 500_000
const SPLITS = 3
const UNPUSHED = { session: { allow_pushdown_into_connectors: 'false' } }

const folder = mkdtempSync(join(tmpdir(), 'millrace-duckdb-splits-'))
let engine: Millrace

beforeAll(async () => {
  const path = join(folder, 'splits.db')
  await runNative('duckdb', path, [
    `CREATE TABLE t AS SELECT range AS n, 'name ' || range % 1000 AS s FROM range(${ROWS})`,
    `CREATE TABLE late AS SELECT CASE WHEN range = ${ROWS - 1} THEN DATE 'infinity' ELSE DATE '2024-02-29' END AS d FROM range(${ROWS})`,
  ])
  engine = await Millrace.create({
    threads: 0,
    catalogs: {
      db: { 'connector.name': 'duckdb', 'connection-url': path, 'duckdb.threads': '1' },
      mem: { 'connector.name': 'duckdb', 'connection-url': ':memory:', 'duckdb.threads': '1' },
    },
  })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

const sumOf = (table: string) =>
  engine
    .query(`SELECT count(n) AS c, sum(n) AS s FROM ${table}`, [], UNPUSHED)
    .all()
    .then(([row]) => row as { c: bigint; s: bigint })

test('a table of a file that is written is read in ranges of rows, in their order', async () => {
  const query = engine.query('SELECT n FROM db.main.t', [], UNPUSHED)
  let next = 0n
  for await (const { blocks, rowCount } of query.pages()) {
    for (let i = 0; i < rowCount; i++, next++) {
      const n = readValue(blocks[0]!, i)
      if (n !== next) throw new Error(`${n} after ${next - 1n}`)
    }
  }
  expect(next).toBe(BigInt(ROWS))
  expect(await query.info()).toMatchObject({ totalSplits: SPLITS, completedSplits: SPLITS })
})

test('what is pushed into the database is one split', async () => {
  const query = engine.query('SELECT n FROM db.main.t ORDER BY n DESC LIMIT 2', [], {
    rowMode: 'array',
  })
  expect(await query.all()).toEqual([[BigInt(ROWS - 1)], [BigInt(ROWS - 2)]])
  expect(await query.info()).toMatchObject({ totalSplits: 1 })
})

test('a value that cannot be read fails the query wherever its split is', async () => {
  await expect(engine.query('SELECT d FROM db.main.late').all()).rejects.toMatchObject({
    code: 'NUMERIC_VALUE_OUT_OF_RANGE',
    message: "Column 'd' holds an infinite date",
  })
})

test('who leaves early leaves nothing open', async () => {
  for (let i = 0; i < 5; i++) {
    for await (const _ of engine.query('SELECT n FROM db.main.t', [], UNPUSHED)) break
    const controller = new AbortController()
    const query = engine.query('SELECT n FROM db.main.t', [], {
      ...UNPUSHED,
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(), i * 7)
    await expect(
      (async () => {
        for await (const _ of query) await new Promise((resolve) => setImmediate(resolve))
      })(),
    ).rejects.toMatchObject({ code: 'USER_CANCELED' })
  }
  // A transaction that was left open would hold the table as it was.
  await engine.execute('CREATE TABLE db.main.gone AS SELECT 1 AS n')
  await engine.execute('DROP TABLE db.main.gone')
})

describe.each(['db', 'mem'])('catalog %s', (catalog) => {
  const table = `${catalog}.main.growing`
  const GROWTH = 1000n

  test('a scan sees all of a committed insert or nothing of it', async () => {
    await engine.execute(
      `CREATE TABLE ${table} AS SELECT n + m * 1000 AS n
       FROM UNNEST(sequence(1, 1000)) a (n) CROSS JOIN UNNEST(sequence(0, 499)) b (m)`,
    )
    let isDone = false
    let commits = 0n
    const write = async () => {
      while (!isDone) {
        await engine.execute(
          `INSERT INTO ${table} SELECT n * 0 + 1 FROM UNNEST(sequence(1, ${GROWTH})) a (n)`,
        )
        commits++
      }
    }
    const writing = write()
    const before = BigInt(ROWS)
    try {
      const seen = new Set<bigint>()
      for (let round = 0; round < 4; round++) {
        for (const { c, s } of await Promise.all([sumOf(table), sumOf(table)])) {
          const added = c - before
          expect(added % GROWTH).toBe(0n)
          expect(s).toBe((before * (before + 1n)) / 2n + added)
          seen.add(added)
        }
      }
      expect(seen.size).toBeGreaterThan(1)
    } finally {
      isDone = true
      await writing
    }
    expect((await sumOf(table)).c).toBe(before + commits * GROWTH)
    await engine.execute(`DROP TABLE ${table}`)
  }, 60_000)

  test('rows that are deleted meanwhile are read', async () => {
    await engine.execute(
      `CREATE TABLE ${table} AS SELECT n + m * 1000 AS n
       FROM UNNEST(sequence(1, 1000)) a (n) CROSS JOIN UNNEST(sequence(0, 499)) b (m)`,
    )
    let count = 0
    for await (const { rowCount } of engine.query(`SELECT n FROM ${table}`, [], UNPUSHED).pages()) {
      if (count === 0) await engine.execute(`DELETE FROM ${table} WHERE n > 1000`)
      count += rowCount
    }
    expect(count).toBe(ROWS)
    expect((await sumOf(table)).c).toBe(1000n)
    await engine.execute(`DROP TABLE ${table}`)
  })
})

describe('a snapshot', () => {
  const never = new AbortController().signal
  const countOf = async (connection: Awaited<ReturnType<DuckdbSnapshot['take']>>) =>
    (await connection.runAndReadAll('SELECT count(*) FROM t')).getRows()[0]![0]

  async function opened() {
    const config = parseDuckdbConfig({ 'connection-url': ':memory:' })
    const instance = await DuckdbInstance.open(config)
    const writer = await instance.connect()
    await writer.run('CREATE TABLE t AS SELECT 1 AS n')
    return {
      instance,
      begin: () => DuckdbSnapshot.begin(instance, ':memory:', 2),
      insert: () => instance.commit(() => writer.run('INSERT INTO t VALUES (2)')),
      [Symbol.dispose]() {
        writer.closeSync()
        instance.close()
      },
    }
  }

  test('has so many connections, and who wants another waits, or is called off', async () => {
    using db = await opened()
    const snapshot = await db.begin()
    await db.insert()
    const first = await snapshot.take(never)
    const second = await snapshot.take(never)
    const controller = new AbortController()
    const calledOff = snapshot.take(controller.signal)
    const waiting = snapshot.take(never)
    controller.abort(new Error('called off'))
    await expect(calledOff).rejects.toThrow('called off')
    snapshot.giveBack(second, true)
    expect(await waiting).toBe(second)
    for (const connection of [first, second]) {
      expect(await countOf(connection)).toBe(1n)
      snapshot.giveBack(connection, true)
    }
    snapshot.close()
  })

  test('gets a connection for one that has failed while nothing was committed, no later', async () => {
    using db = await opened()
    const snapshot = await db.begin()
    const first = await snapshot.take(never)
    const second = await snapshot.take(never)
    const waiting = snapshot.take(never)
    snapshot.giveBack(first, false)
    const third = await waiting
    expect(third).not.toBe(first)
    await db.insert()
    expect(await countOf(third)).toBe(1n)
    const tooLate = snapshot.take(never)
    snapshot.giveBack(second, false)
    await expect(tooLate).rejects.toMatchObject({ code: 'TRANSACTION_CONFLICT' })
    snapshot.giveBack(third, true)
    snapshot.close()
    await expect(snapshot.take(never)).rejects.toMatchObject({ code: 'TRANSACTION_CONFLICT' })
  })
})
