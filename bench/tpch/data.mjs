import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Millrace } from '../../dist/index.js'
import { TABLES } from './tables.mjs'

/** Writes the tables as CSV (no header, `|` between fields) for peers that have no generator; kept for the next run. */
export async function exportTables(scaleFactor, folder) {
  const missing = Object.keys(TABLES).filter((table) => !existsSync(join(folder, `${table}.csv`)))
  if (missing.length === 0) return folder
  mkdirSync(folder, { recursive: true })
  const engine = await Millrace.create({
    catalogs: {
      tpch: {
        'connector.name': 'tpch',
        'tpch.column-naming': 'STANDARD',
        'tpch.double-type-mapping': 'DECIMAL',
      },
    },
  })
  for (const table of missing) {
    process.stderr.write(`writing ${table} at scale factor ${scaleFactor}\n`)
    const partial = join(folder, `${table}.partial`)
    const file = createWriteStream(partial)
    const sql = `SELECT * FROM tpch."sf${scaleFactor}".${table}`
    let text = ''
    for await (const row of engine.query(sql, undefined, { rowMode: 'array' })) {
      text += `${row.join('|')}\n`
      if (text.length < 1 << 20) continue
      if (!file.write(text)) await once(file, 'drain')
      text = ''
    }
    file.end(text)
    await once(file, 'close')
    renameSync(partial, join(folder, `${table}.csv`))
  }
  await engine.close()
  return folder
}
