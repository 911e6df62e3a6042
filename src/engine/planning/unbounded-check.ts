import type { PlanNode, TableScanNode } from '../../planner/plan/node.js'
import { sourcesOf } from '../../planner/plan/structure.js'
import { MillraceError } from '../../spi/index.js'

/**
 * The sources of a node that must end before it gives its first row, and why; none for nodes through which rows flow.
 */
function blockingSources(node: PlanNode): readonly { source: PlanNode; reason: string }[] {
  switch (node.kind) {
    case 'aggregation':
      return [{ source: node.source, reason: 'an aggregation' }]
    case 'sort':
    case 'topN':
      return [{ source: node.source, reason: 'ORDER BY' }]
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
      return [{ source: node.source, reason: 'a window function' }]
    case 'tableFunction':
      return node.sources.flatMap((source, i) =>
        node.sources.length === 1 && node.tables[i]?.rowSemantics === true
          ? []
          : [{ source, reason: 'a table function over whole partitions' }],
      )
    case 'enforceSingleRow':
      return [{ source: node.source, reason: 'a scalar subquery' }]
    case 'join':
      return [
        { source: node.right, reason: 'the build side of a join' },
        ...(node.type === 'right' || node.type === 'full'
          ? [{ source: node.left, reason: 'an outer join' }]
          : []),
      ]
    case 'semiJoin':
      return [{ source: node.filteringSource, reason: 'a subquery in a predicate' }]
    case 'setOperation':
      return node.operation === 'union' && !node.distinct
        ? []
        : node.sources.map((source) => ({ source, reason: node.operation.toUpperCase() }))
    default:
      return []
  }
}

/** The scans whose rows a node may go on giving for ever. */
function unlimitedScans(node: PlanNode): readonly TableScanNode[] {
  if (node.kind === 'tableScan') return [node]
  // Rows behind a limit end, whatever they come from.
  if (node.kind === 'limit') return []
  return sourcesOf(node).flatMap(unlimitedScans)
}

/**
 * Refuses a plan in which something waits for the end of a source that has none.
 * @param isUnbounded tells whether the table of a scan never ends
 * @throws NOT_SUPPORTED naming the source and what waits for it
 */
export function checkUnbounded(
  plan: PlanNode,
  isUnbounded: (scan: TableScanNode) => boolean,
): void {
  for (const { source, reason } of blockingSources(plan)) {
    const scan = unlimitedScans(source).find(isUnbounded)
    if (scan !== undefined) {
      throw new MillraceError(
        'NOT_SUPPORTED',
        `Source never ends, and ${reason} waits for its end: ${scan.table.table}`,
        { hint: 'Put a LIMIT below it, or let the rows flow: filter and project them' },
      )
    }
  }
  for (const source of sourcesOf(plan)) checkUnbounded(source, isUnbounded)
}
