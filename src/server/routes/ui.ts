import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import { overviewPage } from '../ui/overview-page.js'
import { queryPage, unknownQueryPage } from '../ui/query-page.js'
import { requestRights } from './query.js'

/** The pages have no scripts, and nobody may put them into a frame. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

const send = (reply: FastifyReply, page: string, status = 200): void => {
  reply
    .code(status)
    .header('Content-Security-Policy', POLICY)
    .header('X-Content-Type-Options', 'nosniff')
    .header('Cache-Control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page)
}

/** Pages for people: all queries, and each of them at the `infoUri` that clients get. @source Trino's /ui/query.html */
export function uiRoutes(server: FastifyInstance, engine: Engine): void {
  const { queries, version, nodeId } = engine.services
  const nodes = () =>
    engine.member.cluster?.describe() ?? [
      { nodeId, httpUri: engine.httpUri, version, coordinator: true, state: 'active' as const },
    ]

  server.get('/', (_, reply) => reply.redirect('/ui/'))
  server.get('/ui', (_, reply) => reply.redirect('/ui/'))
  server.get('/ui/', (request, reply) => {
    const visible = queries.list().filter(requestRights(engine, request).canView)
    send(reply, overviewPage(visible, nodes(), version))
  })

  server.get('/ui/query.html', (request, reply) => {
    // The whole query string is the id, as in Trino; ids need no escapes.
    const id = request.raw.url?.split('?')[1] ?? ''
    const run = queries.find(id)
    const isVisible = run !== undefined && requestRights(engine, request).canView(run)
    if (!isVisible) send(reply, unknownQueryPage(id), 404)
    else send(reply, queryPage(run))
  })
}
