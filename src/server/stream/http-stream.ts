import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import type { ParameterValue } from '../../engine/services.js'
import { type ErrorType, MillraceError, toMillraceError } from '../../spi/index.js'
import { BadRequestError, headersOfChanges, sessionFromHeaders } from '../protocol/headers.js'
import { queryError } from '../protocol/query-error.js'
import { STREAM_PATH } from './messages.js'
import { parametersOf } from './parameters.js'
import { isOriginAllowed, type StreamOptions } from './stream-options.js'
import { type BodyFormat, bodyFormat } from './text-rows.js'

const STATUS: { readonly [T in ErrorType]: number } = {
  USER_ERROR: 400,
  INTERNAL_ERROR: 500,
  INSUFFICIENT_RESOURCES: 503,
  EXTERNAL: 502,
}

interface HttpStreamContext {
  readonly engine: Engine
  readonly options: StreamOptions
  /** Has a statement end with the server, until what it gives is called. */
  answering(run: StatementRun): () => void
}

/**
 * `POST /v1/stream`: a statement as the body, its rows as the answer, NDJSON, CSV or Arrow. Rows are made as fast as the client
 * reads them, and a client that leaves ends the statement.
 */
export function httpStreamRoutes(server: FastifyInstance, context: HttpStreamContext): void {
  server.post(STREAM_PATH, async (request, reply) => {
    const { origin, host } = request.headers
    if (!isOriginAllowed(origin, host, context.options.allowedOrigins)) {
      return reply.code(403).type('text/plain').send(`Origin is not allowed: ${origin}`)
    }
    if (origin !== undefined) reply.raw.setHeader('Access-Control-Allow-Origin', origin)
    const create = bodyFormat(
      (request.query as { readonly format?: string }).format,
      request.headers.accept,
    )
    if (create === undefined) {
      return reply.code(406).type('text/plain').send('Formats are ndjson, csv and arrow')
    }
    const { sql, parameters } = statementOf(request)
    const session = sessionFromHeaders({
      ...request.headers,
      'x-trino-client-capabilities': 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION',
    })
    const run = context.engine.createRun({ sql: sql.replace(/;\s*$/, ''), session, parameters })
    request.log.info({ queryId: run.id, user: session.user }, 'query')
    await answer(run, create, reply, context)
    return reply
  })
  server.options(STREAM_PATH, (request, reply) => {
    const { origin, host } = request.headers
    if (!isOriginAllowed(origin, host, context.options.allowedOrigins)) {
      reply.code(403).send()
      return
    }
    reply
      .code(204)
      .header('Access-Control-Allow-Origin', origin ?? '*')
      .header('Access-Control-Allow-Methods', 'POST')
      .header(
        'Access-Control-Allow-Headers',
        request.headers['access-control-request-headers'] ?? '',
      )
      .send()
  })
}

function statementOf(request: FastifyRequest): {
  readonly sql: string
  readonly parameters: readonly ParameterValue[]
} {
  const body = typeof request.body === 'string' ? request.body : ''
  const isJson = request.headers['content-type']?.startsWith('application/json') === true
  const { sql, parameters = [] } = isJson ? jsonBody(body) : { sql: body }
  if (typeof sql !== 'string' || sql.trim() === '') {
    throw new BadRequestError('SQL statement is empty')
  }
  if (!Array.isArray(parameters)) throw new BadRequestError('parameters are no array')
  return { sql, parameters: parametersOf(parameters) }
}

function jsonBody(text: string): { readonly sql?: unknown; readonly parameters?: unknown } {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null) return body
  } catch {
    // It is told below.
  }
  throw new BadRequestError('Body is no JSON object of sql and parameters')
}

async function answer(
  run: StatementRun,
  create: Parameters<typeof sendRows>[1],
  reply: FastifyReply,
  context: HttpStreamContext,
): Promise<void> {
  const { raw } = reply
  const onClose = (): void => run.cancel()
  raw.once('close', onClose)
  const answered = context.answering(run)
  try {
    await sendRows(run, create, reply, context)
  } catch (error) {
    run.cancel(toMillraceError(error))
    await run.settled
    const failure = toMillraceError(run.failure ?? error)
    if (raw.destroyed) return
    if (!raw.headersSent) {
      reply.code(STATUS[failure.type]).send({ error: queryError(failure) })
      return
    }
    // The body ends without its last chunk, so that nobody takes it for whole.
    raw.destroy()
  } finally {
    raw.off('close', onClose)
    answered()
  }
}

async function sendRows(
  run: StatementRun,
  create: (columns: Awaited<ReturnType<StatementRun['start']>>) => BodyFormat,
  reply: FastifyReply,
  { engine, options }: HttpStreamContext,
): Promise<void> {
  const { raw } = reply
  const columns = await run.start()
  const format = create(columns)
  // Most failures come before the first page: it decides the status.
  let page = await run.nextPage()
  reply.hijack()
  raw.writeHead(200, {
    'Content-Type': format.contentType,
    'Cache-Control': 'no-store',
    'X-Millrace-Query-Id': run.id,
    ...(run.updateType === undefined ? {} : { 'X-Millrace-Update-Type': run.updateType }),
    ...(run.updateCount === undefined
      ? {}
      : { 'X-Millrace-Update-Count': String(run.updateCount) }),
    ...(run.changes === undefined ? {} : headersOfChanges(run.changes)),
  })
  const turns = engine.turns.taker()
  const write = async (chunks: Iterable<Uint8Array>): Promise<void> => {
    for (const chunk of chunks) {
      if (!raw.write(chunk)) await drained(raw, options.clientTimeoutMillis)
      await turns.take()
      // What the page was made of has been given back.
      if (run.failure !== undefined) throw run.failure
    }
  }
  try {
    if (columns.length > 0) await write(format.begin())
    for (; page !== undefined; page = await run.nextPage()) await write(format.encode(page))
    if (columns.length > 0) await write(format.end())
  } catch (error) {
    await tellFailure(raw, format, run, error)
    throw error
  }
  raw.end()
}

/** Writes what the format can say of a failure, and waits until it has left. */
async function tellFailure(
  raw: ServerResponse,
  format: BodyFormat,
  run: StatementRun,
  error: unknown,
): Promise<void> {
  if (raw.destroyed) return
  const failure = toMillraceError(run.failure ?? error)
  const { failureInfo: _, ...record } = queryError(failure)
  for (const chunk of format.failure(record)) {
    await new Promise<void>((resolve) => {
      raw.once('close', resolve)
      raw.write(chunk, () => resolve())
    })
  }
}

/** Resolves when the client has read what was written. @throws ABANDONED_QUERY for one that reads nothing for long */
function drained(raw: ServerResponse, timeoutMillis: number): Promise<void> {
  if (raw.destroyed) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      raw.off('drain', settle)
      raw.off('close', settle)
      resolve()
    }
    const timer = setTimeout(() => {
      reject(new MillraceError('ABANDONED_QUERY', 'The client has stopped reading'))
      raw.destroy()
    }, timeoutMillis)
    raw.once('drain', settle)
    raw.once('close', settle)
  })
}
