import type { TableReference } from '../../planner/plan/node.js'
import {
  type ConnectorSplitSource,
  type DynamicFilter,
  MillraceError,
  TRUE_EXPRESSION,
  TUPLE_DOMAIN_ALL,
} from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'

/** Asks a table's or table function's connector for its splits, in the transaction of a query. */
export async function openSplits(
  context: QueryContext,
  { catalog, handle }: TableReference,
  isTableFunction: boolean,
  dynamicFilter: DynamicFilter,
  signal: AbortSignal,
): Promise<ConnectorSplitSource> {
  const { connector, handle: transaction } = await context.transaction.join(catalog)
  const splitManager = connector.getSplitManager?.()
  if (splitManager === undefined) {
    throw new Error(`internal error: connector of catalog ${catalog} has no split manager`)
  }
  const session = context.connectorSession(catalog)
  if (isTableFunction) {
    const opened = splitManager.getTableFunctionSplits?.(transaction, session, handle, signal)
    if (opened !== undefined) return opened
    const message = `Connector gives no splits of its table functions: ${catalog}`
    throw new MillraceError('FUNCTION_IMPLEMENTATION_MISSING', message)
  }
  return splitManager.getSplits(
    transaction,
    session,
    handle,
    dynamicFilter,
    { summary: TUPLE_DOMAIN_ALL, expression: TRUE_EXPRESSION, assignments: {} },
    signal,
  )
}
