import { spawn } from 'node:child_process'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { duckdbError } from '../../../../src/connectors/duckdb/errors.js'
import { optionalPackage } from '../../../../src/connectors/sql-base/optional-package.js'
import { MillraceError } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { KINDS, openDatabase, runNative } from './databases.js'

const ROWS = ['CREATE TABLE t (x BIGINT, s VARCHAR)', "INSERT INTO t VALUES (1, 'a'), (2, 'b')"]

test('a package that is missing, or broken, is an error that says what to install', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
  const outcome = (error: Error) =>
    optionalPackage('libsql', () => Promise.reject(error)).catch((e: MillraceError) => e)
  expect(await outcome(missing)).toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: 'Package is not installed: libsql',
    hint: 'Run: npm install libsql',
    cause: missing,
  })
  expect(await outcome(new Error('no such symbol'))).toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: 'Package cannot be loaded: libsql',
    hint: 'Run: npm install libsql',
  })
})

describe.each(KINDS)('%s', (kind) => {
  test('a file that vanishes is an error, not an empty database', async () => {
    await using db = await openDatabase(kind, ROWS)
    expect(await db.rows('SELECT x FROM t ORDER BY x')).toEqual([[1n], [2n]])
    renameSync(db.path, `${db.path}.away`)
    expect(await db.failure('SELECT x FROM t')).toMatch(/^JDBC_ERROR: Database file is gone/)
    expect(await db.failure('INSERT INTO t VALUES (3, NULL)')).toMatch(
      /^JDBC_ERROR: Database file is gone/,
    )
    renameSync(`${db.path}.away`, db.path)
    expect(await db.rows('SELECT x FROM t ORDER BY x')).toEqual([[1n], [2n]])
  })

  test('a damaged file gives rows or an error with a code, and the engine goes on', async () => {
    let state = SEED >>> 0
    const below = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * n)
    }
    const many =
      kind === 'sqlite'
        ? "INSERT INTO t WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 5000) SELECT x, 'text ' || x FROM r"
        : "INSERT INTO t SELECT range, 'text ' || range FROM range(1, 5001)"
    await using db = await openDatabase(kind, [ROWS[0]!, many])
    await db.engine.close()
    const whole = readFileSync(db.path)
    for (let round = 0; round < 6; round++) {
      const bytes = Buffer.from(whole)
      for (let i = 0; i < 64; i++) bytes[below(bytes.length)] = below(256)
      if (round % 3 === 2) bytes.fill(0, below(bytes.length))
      await using damaged = await openDatabase(kind)
      // DuckDB has its file open from the start.
      const path = `${damaged.folder}/damaged.db`
      writeFileSync(path, bytes)
      const code = await outcomeOf(kind, path, 'SELECT x, s FROM db.main.t')
      expect(['rows', 'JDBC_ERROR', 'TABLE_NOT_FOUND'], `seed ${SEED}, round ${round}`).toContain(
        code,
      )
      expect(await damaged.rows('SELECT 1')).toEqual([[1]])
    }
  })

  test('a file that is no database', async () => {
    await using db = await openDatabase(kind)
    const path = `${db.folder}/text.db`
    writeFileSync(path, 'x'.repeat(20_000))
    expect(await outcomeOf(kind, path, 'SELECT x FROM db.main.t')).toBe('JDBC_ERROR')
  })
})

/** How a query over a file of its own engine ends. */
async function outcomeOf(kind: string, path: string, sql: string): Promise<string> {
  const { Millrace } = await import('../../../../src/index.js')
  try {
    const engine = await Millrace.create({
      threads: 0,
      catalogs: { db: { 'connector.name': kind, 'connection-url': path } },
    })
    try {
      await engine.query(sql).all()
      return 'rows'
    } finally {
      await engine.close()
    }
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error)
  }
}

test('a DuckDB file that another process has open is an error that says what to do', async () => {
  await using db = await openDatabase('duckdb')
  const path = `${db.folder}/held.db`
  await runNative('duckdb', path, ROWS)
  const api = createRequire(import.meta.url).resolve('@duckdb/node-api')
  const child = spawn(
    process.execPath,
    [
      '-e',
      `require(${JSON.stringify(api)}).DuckDBInstance.create(${JSON.stringify(path)}).then(() => { console.log('open'); setTimeout(() => {}, 60000) })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000, killSignal: 'SIGKILL' },
  )
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve())
      child.once('exit', () => reject(new Error('the other process ended')))
    })
    const { Millrace } = await import('../../../../src/index.js')
    const create = Millrace.create({
      threads: 0,
      catalogs: { db: { 'connector.name': 'duckdb', 'connection-url': path } },
    })
    await expect(create).rejects.toMatchObject({
      code: 'JDBC_ERROR',
      message: expect.stringContaining(`Database is locked by another process: ${path}`),
    })
  } finally {
    child.kill('SIGKILL')
  }
}, 60_000)

test('a disk that is full is told by the file', () => {
  // As DuckDB words it, of the file of its log.
  const error = new Error(
    'TransactionContext Error: Failed to commit: Could not write file "/data/d.db.wal": No space left on device',
  )
  expect(duckdbError(error, '/data/d.db')).toMatchObject({
    code: 'JDBC_ERROR',
    message: 'Disk is full: /data/d.db',
    cause: error,
  })
})

test('a replaced SQLite file is read anew', async () => {
  await using db = await openDatabase('sqlite', ROWS)
  expect(await db.rows('SELECT count(*) FROM t')).toEqual([[2n]])
  await runNative('sqlite', `${db.path}.new`, [ROWS[0]!, "INSERT INTO t VALUES (7, 'new')"])
  renameSync(`${db.path}.new`, db.path)
  expect(await db.rows('SELECT x FROM t')).toEqual([[7n]])
  rmSync(`${db.path}-journal`, { force: true })
})

test('a look for rare rows keeps neither the event loop nor an abort waiting', async () => {
  await using db = await openDatabase('sqlite', ['CREATE TABLE t (x BIGINT)'])
  // A row at once, and then none for ever.
  const endless =
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r WHERE n = 1 OR n < 0'
  const controller = new AbortController()
  const query = db.engine.query(`SELECT * FROM TABLE(db.system.query(query => '${endless}'))`, [], {
    signal: controller.signal,
  })
  const outcome = query.all().then(
    () => 'finished',
    (error: { code: string }) => error.code,
  )
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  await new Promise((resolve) => setTimeout(resolve, 300))
  controller.abort()
  expect(await outcome).toBe('USER_CANCELED')
  clearInterval(timer)
  expect(turns).toBeGreaterThan(3)
}, 20_000)

test.each([0, 1, 3, 10, 40, 150])('DuckDB hears an abort after %i ms', async (millis) => {
  await using db = await openDatabase('duckdb')
  const controller = new AbortController()
  const endless =
    'SELECT count(*) AS n FROM range(10000000) a(x), range(10000000) b(x) WHERE hash(a.x + b.x) = 7'
  const query = db.engine.query(`SELECT * FROM TABLE(db.system.query(query => '${endless}'))`, [], {
    signal: controller.signal,
  })
  const outcome = query.all().then(
    () => 'finished',
    (error: { code: string }) => error.code,
  )
  setTimeout(() => controller.abort(), millis)
  expect(await outcome).toBe('USER_CANCELED')
  await db.rows("CREATE TABLE t AS SELECT BIGINT '1' AS x")
  expect(await db.rows('SELECT x FROM t')).toEqual([[1n]])
}, 30_000)
