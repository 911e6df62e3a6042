import type { Expression } from '../../../expressions/ir.js'
import type { AggregationNode, PlanNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import { conjunctsOf, equal, symbolOf } from '../expression/predicates.js'
import { isDeterministic, substitute } from '../expression/tree.js'

/** For names of columns, what they are computed from. */
export type Definitions = ReadonlyMap<string, Expression>

/** A tree of inner joins, with the filters on its relations, as one list of each. */
export interface FlatJoins {
  readonly relations: readonly PlanNode[]
  /** Over the relations' outputs; all deterministic. */
  readonly conjuncts: readonly Expression[]
  /** Columns that projections of the tree name, over the relations' outputs. */
  readonly definitions: Definitions
}

/**
 * Flattens inner joins, filters, and projections that compute nothing; at its top also projections that do.
 * @returns undefined where an expression is not deterministic
 */
export function flattenJoins(root: PlanNode): FlatJoins | undefined {
  const relations: PlanNode[] = []
  const conjuncts: Expression[] = []
  const definitions = new Map<string, Expression>()
  const add = (found: readonly Expression[]) => {
    conjuncts.push(...found.map((e) => expand(e, definitions)))
  }
  const flatten = (node: PlanNode, atTop: boolean): void => {
    if (node.kind === 'filter') {
      flatten(node.source, false)
      add(conjunctsOf(node.predicate))
    } else if (node.kind === 'join' && node.type === 'inner') {
      flatten(node.left, false)
      flatten(node.right, false)
      add(node.criteria.map((c) => equal(symbolOf(c.left), symbolOf(c.right))))
      add(conjunctsOf(node.filter))
    } else if (
      node.kind === 'project' &&
      (atTop || node.assignments.every((a) => a.expression.kind === 'symbol'))
    ) {
      flatten(node.source, atTop)
      const made = node.assignments.map(
        (a) => [a.symbol.name, expand(a.expression, definitions)] as const,
      )
      for (const [name, expression] of made) definitions.set(name, expression)
    } else relations.push(node)
  }
  flatten(root, true)
  const all = [...conjuncts, ...definitions.values()]
  return all.every(isDeterministic) ? { relations, conjuncts, definitions } : undefined
}

/** An expression over what its columns are computed from. */
export const expand = (e: Expression, definitions: Definitions): Expression =>
  substitute(e, (name) => definitions.get(name))

/** An aggregation below projections, and its columns and those of the projections over its own. */
export interface AggregateRelation {
  readonly node: AggregationNode
  readonly definitions: Definitions
}

export function aggregateRelation(relation: PlanNode): AggregateRelation | undefined {
  if (relation.kind === 'aggregation') {
    const own = outputsOf(relation).map((s) => [s.name, symbolOf(s)] as const)
    return { node: relation, definitions: new Map(own) }
  }
  if (relation.kind !== 'project') return undefined
  const below = aggregateRelation(relation.source)
  if (below === undefined) return undefined
  const made = relation.assignments.map(
    (a) => [a.symbol.name, expand(a.expression, below.definitions)] as const,
  )
  if (!made.every(([, expression]) => isDeterministic(expression))) return undefined
  return { node: below.node, definitions: new Map(made) }
}
