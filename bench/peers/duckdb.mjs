import { DuckDBInstance, version } from '@duckdb/node-api'
import { createTable } from '../tpcds/data.mjs'
import { TABLES as TPCDS_TABLES } from '../tpcds/tables.mjs'
import { TABLES } from '../tpch/tables.mjs'
import { servePeer } from './serve.mjs'

let connection
servePeer({
  async load({ suite, threads, source, parquet, setUp = [] }) {
    const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
    connection = await instance.connect()
    const file = (table) => `read_parquet('${parquet}/${table}.parquet')`
    if (suite === 'tpcds') {
      for (const table of Object.keys(TPCDS_TABLES)) {
        await connection.run(createTable(table, file(table)))
      }
    } else {
      const kind = source === 'parquet' ? 'VIEW' : 'TABLE'
      for (const table of Object.keys(TABLES)) {
        await connection.run(`CREATE ${kind} ${table} AS SELECT * FROM ${file(table)}`)
      }
    }
    for (const sql of setUp) await connection.run(typeof sql === 'string' ? sql : sql.duckdb)
    return version()
  },
  async query(sql) {
    return (await connection.runAndReadAll(sql)).getRows()
  },
})
