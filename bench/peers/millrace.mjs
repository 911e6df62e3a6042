import { readFileSync } from 'node:fs'
import { Millrace } from '../../dist/index.js'
import { TABLES } from '../tpch/tables.mjs'
import { servePeer } from './serve.mjs'

let engine
servePeer({
  async load({ threads, scaleFactor }) {
    engine = await Millrace.create({
      threads: threads === 1 ? 1 : threads,
      catalogs: {
        tpch: {
          'connector.name': 'tpch',
          'tpch.column-naming': 'STANDARD',
          'tpch.double-type-mapping': 'DECIMAL',
        },
      },
    })
    for (const table of Object.keys(TABLES)) {
      await engine.execute(
        `CREATE TABLE ${table} AS SELECT * FROM tpch."sf${scaleFactor}".${table}`,
      )
    }
    return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
  },
  async query(sql) {
    const rows = await engine.query(sql, undefined, { rowMode: 'array' }).all()
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
  },
})
