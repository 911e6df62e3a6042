import { DuckDBInstance } from '@duckdb/node-api'
import { emitConsumed } from './consumer.mjs'

const SQL = 'SELECT * FROM lineitem'
const FIRST_ROWS = 20

export async function run({ threads, parquet, runs }, emit) {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE lineitem AS SELECT * FROM '${parquet}/lineitem.parquet'`)
  const rowObjects = async (look) => {
    let rows = 0
    const result = await connection.stream(SQL)
    for await (const some of result.yieldRowObjectJs()) {
      for (const row of some) look(row)
      rows += some.length
    }
    return { rows }
  }
  const consumers = {
    pages: async () => {
      const result = await connection.stream(SQL)
      let rows = 0
      for (;;) {
        const chunk = await result.fetchChunk()
        if (chunk === null || chunk === undefined || chunk.rowCount === 0) return { rows }
        rows += chunk.rowCount
      }
    },
    // It makes all values of a row before it gives it.
    'row objects': () => rowObjects(() => undefined),
    'rows as arrays': async () => {
      const result = await connection.stream(SQL)
      let rows = 0
      for await (const some of result.yieldRowsJs()) rows += some.length
      return { rows }
    },
  }
  for (const [name, consume] of Object.entries(consumers)) {
    await emitConsumed(emit, 'embedded', name, 'duckdb', consume, Math.min(runs, 2))
  }
  const samples = []
  for (let i = 0; i <= FIRST_ROWS; i++) {
    const startedAt = performance.now()
    const rows = (await connection.stream(SQL)).yieldRowObjectJs()
    await rows.next()
    if (i > 0) samples.push(performance.now() - startedAt)
    await rows.return()
  }
  emit({ group: 'first row', name: 'first row', subject: 'duckdb', samples, unit: 'ms' })
}
