import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { Millrace } from '../../../../src/index.js'
import { SEED } from '../../../support/seed.js'

/** Expressions over the row number `i` and a random text `h` of 32 hexadecimal digits. */
const COLUMNS: Readonly<Record<string, string>> = {
  i8: '(i % 256 - 128)::TINYINT',
  i16: '(i * 37 % 65536 - 32768)::SMALLINT',
  i32: '((i * 7919 * 7919) % 4294967296 - 2147483648)::INTEGER',
  i64: "('0x' || substr(h, 1, 15))::BIGINT * CASE WHEN i % 2 = 0 THEN 8 ELSE -8 END",
  d4: '((i % 19999 - 9999) / 10)::DECIMAL(4, 1)',
  d9: '(i * 1001 % 1999999999 - 999999999)::DECIMAL(9, 0)',
  d18: "(('0x' || substr(h, 3, 13))::BIGINT)::DECIMAL(18, 0) / 1000",
  d30: "('0x' || substr(h, 1, 15))::BIGINT::DECIMAL(30, 5)",
  f: '(i * 1.5)::FLOAT',
  x: "CASE i % 5 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE WHEN 2 THEN -0.0 ELSE i / 7 END",
  b: 'i % 3 = 0',
  day: "DATE '1969-01-01' + (i % 40000)::INTEGER",
  ts: "TIMESTAMP '1969-12-31 23:59:59.999999' + to_microseconds(i * 1000003)",
  text: "CASE i % 6 WHEN 0 THEN '' WHEN 1 THEN substr(h, 1, 12) WHEN 2 THEN substr(h, 1, 13) WHEN 3 THEN 'é€😀' WHEN 4 THEN repeat(h, 40) || 'ß' ELSE h END",
  bytes:
    "CASE i % 3 WHEN 0 THEN ''::BLOB WHEN 1 THEN unhex(substr(h, 1, 24)) ELSE unhex(h) || '\\x00\\xFF'::BLOB END",
}

const shown = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return Object.is(value, -0) ? '-0' : value
}

/** A value of the package's as the engine gives it to programs. */
function expected(value: DuckDBValue): unknown {
  if (value === null || typeof value !== 'object') return shown(value)
  if ('bytes' in value) return shown(value.bytes)
  const text = String(value)
  // A timestamp: the package leaves zeros at the end out.
  if (!('micros' in value)) return text
  const [seconds, fraction = ''] = text.split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}`
}

test('columns are read as DuckDB has them, whatever is null', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-duckdb-vectors-'))
  const path = join(folder, 'types.db')
  const list = Object.entries(COLUMNS).flatMap(([name, sql]) => [
    `${sql} AS ${name}`,
    `CASE WHEN i % 7 = ${name.length} OR i BETWEEN 1900 AND 2700 THEN NULL ELSE ${sql} END AS ${name}_null`,
  ])
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(
    `CREATE TABLE t AS SELECT ${list.join(', ')} FROM (SELECT range AS i, md5((range + ${SEED})::VARCHAR) AS h FROM range(3000))`,
  )
  const rows = (await connection.runAndReadAll('SELECT * FROM t')).getRows()
  connection.closeSync()
  instance.closeSync()

  const engine = await Millrace.create({
    threads: 0,
    catalogs: { db: { 'connector.name': 'duckdb', 'connection-url': path } },
  })
  try {
    const query = engine.query('SELECT * FROM db.main.t', [], { rowMode: 'array' })
    const names = (await query.columns()).map(({ name }) => name)
    let row = 0
    for await (const values of query as AsyncIterable<unknown[]>) {
      const wanted = rows[row]!.map((value) => expected(value))
      const wrong = values.findIndex((value, i) => !Object.is(shown(value), wanted[i]))
      if (wrong >= 0) {
        const where = `${names[wrong]} of row ${row}, seed ${SEED}`
        throw new Error(`${where}: ${shown(values[wrong])} instead of ${wanted[wrong]}`)
      }
      row++
    }
    expect(row).toBe(rows.length)
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true })
  }
})

test.each([
  "DATE 'infinity'",
  "DATE '-infinity'",
  "TIMESTAMP 'infinity'",
  "TIMESTAMP '-infinity'",
])('%s is no value here', async (value) => {
  const engine = await Millrace.create({
    threads: 0,
    catalogs: { db: { 'connector.name': 'duckdb', 'connection-url': ':memory:' } },
  })
  const sql = `SELECT ${value} AS v UNION ALL SELECT NULL`.replaceAll("'", "''")
  const query = engine.query(`SELECT * FROM TABLE(db.system.query(query => '${sql}'))`)
  await expect(query.all()).rejects.toMatchObject({ code: 'NUMERIC_VALUE_OUT_OF_RANGE' })
  await engine.close()
})
