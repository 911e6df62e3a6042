import type { Statement } from '../../planner/parser/ast/index.js'
import { columnHandlers } from './column-statements.js'
import { explainHandlers } from './explain-statements.js'
import { catalogHandlers, maintenanceHandlers } from './maintenance-statements.js'
import { materializedViewHandlers } from './materialized-view-statements.js'
import { preparedHandlers } from './prepared-statements.js'
import { queryHandlers } from './query-statements.js'
import { schemaHandlers } from './schema-statements.js'
import { securityHandlers } from './security-statements.js'
import { sessionHandlers } from './session-statements.js'
import { showHandlers } from './show.js'
import { showObjectHandlers } from './show-object.js'
import type { StatementContext, StatementHandlers, StatementResult } from './statement.js'
import { tableHandlers } from './table-statements.js'
import { transactionHandlers } from './transaction-statements.js'
import { viewHandlers } from './view-statements.js'

/** Every kind of statement: one that lacks a handler does not compile. */
const HANDLERS: StatementHandlers = {
  ...catalogHandlers,
  ...columnHandlers,
  ...explainHandlers,
  ...maintenanceHandlers,
  ...materializedViewHandlers,
  ...preparedHandlers,
  ...queryHandlers,
  ...schemaHandlers,
  ...securityHandlers,
  ...sessionHandlers,
  ...showHandlers,
  ...showObjectHandlers,
  ...tableHandlers,
  ...transactionHandlers,
  ...viewHandlers,
}

/** Carries a statement out, or for one with a plan as far as the plan. */
export function handleStatement(
  statement: Statement,
  context: StatementContext,
): Promise<StatementResult> {
  const handler = HANDLERS[statement.kind] as (
    statement: Statement,
    context: StatementContext,
  ) => Promise<StatementResult>
  return handler(statement, context)
}
