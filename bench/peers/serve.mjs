/** What an engine has no words for: thrown by a peer's `query`, shown as "cannot". */
export class Unsupported extends Error {}

/**
 * A peer's side of the process: answers `load` and `query`. Elapsed time is from the call to the last row in JavaScript.
 * @param query `(sql, { name, rowLimit }) => rows`, arrays of texts or null
 */
export function servePeer({ load, query }) {
  process.once('disconnect', () => process.exit())
  process.on('message', async (message) => {
    try {
      const startedAt = performance.now()
      if (message.kind === 'load') {
        const version = await load(message)
        const loadMillis = performance.now() - startedAt
        process.send({ version, loadMillis, residentBytes: process.memoryUsage.rss() })
        return
      }
      const rows = await query(message.sql, message)
      const elapsedMillis = performance.now() - startedAt
      process.send({ rows: rows.map((row) => row.map(cell)), elapsedMillis })
    } catch (error) {
      if (error instanceof Unsupported) process.send({ unsupported: error.message })
      else process.send({ error: error.stack ?? String(error) })
    }
  })
}

const cell = (value) => {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  return String(value)
}
