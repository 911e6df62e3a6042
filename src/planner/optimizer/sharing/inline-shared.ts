import type { PlanNode, SharedPlan, SharedScanNode } from '../../plan/node.js'
import { sharedScansOf, sourcesOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { symbolReference } from '../../plan/symbol.js'
import type { OptimizerContext } from '../context.js'
import { copyPlan } from '../copy-plan.js'

type Names = Pick<OptimizerContext, 'symbols' | 'ids'>

/** Puts shared plans that are read once, since a rule has done without another use, where they are read. */
export const inlineReadOnce = (plan: PlanNode, context: Names): PlanNode =>
  inlineShared(plan, context, (uses) => uses < 2)

/** Puts shared plans where they are read, so that each is computed as often as it is used. */
export const inlineAll = (plan: PlanNode, context: Names): PlanNode =>
  inlineShared(plan, context, () => true)

function inlineShared(
  plan: PlanNode,
  context: Names,
  mayInline: (uses: number) => boolean,
): PlanNode {
  if (plan.kind !== 'with') {
    const { kind } = plan
    if (kind !== 'output' && kind !== 'tableFinish' && kind !== 'tableWriter') return plan
    return withSources(plan, [inlineShared(plan.source, context, mayInline)])
  }
  let { main, shared } = plan
  // From the last on: once that is gone, what it read may be read once.
  for (const { name } of plan.shared.toReversed()) {
    const { plan: definition } = shared.find((s) => s.name === name) as SharedPlan
    const others = shared.filter((s) => s.name !== name)
    const isUse = (scan: SharedScanNode) => scan.name === name
    const uses = [main, ...others.map((s) => s.plan)].flatMap(sharedScansOf).filter(isUse)
    if (!mayInline(uses.length)) continue
    const replace = (node: PlanNode): PlanNode => {
      if (node.kind === 'sharedScan' && isUse(node))
        return inlined(node, definition, uses.length > 1, context)
      return withSources(node, sourcesOf(node).map(replace))
    }
    main = replace(main)
    shared = others.map((s) => ({ ...s, plan: replace(s.plan) }))
  }
  return shared.length === 0 ? main : { ...plan, main, shared }
}

/** @param isCopy there are other uses, each with symbols of its own */
function inlined(
  scan: SharedScanNode,
  definition: PlanNode,
  isCopy: boolean,
  context: Names,
): PlanNode {
  const { plan, rename } = isCopy
    ? copyPlan(definition, context)
    : { plan: definition, rename: (symbol: PlanSymbol) => symbol }
  return {
    kind: 'project',
    id: context.ids.next(),
    source: plan,
    assignments: scan.outputs.map((symbol, i) => ({
      symbol,
      expression: symbolReference(rename(scan.columns[i]!)),
    })),
  }
}
