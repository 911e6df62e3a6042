import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import { dataSizeBytes, durationMillis } from '../../engine/session/system-property.js'
import { MillraceError } from '../../spi/index.js'
import { ClientQuery, type ClientQueryOptions } from '../client-query.js'
import { BadRequestError, sessionFromHeaders } from '../protocol/headers.js'
import { statementStats } from '../protocol/statement-stats.js'
import type { QueryTracker } from '../query-tracker.js'

const DEFAULT_TARGET_BYTES = 1024 * 1024
const MAX_TARGET_BYTES = 128 * 1024 * 1024
const DEFAULT_WAIT_MILLIS = 1000

/** A HEAD that ran its GET would make rows for nobody. */
const NO_HEAD = { exposeHeadRoute: false }

interface TokenParameters {
  readonly id: string
  readonly slug: string
  readonly token: string
}
interface WaitQuery {
  readonly maxWait?: string
  readonly targetResultSize?: string
}

/** The address that the client reached the server by. */
export function baseUri(request: FastifyRequest): string {
  const forwarded = (name: string): string | undefined => {
    const value = request.headers[`x-forwarded-${name}`]
    return (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim()
  }
  const host = forwarded('host') ?? request.headers.host ?? 'localhost'
  return `${forwarded('proto') ?? request.protocol}://${host}`
}

function optionsOf(query: WaitQuery): ClientQueryOptions {
  try {
    return {
      targetResultBytes:
        query.targetResultSize === undefined
          ? DEFAULT_TARGET_BYTES
          : Math.min(MAX_TARGET_BYTES, dataSizeBytes(query.targetResultSize)),
      maxWaitMillis:
        query.maxWait === undefined
          ? DEFAULT_WAIT_MILLIS
          : Math.min(DEFAULT_WAIT_MILLIS, durationMillis(query.maxWait)),
    }
  } catch (error) {
    throw error instanceof MillraceError ? new BadRequestError(error.message) : error
  }
}

/**
 * The client protocol: a statement is posted, and its results are followed by `nextUri` until there is none.
 * @source Trino QueuedStatementResource, ExecutingStatementResource
 */
export function statementRoutes(
  server: FastifyInstance,
  engine: Engine,
  tracker: QueryTracker,
): void {
  const infoUri = (request: FastifyRequest, id: string) => `${baseUri(request)}/ui/query.html?${id}`
  const executingUri = (request: FastifyRequest, query: ClientQuery, token: number) =>
    `${baseUri(request)}/v1/statement/executing/${query.run.id}/${query.slug}/${token}`

  const find = (request: FastifyRequest, reply: FastifyReply): ClientQuery | undefined => {
    const { id, slug } = request.params as TokenParameters
    const query = tracker.find(id, slug)
    if (query === undefined) {
      reply.code(404).type('text/plain').send('Query not found')
    }
    return query
  }
  const tokenOf = (request: FastifyRequest): number => {
    const { token } = request.params as TokenParameters
    if (!/^\d{1,15}$/.test(token)) throw new BadRequestError(`Invalid token: ${token}`)
    return Number(token)
  }

  server.post('/v1/statement', (request, reply) => {
    const sql = typeof request.body === 'string' ? request.body : ''
    if (sql.trim() === '') throw new BadRequestError('SQL statement is empty')
    const session = sessionFromHeaders(request.headers)
    const query = new ClientQuery(engine.createRun({ sql, session }), engine.turns.taker())
    tracker.add(query)
    const { run } = query
    reply.send({
      id: run.id,
      infoUri: infoUri(request, run.id),
      nextUri: `${baseUri(request)}/v1/statement/queued/${run.id}/${query.slug}/1`,
      stats: statementStats(run),
      warnings: [],
    })
  })

  server.get('/v1/statement/queued/:id/:slug/:token', NO_HEAD, async (request, reply) => {
    const query = find(request, reply)
    if (query === undefined) return reply
    const token = tokenOf(request)
    const { maxWaitMillis } = optionsOf(request.query as WaitQuery)
    await query.waitForStart(maxWaitMillis)
    const { run } = query
    const nextUri =
      run.state === 'QUEUED' || run.state === 'PLANNING'
        ? `${baseUri(request)}/v1/statement/queued/${run.id}/${query.slug}/${token + 1}`
        : executingUri(request, query, 0)
    return reply.send({
      id: run.id,
      infoUri: infoUri(request, run.id),
      nextUri,
      stats: statementStats(run),
      warnings: [],
    })
  })

  server.get('/v1/statement/executing/:id/:slug/:token', NO_HEAD, async (request, reply) => {
    const query = find(request, reply)
    if (query === undefined) return reply
    const answer = await query.answer(
      tokenOf(request),
      {
        info: infoUri(request, query.run.id),
        next: (token) => executingUri(request, query, token),
      },
      optionsOf(request.query as WaitQuery),
    )
    if (answer === 'gone') return reply.code(410).send()
    if (answer === 'unknown') return reply.code(404).type('text/plain').send('Unknown token')
    return reply
      .headers(answer.headers)
      .type('application/json')
      .header('Cache-Control', 'no-store')
      .send(answer.body)
  })

  // Clients that are busy with rows for long say by this that they will come back: it makes no rows.
  server.head('/v1/statement/executing/:id/:slug/:token', (request, reply) => {
    const query = find(request, reply)
    if (query === undefined) return
    if (!query.expects(tokenOf(request))) {
      reply.code(404).type('text/plain').send('Unknown token')
      return
    }
    query.touch()
    reply.type('application/json').send()
  })

  for (const phase of ['queued', 'executing']) {
    server.delete(`/v1/statement/${phase}/:id/:slug/:token`, (request, reply) => {
      const query = find(request, reply)
      if (query === undefined) return
      query.cancel()
      reply.code(204).send()
    })
  }
}
