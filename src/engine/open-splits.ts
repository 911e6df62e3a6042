import type { TableReference } from '../planner/plan/node.js'
import {
  type ConnectorSplitSource,
  type DynamicFilter,
  TRUE_EXPRESSION,
  TUPLE_DOMAIN_ALL,
} from '../spi/index.js'
import type { QueryContext } from './query-context.js'

/** Asks a table's connector for its splits, in the transaction of a query. */
export async function openSplits(
  context: QueryContext,
  { catalog, handle }: TableReference,
  dynamicFilter: DynamicFilter,
  signal: AbortSignal,
): Promise<ConnectorSplitSource> {
  const { connector, handle: transaction } = await context.transaction.join(catalog)
  const splitManager = connector.getSplitManager?.()
  if (splitManager === undefined) {
    throw new Error(`internal error: connector of catalog ${catalog} has no split manager`)
  }
  return splitManager.getSplits(
    transaction,
    context.connectorSession(catalog),
    handle,
    dynamicFilter,
    { summary: TUPLE_DOMAIN_ALL, expression: TRUE_EXPRESSION, assignments: {} },
    signal,
  )
}
