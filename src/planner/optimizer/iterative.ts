import { MillraceError } from '../../spi/index.js'
import type { PlanKind, PlanNode } from '../plan/node.js'
import { sourcesOf, withSources } from '../plan/structure.js'
import type { OptimizerContext } from './context.js'
import type { Rule } from './rule.js'

/** Rewrites one optimizer run may make before it is taken for endless. */
const REWRITES_MAX = 100_000

/** A set of rules that is applied to every node of a plan until none of them has anything to change. */
export interface RuleSet {
  readonly name: string
  readonly rules: readonly Rule[]
}

export const ruleSet = (name: string, rules: readonly Rule[]): RuleSet => ({ name, rules })

/**
 * Applies rules to a fixpoint: a node first, then its sources, then the node again if they changed. Plans are
 * immutable, so a node seen at its fixpoint once is skipped for good, with all below it.
 * @throws OPTIMIZER_TIMEOUT with the rules that fired most, when they don't end
 * @source Trino IterativeOptimizer (which needs a memo only because its groups are mutable)
 */
export function applyRules(plan: PlanNode, set: RuleSet, context: OptimizerContext): PlanNode {
  const byKind = new Map<PlanKind, Rule[]>()
  for (const rule of set.rules) {
    const rules = byKind.get(rule.kind)
    if (rules === undefined) byKind.set(rule.kind, [rule])
    else rules.push(rule)
  }
  const settled = new WeakSet<PlanNode>()
  const fired = new Map<string, number>()
  let rewrites = 0

  const rewriteOnce = (node: PlanNode): PlanNode | undefined => {
    for (const rule of byKind.get(node.kind) ?? []) {
      const replaced = rule.tryApply(node, context)
      if (replaced === undefined || replaced === node) continue
      fired.set(rule.name, (fired.get(rule.name) ?? 0) + 1)
      context.trace?.(rule.name, node, replaced)
      if (++rewrites > REWRITES_MAX) throw endless(set, fired)
      return replaced
    }
    return undefined
  }

  const explore = (start: PlanNode): PlanNode => {
    let node = start
    while (!settled.has(node)) {
      const replaced = rewriteOnce(node)
      if (replaced !== undefined) {
        node = replaced
        continue
      }
      const explored = withSources(node, sourcesOf(node).map(explore))
      if (explored === node) settled.add(node)
      node = explored
    }
    return node
  }
  return explore(plan)
}

function endless(set: RuleSet, fired: ReadonlyMap<string, number>): MillraceError {
  const top = [...fired].sort((a, b) => b[1] - a[1]).slice(0, 5)
  const names = top.map(([name, count]) => `${name}: ${count}`).join(', ')
  return new MillraceError(
    'OPTIMIZER_TIMEOUT',
    `The optimizer exhausted its limit of rewrites in ${set.name}: ${names}`,
  )
}
