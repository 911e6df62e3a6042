import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { EngineOptions, Millrace } from '../../../../src/index.js'
import { DIST, requireBuild } from '../../../support/build.js'
import { KINDS, openDatabase, runNative } from './databases.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const EXTREMES = `SELECT * FROM (VALUES
  (9223372036854775807, DOUBLE '1.7976931348623157E308', '', X'', DATE '0001-01-01', true, DECIMAL '99999999999999999999999999999999999999', TIMESTAMP '9999-12-31 23:59:59.999999'),
  (-9223372036854775808, -infinity(), 'é€😀''"' || chr(0) || 'x', X'00ff', DATE '9999-12-31', false, DECIMAL '-00000000000000000000000000000000000001', TIMESTAMP '1969-12-31 23:59:59.000001'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) t(n, x, s, b, d, f, dec, ts)`

describe.each(KINDS)('%s', (kind) => {
  test('gives back the extremes that were written', async () => {
    await using db = await openDatabase(kind)
    await db.rows(`CREATE TABLE e AS ${EXTREMES}`)
    expect(await db.rows('SELECT * FROM e')).toEqual(await db.rows(EXTREMES))
    expect(
      await db.rows("SELECT n FROM e WHERE n = -9223372036854775808 OR s = '' OR b = X'00ff'"),
    ).toHaveLength(2)
  })

  test('creates, fills, changes and drops tables', async () => {
    await using db = await openDatabase(kind)
    await db.rows('CREATE TABLE t (id bigint NOT NULL, "Odd ""name" varchar(5), r real)')
    expect(await db.rows('SHOW TABLES')).toEqual([['t']])
    await db.rows(`INSERT INTO t VALUES (1, 'a', 1.5), (2, NULL, NULL), (3, 'c', -1)`)
    await db.rows(`INSERT INTO t (id) VALUES (4)`)
    expect(await db.rows('DELETE FROM t WHERE id = 2')).toEqual([[1n]])
    expect(await db.rows(`UPDATE t SET "odd ""name" = 'it''s' WHERE id > 2`)).toEqual([[2n]])
    expect(await db.rows('SELECT * FROM t ORDER BY id')).toEqual([
      [1n, 'a', 1.5],
      [3n, "it's", -1],
      [4n, "it's", null],
    ])
    await db.rows('ALTER TABLE t RENAME TO v')
    await db.rows('TRUNCATE TABLE v')
    expect(await db.rows('SELECT count(*) FROM v')).toEqual([[0n]])
    await db.rows('DROP TABLE v')
    expect(await db.rows('SHOW TABLES')).toEqual([])
    expect(await db.failure('SELECT * FROM v')).toMatch(/^TABLE_NOT_FOUND/)
  })

  test('inserts what it reads from the same table', async () => {
    await using db = await openDatabase(kind)
    await db.rows('CREATE TABLE t AS SELECT x FROM UNNEST(sequence(1, 1000)) s(x)')
    await db.rows('INSERT INTO t SELECT x + 1000 FROM t')
    expect(await db.rows('SELECT count(*), sum(x) FROM t')).toEqual([[2000n, 2001000n]])
  })

  test('a write that fails leaves nothing', async () => {
    await using db = await openDatabase(kind)
    await db.rows('CREATE TABLE t (x bigint NOT NULL)')
    const failing = 'SELECT 10 / (500 - x) AS y FROM UNNEST(sequence(1, 1000)) s(x)'
    expect(await db.failure(`CREATE TABLE u AS ${failing}`)).toMatch(/^DIVISION_BY_ZERO/)
    expect(await db.failure(`INSERT INTO t ${failing}`)).toMatch(/^DIVISION_BY_ZERO/)
    expect(await db.failure('INSERT INTO t SELECT NULL')).toMatch(
      /^(JDBC_ERROR|CONSTRAINT_VIOLATION)/,
    )
    expect(await db.rows('SHOW TABLES')).toEqual([['t']])
    expect(await db.rows('SELECT count(*) FROM t')).toEqual([[0n]])
    await db.rows('INSERT INTO t VALUES (1)')
    expect(await db.rows('SELECT * FROM t')).toEqual([[1n]])
  })

  test('refuses to write where it is read only, and types that it lacks', async () => {
    await using db = await openDatabase(kind, ['CREATE TABLE t (x BIGINT)'], {
      'read-only': 'true',
    })
    expect(await db.rows('SELECT * FROM t')).toEqual([])
    for (const sql of ['CREATE TABLE u (x bigint)', 'INSERT INTO t VALUES (1)', 'DELETE FROM t']) {
      expect(await db.failure(sql)).toMatch(/^NOT_SUPPORTED: The catalog is read only/)
    }
    await using open = await openDatabase(kind)
    expect(await open.failure('CREATE TABLE u (x interval day to second)')).toBe(
      'NOT_SUPPORTED: Unsupported column type: interval day to second',
    )
  })

  test('names with quotes, and text that looks like SQL', async () => {
    const name = 'a"b; DROP TABLE t; --'
    const sqlName = `"${name.replaceAll('"', '""')}"`
    await using db = await openDatabase(kind, [
      `CREATE TABLE ${sqlName} (${sqlName} VARCHAR)`,
      `INSERT INTO ${sqlName} VALUES ('''; DROP TABLE t; --'), ('\\')`,
    ])
    const from = `FROM ${sqlName.toLowerCase()}`
    const column = sqlName.toLowerCase()
    expect(
      await db.rows(`SELECT ${column} ${from} WHERE ${column} = '''; DROP TABLE t; --'`),
    ).toEqual([["'; DROP TABLE t; --"]])
    expect(
      await db.rows(`SELECT count(*) ${from} WHERE ${column} IN ('\\', 'x') GROUP BY ${column}`),
    ).toEqual([[1n]])
  })

  test('runs queries in its own words, and nothing else', async () => {
    await using db = await openDatabase(kind, [
      'CREATE TABLE t (x BIGINT)',
      'INSERT INTO t VALUES (1), (2)',
    ])
    const own = (sql: string): string =>
      `SELECT * FROM TABLE(db.system.query(query => '${sql.replaceAll("'", "''")}'))`
    expect(
      await db.rows(`${own("SELECT x * 2 AS y, 'a' AS z FROM t -- all")} WHERE y > 2`),
    ).toEqual([[4n, 'a']])
    expect(await db.failure(own('SELECT nothing FROM t'))).toMatch(/^JDBC_ERROR: .*nothing/)
    await db.failure(own('DELETE FROM t'))
    await db.failure(own('SELECT 1); DELETE FROM t; SELECT * FROM (SELECT 1'))
    expect(await db.rows('SELECT count(*) FROM t')).toEqual([[2n]])
  })

  test.each([0, 5, 300])('an abort after %i ms reaches the database', async (millis) => {
    await using db = await openDatabase(kind)
    const endless =
      'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 100000000000) SELECT max(n) AS m FROM r'
    const controller = new AbortController()
    const query = db.engine.query(
      kind === 'sqlite'
        ? `SELECT * FROM TABLE(db.system.query(query => 'SELECT CAST(m AS INTEGER) AS m FROM (${endless})'))`
        : `SELECT * FROM TABLE(db.system.query(query => '${endless}'))`,
      [],
      { catalog: 'db', schema: 'main', signal: controller.signal },
    )
    const outcome = query.all().then(
      () => 'finished',
      (error: { code: string }) => error.code,
    )
    // What is collected while the database works must not wait for it.
    setTimeout(gc, millis / 2)
    setTimeout(() => controller.abort(), millis)
    expect(await outcome).toBe('USER_CANCELED')
    // The database is free again.
    await db.rows('CREATE TABLE t AS SELECT CAST(1 AS bigint) AS x')
    expect(await db.rows('SELECT * FROM t')).toEqual([[1n]])
  }, 20_000)

  test('leaves the database unlocked when a reader stops early', async () => {
    await using db = await openDatabase(kind)
    await db.rows('CREATE TABLE t AS SELECT x FROM UNNEST(sequence(1, 10000)) s(x)')
    for await (const row of db.engine.query('SELECT x FROM db.main.t')) {
      expect(row).toEqual({ x: 1n })
      break
    }
    await db.rows('DELETE FROM t WHERE x > 10')
    expect(await db.rows('SELECT count(*) FROM t')).toEqual([[10n]])
  })

  test('reads views and large tables whole', async () => {
    const numbers =
      kind === 'sqlite'
        ? "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 450000) SELECT x, 'v' || x AS s FROM r"
        : "SELECT range AS x, 'v' || range AS s FROM range(1, 450001)"
    await using db = await openDatabase(kind, [
      'CREATE TABLE t (x BIGINT, s VARCHAR)',
      `INSERT INTO t ${numbers}`,
      'CREATE VIEW w AS SELECT x FROM t WHERE x > 449990',
    ])
    const sql = 'SELECT count(*), sum(x), count(DISTINCT s) FROM t'
    expect(await db.unpushed(sql)).toEqual([[450000n, 101250225000n, 450000n]])
    expect(await db.rows('SELECT count(*) FROM w')).toEqual([[10n]])
    expect(await db.rows("SELECT x FROM t WHERE s = 'v300001'")).toHaveLength(1)
  }, 60_000)
})

test('a locked SQLite file is an error that says what to do', async () => {
  await using db = await openDatabase('sqlite', ['CREATE TABLE t (x BIGINT)'], {
    'sqlite.busy-timeout': '50ms',
  })
  const { createRequire } = await import('node:module')
  const Database = createRequire(import.meta.url)('libsql') as new (
    path: string,
  ) => { exec(sql: string): void; close(): void }
  const other = new Database(db.path)
  other.exec('BEGIN EXCLUSIVE')
  expect(await db.failure('INSERT INTO t VALUES (1)')).toMatch(
    /^JDBC_ERROR: Database is locked by someone else/,
  )
  other.exec('ROLLBACK')
  other.close()
  await db.rows('INSERT INTO t VALUES (1)')
})

test('a file that is no database', async () => {
  await using db = await openDatabase('sqlite')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(db.path, 'x'.repeat(5000))
  expect(await db.failure('SHOW TABLES')).toMatch(/^JDBC_ERROR: File is no SQLite database/)
})

test('values of other types than their column are errors, never other values', async () => {
  await using db = await openDatabase('sqlite', [
    'CREATE TABLE t (n BIGINT, s TEXT, d DATE)',
    "INSERT INTO t VALUES ('abc', x'ff', '2020-1-1'), (1.5, 'ok', 20200101)",
    "INSERT INTO t VALUES (1, CAST(x'ff41' AS TEXT), NULL)",
  ])
  for (const column of ['n', 's', 'd']) {
    expect(await db.failure(`SELECT ${column} FROM t`)).toMatch(
      /^JDBC_ERROR: Column '.' holds a value that is no/,
    )
  }
  expect(await db.failure('SELECT sum(n) FROM t')).toMatch(
    /^JDBC_ERROR: A column holds values of another type/,
  )
  expect(await db.rows('SELECT count(*) FROM t')).toEqual([[3n]])
})

test('sums that leave BIGINT are errors', async () => {
  for (const kind of KINDS) {
    await using db = await openDatabase(kind, [
      'CREATE TABLE t (n BIGINT)',
      'INSERT INTO t VALUES (9223372036854775807), (1)',
    ])
    expect(await db.failure('SELECT sum(n) FROM t')).toMatch(/^NUMERIC_VALUE_OUT_OF_RANGE/)
    expect(await db.failure('SELECT n + 1 FROM t')).toMatch(/^NUMERIC_VALUE_OUT_OF_RANGE/)
    expect(await db.failure('SELECT n FROM t WHERE n * 2 > 5')).toMatch(
      /^NUMERIC_VALUE_OUT_OF_RANGE/,
    )
  }
})

test('a failure after the first rows is an error, not the end', async () => {
  await using db = await openDatabase('duckdb', [
    'CREATE TABLE t AS SELECT range AS x FROM range(300000)',
  ])
  const sql = `SELECT count(v) FROM (SELECT v FROM TABLE(db.system.query(query =>
    'SELECT CAST(CASE WHEN x = 250000 THEN ''x'' ELSE ''1'' END AS INTEGER) AS v FROM t')) WHERE rand() >= 0)`
  expect(await db.failure(sql)).toMatch(/^JDBC_ERROR: DuckDB: Conversion Error/)
})

test('collations of columns keep their predicates here', async () => {
  for (const kind of KINDS) {
    await using db = await openDatabase(kind, [
      'CREATE TABLE t (s VARCHAR COLLATE NOCASE)',
      "INSERT INTO t VALUES ('a'), ('A'), ('b')",
    ])
    expect(await db.rows("SELECT s FROM t WHERE s = 'a'")).toEqual([['a']])
    expect(await db.rows('SELECT count(*) FROM t GROUP BY s')).toHaveLength(3)
    expect(await db.rows('SELECT s FROM t ORDER BY s LIMIT 1')).toEqual([['A']])
    expect(await db.plan("SELECT s FROM t WHERE s = 'a'")).toMatch(/not pushed \(.*collation/)
  }
})

test('EXPLAIN says what was pushed, and why the rest was not', async () => {
  await using sqlite = await openDatabase('sqlite', ['CREATE TABLE t (n BIGINT, s TEXT)'])
  await using duckdb = await openDatabase('duckdb', ['CREATE TABLE t (n BIGINT, s TEXT)'])
  const sql = "SELECT s, count(*) FROM t WHERE n > 5 AND s LIKE 'a%' AND n % 2 = 1 GROUP BY s"
  const own = await sqlite.plan(sql)
  expect(own).toContain("pushed: (n > bigint '5')")
  expect(own).toContain('not pushed (LIKE disregards the case of letters there)')
  expect(own).toContain('not pushed (SQLite has no equal of modulo)')
  const other = await duckdb.plan(
    "SELECT s, count(*) FROM t WHERE n > 5 AND s LIKE 'a%' GROUP BY s",
  )
  expect(other).toContain("pushed: (s LIKE varchar 'a%')")
  expect(other).toContain('pushed: aggregation')
  expect(await duckdb.plan('SELECT l.s FROM t l JOIN t r ON l.n = r.n')).toContain('pushed: join')
  expect(await duckdb.plan('SELECT s FROM t ORDER BY n LIMIT 3')).toContain(
    'pushed: ORDER BY … LIMIT 3',
  )
})

test('EXPLAIN says of every kind of work why it was not pushed', async () => {
  const tables = ['CREATE TABLE t (n BIGINT, s TEXT, x DOUBLE, p DECIMAL(5,2), u UUID)']
  await using sqlite = await openDatabase('sqlite', tables)
  await using duckdb = await openDatabase('duckdb', tables, { 'join-pushdown.enabled': 'false' })
  const both: readonly (readonly [typeof sqlite, string, string])[] = [
    [sqlite, 'SELECT upper(s) AS v FROM t', 'not pushed (SQLite has no equal of upper): upper(s)'],
    [duckdb, 'SELECT reverse(s) AS v FROM t', 'not pushed (DuckDB has no equal of reverse)'],
    [
      sqlite,
      'SELECT p FROM t ORDER BY p LIMIT 3',
      'not pushed (decimals are binary fractions there): ORDER BY … LIMIT 3',
    ],
    [
      duckdb,
      'SELECT u FROM t ORDER BY u LIMIT 3',
      'not pushed (UUIDs have another order there): ORDER BY … LIMIT 3',
    ],
    [
      duckdb,
      'SELECT s FROM t LIMIT 3000000000',
      'not pushed (more than 2147483647 rows): LIMIT 3000000000',
    ],
    [sqlite, 'SELECT avg(n) FROM t', 'not pushed (SQLite has no equal of avg): aggregation'],
    [
      duckdb,
      'SELECT sum(x) FROM t',
      'not pushed (sum of values that DuckDB adds or compares in another way): aggregation',
    ],
    [
      sqlite,
      'SELECT x, count(*) FROM t GROUP BY x',
      'not pushed (double is compared in another way there): aggregation',
    ],
    [
      sqlite,
      'SELECT s, count(*) FROM t WHERE n % 2 = 1 GROUP BY s',
      'not pushed (what it is over is not all pushed): aggregation',
    ],
    [
      sqlite,
      'SELECT a.s FROM t a JOIN t b ON a.p = b.p',
      'not pushed (decimals are binary fractions there): join',
    ],
    [
      duckdb,
      'SELECT a.s FROM t a JOIN t b ON a.n = b.n',
      'not pushed (join-pushdown.enabled is false): join',
    ],
  ]
  for (const [database, sql, note] of both) expect(await database.plan(sql), sql).toContain(note)
})

test('columns are added, renamed and dropped', async () => {
  for (const kind of KINDS) {
    await using db = await openDatabase(kind, [
      'CREATE TABLE t (n BIGINT)',
      'INSERT INTO t VALUES (1)',
    ])
    await db.rows('ALTER TABLE t ADD COLUMN s varchar(3)')
    await db.rows("INSERT INTO t VALUES (2, 'two')")
    await db.rows('ALTER TABLE t RENAME COLUMN n TO number')
    expect(await db.rows('SELECT number, s FROM t ORDER BY number')).toEqual([
      [1n, null],
      [2n, 'two'],
    ])
    await db.rows('ALTER TABLE t DROP COLUMN s')
    expect(await db.rows('SELECT * FROM t ORDER BY 1')).toEqual([[1n], [2n]])
    expect(await db.failure('ALTER TABLE t ADD COLUMN c interval day to second')).toMatch(
      /^NOT_SUPPORTED: Unsupported column type/,
    )
  }
})

test('CHAR is kept with its blanks, digits as text', async () => {
  for (const kind of KINDS) {
    await using db = await openDatabase(kind)
    await db.rows(
      "CREATE TABLE t AS SELECT CAST(v AS char(3)) AS c FROM (VALUES '012', '1', '') t (v)",
    )
    expect(await db.rows('SELECT c FROM t ORDER BY c')).toEqual([['   '], ['012'], ['1  ']])
  }
})

test('an engine with threads reads in parts', async () => {
  const numbers =
    'WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 450000) SELECT x FROM r'
  await using db = await openDatabase('sqlite', [
    'CREATE TABLE t (x BIGINT)',
    `INSERT INTO t ${numbers}`,
  ])
  const { SqliteDatabase } = await import('../../../../src/connectors/sqlite/database.js')
  const { parseSqliteConfig } = await import('../../../../src/connectors/sqlite/config.js')
  const database = new SqliteDatabase(parseSqliteConfig({ 'connection-url': db.path }))
  const { signal } = new AbortController()
  const table = await database.describeTable({ schema: 'main', table: 't' })
  const { splits } = await (await database.splits(table!)).getNextBatch(1000)
  expect(splits).toHaveLength(5)
  expect(signal.aborted).toBe(false)
  await database.close()
  await runNative('sqlite', db.path, ['DELETE FROM t WHERE x % 3 = 0'])
  expect(await db.unpushed('SELECT count(*) FROM t')).toEqual([[300000n]])
})

test('a DuckDB file that is read only is read in parts, by all threads', async () => {
  await using db = await openDatabase('duckdb', [
    "CREATE TABLE t AS SELECT range AS x, range % 7 AS k, 'n' || range AS s FROM range(500000)",
    'DELETE FROM t WHERE x % 3 = 0',
  ])
  const query = 'SELECT k, count(*), sum(x), min_by(s, -x) FROM t GROUP BY k ORDER BY k'
  const expected = await db.unpushed(query)
  await db.engine.close()

  const { DuckdbDatabase } = await import('../../../../src/connectors/duckdb/database.js')
  const { DuckdbInstance } = await import('../../../../src/connectors/duckdb/instances.js')
  const { parseDuckdbConfig } = await import('../../../../src/connectors/duckdb/config.js')
  const config = parseDuckdbConfig({ 'connection-url': db.path, 'read-only': 'true' })
  const database = new DuckdbDatabase(config, await DuckdbInstance.open(config))
  const table = await database.describeTable({ schema: 'main', table: 't' })
  const { splits } = await (await database.splits(table!)).getNextBatch(1000)
  expect(splits.length).toBeGreaterThan(2)
  await database.close()

  requireBuild()
  const { Millrace: Threaded } = (await import(pathToFileURL(join(DIST, 'index.js')).href)) as {
    Millrace: { create(options: EngineOptions): Promise<Millrace> }
  }
  const engine = await Threaded.create({
    threads: 2,
    catalogs: {
      db: { 'connector.name': 'duckdb', 'connection-url': db.path, 'read-only': 'true' },
    },
  })
  const session = { allow_pushdown_into_connectors: 'false' }
  const run = engine.query(query, [], { catalog: 'db', schema: 'main', rowMode: 'array', session })
  expect(await run.all()).toEqual(expected)
  const info = await run.info()
  expect(info.completedSplits).toBe(splits.length)
  const [first] = await engine.query('SELECT x FROM db.main.t ORDER BY x DESC LIMIT 1').all()
  expect(first).toEqual({ x: 499999n })
  await engine.close()
})
