import {
  type CatalogInformation,
  type Connector,
  MillraceError,
  type PropertyKind,
  type PropertyMetadata,
  type QueryDescription,
  type SystemInformation,
  type TaskDescription,
} from '../spi/index.js'
import type { CatalogManager } from './catalog-manager.js'
import type { Cluster } from './cluster.js'
import type { QueryRegistry } from './query-registry.js'
import type { StatementRun } from './statement-run.js'
import type { TransactionManager } from './transaction.js'

const PROPERTIES: Readonly<
  Record<PropertyKind, (connector: Connector) => readonly PropertyMetadata[] | undefined>
> = {
  schema: (connector) => connector.getSchemaProperties?.(),
  table: (connector) => connector.getTableProperties?.(),
  column: (connector) => connector.getColumnProperties?.(),
  analyze: (connector) => connector.getAnalyzeProperties?.(),
  materializedView: (connector) => connector.getMaterializedViewProperties?.(),
}

/** What the system catalog shows of the engine. */
export function createSystemInformation(parts: {
  readonly catalogInformation: CatalogInformation
  readonly catalogs: CatalogManager
  readonly transactions: TransactionManager
  readonly queries: QueryRegistry
  readonly version: string
  readonly nodeId: string
  /** Where the node is served; empty while it is not. */
  readonly httpUri: () => string
  /** The cluster whose coordinator the engine is, if it is one. */
  readonly cluster: () => Cluster | undefined
}): SystemInformation {
  const { catalogs, queries, nodeId } = parts
  return {
    ...parts.catalogInformation,
    listNodes: () =>
      parts.cluster()?.describe() ?? [
        {
          nodeId,
          httpUri: parts.httpUri(),
          version: parts.version,
          coordinator: true,
          state: 'active',
        },
      ],
    listQueries: () => queries.list().map(describeQuery),
    listTasks: () => queries.list().flatMap((run) => describeTask(run, nodeId)),
    listTransactions: () => parts.transactions.list(),
    listRuleStatistics: () => [],
    listProperties: (_session, kind) =>
      catalogs
        .list()
        .flatMap(({ name, connector }) =>
          (PROPERTIES[kind](connector) ?? [])
            .filter((property) => !property.hidden)
            .map((property) => ({ catalog: name, property })),
        ),
    killQuery(session, queryId, message) {
      if (queryId === session.queryId) {
        throw new MillraceError('NOT_SUPPORTED', 'A query cannot kill itself')
      }
      queries.kill(queryId, message)
    },
  }
}

function describeQuery(run: StatementRun): QueryDescription {
  const { createdMillis, startedMillis, endedMillis, planningMillis } = run.times
  const { source } = run.session
  const { failure } = run
  return {
    queryId: run.id,
    state: run.state,
    user: run.session.user,
    ...(source === undefined ? {} : { source }),
    query: run.sql,
    resourceGroupId: ['global'],
    queuedTimeMillis: Math.max(0, (startedMillis ?? Date.now()) - createdMillis),
    analysisTimeMillis: Math.round(planningMillis),
    planningTimeMillis: Math.round(planningMillis),
    createdMillis,
    ...(startedMillis === undefined ? {} : { startedMillis }),
    lastHeartbeatMillis: endedMillis ?? Date.now(),
    ...(endedMillis === undefined ? {} : { endMillis: endedMillis }),
    ...(failure === undefined ? {} : { errorType: failure.type, errorCode: failure.code }),
  }
}

/** A query has one task, since there is one node. */
function describeTask(run: StatementRun, nodeId: string): TaskDescription[] {
  const info = run.execution?.info()
  if (info === undefined) return []
  const { createdMillis, startedMillis, endedMillis } = run.times
  return [
    {
      nodeId,
      taskId: `${run.id}.0.0.0`,
      stageId: `${run.id}.0`,
      queryId: run.id,
      state: run.state === 'FINISHED' || run.state === 'FAILED' ? run.state : 'RUNNING',
      splits: info.totalSplits,
      queuedSplits: 0,
      runningSplits: info.totalSplits - info.completedSplits,
      completedSplits: info.completedSplits,
      splitCpuTimeMillis: Math.round(info.cpuNanos / 1e6),
      processedInputBytes: info.processedBytes,
      processedInputRows: info.processedRows,
      outputRows: run.rowCount,
      createdMillis,
      ...(startedMillis === undefined ? {} : { startMillis: startedMillis }),
      ...(endedMillis === undefined ? {} : { endMillis: endedMillis }),
    },
  ]
}
