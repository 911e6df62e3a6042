import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Engine } from '../../engine/engine.js'
import { type QueryRights, queryRights } from '../../engine/query/query-registry.js'
import type { StatementRun } from '../../engine/query/statement-run.js'
import { MillraceError } from '../../spi/index.js'
import { requestUser } from '../protocol/headers.js'
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

/** What whoever asks may see and end of queries, by the name that he gives, as statements do. */
export function requestRights(engine: Engine, { headers }: FastifyRequest): QueryRights {
  const { accessControl, groupsOf } = engine.services
  const user = requestUser(headers) ?? ''
  return queryRights(accessControl, { user, groups: groupsOf(user) })
}

/** Queries under way and the last that ended. @source Trino QueryResource */
export function queryRoutes(server: FastifyInstance, engine: Engine): void {
  const { queries } = engine.services

  const rightsOf = (request: FastifyRequest) => requestRights(engine, request)

  server.get('/v1/query', (request, reply) => {
    const { state } = request.query as { readonly state?: string }
    const base = `${request.protocol}://${request.headers.host}`
    reply.send(
      queries
        .list()
        .filter(rightsOf(request).canView)
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
    if (!rightsOf(request).canView(run)) {
      reply.code(403).send()
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
    if (run !== undefined) {
      try {
        rightsOf(request).checkCanKill(run)
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        reply.code(403).send(error.message)
        return
      }
    }
    run?.cancel(new MillraceError('USER_CANCELED', 'Query was canceled'))
    reply.code(204).send()
  })
}
