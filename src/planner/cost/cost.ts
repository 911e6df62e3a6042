import type { PlanNode } from '../plan/node.js'
import { sourcesOf } from '../plan/structure.js'
import type { Estimator } from './estimator.js'

/** Work and memory of one node, without its sources. */
export interface PlanCost {
  /** Rows looked at, weighed by what is done with each. */
  readonly cpu: number
  /** Bytes held at once. */
  readonly memoryBytes: number
}

/** Hash tables take about this many times the bytes of what they hold. */
const HASH_OVERHEAD = 1.5
const LOG_BASE = 2

/**
 * Estimates the cost of a node.
 * @source Trino CostCalculatorUsingExchanges, with rows for its bytes
 */
export function costOf(node: PlanNode, estimator: Estimator): PlanCost {
  const rowsOf = (n: PlanNode): number => estimator.of(n).rowCount
  const rows = rowsOf(node)
  const inputs = sourcesOf(node).reduce((sum, source) => sum + rowsOf(source), 0)
  const sorted = (n: number): number =>
    n * Math.max(1, Math.log(Math.max(n, 1)) / Math.log(LOG_BASE))
  switch (node.kind) {
    case 'join':
      return {
        cpu: rowsOf(node.left) + 2 * rowsOf(node.right) + rows,
        memoryBytes: estimator.outputBytes(node.right) * HASH_OVERHEAD,
      }
    case 'semiJoin':
      return {
        cpu: rowsOf(node.source) + 2 * rowsOf(node.filteringSource),
        memoryBytes: estimator.outputBytes(node.filteringSource) * HASH_OVERHEAD,
      }
    case 'aggregation':
      return { cpu: inputs, memoryBytes: estimator.outputBytes(node) * HASH_OVERHEAD }
    case 'markDistinct':
      return { cpu: inputs, memoryBytes: estimator.outputBytes(node.source) }
    case 'sort':
    case 'window':
    case 'patternRecognition':
    case 'topNRanking':
      return { cpu: sorted(inputs), memoryBytes: estimator.outputBytes(node.source) }
    case 'topN':
      return { cpu: inputs, memoryBytes: estimator.outputBytes(node) }
    case 'tableScan':
    case 'sharedScan':
    case 'values':
      return { cpu: rows, memoryBytes: 0 }
    default:
      return { cpu: inputs, memoryBytes: 0 }
  }
}
