import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Millrace } from '../../dist/index.js'
import { createTable } from '../tpcds/data.mjs'
import { TABLES as TPCDS_TABLES } from '../tpcds/tables.mjs'
import { TABLES } from '../tpch/tables.mjs'
import { servePeer } from './serve.mjs'

let engine
let options = {}
servePeer({
  async load({ suite, threads, scaleFactor, parquet }) {
    engine = await Millrace.create({
      threads: threads === 1 ? 1 : threads,
      catalogs: {
        tpch: {
          'connector.name': 'tpch',
          'tpch.column-naming': 'STANDARD',
          'tpch.double-type-mapping': 'DECIMAL',
        },
        ...(parquet === undefined
          ? {}
          : { parquet: { 'connector.name': 'files', 'files.root': dirname(parquet) } }),
      },
    })
    if (suite === 'tpcds') {
      for (const table of Object.keys(TPCDS_TABLES)) {
        await engine.execute(createTable(table, `parquet."${basename(parquet)}".${table}`))
      }
      return version()
    }
    if (parquet !== undefined) {
      options = { catalog: 'parquet', schema: basename(parquet) }
      return version()
    }
    for (const table of Object.keys(TABLES)) {
      await engine.execute(
        `CREATE TABLE ${table} AS SELECT * FROM tpch."sf${scaleFactor}".${table}`,
      )
    }
    return version()
  },
  async query(sql) {
    const rows = await engine.query(sql, undefined, { ...options, rowMode: 'array' }).all()
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
  },
})

const version = () =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
