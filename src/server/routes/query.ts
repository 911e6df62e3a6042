import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import { MillraceError } from '../../spi/index.js'
import { queryError } from '../protocol/query-error.js'
import { operatorSummariesOf, outputStage, queryStats } from '../protocol/query-info.js'

function basicInfo(run: StatementRun, baseUri: string) {
  const { session, failure } = run
  const stats = queryStats(run, run.execution?.info())
  return {
    queryId: run.id,
    session: {
      queryId: run.id,
      user: session.user,
      source: session.source,
      catalog: session.catalog,
      schema: session.schema,
      timeZone: session.timeZone,
      locale: session.locale,
    },
    state: run.state,
    scheduled: run.state !== 'QUEUED' && run.state !== 'PLANNING',
    self: `${baseUri}/v1/query/${run.id}`,
    query: run.sql,
    updateType: run.updateType,
    queryStats: stats,
    ...(failure === undefined
      ? {}
      : {
          errorType: failure.type,
          errorCode: { code: failure.number, name: failure.code, type: failure.type },
        }),
  }
}

/** Queries under way and the last that ended. @source Trino QueryResource */
export function queryRoutes(server: FastifyInstance, engine: Engine): void {
  const { queries } = engine.services

  server.get('/v1/query', (request, reply) => {
    const { state } = request.query as { readonly state?: string }
    const base = `${request.protocol}://${request.headers.host}`
    reply.send(
      queries
        .list()
        .filter((run) => state === undefined || run.state === state.toUpperCase())
        .map((run) => basicInfo(run, base)),
    )
  })

  server.get('/v1/query/:id', (request, reply) => {
    const run = queries.find((request.params as { readonly id: string }).id)
    if (run === undefined) {
      reply.code(410).send()
      return
    }
    const { failure } = run
    const info = run.execution?.info()
    const basic = basicInfo(run, `${request.protocol}://${request.headers.host}`)
    reply.send({
      ...basic,
      queryStats: { ...basic.queryStats, operatorSummaries: operatorSummariesOf(info) },
      warnings: run.warnings,
      ...(failure === undefined ? {} : { failureInfo: queryError(failure).failureInfo }),
      outputStage: outputStage(run, info),
      finalQueryInfo: run.isDone,
    })
  })

  server.delete('/v1/query/:id', (request, reply) => {
    const run = queries.find((request.params as { readonly id: string }).id)
    run?.cancel(new MillraceError('USER_CANCELED', 'Query was canceled'))
    reply.code(204).send()
  })
}
