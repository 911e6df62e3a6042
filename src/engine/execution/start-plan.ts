import type { Estimator } from '../../planner/cost/estimator.js'
import type { CreateTableRequest } from '../../planner/metadata.js'
import type { TableWriterNode } from '../../planner/plan/node.js'
import type { ConnectorTableMetadata, Properties } from '../../spi/index.js'
import type { PlanExecution } from '../services.js'
import type { QueryContext } from '../session/query-context.js'
import type { PlanResult } from '../statements/statement.js'
import type { PlanRunner } from './plan-runner.js'
import { beginWrite, partsExecution, writeExecution } from './write-execution.js'

/** Makes the execution of a plan; one that writes puts its rows into the connector's page sink. */
export function startPlan(
  runner: PlanRunner,
  result: PlanResult,
  context: QueryContext,
  estimator: () => Promise<Estimator>,
): PlanExecution {
  const started = runner.start(result, context, estimator)
  const begin = (writer: TableWriterNode) => () =>
    beginWrite(writer, context, (request) => newTable(request, result.tableProperties ?? {}))
  if (started.writesParts) return partsExecution(started.execution, begin(started.writer))
  const { execution, writer } = started
  return writer === undefined ? execution : writeExecution(execution, begin(writer))
}

/** The table that CREATE TABLE AS makes. */
const newTable = (request: CreateTableRequest, properties: Properties): ConnectorTableMetadata => ({
  table: { schema: request.name.schema, table: request.name.name },
  columns: request.columns.map((column) => ({ name: column.name, type: column.type })),
  properties,
  ...(request.comment === undefined ? {} : { comment: request.comment }),
})
