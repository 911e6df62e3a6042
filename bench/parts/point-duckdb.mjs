import { DuckDBInstance } from '@duckdb/node-api'
import { eachTimed, orderKey } from './small-statements.mjs'

export async function run({ scaleFactor, threads, parquet }, emit) {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE lineitem AS SELECT * FROM '${parquet}/lineitem.parquet'`)
  const rows = async (sql, parameters) =>
    (await connection.runAndReadAll(sql, parameters)).getRowObjectsJS()
  const subject = 'duckdb'
  await eachTimed(emit, { name: 'SELECT 1', subject }, 2000, () => rows('SELECT 1'))
  await eachTimed(emit, { name: 'point lookup, a parameter', subject }, 300, (i) =>
    rows('SELECT * FROM lineitem WHERE l_orderkey = $1', [orderKey(i, scaleFactor)]),
  )
  await eachTimed(emit, { name: 'point lookup, a new text', subject }, 300, (i) =>
    rows(`SELECT * FROM lineitem WHERE l_orderkey = ${orderKey(i, scaleFactor)}`),
  )
}
