import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createTable } from '../tpcds/data.mjs'
import { TABLES as TPCDS_TABLES } from '../tpcds/tables.mjs'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { TABLES } from '../tpch/tables.mjs'
import { servePeer } from './serve.mjs'

const here = fileURLToPath(new URL('../..', import.meta.url))

let engine
let options = {}
servePeer({
  /** @param root of another revision's work tree, built */
  async load({ suite, threads, scaleFactor, source, parquet, root = here, setUp = [] }) {
    const { Millrace } = await import(pathToFileURL(join(root, 'dist', 'index.js')).href)
    const files = { 'connector.name': 'files', 'files.root': dirname(parquet ?? here) }
    engine = await Millrace.create({ threads, catalogs: { tpch: TPCH_CATALOG, parquet: files } })
    if (suite === 'tpcds') {
      for (const table of Object.keys(TPCDS_TABLES)) {
        await engine.execute(createTable(table, `parquet."${basename(parquet)}".${table}`))
      }
    } else if (source === 'parquet') {
      options = { catalog: 'parquet', schema: basename(parquet) }
    } else {
      for (const table of Object.keys(TABLES)) {
        await engine.execute(
          `CREATE TABLE ${table} AS SELECT * FROM tpch."sf${scaleFactor}".${table}`,
        )
      }
    }
    for (const sql of setUp) await engine.execute(typeof sql === 'string' ? sql : sql.millrace)
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  },
  query: (sql) => engine.query(sql, undefined, { ...options, rowMode: 'array' }).all(),
})
