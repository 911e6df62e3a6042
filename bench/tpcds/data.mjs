import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TABLES } from './tables.mjs'

/** The folder of the tables' Parquet files. @throws an error that says how to make them where one is missing */
export function tableFiles(folder, scaleFactor) {
  const missing = Object.keys(TABLES).find((table) => !existsSync(join(folder, `${table}.parquet`)))
  if (missing === undefined) return folder
  throw new Error(
    `TPC-DS needs ${missing}.parquet: pip install tpcgen-cli, then ` +
      `tpcgen-cli tpcds parquet -s ${scaleFactor} --output-dir=${folder}`,
  )
}

/** Statement that makes a table of a relation of its Parquet file; types are the same in every engine. */
export const createTable = (table, source) => {
  const columns = Object.entries(TABLES[table]).map(
    ([name, type]) => `CAST(${name} AS ${type}) ${name}`,
  )
  return `CREATE TABLE ${table} AS SELECT ${columns.join(', ')} FROM ${source}`
}
