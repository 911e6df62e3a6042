import type { Estimator } from '../planner/cost/estimator.js'
import { planGraphviz } from '../planner/explain/graphviz.js'
import { planJson } from '../planner/explain/json.js'
import { planText } from '../planner/explain/text.js'
import type { OutputNode, PlanNodeId } from '../planner/plan/node.js'
import type { PlanExecution } from './services.js'

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
      return JSON.stringify(planJson(plan, estimator), null, 2)
    case 'GRAPHVIZ':
      return planGraphviz([{ id: 0, plan }])
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
