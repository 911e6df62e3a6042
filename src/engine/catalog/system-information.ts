import {
  type CatalogInformation,
  type Connector,
  type ConnectorSession,
  MillraceError,
  type PropertyKind,
  type PropertyMetadata,
  type QueryDescription,
  type SystemInformation,
  type TaskDescription,
} from '../../spi/index.js'
import type { Cluster } from '../execution/cluster.js'
import { type QueryRegistry, queryRights } from '../query/query-registry.js'
import type { StatementRun } from '../query/statement-run.js'
import type { SystemAccessControl } from '../security/system-access-control.js'
import type { TransactionManager } from '../session/transaction.js'
import type { CatalogManager } from './catalog-manager.js'

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
  readonly accessControl?: SystemAccessControl
  readonly version: string
  readonly nodeId: string
  /** Where the node is served; empty while it is not. */
  readonly httpUri: () => string
  /** The cluster whose coordinator the engine is, if it is one. */
  readonly cluster: () => Cluster | undefined
}): SystemInformation {
  const { catalogs, queries, nodeId } = parts
  const rightsOf = ({ identity }: ConnectorSession) => queryRights(parts.accessControl, identity)
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
    listQueries: (session) => queries.list().filter(rightsOf(session).canView).map(describeQuery),
    listTasks: (session) => queries.list().filter(rightsOf(session).canView).flatMap(describeTasks),
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
      queries.kill(queryId, message, rightsOf(session))
    },
  }
}

function describeQuery(run: StatementRun): QueryDescription {
  const { createdMillis, startedMillis, endedMillis, planningMillis, queuedMillis } = run.times
  const { source } = run.session
  const { failure } = run
  return {
    queryId: run.id,
    state: run.state,
    user: run.session.user,
    ...(source === undefined ? {} : { source }),
    query: run.sql,
    resourceGroupId: ['global'],
    queuedTimeMillis: Math.max(0, queuedMillis),
    analysisTimeMillis: Math.round(planningMillis),
    planningTimeMillis: Math.round(planningMillis),
    createdMillis,
    ...(startedMillis === undefined ? {} : { startedMillis }),
    lastHeartbeatMillis: endedMillis ?? Date.now(),
    ...(endedMillis === undefined ? {} : { endMillis: endedMillis }),
    ...(failure === undefined ? {} : { errorType: failure.type, errorCode: failure.code }),
  }
}

function describeTasks(run: StatementRun): readonly TaskDescription[] {
  const stages = run.execution?.info().stages ?? []
  return stages.flatMap(({ stageId, tasks }) =>
    tasks.map((task) => {
      const endMillis = task.endedMillis ?? run.times.endedMillis
      return {
        nodeId: task.nodeId,
        taskId: task.taskId,
        stageId: `${run.id}.${stageId}`,
        queryId: run.id,
        state: task.state,
        splits: task.totalSplits,
        queuedSplits: task.totalSplits - task.completedSplits - task.runningSplits,
        runningSplits: task.runningSplits,
        completedSplits: task.completedSplits,
        splitScheduledTimeMillis: Math.round(task.scheduledNanos / 1e6),
        splitCpuTimeMillis: Math.round(task.cpuNanos / 1e6),
        rawInputBytes: task.processedBytes,
        rawInputRows: task.processedRows,
        processedInputBytes: task.processedBytes,
        processedInputRows: task.processedRows,
        outputBytes: task.output?.bytes ?? run.resultBytes,
        outputRows: task.output?.rows ?? run.rowCount,
        physicalInputBytes: task.physicalInputBytes,
        physicalWrittenBytes: task.physicalWrittenBytes,
        ...(task.createdMillis === undefined
          ? {}
          : { createdMillis: task.createdMillis, startMillis: task.createdMillis }),
        lastHeartbeatMillis: endMillis ?? Date.now(),
        ...(endMillis === undefined ? {} : { endMillis }),
      }
    }),
  )
}
