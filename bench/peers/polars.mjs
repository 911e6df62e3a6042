import { join } from 'node:path'
import pl from 'nodejs-polars'
import { TABLES } from '../tpch/tables.mjs'
import { packageVersion } from './plain-tables.mjs'
import { servePeer, Unsupported } from './serve.mjs'

let context
servePeer({
  load({ source, parquet }) {
    const frames = Object.keys(TABLES).map((table) => {
      const file = join(parquet, `${table}.parquet`)
      return [table, source === 'parquet' ? pl.scanParquet(file) : pl.readParquet(file)]
    })
    context = pl.SQLContext(Object.fromEntries(frames))
    return packageVersion('nodejs-polars')
  },
  query(sql) {
    try {
      const frame = context.execute(sql.replaceAll(/cast\('([\d-]+)' AS date\)/gi, "date '$1'"), {
        eager: true,
      })
      // It has no JavaScript value for a DECIMAL.
      const decimals = frame.columns.filter((_, c) => /Decimal/.test(String(frame.dtypes[c])))
      const cast = decimals.map((name) => pl.col(name).cast(pl.Float64))
      return (cast.length === 0 ? frame : frame.withColumns(...cast)).rows()
    } catch (error) {
      throw new Unsupported(error.message)
    }
  },
})
