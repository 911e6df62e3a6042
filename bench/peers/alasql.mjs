import alasql from 'alasql'
import { packageVersion, plainTables, withTextDates } from './plain-tables.mjs'
import { servePeer, Unsupported } from './serve.mjs'

servePeer({
  async load({ parquet }) {
    for (const [table, rows] of Object.entries(await plainTables(parquet))) {
      alasql(`CREATE TABLE ${table}`)
      alasql.tables[table].data = rows
    }
    return packageVersion('alasql')
  },
  query(sql) {
    try {
      return alasql(withTextDates(sql)).map((row) => Object.values(row))
    } catch (error) {
      throw new Unsupported(error.message)
    }
  },
})
