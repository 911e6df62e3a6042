import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { COLUMNS_LAPSE_MILLIS } from '../../../src/engine/query/query.js'
import { Millrace, MillraceError } from '../../../src/index.js'

let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    timeZone: 'UTC',
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
})
afterAll(() => engine.close())

const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: MillraceError) => error.code,
  )

describe('consumption', () => {
  test('each way gives the same rows', async () => {
    const sql = 'SELECT nationkey, name FROM tpch.tiny.nation'
    const all = await engine.query(sql).all()
    expect(all.length).toBe(25)
    const iterated: unknown[] = []
    for await (const row of engine.query(sql)) iterated.push(row)
    const streamed: unknown[] = []
    for await (const row of engine.query(sql).readable()) streamed.push(row)
    const highland = await new Promise((resolve) => engine.query(sql).highland().toArray(resolve))
    let pageRows = 0
    for await (const page of engine.query(sql).pages()) pageRows += page.rowCount
    expect(iterated).toEqual(all)
    expect(streamed).toEqual(all)
    expect(highland).toEqual(all)
    expect(pageRows).toBe(25)
  })

  test('a second consumption is an error, columns and info are none', async () => {
    const query = engine.query('SELECT 1 AS a')
    expect(await query.columns()).toMatchObject([{ name: 'a', type: { kind: 'integer' } }])
    expect((await query.info()).state).toBe('RUNNING')
    expect(await query.all()).toEqual([{ a: 1 }])
    expect(await codeOf(query.all())).toBe('GENERIC_USER_ERROR')
    expect(() => query.readable()).toThrow(MillraceError)
    expect((await query.stats()).state).toBe('FINISHED')
  })

  test('aliases of all columns are in upper case unless quoted, other names as written', async () => {
    const query = engine.query('SELECT t.* AS (p, "q"), p AS r FROM (VALUES (1, 2)) t(p, q)')
    expect(await query.all()).toEqual([{ P: 1, q: 2, r: 1 }])
  })

  test('nothing runs and nothing is reported before a query is consumed', async () => {
    engine.query('SELECT broken FROM nowhere')
    const query = engine.query('SELECT 1')
    expect(await query.stats()).toMatchObject({ state: 'QUEUED', queryId: undefined })
  })

  test('stats count the rows and bytes that scans read, once', async () => {
    const sql = 'SELECT nationkey, count(*) FROM tpch.tiny.customer GROUP BY 1 ORDER BY 1'
    const query = engine.query(sql)
    await query.all()
    const { processedRows, processedBytes } = await query.stats()
    expect(processedRows).toBe(1500)
    expect(processedBytes).toBeGreaterThanOrEqual(1500)
    expect(processedBytes).toBeLessThan(1500 * 64)
  })

  test('errors reach the consumer with their place', async () => {
    await expect(engine.query('SELECT 1 +').all()).rejects.toMatchObject({
      code: 'SYNTAX_ERROR',
      location: { line: 1 },
    })
    const stream = engine.query('SELECT 1 / (orderkey - 3) FROM tpch.tiny.orders').readable()
    stream.resume()
    const [error] = (await once(stream, 'error')) as [MillraceError]
    expect(error.code).toBe('DIVISION_BY_ZERO')
  })

  test('two columns of one name need arrays', async () => {
    expect(await codeOf(engine.query('SELECT 1 AS a, 2 AS a').all())).toBe('DUPLICATE_COLUMN_NAME')
    expect(await engine.query('SELECT 1 AS a, 2 AS a', [], { rowMode: 'array' }).all()).toEqual([
      [1, 2],
    ])
  })

  test('a column called __proto__ is a column', async () => {
    const [row] = await engine.query('SELECT 5 AS "__proto__"').all()
    expect(Object.entries(row!)).toEqual([['__proto__', 5]])
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })

  test('pages may be kept', async () => {
    const pages = []
    for await (const page of engine.query('SELECT orderkey FROM tpch.tiny.lineitem').pages()) {
      pages.push(page)
    }
    const sums = pages.map((page) => {
      const [block] = page.blocks
      if (block?.encoding !== 'flat' || !('base' in block)) return Number.NaN
      let sum = 0
      for (let i = 0; i < page.rowCount; i++)
        sum += block.base + block.factor * Number(block.values[i])
      return sum
    })
    const [expected] = await engine
      .query<[bigint]>('SELECT sum(orderkey) FROM tpch.tiny.lineitem', [], { rowMode: 'array' })
      .all()
    expect(BigInt(sums.reduce((a, b) => a + b, 0))).toBe(expected![0])
  })
})

describe('ending', () => {
  const big = 'SELECT * FROM tpch.sf1.lineitem'

  test('rows asked for at once come one after the other', async () => {
    const rows = engine
      .query('SELECT * FROM UNNEST(sequence(1, 2000)) AS t(i)')
      [Symbol.asyncIterator]()
    const asked = await Promise.all(Array.from({ length: 2003 }, () => rows.next()))
    expect(asked.slice(0, 2000).map(({ value }) => value['i'])).toEqual(
      Array.from({ length: 2000 }, (_, i) => BigInt(i + 1)),
    )
    expect(asked.slice(2000)).toEqual(Array(3).fill({ done: true, value: undefined }))
    const failing = engine.query('SELECT 1 / (i - 1) FROM UNNEST(sequence(1, 2)) AS t(i)')
    const results = failing[Symbol.asyncIterator]()
    const settled = await Promise.allSettled([results.next(), results.next()])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('a query of which only the columns are asked for is ended, and can be read later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const query = engine.query('SELECT 1 AS lapsed')
    try {
      expect((await query.columns()).map(({ name }) => name)).toEqual(['lapsed'])
      vi.advanceTimersByTime(COLUMNS_LAPSE_MILLIS)
    } finally {
      vi.useRealTimers()
    }
    const ended = await engine
      .query(
        "SELECT state, error_code FROM system.runtime.queries WHERE query = 'SELECT 1 AS lapsed'",
      )
      .all()
    expect(ended).toEqual([{ state: 'FAILED', error_code: 'ABANDONED_QUERY' }])
    expect(await query.all()).toEqual([{ lapsed: 1 }])
    // One that has no rows is done when its columns are known.
    const statement = engine.query('SET TIME ZONE LOCAL')
    expect(await statement.columns()).toEqual([])
    expect((await statement.stats()).state).toBe('FINISHED')
  })

  test('a filter on the order of a memory table reads the pages that may pass, and a limit before it counts all rows', async () => {
    await engine.execute(
      'CREATE TABLE memory.default.ordered AS SELECT orderkey, linenumber FROM tpch.sf1.lineitem WHERE orderkey < 300000',
    )
    const read = async (sql: string, parameters: unknown[] = []) => {
      const query = engine.query(sql, parameters)
      return { rows: await query.all(), ...(await query.stats()) }
    }
    const found = await read('SELECT linenumber FROM ordered WHERE orderkey = ?', [200_001])
    expect(found.rows.length).toBeGreaterThan(0)
    expect(found.processedRows).toBeLessThanOrEqual(2 * 65_536)
    const both = await read('SELECT 1 FROM ordered WHERE orderkey = 200001 AND linenumber > 90')
    expect(both).toMatchObject({ rows: [], processedRows: 0 })
    const limited =
      'SELECT count(*) AS n FROM (SELECT * FROM ordered LIMIT 10) WHERE orderkey > 200000'
    expect((await read(limited)).rows).toEqual([{ n: 0n }])
    await engine.execute('DELETE FROM ordered WHERE orderkey > 5 AND orderkey < 200000')
    const kept =
      'SELECT min(orderkey) AS a, count_if(orderkey BETWEEN 6 AND 199999) AS b FROM ordered'
    expect((await read(kept)).rows).toEqual([{ a: 1n, b: 0n }])
    await engine.execute('DROP TABLE ordered')
  })

  test('leaving an iteration ends the query', async () => {
    const query = engine.query(big)
    for await (const _ of query) break
    expect((await query.info()).state).toBe('FAILED')
    expect((await query.info()).error?.code).toBe('USER_CANCELED')
  })

  test('cancel fails the consumer', async () => {
    const query = engine.query(big)
    const iterator = query[Symbol.asyncIterator]()
    await iterator.next()
    await query.cancel()
    const rest = async () => {
      for (let i = 0; i < 5000; i++) if ((await iterator.next()).done === true) return
    }
    expect(await codeOf(rest())).toBe('USER_CANCELED')
    const never = engine.query(big)
    await never.cancel()
    expect(await codeOf(never.all())).toBe('USER_CANCELED')
  })

  test('a signal ends a query, before and while it runs', async () => {
    const before = AbortSignal.abort()
    expect(await codeOf(engine.query('SELECT 1', [], { signal: before }).all())).toBe(
      'USER_CANCELED',
    )
    const controller = new AbortController()
    const rows = engine.query(big, [], { signal: controller.signal })[Symbol.asyncIterator]()
    await rows.next()
    controller.abort()
    const rest = async () => {
      for (let i = 0; i < 5000; i++) await rows.next()
    }
    expect(await codeOf(rest())).toBe('USER_CANCELED')
  })

  test('destroying a stream ends the query', async () => {
    const query = engine.query(big)
    const stream = query.readable()
    stream.once('data', () => stream.destroy())
    await once(stream, 'close')
    expect((await query.info()).state).toBe('FAILED')
  })

  test('a query that takes too long fails', async () => {
    const session = { query_max_run_time: '1ms' }
    expect(await codeOf(engine.query(big, [], { session }).all())).toBe('EXCEEDED_TIME_LIMIT')
  })

  test('a closed engine takes no statements', async () => {
    const own = await Millrace.create({ threads: 0 })
    await own.close()
    await own.close()
    expect(await codeOf(own.query('SELECT 1').all())).toBe('SERVER_SHUTTING_DOWN')
  })
})

describe('parameters', () => {
  test('values have the types they look like', async () => {
    const values = [
      null,
      true,
      5,
      3_000_000_000,
      1.5,
      5n,
      'aé',
      new Uint8Array([0, 255]),
      [1, null],
    ]
    const query = engine.query(`SELECT ${values.map(() => '?').join(', ')}`, values, {
      rowMode: 'array',
    })
    const columns = await query.columns()
    expect(columns.map(({ type }) => type.kind)).toEqual([
      'unknown',
      'boolean',
      'integer',
      'bigint',
      'double',
      'bigint',
      'varchar',
      'varbinary',
      'array',
    ])
    expect(await query.all()).toEqual([
      [null, true, 5, 3_000_000_000n, 1.5, 5n, 'aé', new Uint8Array([0, 255]), [1, null]],
    ])
  })

  test('wrong numbers and kinds are refused', async () => {
    expect(await codeOf(engine.query('SELECT ?').all())).toBe('INVALID_PARAMETER_USAGE')
    expect(await codeOf(engine.query('SELECT 1', [1]).all())).toBe('INVALID_PARAMETER_USAGE')
    const endless: unknown[] = []
    endless.push({ within: endless })
    expect(await codeOf(engine.query('SELECT ?, ?', [1, endless]).all())).toBe(
      'INVALID_PARAMETER_USAGE',
    )
    for (const value of [undefined, Symbol('s'), {}, () => 1, [1, 'a'], new Date(Number.NaN)]) {
      expect(await codeOf(engine.query('SELECT ?', [value]).all())).toBe('INVALID_PARAMETER_USAGE')
    }
  })
})

describe('sessions', () => {
  test('statements change the session of their engine', async () => {
    const own = await Millrace.create({
      threads: 0,
      catalogs: { tpch: { 'connector.name': 'tpch' } },
    })
    expect(await own.execute('USE tpch.tiny')).toEqual({
      updateType: 'USE',
      updateCount: undefined,
    })
    expect(await own.query('SELECT count(*) AS c FROM region').all()).toEqual([{ c: 5n }])
    expect(await codeOf(own.query('TABLE region', [], { schema: 'nope' }).all())).toBe(
      'SCHEMA_NOT_FOUND',
    )
    await own.execute('PREPARE p FROM SELECT ? + 1 AS x')
    expect(await own.query('EXECUTE p USING 41').all()).toEqual([{ x: 42 }])
    await own.execute("SET TIME ZONE 'Asia/Tokyo'")
    expect(await own.query('SELECT current_timezone() AS z').all()).toEqual([{ z: 'Asia/Tokyo' }])
    await own.execute('START TRANSACTION READ ONLY')
    expect(await codeOf(own.execute('CREATE TABLE memory.default.t (a integer)'))).toBe(
      'READ_ONLY_VIOLATION',
    )
    await own.execute('ROLLBACK')
    await own.close()
  })

  test('values: plain gives numbers and Dates', async () => {
    const [row] = await engine
      .query(
        "SELECT BIGINT '5' AS a, 1.50 AS b, DATE '2020-01-01' AS c, TIMESTAMP '2020-01-01 10:00:00.5 Europe/Berlin' AS d",
        [],
        { values: 'plain' },
      )
      .all()
    expect(row).toEqual({
      a: 5,
      b: 1.5,
      c: new Date('2020-01-01T00:00:00Z'),
      d: new Date('2020-01-01T09:00:00.500Z'),
    })
  })
})

describe('configuration', () => {
  test.each([
    [{ nope: 1 }, 'Unknown option: nope'],
    [{ threads: -1 }, 'threads must be'],
    [{ memoryLimitBytes: 5 }, 'memoryLimitBytes must be'],
    [{ timeZone: 'Nope/Nope' }, 'Unknown time zone'],
    [{ catalogs: { c: {} } }, 'Catalog has no connector.name'],
    [{ catalogs: { c: { 'connector.name': 'nope' } } }, "No factory for connector 'nope'"],
    [{ catalogs: { 'A B': { 'connector.name': 'tpch' } } }, 'Catalog name'],
    [
      { catalogs: { c: { 'connector.name': 'tpch', 'tpch.column-namin': 'X' } } },
      'tpch.column-namin',
    ],
    [{ plugins: ['no-such-package-here'] }, 'Plugin cannot be loaded'],
    [{ plugins: [{}, { getConnectorFactory: () => ({}) as never }] }, 'A connector factory has'],
  ])('%j is refused', async (options, message) => {
    await expect(Millrace.create({ threads: 0, ...options })).rejects.toThrow(message)
  })
})

describe('sources of the program', () => {
  test('arrays, generators and functions are tables', async () => {
    engine.register('people', [
      { id: 1, name: 'a' },
      { id: 2, name: null },
    ])
    expect(await engine.query('SELECT * FROM people WHERE id > 1').all()).toEqual([
      { id: 2n, name: null },
    ])
    engine.register(
      'numbers',
      async function* () {
        for (let i = 0; i < 5; i++) yield [i]
      },
      [{ name: 'n', type: 'integer' }],
    )
    const pairs = 'SELECT count(*) AS c FROM numbers a JOIN numbers b ON a.n = b.n'
    expect(await engine.query(pairs).all()).toEqual([{ c: 5n }])
    expect(engine.unregister('numbers')).toBe(true)
    expect(engine.unregister('numbers')).toBe(false)
    expect(await codeOf(engine.query('TABLE numbers').all())).toBe('TABLE_NOT_FOUND')
  })

  test('a registered name shadows a table until it is taken away', async () => {
    await engine.execute("CREATE TABLE shadowed AS SELECT 'table' AS x")
    engine.register('shadowed', [{ x: 'source' }])
    expect(await engine.query('SELECT x FROM shadowed').all()).toEqual([{ x: 'source' }])
    engine.unregister('shadowed')
    expect(await engine.query('SELECT x FROM shadowed').all()).toEqual([{ x: 'table' }])
  })

  test('a source that throws fails its query only', async () => {
    engine.register('broken', async function* () {
      yield { x: 1 }
      throw new Error('the source broke')
    })
    await expect(engine.query('SELECT * FROM broken').all()).rejects.toThrow('the source broke')
    expect(await engine.query('SELECT 1 AS a').all()).toEqual([{ a: 1 }])
  })

  test('what waits for the end of an endless source is refused', async () => {
    const endless = async function* () {
      for (let i = 0; ; i++) yield { i }
    }
    engine.register('endless', endless, [{ name: 'i', type: 'bigint' }], { unbounded: true })
    for (const sql of [
      'SELECT count(*) FROM endless',
      'SELECT i FROM endless ORDER BY i',
      'SELECT DISTINCT i FROM endless',
      'SELECT n.name FROM tpch.tiny.nation n LEFT JOIN endless e ON e.i = n.nationkey',
      'SELECT name FROM tpch.tiny.nation WHERE nationkey IN (SELECT i FROM endless)',
    ]) {
      await expect(engine.query(sql).all(), sql).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringContaining('never ends'),
      })
    }
    expect(await engine.query('SELECT i FROM endless WHERE i > 1 LIMIT 2').all()).toEqual([
      { i: 2n },
      { i: 3n },
    ])
    expect(
      await engine.query('SELECT sum(i) AS s FROM (SELECT i FROM endless LIMIT 4)').all(),
    ).toEqual([{ s: 6n }])
    engine.unregister('endless')
  })

  test('rows reach the consumer as they come', async () => {
    let release: () => void = () => {}
    engine.register(
      'slow',
      async function* () {
        yield { i: 1 }
        await new Promise<void>((resolve) => {
          release = resolve
        })
        yield { i: 2 }
      },
      [{ name: 'i', type: 'integer' }],
    )
    const rows = engine.query('SELECT i + 0 AS i FROM slow WHERE i > 0')[Symbol.asyncIterator]()
    expect(await rows.next()).toEqual({ done: false, value: { i: 1 } })
    release()
    expect(await rows.next()).toEqual({ done: false, value: { i: 2 } })
    expect((await rows.next()).done).toBe(true)
  })
})

describe('system catalog', () => {
  test('queries and their end are shown, and can be killed', async () => {
    const query = engine.query('SELECT * FROM tpch.sf1.lineitem')
    const rows = query[Symbol.asyncIterator]()
    await rows.next()
    const { queryId } = await query.stats()
    const state = async () =>
      engine.query('SELECT state FROM system.runtime.queries WHERE query_id = ?', [queryId]).all()
    expect(await state()).toEqual([{ state: 'RUNNING' }])
    await engine.execute('CALL system.runtime.kill_query(query_id => ?, message => ?)', [
      queryId,
      'enough',
    ])
    const rest = async () => {
      for (let i = 0; i < 5000; i++) await rows.next()
    }
    await expect(rest()).rejects.toMatchObject({
      code: 'ADMINISTRATIVELY_KILLED',
      message: expect.stringContaining('enough'),
    })
    expect(await state()).toEqual([{ state: 'FAILED' }])
  })
})
