import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportTables } from './tpch/data.mjs'

const data = fileURLToPath(new URL('data', import.meta.url))

/** What each suite runs: its queries, in order, and where the engines get its tables from. */
export const SUITES = {
  tpch: async ({ scaleFactor, parquet }) => {
    const { QUERIES } = await import('./tpch/queries.mjs')
    if (parquet !== undefined) return { queries: QUERIES, source: { parquet: resolve(parquet) } }
    const csv = await exportTables(scaleFactor, join(data, `sf${scaleFactor}`))
    return { queries: QUERIES, source: { data: csv } }
  },
  tpcds: async ({ scaleFactor, parquet }) => {
    const { QUERIES } = await import('./tpcds/queries.mjs')
    const { tableFiles } = await import('./tpcds/data.mjs')
    const folder = resolve(parquet ?? join(data, `tpcds-sf${scaleFactor}`))
    return { queries: QUERIES, source: { parquet: tableFiles(folder, scaleFactor) } }
  },
}
