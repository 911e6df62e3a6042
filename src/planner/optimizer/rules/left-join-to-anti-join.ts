import type { JoinNode, PlanNode } from '../../plan/node.js'
import { notNullSymbols } from '../analysis/dependencies.js'
import { filterOver, identityAssignment, projectOver } from '../build.js'
import { conjunctsOf, constant, namesOf } from '../expression/predicates.js'
import { on, over, rule } from '../rule.js'

/**
 * Filter(r IS NULL, a LEFT JOIN b) → a ANTI JOIN b, where r is a column of b that no row with a match has null: what is left are
 * the rows of a without a match, each once. b RIGHT JOIN a is the same.
 */
export const leftJoinToAntiJoin = rule({
  name: 'LeftJoinToAntiJoin',
  pattern: over(
    'filter',
    on(
      'join',
      (node) => (node.type === 'left' || node.type === 'right') && node.criteria.length > 0,
    ),
  ),
  apply: (node, context) => {
    const join = leftJoin(node.source as JoinNode)
    const neverNull = new Set([
      ...namesOf(join.criteria.map((c) => c.right)),
      ...notNullSymbols(join.right),
    ])
    const ofRight = namesOf(join.rightOutputs)
    const conjuncts = conjunctsOf(node.predicate)
    const rest = conjuncts.filter(
      (e) =>
        !(
          e.kind === 'isNull' &&
          e.arg.kind === 'symbol' &&
          ofRight.has(e.arg.name) &&
          neverNull.has(e.arg.name)
        ),
    )
    if (rest.length === conjuncts.length) return undefined
    const anti: PlanNode = {
      kind: 'semiJoin',
      id: join.id,
      mode: 'anti',
      source: join.left,
      filteringSource: join.right,
      criteria: join.criteria,
      nullAware: false,
      ...(join.filter === undefined ? {} : { filter: join.filter }),
    }
    const { leftOutputs, rightOutputs } = node.source as JoinNode
    const padded = projectOver(
      context,
      anti,
      [...leftOutputs, ...rightOutputs].map((symbol) =>
        ofRight.has(symbol.name)
          ? { symbol, expression: constant(null, symbol.type) }
          : identityAssignment(symbol),
      ),
    )
    return filterOver(context, padded, rest)
  },
})

/** Both kinds as a LEFT JOIN. */
function leftJoin(join: JoinNode): JoinNode {
  if (join.type === 'left') return join
  return {
    ...join,
    type: 'left',
    left: join.right,
    right: join.left,
    criteria: join.criteria.map(({ left, right, ...rest }) => ({
      ...rest,
      left: right,
      right: left,
    })),
    leftOutputs: join.rightOutputs,
    rightOutputs: join.leftOutputs,
  }
}
