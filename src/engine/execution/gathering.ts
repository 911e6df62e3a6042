import type { Estimator } from '../../planner/cost/estimator.js'
import type { MergeRequest } from '../../planner/metadata.js'
import type { OutputNode, PlanNode, TableReference } from '../../planner/plan/node.js'
import type { PlanSymbol } from '../../planner/plan/symbol.js'
import { assert, toMillraceError } from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import type { QueryContext } from '../session/query-context.js'
import { nodesOf, writerOf } from './distributed-run.js'
import type { PlanRunner } from './plan-runner.js'
import { writeExecution } from './write-execution.js'

/** The table whose rows a plan changes, where it lies on several nodes: its parts have to come to this one first. */
export function tableToGather(
  plan: PlanNode,
  catalogs: CatalogManager,
): TableReference | undefined {
  const target = writerOf(plan)?.target
  if (target?.kind !== 'merge' || target.pushed !== undefined) return undefined
  const { table } = target.handle as MergeRequest
  return nodesOf(catalogs, table).length === 0 ? undefined : table
}

/**
 * Brings the parts of a table that are on other nodes to this one, in the transaction of the statement that is to change its rows.
 * O(bytes of the parts), for each statement that follows one which has written over several nodes.
 */
export async function gatherTable(
  runner: PlanRunner,
  table: TableReference,
  context: QueryContext,
  estimatorOf: (plan: OutputNode) => Promise<Estimator>,
): Promise<void> {
  const { catalog } = table
  await context.transaction.checkWrite(catalog)
  const { connector, handle: transaction } = await context.transaction.join(catalog)
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  const sinks = connector.getPageSinkProvider?.()
  assert(
    metadata.beginGathering !== undefined &&
      metadata.finishGathering !== undefined &&
      sinks?.createInsertPageSink !== undefined,
    'a table on several nodes can be gathered',
  )
  const { write, source } = await metadata.beginGathering(session, table.handle)
  const { columns } = await metadata.getTableMetadata(session, table.handle)
  const handles = await metadata.getColumnHandles(session, table.handle)
  const visible = columns.filter((column) => column.hidden !== true)
  const outputs = visible.map(({ type }, i): PlanSymbol => ({ name: `column${i}`, type }))
  const plan: OutputNode = {
    kind: 'output',
    id: '1',
    source: {
      kind: 'tableScan',
      id: '0',
      table: { ...table, handle: source },
      outputs,
      columns: visible.map(({ name }) => handles.get(name)),
    },
    columnNames: visible.map(({ name }) => name),
    outputs,
  }
  const rows = runner.startRows(plan, context, () => estimatorOf(plan))
  const execution = writeExecution(rows, async () => ({
    openSink: async () =>
      sinks.createInsertPageSink!(transaction, session, write, 0, context.signal),
    async finish(fragments) {
      await metadata.finishGathering!(session, write, fragments)
      return undefined
    },
  }))
  const cancel = () => execution.cancel(toMillraceError(context.signal.reason))
  context.signal.addEventListener('abort', cancel, { once: true })
  try {
    context.signal.throwIfAborted()
    await execution.nextPage()
  } finally {
    context.signal.removeEventListener('abort', cancel)
    await execution.end()
  }
}
