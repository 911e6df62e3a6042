import type { Expression } from '../../expressions/ir.js'
import type { MergeRequest } from '../../planner/metadata.js'
import type {
  OutputNode,
  PlanNode,
  TableScanNode,
  TableWriterNode,
} from '../../planner/plan/node.js'
import { assert, type ConnectorExpression, plainKey } from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'

/**
 * Offers a DELETE, or an UPDATE to constants, of all rows of a (virtual) table to its connector: one that takes it over changes
 * the rows by itself, and nothing is scanned. Rows that only the engine can tell (by a filter that is left, a join) are no
 * such table.
 * @source Trino PushMergeWriterDeleteIntoConnector, PushMergeWriterUpdateIntoConnector
 */
export async function pushRowChange(plan: OutputNode, context: QueryContext): Promise<OutputNode> {
  const finish = plan.source
  if (finish.kind !== 'tableFinish' || finish.source.kind !== 'tableWriter') return plan
  const writer = finish.source
  const { target } = writer
  if (target.kind !== 'merge' || target.operation === 'MERGE') return plan
  const scan = wholeScan(writer.source)
  if (scan === undefined) return plan
  const metadata = await context.metadata(target.catalog)
  const session = context.connectorSession(target.catalog)
  const assignments = target.operation === 'DELETE' ? [] : constantAssignments(writer)
  if (assignments === undefined) return plan
  const handle =
    target.operation === 'DELETE'
      ? metadata.executeDelete && (await metadata.applyDelete?.(session, scan.table.handle))
      : metadata.executeUpdate &&
        (await metadata.applyUpdate?.(session, scan.table.handle, assignments))
  if (handle === undefined) return plan
  const source: PlanNode = {
    kind: 'values',
    id: scan.id,
    outputs: writer.columns,
    rows: [],
  }
  const pushed: TableWriterNode = { ...writer, source, target: { ...target, pushed: { handle } } }
  return { ...plan, source: { ...finish, source: pushed } }
}

/** The scan whose rows all come to a node, whatever is computed from them. */
function wholeScan(node: PlanNode): TableScanNode | undefined {
  if (node.kind === 'project') return wholeScan(node.source)
  return node.kind === 'tableScan' ? node : undefined
}

/** What an UPDATE sets each column to; undefined where that depends on the row. */
function constantAssignments(
  writer: TableWriterNode,
): readonly { readonly column: unknown; readonly value: ConnectorExpression }[] | undefined {
  assert(writer.target.kind === 'merge', 'an UPDATE')
  const { columns, updateCaseColumns } = writer.target.handle as MergeRequest
  const updated = new Set((updateCaseColumns[0] ?? []).map(plainKey))
  const assignments: { column: unknown; value: ConnectorExpression }[] = []
  for (const [i, { handle }] of columns.entries()) {
    if (!updated.has(plainKey(handle))) continue
    const value = definition(writer.source, writer.columns[i]!.name)
    if (value?.kind !== 'constant') return undefined
    assignments.push({
      column: handle,
      value: { kind: 'constant', type: value.type, value: value.value },
    })
  }
  return assignments
}

/** The expression of a symbol, followed through projections. */
function definition(node: PlanNode, name: string): Expression | undefined {
  if (node.kind !== 'project') return undefined
  const found = node.assignments.find((assignment) => assignment.symbol.name === name)?.expression
  return found?.kind === 'symbol' ? definition(node.source, found.name) : found
}
