import { typeName } from '../../spi/index.js'
import { costOf } from '../cost/cost.js'
import type { Estimator } from '../cost/estimator.js'
import type { PlanNode } from '../plan/node.js'
import { outputsOf, sourcesOf } from '../plan/structure.js'
import { nodeDetails } from './node-details.js'

/** A node as EXPLAIN (FORMAT JSON) gives it. Unknown numbers are the string `NaN`, as in Trino. */
export interface JsonPlanNode {
  readonly id: string
  readonly name: string
  readonly descriptor: Readonly<Record<string, string>>
  readonly outputs: readonly { readonly symbol: string; readonly type: string }[]
  readonly details: readonly string[]
  readonly estimates: readonly JsonEstimate[]
  readonly children: readonly JsonPlanNode[]
}
export interface JsonEstimate {
  readonly outputRowCount: number | 'NaN'
  readonly outputSizeInBytes: number | 'NaN'
  readonly cpuCost: number | 'NaN'
  readonly memoryCost: number | 'NaN'
  readonly networkCost: number | 'NaN'
}

/**
 * A plan as plain data for EXPLAIN (FORMAT JSON).
 * @source Trino JsonRenderer
 */
export function planJson(plan: PlanNode, estimator?: Estimator): JsonPlanNode {
  const { name, descriptor, lines } = nodeDetails(plan)
  return {
    id: plan.id,
    name,
    descriptor: Object.fromEntries(descriptor),
    outputs: outputsOf(plan).map((s) => ({ symbol: s.name, type: typeName(s.type) })),
    details: lines,
    estimates: estimator === undefined ? [] : [estimateOf(plan, estimator)],
    children: sourcesOf(plan).map((source) => planJson(source, estimator)),
  }
}

function estimateOf(node: PlanNode, estimator: Estimator): JsonEstimate {
  const { rowCount, known } = estimator.of(node)
  const cost = costOf(node, estimator)
  const number = (value: number) => (known && Number.isFinite(value) ? value : 'NaN')
  return {
    outputRowCount: number(rowCount),
    outputSizeInBytes: number(estimator.outputBytes(node)),
    cpuCost: number(cost.cpu),
    memoryCost: number(cost.memoryBytes),
    networkCost: number(0),
  }
}
