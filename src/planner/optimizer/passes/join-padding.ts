import type { Expression } from '../../../expressions/ir.js'
import type { JoinNode, JoinType, PlanNode } from '../../plan/node.js'
import { outputsOf, withSources } from '../../plan/structure.js'
import type { OptimizerContext } from '../context.js'
import { constant, isNeverTrue, namesOf } from '../expression/predicates.js'
import { simplify } from '../expression/simplify.js'
import { isDeterministic, substitute } from '../expression/tree.js'

/** Whether a join gives all rows of its left side, with nulls for the right one where they have no match. */
export const keepsLeft = (type: JoinType): boolean => type === 'left' || type === 'full'
/** The same of its right side. */
export const keepsRight = (type: JoinType): boolean => type === 'right' || type === 'full'

/**
 * The join's type without the padding of sides whose padded rows one of the conjuncts drops.
 * @param conjuncts what keeps rows above the join; symbols of other nodes may be among theirs
 * @source Trino PredicatePushDown.tryNormalizeToOuterToInnerJoin
 */
export function neededType(
  node: JoinNode,
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): JoinType {
  if (node.type === 'inner') return 'inner'
  const leftNames = namesOf(outputsOf(node.left))
  const rightNames = namesOf(outputsOf(node.right))
  const drops = (names: ReadonlySet<string>) =>
    conjuncts.some((e) => isDeterministic(e) && rejectsNulls(e, names, context))
  const padsRight = keepsLeft(node.type) && !drops(rightNames)
  const padsLeft = keepsRight(node.type) && !drops(leftNames)
  if (padsLeft && padsRight) return 'full'
  return padsLeft ? 'right' : padsRight ? 'left' : 'inner'
}

/** Tells whether a conjunct is never true once all symbols of `names` are null. */
function rejectsNulls(
  e: Expression,
  names: ReadonlySet<string>,
  context: OptimizerContext,
): boolean {
  let replaced = false
  const padded = substitute(e, (name, type) => {
    if (!names.has(name)) return undefined
    replaced = true
    return constant(null, type)
  })
  return replaced && isNeverTrue(simplify(padded, context.evaluate))
}

/**
 * A join's side without the padded rows that the join's own condition matches with no row: what is joined by a column that an outer
 * join below has padded is joined by none of these rows (TPC-DS Q93).
 * @param condition conjuncts of a join that gives no rows of this side without a match
 */
export function withoutPadding(
  node: PlanNode,
  condition: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  if (condition.length === 0) return node
  switch (node.kind) {
    case 'filter': {
      const source = withoutPadding(node.source, condition, context)
      return source === node.source ? node : withSources(node, [source])
    }
    case 'project': {
      const assigned = new Map(node.assignments.map((a) => [a.symbol.name, a.expression]))
      const below = condition.map((e) => substitute(e, (name) => assigned.get(name)))
      const source = withoutPadding(node.source, below, context)
      return source === node.source ? node : withSources(node, [source])
    }
    case 'join': {
      const type = neededType(node, condition, context)
      const left = keepsRight(type) ? node.left : withoutPadding(node.left, condition, context)
      const right = keepsLeft(type) ? node.right : withoutPadding(node.right, condition, context)
      if (type === node.type && left === node.left && right === node.right) return node
      return { ...node, type, left, right }
    }
    default:
      return node
  }
}
