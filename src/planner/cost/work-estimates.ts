import type { PlanNode, TableScanNode } from '../plan/node.js'
import { sourcesOf } from '../plan/structure.js'
import type { Estimator } from './estimator.js'

/** What is expected of a plan's run: who runs it, and with how much of everything, is decided by this. */
export interface WorkEstimates {
  /** Rows that come out of plan nodes, by their id, where known. Of a scan: what it reads. */
  readonly nodeRows: ReadonlyMap<string, number>
  /** Pairs that conditions of joins beyond their keys look at, by the joins' ids, where known. */
  readonly joinPairs: ReadonlyMap<string, number>
  /** Bytes that are read of tables. */
  readonly inputBytes: number
}

/**
 * Estimates a plan down to its exchanges, of which only the rows count.
 * @param scans of that part of the plan
 */
export function workEstimates(
  root: PlanNode,
  scans: readonly TableScanNode[],
  estimator: Estimator,
): WorkEstimates {
  const nodeRows = new Map<string, number>()
  const joinPairs = new Map<string, number>()
  const visit = (node: PlanNode): void => {
    const rows =
      node.kind === 'tableScan' ? estimator.scannedRows(node) : estimator.of(node).rowCount
    if (Number.isFinite(rows)) nodeRows.set(node.id, rows)
    if ((node.kind === 'join' || node.kind === 'semiJoin') && node.filter !== undefined) {
      const pairs = estimator.pairs(node)
      if (pairs !== undefined) joinPairs.set(node.id, pairs)
    }
    if (node.kind !== 'exchange') for (const source of sourcesOf(node)) visit(source)
  }
  visit(root)
  const inputBytes = scans.reduce((sum, scan) => sum + estimator.scannedBytes(scan), 0)
  return { nodeRows, joinPairs, inputBytes }
}
