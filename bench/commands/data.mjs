import { parquetTables } from '../tpch/data.mjs'

export const summary =
  "write TPC-H's tables as Parquet files into bench/data, which suites do as they need them"
export const hasReport = false
export const options = { sf: { type: 'string', default: '1', about: 'scale factor' } }

export async function run({ sf }) {
  process.stdout.write(`${await parquetTables(sf)}\n`)
  return 0
}
