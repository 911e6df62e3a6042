import { DuckDBInstance, version } from '@duckdb/node-api'
import { createTable } from '../tpcds/data.mjs'
import { TABLES as TPCDS_TABLES } from '../tpcds/tables.mjs'
import { TABLES } from '../tpch/tables.mjs'
import { servePeer } from './serve.mjs'

let connection
servePeer({
  async load({ suite, threads, data, parquet }) {
    const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
    connection = await instance.connect()
    if (suite === 'tpcds') {
      for (const table of Object.keys(TPCDS_TABLES)) {
        await connection.run(createTable(table, `read_parquet('${parquet}/${table}.parquet')`))
      }
      return version()
    }
    for (const [table, columns] of Object.entries(TABLES)) {
      if (parquet !== undefined) {
        await connection.run(
          `CREATE VIEW ${table} AS SELECT * FROM read_parquet('${parquet}/${table}.parquet')`,
        )
        continue
      }
      const types = Object.entries(columns)
        .map(([name, type]) => `'${name}': '${type}'`)
        .join(', ')
      await connection.run(
        `CREATE TABLE ${table} AS SELECT * FROM read_csv('${data}/${table}.csv', delim='|', header=false, quote='', columns={${types}})`,
      )
    }
    return version()
  },
  async query(sql) {
    const reader = await connection.runAndReadAll(sql)
    return reader
      .getRows()
      .map((row) => row.map((value) => (value === null ? null : String(value))))
  },
})
