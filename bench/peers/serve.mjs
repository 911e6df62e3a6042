/** A peer's side of the process: answers `load` and `query`. Elapsed time is from the call to the last row in JavaScript. */
export function servePeer({ load, query }) {
  process.on('message', async (message) => {
    try {
      if (message.kind === 'load') {
        const startedAt = performance.now()
        const version = await load(message)
        process.send({
          version,
          loadMillis: performance.now() - startedAt,
          residentBytes: process.memoryUsage.rss(),
        })
        return
      }
      const startedAt = performance.now()
      const rows = await query(message.sql)
      process.send({ rows, elapsedMillis: performance.now() - startedAt })
    } catch (error) {
      process.send({ error: error.stack ?? String(error) })
    }
  })
}
