import type { FastifyBaseLogger } from 'fastify'
import type { QueryRegistry } from '../engine/query/query-registry.js'

/** Logs each query as it begins and ends, with its id. @returns what stops that */
export const logQueries = (queries: QueryRegistry, log: FastifyBaseLogger): (() => void) =>
  queries.listen({
    created(run) {
      const { user, source } = run.session
      log.info({ queryId: run.id, user, source }, 'query created')
    },
    ended(run) {
      const info = run.execution?.info()
      const { createdMillis, endedMillis } = run.times
      const entry = {
        queryId: run.id,
        state: run.state,
        rowCount: run.rowCount,
        processedRows: info?.processedRows ?? 0,
        processedBytes: info?.processedBytes ?? 0,
        peakMemoryBytes: info?.peakMemoryBytes ?? 0,
        elapsedMillis: (endedMillis ?? Date.now()) - createdMillis,
      }
      const { failure } = run
      if (failure === undefined) log.info(entry, 'query ended')
      else {
        const { code, type, message } = failure
        const error = { code, type, message }
        if (type === 'INTERNAL_ERROR') log.error({ ...entry, error }, 'query failed')
        else log.info({ ...entry, error }, 'query failed')
      }
    },
  })
