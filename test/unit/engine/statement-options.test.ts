import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
})
afterAll(() => engine.close())

describe('a statement as a template', () => {
  it('has its values as parameters', async () => {
    const name = "O'Neil; DROP"
    expect(await engine.sql`SELECT ${name} AS name, ${1n} + ${2} AS three`.all()).toEqual([
      { name, three: 3n },
    ])
    expect(await engine.sql`SELECT 1 AS one`.all()).toEqual([{ one: 1 }])
  })
})

describe('limits of a statement', () => {
  const orders = 'SELECT * FROM tpch.tiny.orders'
  test.each([
    [{ maxRows: 14_999 }, 'Result has more rows than maxRows: 14999'],
    [{ maxBytes: 100_000 }, 'Result has more bytes than maxBytes: 100000'],
  ])('%j', async (options, message) => {
    await expect(engine.query(orders, [], options).all()).rejects.toMatchObject({
      code: 'GENERIC_INSUFFICIENT_RESOURCES',
      message,
    })
  })
  it('are not met by what is at them', async () => {
    const rows = await engine.query(orders, [], { maxRows: 15_000, maxBytes: 1e8 }).all()
    expect(rows).toHaveLength(15_000)
    expect(await engine.query('SELECT 1 WHERE false', [], { maxRows: 0 }).all()).toEqual([])
  })
  it('of time', async () => {
    const sql = 'SELECT count(*) FROM tpch.sf100.lineitem'
    await expect(engine.query(sql, [], { timeoutMs: 100 }).all()).rejects.toMatchObject({
      code: 'EXCEEDED_TIME_LIMIT',
    })
  })
  const large = 'SELECT count(*), max(comment) FROM tpch.sf100.lineitem'
  test.each([
    [
      'query_max_run_time',
      '0.2s',
      'EXCEEDED_TIME_LIMIT',
      'Query exceeded maximum time limit of 0.20s',
    ],
    [
      'query_max_execution_time',
      '200ms',
      'EXCEEDED_TIME_LIMIT',
      'Query exceeded the maximum execution time limit of 200.00ms',
    ],
    ['query_max_cpu_time', '100ms', 'EXCEEDED_CPU_LIMIT', 'Exceeded CPU limit of 100.00ms'],
    ['query_max_scan_physical_bytes', '1kB', 'EXCEEDED_SCAN_LIMIT', 'Exceeded scan limit of 1kB'],
  ])('of the session: %s = %s', async (name, value, code, message) => {
    const limited = engine.query(large, [], { session: { [name]: value } })
    await expect(limited.all()).rejects.toMatchObject({ code, message })
  })
  it('of planning are not those of running', async () => {
    const session = { query_max_planning_time: '200ms', query_max_cpu_time: '1h' }
    const sql = "SELECT count(*) FROM tpch.sf1.orders WHERE comment LIKE '%a%b%c%d%'"
    expect(await engine.query(sql, [], { session }).all()).toHaveLength(1)
  })
  it('of memory', async () => {
    const sql = 'SELECT count(*) FROM (SELECT DISTINCT comment, orderkey FROM tpch.sf1.orders)'
    const limited = engine.query(sql, [], { memoryLimitBytes: 2 ** 22 })
    await expect(limited.all()).rejects.toMatchObject({ code: 'EXCEEDED_LOCAL_MEMORY_LIMIT' })
  })
  test.each([
    { maxRows: -1 },
    { maxBytes: 1.5 },
    { timeoutMs: Number.NaN },
    { memoryLimitBytes: -5 },
  ])('%j is none', async (options) => {
    await expect(engine.query('SELECT 1', [], options).all()).rejects.toMatchObject({
      code: 'GENERIC_USER_ERROR',
      message: expect.stringContaining('must be a whole number'),
    })
  })
})

describe('parameters', () => {
  test.each([
    [null, 'unknown', null],
    [true, 'boolean', true],
    [-0.5, 'double', -0.5],
    [2 ** 40, 'bigint', 2n ** 40n],
    [10n ** 20n, 'decimal(38,0)', '100000000000000000000'],
    [new Date(0), 'timestamp(3) with time zone', '1970-01-01 00:00:00.000 UTC'],
    [Buffer.from([1, 2]), 'varbinary', new Uint8Array([1, 2])],
    [new Uint8Array([3]).buffer, 'varbinary', new Uint8Array([3])],
    [[1, 2n, null], 'array(bigint)', [1n, 2n, null]],
    [[[1], [2.5]], 'array(array(double))', [[1], [2.5]]],
    [new Float64Array([1, 2]), 'array(double)', [1, 2]],
    [new BigInt64Array([7n]), 'array(bigint)', [7n]],
    [new Map([['a', 1]]), 'map(varchar(1), integer)', new Map([['a', 1]])],
    [{ a: 1, b: { c: 'x' } }, 'row(a integer, b row(c varchar(1)))', { a: 1, b: { c: 'x' } }],
    [[{ a: 1 }, { a: 2n }], 'array(row(a bigint))', [{ a: 1n }, { a: 2n }]],
  ])('%o is %s', async (value, type, answer) => {
    const query = engine.query('SELECT typeof(?) AS type, ? AS value', [value, value])
    expect(await query.all()).toEqual([{ type, value: answer }])
  })
  test.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a class', new URL('http://a')],
    ['no date', new Date(Number.NaN)],
    ['too large', 10n ** 40n],
    ['empty', {}],
    ['inside', [1, undefined]],
    ['a view', new DataView(new ArrayBuffer(2))],
    ['mixed', [1, 'a']],
    ['other objects', [{ a: 1 }, { b: 1 }]],
  ])('%s is none, and its position is told', async (_, value) => {
    await expect(engine.query('SELECT ?, ?', [1, value]).all()).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_USAGE',
      message: expect.stringContaining('parameter 2'),
    })
  })
})
