import type { Estimator } from '../planner/cost/estimator.js'
import { nodeDetails } from '../planner/explain/node-details.js'
import { planText } from '../planner/explain/text.js'
import type { OutputNode, PlanNode, PlanNodeId } from '../planner/plan/node.js'
import { outputsOf, sourcesOf } from '../planner/plan/structure.js'
import type { PlanExecution } from './services.js'
import { displayTypeName } from './statements/type-display.js'

/** The plan of a statement in the form that EXPLAIN asks for, with the optimizer's estimates. */
export function explainText(
  plan: OutputNode,
  format: 'TEXT' | 'JSON' | 'GRAPHVIZ',
  estimator: Estimator,
): string {
  switch (format) {
    case 'TEXT':
      return planText(plan, { estimator })
    case 'JSON':
      return JSON.stringify(planJson(plan), null, 2)
    case 'GRAPHVIZ':
      return planGraph(plan)
  }
}

interface OperatorTotals {
  inputRows: number
  outputRows: number
  inputBytes: number
  elapsedMillis: number
}

/** Runs a plan to its end, throws its rows away and prints it with what its operators measured. */
export async function explainAnalyzeText(
  execution: PlanExecution,
  plan: OutputNode,
  planningMillis: number,
  estimator: Estimator,
): Promise<string> {
  const begun = performance.now()
  let firstPageMillis: number | undefined
  let rowCount = 0
  try {
    for (let page = await execution.nextPage(); page; page = await execution.nextPage()) {
      firstPageMillis ??= performance.now() - begun
      rowCount += page.rowCount
    }
  } finally {
    await execution.end()
  }
  const elapsedMillis = performance.now() - begun
  const info = execution.info()
  const totals = operatorTotals(info.detail)
  const summary = [
    `Planning: ${planningMillis.toFixed(2)}ms`,
    `Execution: ${elapsedMillis.toFixed(2)}ms, first page: ${(firstPageMillis ?? elapsedMillis).toFixed(2)}ms`,
    `Rows: ${rowCount}, splits: ${info.totalSplits}, peak memory: ${info.peakMemoryBytes}B`,
  ]
  const text = planText(plan, {
    estimator,
    annotate: (id) => annotation(totals.get(id)),
  })
  return `${summary.join('\n')}\n\n${text}`
}

function annotation(total: OperatorTotals | undefined): readonly string[] {
  if (total === undefined) return []
  return [
    `Input: ${total.inputRows} rows (${total.inputBytes}B), output: ${total.outputRows} rows, time: ${total.elapsedMillis.toFixed(2)}ms`,
  ]
}

/** Adds up what drivers report by plan node. */
function operatorTotals(detail: unknown): Map<PlanNodeId, OperatorTotals> {
  const totals = new Map<PlanNodeId, OperatorTotals>()
  const { pipelines } = detail as {
    readonly pipelines: readonly {
      readonly drivers: readonly {
        readonly operators: readonly (OperatorTotals & { readonly planNodeId: string })[]
      }[]
    }[]
  }
  for (const operator of pipelines.flatMap((p) => p.drivers).flatMap((d) => d.operators)) {
    const total = totals.get(operator.planNodeId)
    if (total === undefined) {
      totals.set(operator.planNodeId, { ...operator })
      continue
    }
    total.inputRows += operator.inputRows
    total.outputRows += operator.outputRows
    total.inputBytes += operator.inputBytes
    total.elapsedMillis += operator.elapsedMillis
  }
  return totals
}

/** @source Trino JsonRenderer */
function planJson(node: PlanNode): unknown {
  const { name, descriptor, lines } = nodeDetails(node)
  return {
    id: node.id,
    name,
    descriptor: Object.fromEntries(descriptor),
    outputs: outputsOf(node).map((symbol) => ({
      symbol: symbol.name,
      type: displayTypeName(symbol.type),
    })),
    details: lines,
    children: sourcesOf(node).map(planJson),
  }
}

function planGraph(root: PlanNode): string {
  const lines: string[] = []
  const visit = (node: PlanNode): void => {
    const { name, descriptor, lines: details } = nodeDetails(node)
    const properties = descriptor.map(([key, value]) => `${key} = ${value}`).join(', ')
    const label = JSON.stringify([`${name}[${properties}]`, ...details].join('\n'))
    lines.push(`  node_${node.id} [label=${label}, shape=box];`)
    for (const source of sourcesOf(node)) {
      lines.push(`  node_${node.id} -> node_${source.id};`)
      visit(source)
    }
  }
  visit(root)
  return `digraph logical_plan {\n${lines.join('\n')}\n}`
}
