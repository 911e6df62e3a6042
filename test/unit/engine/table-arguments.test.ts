import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'
import {
  BIGINT,
  blockOf,
  type Connector,
  type ConnectorTableFunction,
  fixedSplitSource,
  type Page,
  page,
  readValue,
  type TableFunctionArgument,
  type TableFunctionDataProcessor,
  VARCHAR,
  type Value,
} from '../../../src/spi/index.js'

/** What processors were made and given, and how they ended. */
const log: string[] = []

const table = (
  name: string,
  more: Partial<Extract<TableFunctionArgument, { kind: 'table' }>> = {},
): TableFunctionArgument => ({
  kind: 'table',
  name,
  rowSemantics: false,
  pruneWhenEmpty: false,
  passThroughColumns: false,
  ...more,
})

type Make = () => Omit<TableFunctionDataProcessor, 'close'>
const processors: Record<string, Make> = {
  /** The number of rows of each argument, as a text. */
  count: () => {
    const counts: number[] = []
    return {
      *process(input) {
        input.forEach((rows, i) => {
          counts[i] = (counts[i] ?? 0) + (rows?.rowCount ?? 0)
        })
        if (input.some((rows) => rows !== undefined)) return
        yield page([blockOf(VARCHAR, [counts.join('/')])])
      },
    }
  },
  /** The first required column's values, joined. */
  concat: () => {
    const values: Value[] = []
    return {
      async *process([rows]) {
        for (let i = 0; i < (rows?.rowCount ?? 0); i++) values.push(readValue(rows!.blocks[0]!, i))
        await new Promise((resolve) => setImmediate(resolve))
        if (rows === undefined) yield page([blockOf(VARCHAR, [values.map(String).join(',')])])
      },
    }
  },
  /** Each row twice, with its own columns beside it. */
  twice: () => {
    let before = 0
    return {
      *process([rows]): Generator<Page> {
        if (rows === undefined) return
        const numbers = Array.from({ length: 2 * rows.rowCount }, (_, i) =>
          BigInt(before + Math.floor(i / 2)),
        )
        before += rows.rowCount
        yield page([
          blockOf(
            BIGINT,
            numbers.map((_, i) => BigInt(i % 2)),
          ),
          blockOf(BIGINT, numbers),
        ])
      },
    }
  },
  /** The last row of a partition, and a row that stands beside nothing. */
  last: () => {
    let count = 0
    return {
      *process([rows]): Generator<Page> {
        count += rows?.rowCount ?? 0
        if (rows !== undefined) return
        const last = count === 0 ? null : BigInt(count - 1)
        yield page([blockOf(BIGINT, [BigInt(count), null]), blockOf(BIGINT, [last, null])])
      },
    }
  },
  wrong_type: () => ({
    *process() {
      yield page([blockOf(BIGINT, [1n])])
    },
  }),
  wrong_row: () => ({
    *process([rows]) {
      if (rows === undefined) yield page([blockOf(BIGINT, [1n]), blockOf(BIGINT, [99n])])
    },
  }),
  failing: () => ({
    process() {
      throw new Error('no luck')
    },
  }),
  hanging: () => ({
    async *process() {
      await new Promise(() => {})
    },
  }),
}

const fn = (
  name: string,
  args: readonly TableFunctionArgument[],
  returned: readonly { name: string; type: typeof BIGINT | typeof VARCHAR }[],
  more: Partial<ConnectorTableFunction> = {},
): ConnectorTableFunction => ({
  schema: 's',
  name,
  args,
  returnType: { kind: 'generic' },
  analyze: (_session, _transaction, values) => ({
    returnedType: returned,
    requiredColumns: Object.fromEntries(
      Object.entries(values).flatMap(([key, value]) =>
        value.kind === 'table' ? [[key, [0]]] : [],
      ),
    ),
    handle: name,
  }),
  ...more,
})

const TEXT = [{ name: 'result', type: VARCHAR }]
const NUMBER = [{ name: 'n', type: BIGINT }]
const functions: readonly ConnectorTableFunction[] = [
  fn('count', [table('INPUT')], TEXT),
  { ...fn('count', [table('A'), table('B')], TEXT), name: 'count2' },
  { ...fn('count', [table('A'), table('B'), table('C')], TEXT), name: 'count3' },
  fn('concat', [table('INPUT')], TEXT),
  { ...fn('concat', [table('INPUT', { rowSemantics: true })], TEXT), name: 'concat_rows' },
  fn('twice', [table('INPUT', { rowSemantics: true, passThroughColumns: true })], NUMBER),
  fn('last', [table('INPUT', { passThroughColumns: true })], NUMBER),
  fn('wrong_type', [table('INPUT')], TEXT),
  fn('wrong_row', [table('INPUT', { passThroughColumns: true })], NUMBER),
  fn('failing', [table('INPUT')], TEXT),
  fn('hanging', [table('INPUT', { rowSemantics: true })], TEXT),
  fn('no_columns', [table('INPUT')], TEXT, {
    analyze: () => ({ returnedType: TEXT, requiredColumns: {}, handle: 'count' }),
  }),
  fn('no_type', [table('INPUT')], TEXT, {
    analyze: () => ({ requiredColumns: { INPUT: [0] }, handle: 'count' }),
  }),
  fn('splits', [], NUMBER),
]

const connector: Connector = {
  threadBound: true,
  getTableFunctions: () =>
    functions.map((f) => ({
      ...f,
      analyze: async (...args: Parameters<ConnectorTableFunction['analyze']>) => {
        const analysis = await f.analyze(...args)
        const [, , values] = args
        for (const value of Object.values(values)) {
          if (value.kind === 'table') log.push(`${value.partitionBy}|${value.orderBy}`)
        }
        return analysis
      },
    })),
  getMetadata: () => ({
    listSchemaNames: () => ['s'],
    listTables: () => [],
    *streamTableColumns() {},
    getTableHandle: () => undefined,
    getTableMetadata: () => ({ table: { schema: 's', table: 't' }, columns: [] }),
    getColumnHandles: () => new Map(),
    getColumnMetadata: (_session, _table, column) => ({ name: String(column), type: VARCHAR }),
  }),
  getSplitManager: () => ({
    getSplits: () => fixedSplitSource([]),
    getTableFunctionSplits: () => fixedSplitSource([{ weight: 1 }, { weight: 2 }, { weight: 3 }]),
  }),
  getFunctionProvider: () => ({
    getTableFunctionProcessorProvider: (handle) => ({
      getDataProcessor() {
        log.push(`open ${handle}`)
        return { ...processors[String(handle)]!(), close: () => void log.push(`close ${handle}`) }
      },
      getSplitProcessor: (_session, _handle, split) => ({
        *process() {
          yield page([blockOf(BIGINT, [BigInt(split.weight!)])])
          yield page([blockOf(BIGINT, [BigInt(split.weight! * 10)])])
        },
        close: () => void log.push('close split'),
      }),
    }),
  }),
}

let engine: Millrace
beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    plugins: [{ getConnectorFactories: () => [{ name: 'functions', create: () => connector }] }],
    catalogs: { f: { 'connector.name': 'functions' } },
  })
})
afterAll(() => engine.close())

const rows = async (sql: string): Promise<unknown[][]> =>
  (await engine.query(sql).all()).map((row) => Object.values(row as object))
const failure = (sql: string): Promise<MillraceError> =>
  engine
    .query(sql)
    .all()
    .then(
      () => {
        throw new Error(`no error: ${sql}`)
      },
      (error: MillraceError) => error,
    )

const T = "(VALUES (1, 'a'), (2, 'b'), (1, 'c'), (NULL, 'd'), (2, 'e'), (1, 'f')) t(k, v)"

test('one processor a partition; partitioning columns stand behind the function’s own', async () => {
  log.length = 0
  expect(
    await rows(
      `SELECT * FROM TABLE(f.s.count(TABLE(SELECT v, k FROM ${T}) AS x PARTITION BY k)) ORDER BY k`,
    ),
  ).toEqual([
    ['3', 1],
    ['2', 2],
    ['1', null],
  ])
  expect(log.filter((line) => line.startsWith('open'))).toHaveLength(3)
  expect(log.filter((line) => line.startsWith('close'))).toHaveLength(3)
  expect(log[0]).toBe('k|')
})

test('rows of a partition come in order', async () => {
  expect(
    await rows(
      `SELECT p.result, x.k FROM TABLE(f.s.concat(TABLE(SELECT v, k FROM ${T}) x PARTITION BY k ORDER BY v DESC)) p ORDER BY k NULLS FIRST`,
    ),
  ).toEqual([
    ['d', null],
    ['f,c,a', 1],
    ['e,b', 2],
  ])
  expect(
    await rows(
      `SELECT * FROM TABLE(f.s.concat(TABLE(SELECT v FROM ${T}) ORDER BY v DESC)) AS q(all_of)`,
    ),
  ).toEqual([['f,e,d,c,b,a']])
})

test('rows that a function numbers stand beside its own', async () => {
  expect(
    await rows(
      `SELECT n, k, v FROM TABLE(f.s.twice(TABLE(SELECT * FROM ${T}))) WHERE k = 2 ORDER BY v, n`,
    ),
  ).toEqual([
    [0n, 2, 'b'],
    [1n, 2, 'b'],
    [0n, 2, 'e'],
    [1n, 2, 'e'],
  ])
  expect(
    await rows(
      `SELECT n, v FROM TABLE(f.s.last(TABLE(SELECT * FROM ${T}) PARTITION BY k ORDER BY v)) WHERE n > 1 OR n IS NULL ORDER BY n, v`,
    ),
  ).toEqual([
    [2n, 'e'],
    [3n, 'f'],
    [null, null],
    [null, null],
    [null, null],
  ])
})

test('an empty argument: KEEP runs the function once, PRUNE does not', async () => {
  const empty = '(SELECT 1 AS a WHERE false)'
  expect(await rows(`SELECT * FROM TABLE(f.s.count(TABLE(SELECT * FROM ${empty})))`)).toEqual([
    ['0'],
  ])
  expect(
    await rows(`SELECT * FROM TABLE(f.s.count(TABLE(SELECT * FROM ${empty}) PRUNE WHEN EMPTY))`),
  ).toEqual([])
  expect(
    await rows(
      `SELECT * FROM TABLE(f.s.count(TABLE(SELECT * FROM ${empty}) PARTITION BY a KEEP WHEN EMPTY))`,
    ),
  ).toEqual([['0', null]])
  expect(
    await rows(`SELECT * FROM TABLE(f.s.last(TABLE(SELECT * FROM ${empty}) KEEP WHEN EMPTY))`),
  ).toEqual([
    [0n, null],
    [null, null],
  ])
  expect(await rows(`SELECT * FROM TABLE(f.s.concat_rows(TABLE(SELECT * FROM ${empty})))`)).toEqual(
    [],
  )
})

const A = '(VALUES 1, 1, 2) a(x)'
const B = "(VALUES BIGINT '2', 2, 2, 3) b(y)"
const counts = (a: string, b: string, copartition = '') =>
  rows(
    `SELECT * FROM TABLE(f.s.count2(TABLE(SELECT x FROM ${A}) a PARTITION BY x ${a}, TABLE(SELECT y FROM ${B}) b PARTITION BY y ${b} ${copartition})) ORDER BY 2, 3`,
  )

test('partitions of several arguments are combined each with each', async () => {
  expect(await counts('', '')).toEqual([
    ['2/3', 1, 2n],
    ['2/1', 1, 3n],
    ['1/3', 2, 2n],
    ['1/1', 2, 3n],
  ])
  expect(
    await rows(
      `SELECT * FROM TABLE(f.s.count2(TABLE(SELECT x FROM ${A}) PARTITION BY x, TABLE(SELECT 1 WHERE false)))`,
    ),
  ).toEqual(
    expect.arrayContaining([
      ['2/0', 1],
      ['1/0', 2],
    ]),
  )
  expect(
    await rows(
      `SELECT * FROM TABLE(f.s.count2(TABLE(SELECT x FROM ${A}) PARTITION BY x, TABLE(SELECT 1 WHERE false) PRUNE WHEN EMPTY))`,
    ),
  ).toEqual([])
})

test('copartitioned arguments meet where their keys are equal, of different types too', async () => {
  expect(await counts('KEEP WHEN EMPTY', 'KEEP WHEN EMPTY', 'COPARTITION (a, b)')).toEqual([
    ['2/0', 1, null],
    ['1/3', 2, 2n],
    ['0/1', null, 3n],
  ])
  expect(await counts('PRUNE WHEN EMPTY', 'KEEP WHEN EMPTY', 'COPARTITION (a, b)')).toEqual([
    ['2/0', 1, null],
    ['1/3', 2, 2n],
  ])
  expect(await counts('KEEP WHEN EMPTY', 'PRUNE WHEN EMPTY', 'COPARTITION (a, b)')).toEqual([
    ['1/3', 2, 2n],
    ['0/1', null, 3n],
  ])
  expect(await counts('PRUNE WHEN EMPTY', 'PRUNE WHEN EMPTY', 'COPARTITION (a, b)')).toEqual([
    ['1/3', 2, 2n],
  ])
  expect(
    await rows(
      `SELECT result FROM TABLE(f.s.count3(TABLE(SELECT x FROM ${A}) a PARTITION BY x, TABLE(VALUES 7, 7, 7, 7) AS c, TABLE(SELECT y FROM ${B}) b PARTITION BY y PRUNE WHEN EMPTY COPARTITION (b, a))) ORDER BY 1`,
    ),
  ).toEqual([['0/4/1'], ['1/4/3']])
})

test('arguments may be tables, WITH queries and views; calls nest and join', async () => {
  await engine.query(`CREATE TABLE nums AS SELECT * FROM ${T}`).all()
  await engine
    .query('CREATE VIEW counted AS SELECT * FROM TABLE(f.s.count(TABLE(nums) PARTITION BY k))')
    .all()
  expect(await rows('SELECT * FROM counted WHERE k = 1')).toEqual([['3', 1]])
  expect(
    await rows(
      'WITH w AS (SELECT * FROM nums WHERE k > 0) SELECT a.result, b.result AS b FROM TABLE(f.s.count(TABLE(w) PARTITION BY k)) a, TABLE(f.s.count(TABLE(w))) b ORDER BY 1',
    ),
  ).toEqual([
    ['2', '5'],
    ['3', '5'],
  ])
  expect(
    await rows(
      'SELECT * FROM TABLE(f.s.count(TABLE(SELECT * FROM TABLE(f.s.twice(TABLE(nums))))))',
    ),
  ).toEqual([['12']])
  expect(
    await rows('SELECT (SELECT result FROM TABLE(f.s.count(TABLE(nums)))) FROM (VALUES 1, 2)'),
  ).toEqual([['6'], ['6']])
})

test('a function without table arguments runs over its splits', async () => {
  log.length = 0
  expect(await rows('SELECT * FROM TABLE(f.s.splits()) ORDER BY 1')).toEqual(
    [1n, 2n, 3n, 10n, 20n, 30n].map((n) => [n]),
  )
  expect(log).toEqual(['close split', 'close split', 'close split'])
})

test('many rows in many pages, partitions across their borders', async () => {
  expect(
    await rows(
      `SELECT count(*), sum(CAST(result AS bigint)), min(k), max(k) FROM TABLE(f.s.count(TABLE(SELECT n, n / 700 AS k FROM TABLE(sequence(0, 199999)) s(n)) PARTITION BY k))`,
    ),
  ).toEqual([[286n, 200000n, 0n, 285n]])
  expect(
    await rows(
      `SELECT count(*), count(DISTINCT x), sum(x) FROM TABLE(f.s.twice(TABLE(SELECT n AS x FROM TABLE(sequence(1, 150000)) s(n))))`,
    ),
  ).toEqual([[300000n, 150000n, 2n * ((150000n * 150001n) / 2n)]])
})

test('a LIMIT above closes the processor', async () => {
  log.length = 0
  expect(
    await rows(
      'SELECT n FROM TABLE(f.s.twice(TABLE(SELECT n AS x FROM TABLE(sequence(1, 90000)) s(n)))) LIMIT 3',
    ),
  ).toHaveLength(3)
  expect(log).toEqual(['|', 'open twice', 'close twice'])
})

test('a consumer that leaves does not wait for a processor', async () => {
  log.length = 0
  const query = engine.query('SELECT * FROM TABLE(f.s.hanging(TABLE(VALUES 1)))')
  const all = query.all().then(
    () => 'ended',
    (error: MillraceError) => error.code,
  )
  while (!log.includes('open hanging')) await new Promise((resolve) => setTimeout(resolve, 1))
  await query.cancel()
  expect(await all).toBe('USER_CANCELED')
  expect(log.at(-1)).toBe('close hanging')
}, 10_000)

test.each([
  [
    'SELECT * FROM TABLE(f.s.concat_rows(TABLE(VALUES 1) t(a) PARTITION BY a))',
    'INVALID_FUNCTION_ARGUMENT',
    'Partitioning specified for table argument with row semantics',
  ],
  [
    'SELECT * FROM TABLE(f.s.concat_rows(TABLE(VALUES 1) t(a) ORDER BY a))',
    'INVALID_FUNCTION_ARGUMENT',
    'Ordering specified',
  ],
  [
    'SELECT * FROM TABLE(f.s.concat_rows(TABLE(VALUES 1) t(a) KEEP WHEN EMPTY))',
    'INVALID_FUNCTION_ARGUMENT',
    'Empty behavior specified',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(TABLE(VALUES 1) t(a) PARTITION BY b))',
    'COLUMN_NOT_FOUND',
    'Column b is not present in the input relation',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(TABLE(VALUES 1) t(a) PARTITION BY a + 1))',
    'INVALID_COLUMN_REFERENCE',
    'Expected column reference',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(1))',
    'INVALID_FUNCTION_ARGUMENT',
    'Invalid argument INPUT. Expected table, got expression',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(DESCRIPTOR(a)))',
    'INVALID_FUNCTION_ARGUMENT',
    'Expected table, got descriptor',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(f.s.count(1)))',
    'NOT_SUPPORTED',
    'Table functions are not allowed as table function arguments',
  ],
  ['SELECT * FROM TABLE(f.s.count())', 'MISSING_ARGUMENT', 'Missing argument: INPUT'],
  [
    'SELECT * FROM TABLE(f.s.count2(TABLE(VALUES 1) a(x) PARTITION BY x, TABLE(VALUES 1) b(y) PARTITION BY y COPARTITION (a, c)))',
    'INVALID_COPARTITIONING',
    'No table argument found for name: c',
  ],
  [
    'SELECT * FROM TABLE(f.s.count2(TABLE(VALUES 1) a(x) PARTITION BY x, TABLE(VALUES 1) b(y) PARTITION BY y COPARTITION (a, a)))',
    'INVALID_COPARTITIONING',
    'Multiple references to table argument: a',
  ],
  [
    'SELECT * FROM TABLE(f.s.count2(TABLE(VALUES 1) AS a(x), TABLE(VALUES 1) b(y) PARTITION BY y COPARTITION (a, b)))',
    'INVALID_COPARTITIONING',
    'is not partitioned',
  ],
  [
    'SELECT * FROM TABLE(f.s.count2(TABLE(VALUES (1, 2)) a(x, z) PARTITION BY (x, z), TABLE(VALUES 1) b(y) PARTITION BY y COPARTITION (a, b)))',
    'INVALID_COPARTITIONING',
    'Numbers of partitioning columns',
  ],
  [
    "SELECT * FROM TABLE(f.s.count2(TABLE(VALUES 1) a(x) PARTITION BY x, TABLE(VALUES 'v') b(y) PARTITION BY y COPARTITION (a, b)))",
    'TYPE_MISMATCH',
    'incompatible types',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(TABLE(VALUES 1) t(a))) AS t',
    'DUPLICATE_RANGE_VARIABLE',
    'duplicate of input table name',
  ],
  [
    'SELECT * FROM TABLE(f.s.count(TABLE(VALUES 1) t(a) PARTITION BY a)) AS p(x, y)',
    'MISMATCHED_COLUMN_ALIASES',
    '1 proper columns',
  ],
  [
    'SELECT * FROM TABLE(f.s.no_columns(TABLE(VALUES 1)))',
    'FUNCTION_IMPLEMENTATION_ERROR',
    'does not specify required input columns',
  ],
  [
    'SELECT * FROM TABLE(f.s.no_type(TABLE(VALUES 1)))',
    'MISSING_RETURN_TYPE',
    'Cannot determine returned relation type',
  ],
  [
    'SELECT * FROM TABLE(f.s.wrong_type(TABLE(VALUES 1)))',
    'FUNCTION_IMPLEMENTATION_ERROR',
    'rows of bigint instead of',
  ],
  [
    'SELECT * FROM TABLE(f.s.wrong_row(TABLE(VALUES 1)))',
    'FUNCTION_IMPLEMENTATION_ERROR',
    'a row that it was not given: 99',
  ],
  ['SELECT * FROM TABLE(f.s.failing(TABLE(VALUES 1)))', 'GENERIC_INTERNAL_ERROR', 'no luck'],
  [
    'SELECT * FROM TABLE(exclude_columns(TABLE(VALUES (1, 2)) t(a, b) PARTITION BY a, DESCRIPTOR(b)))',
    'INVALID_FUNCTION_ARGUMENT',
    'Invalid argument INPUT. Partitioning specified',
  ],
])('%s', async (sql, code, message) => {
  const error = await failure(sql)
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
})

test('EXPLAIN says what a function reads of its arguments, and how', async () => {
  const plan = await rows(
    `EXPLAIN SELECT result FROM TABLE(f.s.count2(TABLE(VALUES 1) a(x) PARTITION BY x, TABLE(VALUES 1) b(y) PARTITION BY y COPARTITION (a, b)))`,
  )
  expect(String(plan)).toContain('TableFunction[name = f.s.count2, copartition = (A, B)]')
  expect(String(plan)).toMatch(/A => KEEP WHEN EMPTY PARTITION BY \[\w+\], reads \[\w+\]/)
})

test('names that an alias gives the columns of a table function are upper-case unless quoted', async () => {
  const names = async (alias: string) =>
    (await engine.query(`SELECT * FROM TABLE(sequence(1, 1)) ${alias}`).columns()).map(
      (c) => c.name,
    )
  expect(await names('t(a)')).toEqual(['A'])
  expect(await names('t("a")')).toEqual(['a'])
})
