import { parquetTables } from '../tpch/data.mjs'
import { SCALE_FACTOR } from './options.mjs'

export const summary =
  "write TPC-H's tables as Parquet files into bench/data, which suites do as they need them"
export const hasReport = false
export const options = { sf: SCALE_FACTOR }

export async function run({ sf }) {
  process.stdout.write(`${await parquetTables(sf)}\n`)
  return 0
}
