import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../../src/client/index.js'
import { Engine } from '../../../src/engine/engine.js'
import { Millrace } from '../../../src/index.js'
import { type RunningServer, startServer } from '../../../src/server/server.js'

/** The edges of every type and what docs/values.md says of them: nothing may lose precision on any way to a program. */
const VALUES: readonly (readonly [sql: string, value: unknown])[] = [
  ['true', true],
  ["TINYINT '-128'", -128],
  ["SMALLINT '-32768'", -32768],
  ['-2147483648', -2147483648],
  ["BIGINT '9223372036854775807'", 9223372036854775807n],
  ["BIGINT '-9223372036854775808'", -9223372036854775808n],
  ["BIGINT '9007199254740993'", 9007199254740993n],
  ["REAL '3.4028235E38'", 3.4028235e38],
  ["REAL '0.1'", 0.1],
  ["DOUBLE '1.7976931348623157E308'", Number.MAX_VALUE],
  ["DOUBLE '4.9E-324'", Number.MIN_VALUE],
  ['-0e0', -0],
  ['nan()', Number.NaN],
  ['-infinity()', Number.NEGATIVE_INFINITY],
  ['CAST(nan() AS real)', Number.NaN],
  [`DECIMAL '${'9'.repeat(38)}'`, '9'.repeat(38)],
  [`DECIMAL '-0.${'0'.repeat(36)}1'`, `-0.${'0'.repeat(36)}1`],
  ["DECIMAL '0.00'", '0.00'],
  ["CAST('' AS varchar)", ''],
  ["U&'\\0000a\\+01F600'", '\0a\u{1f600}'],
  ["CAST('a' AS char(3))", 'a  '],
  ["X'00ff'", new Uint8Array([0, 255])],
  ["JSON '9223372036854775807'", '9223372036854775807'],
  ["JSON 'null'", 'null'],
  ["DATE '-5877641-06-23'", '-5877641-06-23'],
  ["DATE '5881580-07-11'", '+5881580-07-11'],
  ["TIME '23:59:59.999999999999'", '23:59:59.999999999999'],
  ["TIME '23:59:59.999999999999+14:00'", '23:59:59.999999999999+14:00'],
  ["TIMESTAMP '-290308-12-21 19:59:05.224192'", '-290308-12-21 19:59:05.224192'],
  ["TIMESTAMP '294247-01-10 04:00:54.775807'", '+294247-01-10 04:00:54.775807'],
  ["TIMESTAMP '1969-12-31 23:59:59.999999999999'", '1969-12-31 23:59:59.999999999999'],
  ["TIMESTAMP '73326-09-11 20:14:45.247 UTC'", '+73326-09-11 20:14:45.247 UTC'],
  [
    "TIMESTAMP '2020-01-01 00:00:00.123456789012 Europe/Berlin'",
    '2020-01-01 00:00:00.123456789012 Europe/Berlin',
  ],
  ["INTERVAL '106751991' DAY", '106751991 00:00:00.000'],
  ["INTERVAL '-178956970' YEAR", '-178956970-0'],
  ["UUID '00000000-0000-0000-0000-000000000000'", '00000000-0000-0000-0000-000000000000'],
  ["IPADDRESS 'ffff::ffff'", 'ffff::ffff'],
  ["color('red')", 'red'],
  ["ARRAY[BIGINT '9223372036854775807', NULL]", [9223372036854775807n, null]],
  ["ARRAY[TIME '00:00:00.000000000001', NULL]", ['00:00:00.000000000001', null]],
  [
    "MAP(ARRAY[BIGINT '9223372036854775807'], ARRAY[DECIMAL '1.10'])",
    new Map([[9223372036854775807n, '1.10']]),
  ],
  [
    "MAP(ARRAY[TIMESTAMP '2020-01-01 00:00:00.123456789012'], ARRAY[X'01'])",
    new Map([['2020-01-01 00:00:00.123456789012', new Uint8Array([1])]]),
  ],
  ['MAP(ARRAY[nan()], ARRAY[ARRAY[-0e0]])', new Map([[Number.NaN, [-0]]])],
  [
    "CAST(ROW(BIGINT '9007199254740993', ROW(NULL, X'ff')) AS ROW(a bigint, b ROW(c json, d varbinary)))",
    { a: 9007199254740993n, b: { c: null, d: new Uint8Array([255]) } },
  ],
  ['NULL', null],
]

const LIST = VALUES.map(([sql], i) => `${sql} AS c${i}`).join(', ')
const COLUMNS = VALUES.map((_, i) => `c${i}`).join(', ')
/** As constants, and as columns of pages. */
const STATEMENTS = [
  `SELECT ${LIST}`,
  `SELECT ${COLUMNS} FROM (SELECT k, ${LIST} FROM (VALUES 1, 2, 3) t(k)) WHERE k % 3 = 2`,
]

let engine: Engine
let server: RunningServer
const closing: { close(): Promise<void> }[] = []
type Source = Pick<ReturnType<typeof connect>, 'query'>
const sources = new Map<string, Source>()

beforeAll(async () => {
  engine = await Engine.create({ threads: 0, timeZone: 'UTC' })
  server = await startServer(engine, { host: '127.0.0.1', port: 0 })
  const embedded = await Millrace.create({ threads: 0, timeZone: 'UTC' })
  const options = { user: 'tester', timeZone: 'UTC' }
  const stream = connect(server.url.replace('http', 'ws'), options)
  const trino = connect(server.url, { ...options, protocol: 'trino' })
  closing.push(embedded, stream, trino)
  sources.set('embedded', embedded).set('stream', stream).set('trino', trino)
})
afterAll(async () => {
  for (const one of closing) await one.close()
  await server.close()
  await engine.close()
})

test.for([
  'embedded',
  'stream',
  'trino',
])('values of every type, at their edges: %s', async (name) => {
  const source = sources.get(name)!
  const expected = VALUES.map(([, value]) => value)
  for (const sql of STATEMENTS) {
    const [row] = await source.query<readonly unknown[]>(sql, [], { rowMode: 'array' }).all()
    VALUES.forEach(([text], i) => {
      expect(row![i], text).toStrictEqual(expected[i])
    })
    const [object] = await source.query(sql).all()
    expect(object).toStrictEqual(Object.fromEntries(expected.map((value, i) => [`c${i}`, value])))
  }
})
