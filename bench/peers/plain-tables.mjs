import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { TABLES } from '../tpch/tables.mjs'

/**
 * TPC-H's tables as arrays of objects, for engines of JavaScript values: whole numbers and decimals are numbers, dates are texts
 * (they compare and sort as dates do).
 */
export async function plainTables(folder) {
  const tables = {}
  for (const [table, columns] of Object.entries(TABLES)) {
    const rows = await parquetReadObjects({
      file: await asyncBufferFromFile(join(folder, `${table}.parquet`)),
    })
    const dates = Object.keys(columns).filter((column) => columns[column] === 'DATE')
    const integers = Object.keys(columns).filter((column) => columns[column] === 'BIGINT')
    for (const row of rows) {
      for (const column of integers) row[column] = Number(row[column])
      for (const column of dates) row[column] = row[column].toISOString().slice(0, 10)
    }
    tables[table] = rows
  }
  return tables
}

/** A query over such tables: their dates are texts. */
export const withTextDates = (sql) =>
  sql.replaceAll(/cast\('([\d-]+)' AS date\)/gi, "'$1'").replaceAll(/\bdate '([\d-]+)'/gi, "'$1'")

/** The version of an installed package. */
export function packageVersion(name) {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  for (;;) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (found.name === name) return found.version
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
    if (dirname(folder) === folder) return 'unknown'
    folder = dirname(folder)
  }
}
