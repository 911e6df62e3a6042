import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

const engines: Millrace[] = []
beforeAll(async () => {
  const catalogs = { tpch: { 'connector.name': 'tpch' } }
  for (const expressionTarget of ['wasm', 'js', 'interpreter'] as const) {
    engines.push(await Millrace.create({ threads: 0, catalogs, expressionTarget }))
  }
})
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

const linesOf = async (engine: Millrace, sql: string): Promise<readonly string[]> => {
  const options = { catalog: 'tpch', schema: 'tiny', rowMode: 'array' } as const
  const rows = await engine.query(`EXPLAIN ${sql}`, [], options).all()
  const lines = (rows as readonly (readonly string[])[]).flatMap(([text]) => text!.split('\n'))
  return lines.flatMap((line) => /(?:JavaScript|Interpreted): .*/.exec(line) ?? [])
}

test.each([
  ["SELECT quantity * 2 FROM lineitem WHERE discount < 0.05 AND shipdate > DATE '1995-01-01'", []],
  ["SELECT 1 FROM part WHERE name LIKE '%green%' AND size < 4", []],
  [
    "SELECT 1 FROM part WHERE soundex(name) = 'x' AND size < 4",
    ["JavaScript: (soundex(CAST(name AS varchar)) = varchar(4) 'x')"],
  ],
  ['SELECT soundex(name), size + 1 FROM part', ['JavaScript: soundex(CAST(name AS varchar))']],
  [
    'SELECT 1 FROM nation a JOIN region b ON a.regionkey = b.regionkey AND levenshtein_distance(a.name, b.name) < 5',
    ["JavaScript: (levenshtein_distance(name, name_1) < bigint '5')"],
  ],
])('EXPLAIN says what kernels lack: %s', async (sql, expected) => {
  expect(await linesOf(engines[0]!, sql)).toEqual(expected)
})

test('EXPLAIN says what runs where by order of the engine', async () => {
  const sql = 'SELECT size + 1 FROM part'
  expect(await linesOf(engines[1]!, sql)).toEqual(["JavaScript: (size + integer '1')"])
  expect(await linesOf(engines[2]!, sql)).toEqual(["Interpreted: (size + integer '1')"])
})

test('EXPLAIN (TYPE IO) tells what is read, how restricted, and what is written', async () => {
  const [engine] = engines
  const io = async (sql: string): Promise<unknown> => {
    const options = { catalog: 'tpch', schema: 'tiny', rowMode: 'array' } as const
    const [[text]] = (await engine!.query(`EXPLAIN (TYPE IO) ${sql}`, [], options).all()) as [
      [string],
    ]
    return JSON.parse(text)
  }
  const table = (catalog: string, schema: string, name: string) => ({
    catalog,
    schemaTable: { schema, table: name },
  })
  await engine!.execute('CREATE TABLE memory.default.names (k bigint, name varchar)')
  expect(
    await io(
      "INSERT INTO memory.default.names SELECT nationkey, name FROM nation WHERE name > 'X' AND regionkey = 3",
    ),
  ).toMatchObject({
    inputTableColumnInfos: [
      {
        table: table('tpch', 'tiny', 'nation'),
        constraint: {
          none: false,
          columnConstraints: expect.arrayContaining([
            {
              columnName: 'name',
              type: 'varchar(25)',
              domain: {
                nullsAllowed: false,
                ranges: [{ low: { value: 'X', bound: 'ABOVE' }, high: { bound: 'BELOW' } }],
              },
            },
            {
              columnName: 'regionkey',
              type: 'bigint',
              domain: {
                nullsAllowed: false,
                ranges: [
                  { low: { value: '3', bound: 'EXACTLY' }, high: { value: '3', bound: 'EXACTLY' } },
                ],
              },
            },
          ]),
        },
        estimate: { cpuCost: 25, maxMemory: 0, networkCost: 0 },
      },
    ],
    outputTable: table('memory', 'default', 'names'),
  })
  expect(await io('SELECT 1')).toMatchObject({
    inputTableColumnInfos: [],
    estimate: { outputRowCount: 1 },
  })
  await expect(
    engine!.query('EXPLAIN (TYPE IO, FORMAT GRAPHVIZ) SELECT 1').all(),
  ).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
})

test('EXPLAIN ANALYZE tells what compiling kernels took, the first time only', async () => {
  const sql =
    'EXPLAIN ANALYZE SELECT max(size * 3 - partkey) FROM part WHERE size + 7 <> partkey % 11'
  const compiled = async (): Promise<boolean> => {
    const options = { catalog: 'tpch', schema: 'tiny', rowMode: 'array' } as const
    const rows = await engines[0]!.query(sql, [], options).all()
    return /time: \d+\.\d\dms \(kernels compiled in \d+\.\d\dms\)/.test(rows.join())
  }
  expect(await compiled()).toBe(true)
  expect(await compiled()).toBe(false)
})

test('EXPLAIN ANALYZE VERBOSE tells what operators tell of their work', async () => {
  const options = { catalog: 'tpch', schema: 'tiny', rowMode: 'array' } as const
  const verbose = async (sql: string): Promise<string> =>
    (await engines[0]!.query(`EXPLAIN ANALYZE VERBOSE ${sql}`, [], options).all()).join()
  expect(await verbose('SELECT custkey, count(*) FROM orders GROUP BY 1')).toMatch(
    /Operators: .*groups: 1000/,
  )
  expect(await verbose('SELECT name FROM part WHERE size > 10')).toMatch(
    /Operators: expressions: \w+/,
  )
})

test('EXPLAIN ANALYZE counts rows of a scan once: those that its dynamic filter has left', async () => {
  const options = { catalog: 'tpch', schema: 'tiny', rowMode: 'array' } as const
  const sql =
    "SELECT count(*) FROM lineitem l JOIN supplier s USING (suppkey) WHERE s.name LIKE '%7'"
  const [[count]] = (await engines[0]!.query(sql, [], options).all()) as [[bigint]]
  const text = (await engines[0]!.query(`EXPLAIN ANALYZE ${sql}`, [], options).all()).join()
  const scan = text.slice(text.indexOf('tpch:tiny.lineitem'))
  const [, output] = /Input: 60175 rows .*, output: (\d+) rows/.exec(scan)!
  expect(BigInt(output!)).toBe(count)
})
