import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { QUERIES } from '../../../../../bench/tpch/queries.mjs'
import { TABLES } from '../../../../../bench/tpch/tables.mjs'
import { Millrace } from '../../../../../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-tpch-'))
let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    catalogs: {
      tpch: {
        'connector.name': 'tpch',
        'tpch.column-naming': 'STANDARD',
        'tpch.double-type-mapping': 'DECIMAL',
      },
      files: { 'connector.name': 'files', 'files.root': folder },
    },
  })
  await engine.execute('CREATE SCHEMA files.tpch')
  for (const table of Object.keys(TABLES)) {
    const rows = `AS SELECT * FROM tpch.tiny.${table}`
    await engine.execute(`CREATE TABLE files.tpch.${table} WITH (format = 'PARQUET') ${rows}`)
  }
}, 60_000)

afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

it.each(
  QUERIES.map((sql: string, i: number) => [`Q${i + 1}`, sql]),
)('%s gives the same rows from files as from the generator', async (_name, sql) => {
  const rows = async (catalog: string, schema: string) =>
    engine.query(sql, undefined, { catalog, schema, rowMode: 'array' }).all()
  expect(await rows('files', 'tpch')).toEqual(await rows('tpch', 'tiny'))
})
