import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect } from '../../src/client/index.js'
import { Engine } from '../../src/engine/engine.js'
import { Millrace } from '../../src/index.js'
import { type RunningServer, startServer } from '../../src/server/server.js'

const options = { threads: 0, timeZone: 'UTC', catalogs: { tpch: { 'connector.name': 'tpch' } } }
const session = { user: 'tester', timeZone: 'UTC', catalog: 'memory', schema: 'default' }

let engine: Engine
let server: RunningServer
let embedded: Millrace

beforeAll(async () => {
  engine = await Engine.create(options)
  server = await startServer(engine, { port: 0 })
  embedded = await Millrace.create(options)
})
afterAll(async () => {
  await server.close()
  await engine.close()
  await embedded.close()
})

/** The ways to a server; each must give what the embedded engine gives. */
const WAYS: Readonly<Record<string, () => Client>> = {
  'the stream, pages': () => connect(server.url, { ...session, protocol: 'stream' }),
  'the stream, msgpack': () =>
    connect(server.url.replace('http', 'ws'), { ...session, rowFormat: 'msgpack' }),
  "Trino's protocol": () => connect(server.url, { ...session, protocol: 'trino' }),
}

const EVERY_TYPE = `SELECT * FROM (VALUES
  (true, TINYINT '-128', SMALLINT '7', INTEGER '-2147483648', BIGINT '9223372036854775807', REAL '1.1', DOUBLE '-0.0',
   DECIMAL '-1.50', DECIMAL '12345678901234567890123456789012345678', VARCHAR 'q"\\\u0001é😀', CAST('a' AS char(3)), X'00ff',
   DATE '-0001-02-28', TIME '10:00:00.123456', TIME '10:00:00.5 +05:30', TIMESTAMP '2020-01-01 00:00:00.123456789012',
   TIMESTAMP '2020-07-01 12:00:00 Europe/Berlin', INTERVAL '1' DAY, INTERVAL '14' MONTH,
   UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59', IPADDRESS '2001:db8::1', JSON '{"b":12345678901234567890,"a":[null]}'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
  AS t (bo, ti, sm, i, bi, re, dou, de, ld, vc, ch, vb, da, tm, tz, ts, tsz, ids, iym, u, ip, j)`

const STATEMENTS: readonly (readonly [string, readonly unknown[]])[] = [
  [EVERY_TYPE, []],
  ['SELECT * FROM tpch.tiny.orders ORDER BY orderkey', []],
  [
    `SELECT MAP(ARRAY[10, 2], ARRAY['x', NULL]) AS m, MAP(ARRAY['b', '1'], ARRAY[BIGINT '1', 2]) AS n,
       ARRAY[1, NULL] AS a, CAST(ROW(1, ROW('x', ARRAY[MAP(ARRAY[1], ARRAY[2e0])])) AS ROW(p bigint, q ROW(varchar, r array(map(integer, double))))) AS r`,
    [],
  ],
  ["SELECT nan() AS a, infinity() AS b, -infinity() AS c, REAL 'NaN' AS d, 1e-300 AS e", []],
  [
    "SELECT BIGINT '9007199254740993' AS big, 9007199254740992 AS b, ARRAY[BIGINT '-9223372036854775808'] AS c",
    [],
  ],
  ['SELECT 1 AS a WHERE false', []],
  [
    'SELECT cast(NULL AS array(integer)) AS a, NULL AS b, cast(NULL AS row(x map(varchar, date))) AS c',
    [],
  ],
  ['SELECT "__proto__" FROM (VALUES 1) AS t("__proto__")', []],
  [
    'SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f, ? AS g, ? AS h, ? AS i, ? AS j, ? AS k',
    [
      null,
      true,
      -5,
      2 ** 40,
      1.5,
      -0,
      2n ** 63n - 1n,
      "it's",
      new Date('2020-02-29T01:02:03.004Z'),
      Uint8Array.of(0, 255),
      [1, null, 3],
    ],
  ],
  [
    'SELECT ? AS a, ? AS b, ? AS c, ? AS d',
    [Number.NaN, Number.NEGATIVE_INFINITY, 10n ** 30n, -(2 ** 31)],
  ],
  [
    'SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f',
    [
      { x: 1, 'Y "z"': { when: new Date(0), list: [1n, null] } },
      new Map([[1, 'a']]),
      new Float64Array([1, 2.5, Number.NaN]),
      new Int16Array([-3, 4]),
      new Uint8Array([1, 2]).buffer,
      [{ n: 1 }, { n: 2.5 }, null],
    ],
  ],
  ['SHOW CATALOGS', []],
  ['EXPLAIN SELECT 1', []],
]

/** With the beginning of the text as a title. */
const QUERIES = STATEMENTS.map(
  ([sql, params]) => [sql.slice(0, 50).replace(/\s+/g, ' '), sql, params] as const,
)

/** Types of columns without what only the embedded engine knows of them. */
const described = (columns: readonly { readonly name: string; readonly type: unknown }[]) =>
  columns.map(({ name, type }) => ({ name, type }))

describe.each(Object.entries(WAYS))('%s', (_title, open) => {
  test.each(QUERIES)('gives the same rows: %s', async (_title, sql, params) => {
    const client = open()
    for (const settings of [
      {},
      { rowMode: 'array' },
      { values: 'plain' },
      { values: 'plain', rowMode: 'array' },
    ] as const) {
      const expected = await embedded.query(sql, params, settings).all()
      const actual = await client.query(sql, params, settings).all()
      expect(actual).toEqual(expected)
      // The order of a MAP's entries is its own, which equality of Maps does not look at.
      expect(JSON.stringify(actual, withMaps)).toBe(JSON.stringify(expected, withMaps))
    }
    const columns = await embedded.query(sql, params).columns()
    const query = client.query(sql, params)
    expect(described(await query.columns())).toEqual(described(columns))
    await query.cancel()
    await client.close()
  })

  test.each(QUERIES)('gives the same pages and batches: %s', async (_title, sql, params) => {
    const client = open()
    const { cellReader } = await import('../../src/values/cell-reader.js')
    const cells = async (source: Pick<Client | Millrace, 'query'>) => {
      const rows: unknown[][] = []
      for await (const page of source.query(sql, params).pages()) {
        const readers = page.blocks.map((block) => cellReader(block, 'exact'))
        for (let i = 0; i < page.rowCount; i++) rows.push(readers.map((read) => read(i)))
      }
      return rows
    }
    expect(await cells(client)).toEqual(await cells(embedded))
    const batches = async (source: Pick<Client | Millrace, 'query'>) => {
      const rows: string[] = []
      for await (const batch of source.query(sql, params).arrow()) {
        for (const row of batch.toArray()) rows.push(JSON.stringify(row?.toJSON(), withMaps))
      }
      return rows
    }
    expect(await batches(client)).toEqual(await batches(embedded))
    await client.close()
  })

  test('streams, counts and tells of itself', async () => {
    const client = open()
    const rows: unknown[] = []
    for await (const row of client.query('SELECT * FROM tpch.tiny.nation').readable())
      rows.push(row)
    expect(rows).toEqual(await embedded.query('SELECT * FROM tpch.tiny.nation').all())
    const highland = await client
      .query('SELECT nationkey FROM tpch.tiny.nation')
      .highland()
      .collect()
      .toPromise(Promise)
    expect(highland).toHaveLength(25)
    const query = client.query('SELECT * FROM tpch.tiny.nation')
    expect((await query.stats()).state).toBe('QUEUED')
    await query.all()
    expect(await query.stats()).toMatchObject({ state: 'FINISHED', rowCount: 25 })
    const info = await query.info()
    expect(info).toMatchObject({ sql: 'SELECT * FROM tpch.tiny.nation', error: undefined })
    expect(info.execution).toMatchObject({ queryId: info.queryId, state: 'FINISHED' })
    await expect(query.all()).rejects.toMatchObject({ code: 'GENERIC_USER_ERROR' })
    await client.close()
  })

  test('keeps the session', async () => {
    const client = open()
    expect(await client.execute('USE tpch.tiny')).toEqual({
      updateType: 'USE',
      updateCount: undefined,
    })
    expect(await client.query('SELECT count(*) AS c FROM region').all()).toEqual([{ c: 5n }])
    await client.execute("SET SESSION query_max_run_time = '7m'")
    const [property] = await client.query("SHOW SESSION LIKE 'query_max_run_time'").all()
    expect(property).toMatchObject({ Value: '7m' })
    await client.execute('RESET SESSION query_max_run_time')
    const [reset] = await client.query("SHOW SESSION LIKE 'query_max_run_time'").all()
    expect(reset!['Value']).toBe(reset!['Default'])
    await client.execute('PREPARE p FROM SELECT ? + 1 AS "a b"')
    expect(await client.query('EXECUTE p USING 4').all()).toEqual([{ 'a b': 5 }])
    await client.execute('DEALLOCATE PREPARE p')
    await expect(client.execute('EXECUTE p USING 4')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await client.execute('START TRANSACTION')
    expect(await client.query('SELECT 1 AS a').all()).toEqual([{ a: 1 }])
    await client.execute('COMMIT')
    await expect(client.execute('COMMIT')).rejects.toMatchObject({ code: 'NOT_IN_TRANSACTION' })
    await client.close()
  })

  test('writes answer with their type and count', async () => {
    const client = open()
    const create = 'CREATE TABLE memory.default.one_script AS SELECT * FROM tpch.tiny.region'
    expect(await client.execute(create)).toEqual({ updateType: 'CREATE TABLE', updateCount: 5 })
    await expect(client.execute(create)).rejects.toMatchObject({ code: 'TABLE_ALREADY_EXISTS' })
    expect(await client.execute('DROP TABLE memory.default.one_script')).toEqual({
      updateType: 'DROP TABLE',
      updateCount: undefined,
    })
    await client.close()
  })

  test.each([
    ['SELECT nope', {}],
    ['SELECT 1 / (SELECT 0)', {}],
    ['SELECT * FROM', {}],
    ['SELECT 1 AS a, 2 AS a', {}],
    ['SELECT 1 AS a, 2 AS a WHERE false', {}],
    ['SELECT ?', [() => 1]],
    ['SELECT ?', [new Date(Number.NaN)]],
  ])('fails the same: %s', async (sql, params) => {
    const client = open()
    const list = Array.isArray(params) ? params : []
    const expected = await embedded
      .query(sql, list)
      .all()
      .catch((error) => error)
    const actual = await client
      .query(sql, list)
      .all()
      .catch((error) => error)
    const told = ({ code, number, type, message, location }: Record<string, unknown>) => ({
      code,
      number,
      type,
      message,
      location,
    })
    expect(told(actual)).toEqual(told(expected))
    await client.close()
  })

  test('a consumer that leaves, cancels or aborts ends the query on the server', async () => {
    const user = _title.replace("'", '')
    const client = open()
    const find = (sql: string) =>
      engine.services.queries.list().findLast((run) => run.sql.includes(sql))!
    const leave = client.query(`SELECT 'leave ${user}' AS a, l.* FROM tpch.sf1.lineitem AS l`)
    for await (const row of leave) {
      expect(row['a']).toBe(`leave ${user}`)
      break
    }
    await find('leave').settled
    expect(find('leave').failure?.code).toBe('USER_CANCELED')
    const cancelled = client.query(`SELECT 'cancel' AS a, l.* FROM tpch.sf1.lineitem AS l`)
    const rows = cancelled[Symbol.asyncIterator]()
    await rows.next()
    await cancelled.cancel()
    await find('cancel').settled
    const rest = async () => {
      for (;;) if ((await rows.next()).done) return
    }
    await expect(rest()).rejects.toMatchObject({ code: 'USER_CANCELED' })
    const abort = new AbortController()
    const aborted = client.query("SELECT 'abort' AS a, l.* FROM tpch.sf1.lineitem AS l", [], {
      signal: abort.signal,
    })
    setTimeout(() => abort.abort(), 50)
    await expect(aborted.all()).rejects.toMatchObject({ code: 'USER_CANCELED' })
    await find('abort').settled
    expect(find('abort').failure?.code).toBe('USER_CANCELED')
    const never = client.query('SELECT 1')
    await never.cancel()
    await expect(never.all()).rejects.toMatchObject({ code: 'USER_CANCELED' })
    await client.close()
  })
})

const withMaps = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map) return [...value]
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
