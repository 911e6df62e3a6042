import { collect, executeSql } from 'squirreling'
import { packageVersion, plainTables, withTextDates } from './plain-tables.mjs'
import { servePeer, Unsupported } from './serve.mjs'

let tables
servePeer({
  async load({ parquet }) {
    tables = await plainTables(parquet)
    return packageVersion('squirreling')
  },
  async query(sql) {
    try {
      const rows = await collect(executeSql({ tables, query: withTextDates(sql) }))
      return rows.map((row) => Object.values(row))
    } catch (error) {
      throw new Unsupported(error.message)
    }
  },
})
