// A web server whose route streams a federated query: a CSV file of the program joined with tables of another catalog.
//   node examples/federated-stream.mjs            (after npm run build; PORT=3000 unless set)
//   curl -N 'http://127.0.0.1:3000/customers?nation=FRANCE&format=csv'
import { fileURLToPath } from 'node:url'
import fastify from 'fastify'
import { Millrace, MillraceError } from 'millrace'

const MAX_ROWS = 1_000_000
const TIMEOUT_MILLIS = 60_000
const FORMATS = new Set(['ndjson', 'csv', 'json', 'arrow'])
const SEGMENTS = fileURLToPath(new URL('segments.csv', import.meta.url))

const engine = await Millrace.create({ catalogs: { tpch: { 'connector.name': 'tpch' } } })
const app = fastify({ forceCloseConnections: true })

app.get('/customers', async (request, reply) => {
  const { nation, format = 'ndjson' } = request.query
  if (!FORMATS.has(format)) return reply.code(400).send({ error: `Unknown format: ${format}` })
  const query = engine.query(
    `SELECT c.custkey, c.name, n.name AS nation, s.manager
     FROM tpch.tiny.customer c
     JOIN tpch.tiny.nation n ON n.nationkey = c.nationkey
     JOIN '${SEGMENTS}' s ON s.segment = c.mktsegment
     WHERE n.name = ?`,
    [nation ?? null],
    { maxRows: MAX_ROWS, timeoutMs: TIMEOUT_MILLIS },
  )
  // The response is the query's from here on: rows leave as fast as the client reads, and a client that leaves ends the query.
  reply.hijack()
  try {
    await query.pipeTo(reply.raw, format)
  } catch (error) {
    const status = error instanceof MillraceError && error.type === 'USER_ERROR' ? 400 : 500
    // Nothing has been sent, or the connection has been cut already: half an answer is never taken for a whole one.
    if (!reply.raw.headersSent && !reply.raw.destroyed) {
      reply.raw.writeHead(status, { 'Content-Type': 'application/json' })
      reply.raw.end(JSON.stringify({ error: error.message }))
    }
  }
})

const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
process.stdout.write(`${url}\n`)

const stop = async () => {
  await app.close()
  await engine.close()
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
