import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'

const failureOf = async (work: Promise<unknown>): Promise<MillraceError> =>
  work.then(
    () => {
      throw new Error('it should fail')
    },
    (error: MillraceError) => error,
  )

/** An SQL literal of each type, and the value of it in JavaScript. */
const VALUES: readonly (readonly [type: string, sql: string, value: unknown])[] = [
  ['boolean', 'true', true],
  ['tinyint', "TINYINT '-7'", -7],
  ['smallint', "SMALLINT '300'", 300],
  ['integer', '70000', 70000],
  ['bigint', "BIGINT '9223372036854775807'", 9223372036854775807n],
  ['real', "REAL '0.1'", 0.1],
  ['double', "DOUBLE '1e300'", 1e300],
  ['decimal(5, 2)', "DECIMAL '-12.30'", '-12.30'],
  ['decimal(38, 0)', "DECIMAL '99999999999999999999999999999999999999'", '9'.repeat(38)],
  ['varchar', "'grüße 🌍'", 'grüße 🌍'],
  ['varchar(3)', "CAST('abc' AS varchar(3))", 'abc'],
  ['char(4)', "CHAR 'ab  '", 'ab  '],
  ['varbinary', "X'00ff'", new Uint8Array([0, 255])],
  ['json', 'JSON \'{"a":[1,null]}\'', '{"a":[1,null]}'],
  ['date', "DATE '2024-02-29'", '2024-02-29'],
  ['date', "DATE '12024-02-29'", '+12024-02-29'],
  ['time(6)', "TIME '01:02:03.123456'", '01:02:03.123456'],
  ['time(3) with time zone', "TIME '01:02:03.123 +02:00'", '01:02:03.123+02:00'],
  ['timestamp(9)', "TIMESTAMP '2024-02-29 01:02:03.123456789'", '2024-02-29 01:02:03.123456789'],
  [
    'timestamp(3) with time zone',
    "TIMESTAMP '2024-02-29 01:02:03.123 Europe/Berlin'",
    '2024-02-29 01:02:03.123 Europe/Berlin',
  ],
  ['uuid', "UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'", '12151fd2-7586-11e9-8f9e-2a86e4085a59'],
  ['ipaddress', "IPADDRESS '2001:db8::1'", '2001:db8::1'],
  ['array(bigint)', "ARRAY[BIGINT '1', NULL]", [1n, null]],
  ['map(varchar, double)', "MAP(ARRAY['a'], ARRAY[1.5e0])", new Map([['a', 1.5]])],
  [
    'row(a bigint, b date)',
    "CAST(ROW(1, DATE '2020-01-01') AS row(a bigint, b date))",
    { a: 1n, b: '2020-01-01' },
  ],
]

describe('functions of the program', () => {
  let engine: Millrace
  const rows = async (sql: string) => engine.query(sql, [], { rowMode: 'array' }).all()
  beforeAll(async () => {
    engine = await Millrace.create({ threads: 0 })
  })
  afterAll(() => engine.close())

  test.each(VALUES)('%s goes in and out as %s is read', async (type, sql, value) => {
    const name = `same_${VALUES.findIndex((entry) => entry[1] === sql)}`
    const seen: unknown[] = []
    engine.registerFunction({
      name,
      args: [type],
      returns: type,
      deterministic: false,
      evaluate: (given) => {
        seen.push(given)
        return given
      },
    })
    expect(await rows(`SELECT ${name}(x), ${name}(NULL) FROM (SELECT ${sql}) t(x)`)).toEqual([
      [value, null],
    ])
    expect(seen).toEqual([value])
  })

  test('arguments are typed, coerced, and named in any case', async () => {
    engine.registerFunction({
      name: 'Repeat_Times',
      args: ['varchar', 'bigint'],
      returns: 'varchar',
      evaluate: (text, times) => text.repeat(Number(times)),
    })
    expect(await rows("SELECT REPEAT_TIMES('ab', 2), repeat_times('x', NULL)")).toEqual([
      ['abab', null],
    ])
    const failure = await failureOf(rows("SELECT repeat_times(1, 'x')"))
    expect(failure.code).toBe('FUNCTION_NOT_FOUND')
  })

  test('NULL comes as null where it is asked for', async () => {
    engine.registerFunction({
      name: 'or_none',
      args: ['varchar'],
      returns: 'varchar',
      nulls: 'called',
      evaluate: (text) => text?.toUpperCase() ?? 'NONE',
    })
    expect(await rows("SELECT or_none(x) FROM (VALUES 'a', NULL) t(x)")).toEqual([['A'], ['NONE']])
  })

  test('forms of one name are told apart by their arguments', async () => {
    const register = (type: string) =>
      engine.registerFunction({
        name: 'form',
        args: [type],
        returns: 'varchar',
        evaluate: () => type,
      })
    register('bigint')
    expect(await rows('SELECT form(1)')).toEqual([['bigint']])
    register('varchar')
    register('integer')
    expect(await rows("SELECT form(1), form('x'), form(BIGINT '1')")).toEqual([
      ['integer', 'varchar', 'bigint'],
    ])
    expect(() => register('integer')).toThrow('Function already exists: form(integer)')
    expect(() =>
      engine.registerFunction({
        name: 'upper',
        args: ['bigint'],
        returns: 'bigint',
        evaluate: () => 1,
      }),
    ).toThrow('Function already exists: upper')
  })

  test.each([
    [{ name: '', args: [], returns: 'bigint', evaluate: () => 1 }, 'A function needs a name'],
    [{ name: 'wrong', args: ['no type'], returns: 'bigint', evaluate: () => 1 }, 'Unknown type'],
    [
      { name: 'wrong', args: [], returns: 'bigint', evaluate: () => 1, concurrency: 0 },
      'a concurrency from 1 on, not: 0',
    ],
    [
      { name: 'wrong', args: [], returns: 'bigint', aggregate: { create: () => 1 } },
      'aggregate with create',
    ],
  ])('%j is no function', (definition, message) => {
    // @ts-expect-error what a program in JavaScript may give
    expect(() => engine.registerFunction(definition)).toThrow(message)
  })

  test('what a function throws ends the query and names it', async () => {
    const cause = new RangeError('too far')
    engine.registerFunction({
      name: 'fails',
      args: ['bigint'],
      returns: 'bigint',
      evaluate: () => {
        throw cause
      },
    })
    const failure = await failureOf(rows('SELECT fails(x) FROM (VALUES 1) t(x)'))
    expect(failure).toMatchObject({
      code: 'GENERIC_USER_ERROR',
      message: "Function 'fails' failed: too far",
      cause,
    })
    expect(await rows('SELECT fails(x) FROM (VALUES NULL) t(x)')).toEqual([[null]])
  })

  test('a result that is no value of the type is an error', async () => {
    engine.registerFunction({
      name: 'wide',
      args: ['varchar'],
      returns: 'tinyint',
      evaluate: (text) => Number(text),
    })
    expect(await rows("SELECT wide('127')")).toEqual([[127]])
    const failure = await failureOf(rows("SELECT wide(x) FROM (VALUES '128') t(x)"))
    expect(failure).toMatchObject({
      code: 'TYPE_MISMATCH',
      message: "Function 'wide': Value is no tinyint: 128",
    })
  })

  test('a promise of a function that is not asynchronous is an error', async () => {
    engine.registerFunction({
      name: 'later',
      args: ['bigint'],
      returns: 'bigint',
      evaluate: () => Promise.reject(new Error('unseen')),
    })
    const failure = await failureOf(rows('SELECT later(x) FROM (VALUES 1) t(x)'))
    expect(failure).toMatchObject({ message: "Function 'later' gave a promise" })
    expect(failure.hint).toContain('async: true')
  })
})

describe('aggregates of the program', () => {
  let engine: Millrace
  const rows = async (sql: string) => engine.query(sql, [], { rowMode: 'array' }).all()
  beforeAll(async () => {
    engine = await Millrace.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
    const longest = {
      create: () => [] as string[],
      add(state: string[], text: string) {
        state.push(text)
        return undefined
      },
      finish: (state: string[]) => state.toSorted().join('|'),
    }
    engine.registerFunction({
      name: 'joined',
      args: ['varchar'],
      returns: 'varchar',
      aggregate: longest,
    })
    engine.registerFunction({
      name: 'joined_parts',
      args: ['varchar'],
      returns: 'varchar',
      aggregate: { ...longest, merge: (a: string[], b: string[]) => [...a, ...b] },
    })
    engine.registerFunction({
      name: 'total',
      args: ['bigint', 'bigint'],
      returns: 'decimal(38, 0)',
      aggregate: {
        create: () => 0n,
        add: (sum, value, weight) => sum + value * weight,
        merge: (a, b) => a + b,
        finish: (sum) => sum,
      },
    })
  })
  afterAll(() => engine.close())

  test.each([
    'joined',
    'joined_parts',
  ])('%s by groups, of nothing, with the clauses of aggregates', async (name) => {
    const from = "FROM (VALUES (1, 'b'), (2, 'x'), (1, 'a'), (1, NULL), (1, 'a')) t(k, v)"
    expect(
      await rows(
        `SELECT k, ${name}(v), ${name}(DISTINCT v), ${name}(v) FILTER (WHERE v <> 'a') ${from} GROUP BY k ORDER BY k`,
      ),
    ).toEqual([
      [1, 'a|a|b', 'a|b', 'b'],
      [2, 'x', 'x', 'x'],
    ])
    expect(await rows(`SELECT ${name}(v) ${from} WHERE k > 5`)).toEqual([['']])
  })

  test.each([
    'joined',
    'joined_parts',
  ])('%s over frames that slide, short and long', async (name) => {
    for (const distance of [1, 100]) {
      const frame = `OVER (ORDER BY n ROWS BETWEEN ${distance} PRECEDING AND CURRENT ROW)`
      const from =
        "FROM (SELECT n, lpad(CAST(n AS varchar), 4, '0') t FROM UNNEST(sequence(1, 300)) s(n))"
      const own = await rows(`SELECT ${name}(t) ${frame} ${from}`)
      const known = await rows(`SELECT array_join(array_sort(array_agg(t) ${frame}), '|') ${from}`)
      expect(own).toEqual(known)
    }
  })

  test('several arguments, and as many rows as a table has', async () => {
    expect(
      await rows(`SELECT returnflag, total(orderkey, linenumber) = sum(orderkey * linenumber)
        FROM tpch.tiny.lineitem GROUP BY returnflag ORDER BY 1`),
    ).toEqual([
      ['A', true],
      ['N', true],
      ['R', true],
    ])
  })

  test('what a part throws ends the query', async () => {
    engine.registerFunction({
      name: 'bad_end',
      args: ['bigint'],
      returns: 'bigint',
      aggregate: {
        create: () => 0,
        add: (n) => n + 1,
        finish: () => {
          throw new Error('no end')
        },
      },
    })
    expect(await failureOf(rows('SELECT bad_end(1)'))).toMatchObject({
      code: 'GENERIC_USER_ERROR',
      message: "Function 'bad_end' failed: no end",
    })
  })
})

test.each([
  'joined',
  'merged',
])('%s: states of aggregates are spilled, or rows where they cannot be put together', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-functions-'))
  const engine = await Millrace.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
    spillPath: folder,
    spillsEagerly: true,
  })
  try {
    engine.registerFunction({
      name,
      args: ['bigint'],
      returns: 'bigint',
      aggregate: {
        create: () => ({ sum: 0n }),
        add(state, value) {
          state.sum += value
          return undefined
        },
        ...(name === 'merged'
          ? { merge: (a: { sum: bigint }, b: { sum: bigint }) => ({ sum: a.sum + b.sum }) }
          : {}),
        finish: ({ sum }) => sum,
      },
    })
    const [row] = await engine
      .query(
        `SELECT count(*) AS groups, count_if(own = known) AS equal FROM (
        SELECT ${name}(extendedprice_cents) own, sum(extendedprice_cents) known
        FROM (SELECT orderkey, CAST(extendedprice * 100 AS bigint) extendedprice_cents FROM tpch.tiny.lineitem)
        GROUP BY orderkey)`,
        [],
        { memoryLimitBytes: 8 << 20 },
      )
      .all()
    expect(row).toEqual({ groups: 15000n, equal: 15000n })
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true })
  }
})
