import type { Expression } from '../../../expressions/ir.js'
import { plainKey } from '../../../spi/index.js'
import type { JoinCriterion, JoinNode, SemiJoinNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { type Counterparts, rename } from '../analysis/same-plan.js'
import type { OptimizerContext } from '../context.js'
import { conjunctsOf, namesOf } from '../expression/predicates.js'
import { isDeterministic } from '../expression/tree.js'
import { fuse, fuseSame } from './fuse.js'
import { type Fused, keysOf, NO_NAMES, renameSymbol, symbolsRead } from './fused.js'

const criteriaKey = (criteria: readonly JoinCriterion[], left: Counterparts, right: Counterparts) =>
  plainKey(
    criteria
      .map((c) => `${renameSymbol(c.left, left).name}=${renameSymbol(c.right, right).name}`)
      .sort(),
  )
/** Whether two conditions, the second renamed, have the same terms. */
function sameCondition(
  first: Expression | undefined,
  second: Expression | undefined,
  names: Counterparts,
): boolean {
  const own = conjunctsOf(first)
  const others = conjunctsOf(second).map((e) => rename(e, names))
  if (![...own, ...others].every(isDeterministic)) return false
  const [a, b] = [keysOf(own), keysOf(others)]
  return a.size === b.size && [...a].every((key) => b.has(key))
}

export function fuseJoins(
  first: JoinNode,
  second: JoinNode,
  context: OptimizerContext,
): Fused | undefined {
  if (first.type !== second.type || first.criteria.length !== second.criteria.length) {
    return undefined
  }
  // Rows may be left out after the join on the sides that it gives no rows of its own to.
  const mayDropLeft = first.type === 'inner' || first.type === 'left'
  const mayDropRight = first.type === 'inner' || first.type === 'right'
  const left = (mayDropLeft ? fuse : fuseSame)(first.left, second.left, context)
  if (left === undefined) return undefined
  const right = (mayDropRight ? fuse : fuseSame)(first.right, second.right, context)
  if (right === undefined) return undefined
  const names = new Map([...left.names, ...right.names])
  const own = criteriaKey(first.criteria, NO_NAMES, NO_NAMES)
  if (own !== criteriaKey(second.criteria, left.names, right.names)) return undefined
  if (!sameCondition(first.filter, second.filter, names)) return undefined
  const outputs = (side: Fused, a: readonly PlanSymbol[], b: readonly PlanSymbol[]) => {
    const needed = namesOf([
      ...a,
      ...b.map((symbol) => renameSymbol(symbol, side.names)),
      ...symbolsRead([...side.first, ...side.second]),
    ])
    return outputsOf(side.plan).filter(({ name }) => needed.has(name))
  }
  return {
    plan: {
      ...first,
      left: left.plan,
      right: right.plan,
      leftOutputs: outputs(left, first.leftOutputs, second.leftOutputs),
      rightOutputs: outputs(right, first.rightOutputs, second.rightOutputs),
    },
    names,
    first: [...left.first, ...right.first],
    second: [...left.second, ...right.second],
    firstComputes: left.firstComputes || right.firstComputes,
    secondComputes: left.secondComputes || right.secondComputes,
  }
}

export function fuseSemiJoins(
  first: SemiJoinNode,
  second: SemiJoinNode,
  context: OptimizerContext,
): Fused | undefined {
  if (first.mode !== second.mode || first.nullAware !== second.nullAware) return undefined
  const source = fuse(first.source, second.source, context)
  if (source === undefined) return undefined
  const filtering = fuseSame(first.filteringSource, second.filteringSource, context)
  if (filtering === undefined) return undefined
  const names = new Map([...source.names, ...filtering.names])
  const own = criteriaKey(first.criteria, NO_NAMES, NO_NAMES)
  if (own !== criteriaKey(second.criteria, source.names, filtering.names)) return undefined
  if (!sameCondition(first.filter, second.filter, names)) return undefined
  return {
    ...source,
    plan: { ...first, source: source.plan, filteringSource: filtering.plan },
    names:
      second.output === undefined
        ? source.names
        : new Map([...source.names, [second.output.name, first.output as PlanSymbol]]),
  }
}
