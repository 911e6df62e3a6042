import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'

const failureOf = async (work: Promise<unknown>): Promise<MillraceError> =>
  work.then(
    () => {
      throw new Error('it should fail')
    },
    (error: MillraceError) => error,
  )

describe('asynchronous functions', () => {
  let engine: Millrace
  /** What `slow` was called for, and how many of its calls were under way at most. */
  const seen = { values: [] as number[], underWay: 0, most: 0 }
  const reset = () => Object.assign(seen, { values: [], underWay: 0, most: 0 })
  const rows = async (sql: string) => engine.query(sql, [], { rowMode: 'array' }).all()

  beforeAll(async () => {
    engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
    engine.registerFunction({
      name: 'slow',
      args: ['integer'],
      returns: 'varchar',
      concurrency: 5,
      evaluate: async (n) => {
        seen.values.push(n)
        seen.most = Math.max(seen.most, ++seen.underWay)
        await delay((n * 7) % 5)
        seen.underWay -= 1
        return `<${n}>`
      },
    })
    engine.registerFunction({
      name: 'soon',
      args: ['varchar', 'bigint'],
      returns: 'row(text varchar, n bigint)',
      async: true,
      evaluate: (text, n) => Promise.resolve({ text, n }),
    })
    engine.registerFunction({
      name: 'fails_at',
      args: ['bigint', 'bigint'],
      returns: 'bigint',
      evaluate: async (n, at) => {
        await delay(n === at ? 1 : 5)
        if (n === at) throw new RangeError(`not ${n}`)
        return n
      },
    })
    engine.registerFunction({
      name: 'present',
      args: ['integer'],
      returns: 'boolean',
      nulls: 'called',
      evaluate: async (n) => n !== null,
    })
  })
  afterAll(() => engine.close())

  test('rows keep their order, and calls overlap as far as allowed', async () => {
    reset()
    const result = await rows(
      'SELECT n, slow(n) FROM (SELECT CAST(i AS integer) n FROM UNNEST(sequence(1, 200)) u(i)) t',
    )
    expect(result).toEqual(Array.from({ length: 200 }, (_, i) => [i + 1, `<${i + 1}>`]))
    expect(seen.most).toBe(5)
    expect(seen.values).toHaveLength(200)
  })

  test('small pages do not hold up calls', async () => {
    reset()
    engine.register(
      'ones',
      async function* () {
        for (let n = 1; n <= 30; n++) {
          await delay(0)
          yield { n }
        }
      },
      [{ name: 'n', type: 'integer' }],
    )
    const result = await rows('SELECT slow(n) FROM ones')
    expect(result).toEqual(Array.from({ length: 30 }, (_, i) => [`<${i + 1}>`]))
    expect(seen.most).toBeGreaterThan(1)
    engine.unregister('ones')
  })

  test('a row goes on as soon as it has its answer', async () => {
    engine.register(
      'ticks',
      async function* () {
        yield { n: 1 }
        await new Promise(() => undefined)
      },
      [{ name: 'n', type: 'integer' }],
    )
    const query = engine.query<{ s: string }>('SELECT slow(n) AS s FROM ticks')
    for await (const row of query) {
      expect(row).toEqual({ s: '<1>' })
      break
    }
    engine.unregister('ticks')
  })

  test('NULL is not asked for, unless the function wants it', async () => {
    reset()
    const from = 'FROM (VALUES 1, NULL, 3) t(n)'
    expect(await rows(`SELECT slow(n), present(n) ${from}`)).toEqual([
      ['<1>', true],
      [null, false],
      ['<3>', true],
    ])
    expect(seen.values).toEqual([1, 3])
  })

  test.each([
    ['SELECT slow(1)', [['<1>']]],
    ["SELECT n FROM (VALUES 1, 2, 3) t(n) WHERE slow(n) <> '<2>' AND n < 3", [[1]]],
    [
      'SELECT slow(slow_n) FROM (SELECT CAST(substr(slow(n), 2, 1) AS integer) slow_n FROM (VALUES 4) t(n))',
      [['<4>']],
    ],
    ['SELECT soon(slow(n), length(slow(n))).n FROM (VALUES 4) t(n)', [[3n]]],
    ['SELECT count(*), max(slow(n)) FROM (VALUES 1, 2) t(n)', [[2n, '<2>']]],
    ["SELECT count(*) FILTER (WHERE slow(n) = '<1>') FROM (VALUES 1, 2) t(n)", [[1n]]],
    [
      'SELECT slow(n % 2), count(*) FROM (SELECT CAST(i AS integer) n FROM UNNEST(sequence(1, 5)) u(i)) t GROUP BY slow(n % 2) ORDER BY 1',
      [
        ['<0>', 2n],
        ['<1>', 3n],
      ],
    ],
    [
      "SELECT n % 2, slow(CAST(count(*) AS integer)) FROM (SELECT CAST(i AS integer) n FROM UNNEST(sequence(1, 5)) u(i)) t GROUP BY 1 HAVING slow(n % 2) = '<1>'",
      [[1, '<3>']],
    ],
    [
      'SELECT slow(CAST(row_number() OVER (ORDER BY n DESC) AS integer)), n FROM (VALUES 1, 2) t(n) ORDER BY n',
      [
        ['<2>', 1],
        ['<1>', 2],
      ],
    ],
    ['SELECT lag(slow(n)) OVER (ORDER BY n) FROM (VALUES 1, 2) t(n) ORDER BY n', [[null], ['<1>']]],
    ['SELECT n FROM (VALUES 1, 2, 3) t(n) ORDER BY slow(n) DESC LIMIT 2', [[3], [2]]],
    [
      "SELECT a.n, b.s FROM (VALUES 1, 2) a(n) JOIN (VALUES '<2>', '<3>') b(s) ON slow(a.n) = b.s",
      [[2, '<2>']],
    ],
    [
      "SELECT a.n, b.n FROM (VALUES 1, 2) a(n) LEFT JOIN (VALUES 2, 3) b(n) ON a.n = b.n AND slow(b.n) = '<2>' ORDER BY 1",
      [
        [1, null],
        [2, 2],
      ],
    ],
    [
      "SELECT a.n, b.n FROM (VALUES 1, 2) a(n) JOIN (VALUES 2, 3) b(n) ON slow(a.n + b.n) = '<5>' ORDER BY 1",
      [[2, 3]],
    ],
    [
      "SELECT n, slow(n) IN (SELECT s FROM (VALUES '<2>') x(s)) FROM (VALUES 1, 2) t(n) ORDER BY 1",
      [
        [1, false],
        [2, true],
      ],
    ],
    [
      "SELECT n, (SELECT slow(n) || '!') FROM (VALUES 1, 2) t(n) ORDER BY 1",
      [
        [1, '<1>!'],
        [2, '<2>!'],
      ],
    ],
    [
      'SELECT t.n, l.s FROM (VALUES 1, 2) t(n), LATERAL (SELECT slow(t.n) s) l ORDER BY 1',
      [
        [1, '<1>'],
        [2, '<2>'],
      ],
    ],
    ['SELECT s FROM (VALUES slow(1), slow(2)) t(s) ORDER BY 1', [['<1>'], ['<2>']]],
    ['SELECT x FROM UNNEST(ARRAY[slow(7)]) u(x)', [['<7>']]],
    ['SELECT slow(n) FROM (VALUES 1) t(n) UNION ALL SELECT slow(2) ORDER BY 1', [['<1>'], ['<2>']]],
    [
      'WITH c AS (SELECT n, slow(n) s FROM (VALUES 1, 2) t(n)) SELECT a.s, b.s FROM c a JOIN c b ON a.n = b.n + 1',
      [['<2>', '<1>']],
    ],
    ["SELECT IF(true, 'x', slow(9))", [['x']]],
    ['SELECT slow(n) FROM (VALUES 1) t(n) WHERE false', []],
  ])('%s', async (sql, expected) => {
    expect(await rows(sql)).toEqual(expected)
  })

  test('a correlated subquery reads answers beside its rows', async () => {
    const sql = `SELECT n FROM (VALUES 1, 2) t(n)
      WHERE EXISTS (SELECT 1 FROM (VALUES '<2>') x(s) WHERE s = slow(t.n))`
    const session = { extended_decorrelation: true }
    expect(await engine.query(sql, [], { session }).all()).toEqual([{ n: 2 }])
  })

  test('no call is made that the answer does not need', async () => {
    const callsOf = async (sql: string): Promise<number[]> => {
      reset()
      await rows(sql)
      return seen.values.toSorted((a, b) => a - b)
    }
    const from = 'FROM (SELECT CAST(i AS integer) n FROM UNNEST(sequence(1, 100)) u(i)) t'
    expect(await callsOf(`SELECT n FROM (SELECT n, slow(n) s ${from})`)).toEqual([])
    expect(await callsOf(`SELECT slow(n), slow(n) || 'x' ${from} WHERE n <= 2`)).toEqual([1, 2])
    expect(await callsOf(`SELECT * FROM (SELECT n, slow(n) s ${from}) WHERE n = 3`)).toEqual([3])
    expect(await callsOf(`SELECT n ${from} WHERE slow(n) = 'x' AND n > 99`)).toEqual([100])
    expect(await callsOf(`SELECT slow(n) ${from} LIMIT 2`)).toEqual([1, 2])
    expect(await callsOf(`SELECT slow(n) ${from} ORDER BY n DESC LIMIT 2`)).toEqual([99, 100])
    expect(
      await callsOf(`SELECT t.n, slow(t.n) ${from} JOIN (VALUES 5) b(n) ON t.n = b.n`),
    ).toEqual([5])
  })

  test('EXPLAIN shows the node', async () => {
    const text = String((await rows('EXPLAIN SELECT slow(n) FROM (VALUES 1, 2) t(n)'))[0])
    expect(text).toContain('AsyncCall')
    expect(text).toContain(':= slow(')
    const analyzed = String(
      (await rows('EXPLAIN ANALYZE SELECT slow(n) FROM (VALUES 1, 2) t(n)'))[0],
    )
    expect(analyzed).toContain('AsyncCall')
  })

  test('the first row that fails ends the query, and names the function', async () => {
    const from = 'FROM (SELECT CAST(i AS integer) n FROM UNNEST(sequence(1, 40)) u(i)) t'
    const failure = await failureOf(rows(`SELECT fails_at(n, 7) ${from}`))
    expect(failure).toMatchObject({
      code: 'GENERIC_USER_ERROR',
      message: "Function 'fails_at' failed: not 7",
    })
    expect(failure.cause).toBeInstanceOf(RangeError)
    // Rows before it are given.
    expect(await rows(`SELECT * FROM (SELECT fails_at(n, 7) ${from}) LIMIT 6`)).toHaveLength(6)
  })

  test.each([
    'SELECT transform(ARRAY[1], n -> slow(n))',
    'SELECT * FROM (VALUES 1, 2) t(n) MATCH_RECOGNIZE (ORDER BY n MEASURES slow(a.n) AS s PATTERN (a) DEFINE a AS true)',
    'WITH FUNCTION twice(n integer) RETURNS varchar RETURN slow(n) || slow(n) SELECT twice(1)',
    "SELECT a.n FROM (VALUES 1) a(n) LEFT JOIN (VALUES 2) b(n) ON slow(a.n + b.n) = '<5>'",
    'SELECT * FROM TABLE(sequence(1, length(slow(5))))',
  ])('%s: an error says that it cannot stand there', async (sql) => {
    const failure = await failureOf(rows(sql))
    expect(failure.type).toBe('USER_ERROR')
    expect(failure.message).toMatch(/async|Constant/i)
  })

  test('a cancelled query ends at once, and its calls hear of it', async () => {
    let aborted = 0
    let called = 0
    engine.registerFunction({
      name: 'never',
      args: ['integer'],
      returns: 'integer',
      concurrency: 3,
      evaluate: async (_, signal) => {
        called += 1
        signal.addEventListener('abort', () => {
          aborted += 1
        })
        return new Promise(() => undefined)
      },
    })
    const query = engine.query(
      'SELECT never(n) FROM (SELECT CAST(i AS integer) n FROM UNNEST(sequence(1, 100)) u(i)) t',
    )
    const failing = failureOf(query.all())
    await vi.waitFor(() => expect(called).toBe(3), { timeout: 10_000 })
    await query.cancel()
    expect((await failing).code).toBe('USER_CANCELED')
    expect(aborted).toBe(3)
  })

  test('INSERT, CREATE TABLE AS, UPDATE and MERGE take their results', async () => {
    await engine.execute('CREATE TABLE answers AS SELECT n, slow(n) s FROM (VALUES 1, 2) t(n)')
    await engine.execute('INSERT INTO answers SELECT 3, slow(3)')
    await engine.execute("UPDATE answers SET s = slow(n + 10) WHERE slow(n) = '<2>'")
    expect(await rows('SELECT * FROM answers ORDER BY n')).toEqual([
      [1, '<1>'],
      [2, '<12>'],
      [3, '<3>'],
    ])
    await engine.execute('DROP TABLE answers')
  })
})
