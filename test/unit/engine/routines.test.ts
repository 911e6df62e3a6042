import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'
import { requireBuild } from '../../support/build.js'

let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, timeZone: 'UTC' })
})
afterAll(() => engine.close())

const rows = (sql: string): Promise<readonly (readonly unknown[])[]> =>
  engine.query(sql, [], { rowMode: 'array' }).all() as Promise<readonly (readonly unknown[])[]>

const failure = async (sql: string): Promise<string> => {
  try {
    await rows(sql)
  } catch (error) {
    const { code, message, location } = error as MillraceError
    return `${code} ${location === undefined ? '' : `${location.line}:${location.column} `}${message}`
  }
  return 'none'
}

describe('inline SQL routines', () => {
  test('run for each row, with state of their own each time', async () => {
    const sql = `WITH FUNCTION digits(n bigint) RETURNS integer
      BEGIN
        DECLARE count integer DEFAULT 0;
        IF n = 0 THEN RETURN 1; END IF;
        WHILE n > 0 DO SET n = n / 10; SET count = count + 1; END WHILE;
        RETURN count;
      END
      SELECT x, digits(x) FROM UNNEST(ARRAY[0, 7, 10, 12345, 99]) t(x)`
    expect(await rows(sql)).toEqual([
      [0, 1],
      [7, 1],
      [10, 2],
      [12345, 5],
      [99, 2],
    ])
  })

  test('leave and iterate go to the loop of their label, from inner loops too', async () => {
    const sql = `WITH FUNCTION f(n integer) RETURNS integer
      BEGIN
        DECLARE i, sum integer DEFAULT 0;
        outside: LOOP
          SET i = i + 1;
          IF i > n THEN LEAVE outside; END IF;
          inside: REPEAT
            IF i % 2 = 0 THEN ITERATE outside; END IF;
            SET sum = sum + i;
          UNTIL true END REPEAT;
        END LOOP;
        RETURN sum;
      END
      SELECT f(0), f(1), f(6)`
    expect(await rows(sql)).toEqual([[0, 1, 9]])
  })

  test('a simple CASE evaluates its value once and may match nothing', async () => {
    const sql = `WITH FUNCTION f(x bigint) RETURNS varchar
      BEGIN
        DECLARE r varchar DEFAULT 'none';
        CASE x WHEN 1 THEN SET r = 'one'; WHEN 2 THEN SET r = 'two'; END CASE;
        RETURN r;
      END
      SELECT f(1), f(2), f(3), f(NULL)`
    expect(await rows(sql)).toEqual([['one', 'two', 'none', 'none']])
  })

  test('call each other whatever their order, but not themselves', async () => {
    const sql = `WITH FUNCTION g(x integer) RETURNS integer RETURN f(x) + 1,
        FUNCTION f(x integer) RETURNS integer RETURN x * 2
      SELECT g(f(5))`
    expect(await rows(sql)).toEqual([[21]])
    expect(
      await failure('WITH FUNCTION f(x integer) RETURNS integer RETURN f(x) SELECT f(1)'),
    ).toMatch(/^NOT_SUPPORTED .*Recursive language functions are not supported/)
  })

  test('shadow functions of the language, whose kernels must not answer for them', async () => {
    const sql = `WITH FUNCTION abs(x bigint) RETURNS bigint RETURN x - 100,
        FUNCTION lower(x varchar) RETURNS varchar RETURN x || '!'
      SELECT abs(x), lower(y) FROM (VALUES (1, 'A'), (2, 'B')) t(x, y) WHERE abs(x) < -98`
    expect(await rows(sql)).toEqual([[-99n, 'A!']])
  })

  test('one text gives one answer whatever a function of its name meant before', async () => {
    const one =
      'WITH FUNCTION f(x integer) RETURNS integer RETURN x + 1 SELECT f(x) FROM (VALUES 1, 2) t(x)'
    expect(await rows(one)).toEqual([[2], [3]])
    expect(await rows(one.replace('x + 1', 'x + 5'))).toEqual([[6], [7]])
  })

  test('NULL arguments: seen, unless the function says otherwise', async () => {
    const sql = `WITH FUNCTION a(x integer) RETURNS boolean RETURN (x IS NULL),
        FUNCTION b(x integer) RETURNS boolean RETURNS NULL ON NULL INPUT RETURN (x IS NULL)
      SELECT a(x), b(x) FROM (VALUES 1, NULL) t(x)`
    expect(await rows(sql)).toEqual([
      [false, false],
      [true, null],
    ])
  })

  test('failures can be tried', async () => {
    const sql = `WITH FUNCTION f(x integer) RETURNS integer RETURN 10 / x
      SELECT try(f(x)) FROM (VALUES 0, 5) t(x)`
    expect(await rows(sql)).toEqual([[null], [2]])
  })

  test.each([
    ["RETURN 'a'", 'TYPE_MISMATCH 1:51 Value of RETURN must evaluate to integer'],
    ['RETURN (SELECT 1)', 'NOT_SUPPORTED 1:51 Queries are not allowed in functions'],
    ['RETURN max(x)', 'EXPRESSION_NOT_SCALAR'],
    ['BEGIN LEAVE nope; RETURN 1; END', 'NOT_FOUND 1:56 Label not defined: nope'],
    ['BEGIN SET z = 1; RETURN 1; END', 'NOT_FOUND 1:54 Variable cannot be resolved: z'],
    ['BEGIN DECLARE x integer; RETURN 1; END', 'ALREADY_EXISTS 1:58'],
    ['BEGIN DECLARE y integer; END', 'MISSING_RETURN 1:44'],
    ['BEGIN IF 1 THEN RETURN 2; END IF; RETURN 1; END', 'TYPE_MISMATCH 1:53 Condition of IF'],
  ])('%s is refused', async (body, expected) => {
    const sql = `WITH FUNCTION f(x integer) RETURNS integer ${body} SELECT f(1)`
    expect(await failure(sql)).toContain(expected)
  })
})

describe('SQL routines of a catalog', () => {
  test('are called by their full name, overloaded, replaced, renamed with their schema and dropped', async () => {
    await engine.execute('CREATE SCHEMA memory.fns')
    await engine.execute('CREATE FUNCTION memory.fns.g(x integer) RETURNS integer RETURN x + 1')
    await engine.execute(
      "CREATE FUNCTION memory.fns.g(x varchar) RETURNS varchar COMMENT 'shouts' RETURN x || '!'",
    )
    await engine.execute(
      'CREATE FUNCTION memory.fns.h(x integer) RETURNS integer RETURN memory.fns.g(x) * 10',
    )
    const sql = "SELECT memory.fns.g(1), memory.fns.g('a'), memory.fns.h(2)"
    expect(await rows(sql)).toEqual([[2, 'a!', 30]])
    expect(
      await failure('CREATE FUNCTION memory.fns.g(y integer) RETURNS integer RETURN y'),
    ).toContain('ALREADY_EXISTS 1:1')
    await engine.execute(
      'CREATE OR REPLACE FUNCTION memory.fns.g(x integer) RETURNS integer RETURN x + 5',
    )
    expect(await rows(sql)).toEqual([[6, 'a!', 70]])
    expect(await rows("SHOW FUNCTIONS FROM memory.fns LIKE 'g'")).toEqual([
      ['g', 'integer', 'integer', 'scalar', true, ''],
      ['g', 'varchar', 'varchar', 'scalar', true, 'shouts'],
    ])
    expect(await failure('DROP SCHEMA memory.fns')).toContain('SCHEMA_NOT_EMPTY')
    await engine.execute('DROP FUNCTION memory.fns.h(integer)')
    expect(await failure(sql)).toContain("Function 'memory.fns.h' not registered")
    expect(await failure('DROP FUNCTION memory.fns.h(integer)')).toMatch(/^NOT_FOUND/)
    await engine.execute('ALTER SCHEMA memory.fns RENAME TO other')
    expect(await rows('SELECT memory.other.g(1)')).toEqual([[6]])
    await engine.execute('DROP SCHEMA memory.other CASCADE')
  })

  test('are checked when they are made', async () => {
    expect(
      await failure('CREATE FUNCTION memory.default.f(x integer) RETURNS integer RETURN y'),
    ).toContain('COLUMN_NOT_FOUND')
    expect(
      await failure('CREATE FUNCTION memory.nope.f(x integer) RETURNS integer RETURN x'),
    ).toContain('SCHEMA_NOT_FOUND')
  })
})

describe('a routine that never ends', () => {
  const endless = `WITH FUNCTION f(x bigint) RETURNS bigint
    BEGIN
      DECLARE n bigint DEFAULT 0;
      LOOP SET n = n + 1; END LOOP;
      RETURN n;
    END `

  test.each([
    'SELECT f(1)',
    'SELECT f(x) FROM (VALUES 1, 2) t(x)',
    'SELECT 1 WHERE f(2) = 3',
    'SELECT * FROM (VALUES 1) t(x) LEFT JOIN (VALUES 1) u(y) ON x = y AND f(3) = 1',
  ])('is planned at once, and stopped by cancellation in a worker: %s', async (sql) => {
    requireBuild()
    const threaded = await Millrace.create({ threads: 1, callingThreadMillis: 0, timeZone: 'UTC' })
    try {
      const plan = await threaded.query(`EXPLAIN ${endless}${sql}`).all()
      expect(plan.length).toBe(1)
      const query = threaded.query(endless + sql)
      const outcome = query.all().then(
        () => undefined,
        (error: MillraceError) => error.code,
      )
      await threaded.query('SELECT 1').all()
      await query.cancel()
      expect(await outcome).toBe('USER_CANCELED')
      // The thread is free again.
      expect(
        await threaded.query('SELECT count(*) AS n FROM UNNEST(sequence(1, 9))').all(),
      ).toEqual([{ n: 9n }])
    } finally {
      await threaded.close()
    }
  })

  test('is stopped by the time limit where there is no other thread', async () => {
    const outcome = engine.query(`${endless}SELECT f(1)`, [], {
      session: { query_max_run_time: '50ms' },
    })
    await expect(outcome.all()).rejects.toMatchObject({ code: 'EXCEEDED_TIME_LIMIT' })
  })
})
