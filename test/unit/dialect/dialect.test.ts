import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DIALECT_NAMES } from '../../../src/dialect/dialect.js'
import { Millrace } from '../../../src/index.js'

let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({ threads: 0 })
})
afterAll(() => engine.close())

const rows = (dialect: string, sql: string, params: readonly unknown[] = []) =>
  engine.query<readonly unknown[]>(sql, params, { dialect, rowMode: 'array' }).all()

const failure = async (dialect: string, sql: string, params: readonly unknown[] = []) => {
  try {
    await rows(dialect, sql, params)
  } catch (error) {
    return error
  }
  return undefined
}

describe('every dialect', () => {
  test.for(DIALECT_NAMES.map((name) => [name]))('%s reads a query', async ([dialect]) => {
    const sql = "select a + 1 as b from (select 41 as a) t where a > 1 and 'it''s' like 'it%'"
    // BigQuery escapes quotes with a backslash.
    const own = dialect === 'bigquery' ? sql.replace("''", "\\'") : sql
    expect(await rows(dialect!, own)).toEqual([[42]])
  })

  test('names that there are not are told', async () => {
    expect(await failure('cobol', 'select 1')).toMatchObject({ code: 'INVALID_SESSION_PROPERTY' })
  })
})

describe('parameters', () => {
  test('numbered ones may come in any order and more than once', async () => {
    expect(await rows('postgresql', 'select $2 - $1, $2', [1n, 10n])).toEqual([[9n, 10n]])
  })
  test('named ones count in the order in which they are first met', async () => {
    expect(await rows('bigquery', 'select @b - @a, @b', [10n, 1n])).toEqual([[9n, 10n]])
    expect(await rows('sqlite', 'select :b - :a, :b', [10n, 1n])).toEqual([[9n, 10n]])
  })
  test('a question mark may limit rows', async () => {
    const sql = 'select x from (select 1 as x union all select 2) t order by x limit ?'
    expect(await rows('mysql', sql, [1n])).toEqual([[1]])
  })
  test('a text takes the type of what it is compared with', async () => {
    const sql = "select d from (select date '2024-05-06' as d) t where d > $1"
    expect(await rows('postgresql', sql, ['2024-01-01'])).toEqual([['2024-05-06']])
  })
  test('their number is checked', async () => {
    expect(await failure('postgresql', 'select $1, $2', [1n])).toMatchObject({
      code: 'INVALID_PARAMETER_USAGE',
      message: 'Incorrect number of parameters: expected 2 but found 1',
    })
  })
})

describe('what means something else elsewhere', () => {
  test.for([
    ['postgresql', 'select 7 / 2', 3],
    ['mysql', 'select 7 / 2', '3.5000'],
    ['sqlite', 'select 7 / 2', 3],
    ['bigquery', 'select 7 / 2', 3.5],
    ['snowflake', 'select 7 / 2', '3.500000'],
    ['transactsql', 'select 7 / 2', 3],
    ['mysql', 'select 1 / 0', null],
    ['sqlite', 'select 1 % 0', null],
    ['mysql', 'select 1 || 0', 1],
    ['postgresql', "select 'a' || 1", 'a1'],
    ['sqlite', "select 'ABC' like 'abc'", 1],
    ['postgresql', "select 'ABC' like 'abc'", false],
    ['bigquery', 'select 0.1 + 0.2', 0.30000000000000004],
    ['postgresql', 'select 0.1 + 0.2', '0.3'],
    ['mysql', "select 'a' 'b'", 'ab'],
    ['bigquery', "select r'a\\d'", 'a\\d'],
    ['bigquery', "select '''it's'''", "it's"],
    ['transactsql', "select 'a' + 'b'", 'ab'],
    ['sqlite', 'select cast(2.7 as integer)', 2n],
    ['postgresql', 'select 12345678901234567890', '12345678901234567890'],
    ['postgresql', 'select 1.10', '1.10'],
  ] as const)('%s: %s', async ([dialect, sql, expected]) => {
    expect(await rows(dialect, sql)).toEqual([[expected]])
  })

  test('NULLs are sorted as the dialect does', async () => {
    const sql = (direction: string) =>
      `select x from (select 1 as x union all select null) t order by x ${direction}`
    expect(await rows('mysql', sql('asc'))).toEqual([[null], [1]])
    expect(await rows('mysql', sql('desc'))).toEqual([[1], [null]])
    expect(await rows('postgresql', sql('asc'))).toEqual([[1], [null]])
    expect(await rows('postgresql', sql('desc'))).toEqual([[null], [1]])
    expect(await rows('athena', sql('desc'))).toEqual([[1], [null]])
  })

  test('names without quotes are folded', async () => {
    const names = async (dialect: string) =>
      (await engine.query('select 1 as Foo', [], { dialect }).columns()).map(({ name }) => name)
    expect(await names('postgresql')).toEqual(['foo'])
    expect(await names('snowflake')).toEqual(['FOO'])
    expect(await names('mysql')).toEqual(['Foo'])
  })

  test('calls name their column in PostgreSQL', async () => {
    const all = await engine.query('select count(*) from (select 1) t', [], {
      dialect: 'postgresql',
    })
    expect(await all.all()).toEqual([{ count: 1n }])
  })

  test('an alias is a grouping key, unless a column has its name', async () => {
    const t = "(select 'A' as x, 1 as v union all select 'a', 2) t"
    const sql = `select lower(x) as y, sum(v) from ${t} group by y`
    expect(await rows('postgresql', sql)).toEqual([['a', 3n]])
    expect(
      await failure('postgresql', `select lower(x) || x as x, 1 from ${t} group by v`),
    ).toMatchObject({
      code: 'EXPRESSION_NOT_AGGREGATE',
    })
    expect(await rows('mysql', `select upper(x) as x from ${t} group by x order by 1`)).toEqual([
      ['A'],
      ['A'],
    ])
  })

  test('paths lead into JSON', async () => {
    const json = '{"b": {"c": [5, "x"]}, "k": "z", "n": null}'
    await engine.execute(`CREATE TABLE docs AS SELECT JSON '${json}' AS j`)
    const asText = (dialect: string, list: string) => rows(dialect, `SELECT ${list} FROM docs AS t`)
    expect(
      await asText(
        'postgresql',
        "j->'k', j->>'k', j->'b'->'c'->>1, j->'b'->>'c', j->>'n', j->>'q'",
      ),
    ).toEqual([['"z"', 'z', 'x', '[5,"x"]', null, null]])
    expect(await asText('postgresql', "(j->'k')::text, (j->'b'->'c'->>0)::int + 1")).toEqual([
      ['"z"', 6],
    ])
    expect(
      await asText('mysql', "j->'$.k', j->>'$.k', j->>'$.b.c[1]', j->>'$.\"b\".c', j->>'$.n'"),
    ).toEqual([['"z"', 'z', 'x', '[5,"x"]', 'null']])
    expect(
      await asText('snowflake', 'j:k, j:b.c[1]::varchar, j:b.c[0]::int + 1, t.j:"b"::string'),
    ).toEqual([['"z"', 'x', 6, '{"c":[5,"x"]}']])
    // A colon is no dot.
    expect(await failure('snowflake', 'SELECT t:j FROM docs AS t')).toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    })
    await engine.execute('DROP TABLE docs')
  })

  test('QUALIFY keeps rows by a window', async () => {
    const sql = `select a, row_number() over (order by a desc) as n
      from (select 1 as a union all select 2) t qualify n = 1`
    expect(await rows('snowflake', sql)).toEqual([[2, 1n]])
  })
})

describe('what has no equivalent is told with its place', () => {
  test.for([
    ['postgresql', 'select\n  median(1)', 'NOT_SUPPORTED', 'the function median', 2, 3],
    ['postgresql', 'select * from a natural join b', 'NOT_SUPPORTED', 'NATURAL JOIN', 1, 17],
    ['mysql', 'select 1 ->> 2', 'NOT_SUPPORTED', 'a path into JSON that is no literal', 1, 8],
    ['mysql', "select j->'$.b.*' from t", 'NOT_SUPPORTED', 'the path into JSON $.b.*', 1, 8],
    ['sqlite', "select j->>'k' from t", 'NOT_SUPPORTED', '->>', 1, 1],
    [
      'mysql',
      'insert into t values (1) on duplicate key update a = 1',
      'NOT_SUPPORTED',
      'DUPLICATE',
      1,
      1,
    ],
    ['sqlite', 'insert or replace into t values (1)', 'NOT_SUPPORTED', 'OR', 1, 1],
    ['mysql', 'update t set a = 1 limit 3', 'NOT_SUPPORTED', 'LIMIT', 1, 1],
    ['mysql', 'create table t (a int primary key)', 'NOT_SUPPORTED', 'PRIMARY KEY', 1, 1],
    ['mysql', 'create table t (a int unsigned)', 'NOT_SUPPORTED', 'UNSIGNED', 1, 1],
    [
      'bigquery',
      'select * except (a) from (select 1 as a, 2 as b) t',
      'NOT_SUPPORTED',
      'EXCEPT',
      1,
      8,
    ],
    ['postgresql', 'select 1 +', 'SYNTAX_ERROR', 'more was expected', 1, 11],
    ['postgresql', "select 'x", 'SYNTAX_ERROR', 'not closed', 1, 8],
    ['mysql', 'select /*! 1 */ 2', 'NOT_SUPPORTED', '/*!', 1, 8],
    [
      'transactsql',
      'select avg(a) from (select 1 as a) t',
      'NOT_SUPPORTED',
      'AVG of integers',
      1,
      8,
    ],
    ['mysql', "select date '2024-01-01' - date '2023-01-01'", 'NOT_SUPPORTED', 'difference', 1, 1],
  ] as const)('%s: %s', async ([dialect, sql, code, words, line, column]) => {
    const error = await failure(dialect, sql)
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(error).toMatchObject({ location: { line, column } })
  })

  test('errors of the analysis point into the text that was written', async () => {
    expect(
      await failure('postgresql', 'select 1 as a,\n  nowhere.x\nfrom (select 2) t'),
    ).toMatchObject({
      code: 'COLUMN_NOT_FOUND',
    })
    expect(await failure('mysql', 'select 1\nfrom `missing`')).toMatchObject({
      code: 'TABLE_NOT_FOUND',
      location: { line: 2, column: 6 },
    })
  })

  test('deep nesting has an answer or a coded error', async () => {
    const sql = `select ${'('.repeat(300)}1${')'.repeat(300)}`
    const error = await failure('mysql', sql)
    expect(error === undefined || 'code' in (error as object)).toBe(true)
  })
})

describe('statements', () => {
  test('tables and views are made, changed and dropped', async () => {
    const run = (sql: string) => engine.execute(sql, [], { dialect: 'mysql' })
    await run(
      'create table if not exists `pets` (`id` int not null, name varchar(10), born datetime)',
    )
    expect(await run("insert into pets (id, name) values (1, 'a'), (2, 'b')")).toEqual({
      updateType: 'INSERT',
      updateCount: 2,
    })
    expect(await run("update pets set name = concat(name, '!') where id = 2")).toMatchObject({
      updateCount: 1,
    })
    expect(await run('delete from pets where id = 1')).toMatchObject({ updateCount: 1 })
    await run('create or replace view named (n, half) as select name, id / 4 from pets')
    // A view means the same in every dialect.
    expect(await rows('trino', 'select * from named')).toEqual([['b!', '0.5000']])
    await run('drop view named')
    await run('create table copied as select * from pets')
    expect(await rows('mysql', 'select count(*) from copied')).toEqual([[1n]])
    await run('truncate table copied')
    expect(await rows('mysql', 'select count(*) from copied')).toEqual([[0n]])
    await run('drop table if exists copied')
    await run('drop table pets')
  })

  test('the session has a dialect, and statements about the engine are Trino’s', async () => {
    const own = await Millrace.create({ threads: 0 })
    try {
      await own.execute("set session dialect = 'mysql'")
      expect(await own.query('select 7 div 2 as `x`').all()).toEqual([{ x: 3 }])
      expect(await own.query("show session like 'dialect'").all()).toMatchObject([
        { Value: 'mysql' },
      ])
      const [plan] = await own.query<Record<string, string>>('explain select 7 / 2 as x').all()
      expect(Object.values(plan!)[0]).toContain('3.5000')
      await own.execute('reset session dialect')
      expect(await own.query('select 7 / 2 as x').all()).toEqual([{ x: 3 }])
    } finally {
      await own.close()
    }
  })
})
