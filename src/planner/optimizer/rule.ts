import type { PlanKind, PlanNode } from '../plan/node.js'
import type { OptimizerContext } from './context.js'

/** Plan node type of a kind. */
export type NodeOf<K extends PlanKind> = Extract<PlanNode, { kind: K }>

/** A shape of plan: a kind of node, optionally the kinds of its only source, and a condition. */
export interface Pattern<N extends PlanNode> {
  readonly kind: PlanKind
  readonly source?: Pattern<PlanNode>
  readonly where?: (node: N) => boolean
}

/** Matches a node of one kind. */
export const on = <K extends PlanKind>(
  kind: K,
  where?: (node: NodeOf<K>) => boolean,
): Pattern<NodeOf<K>> => (where === undefined ? { kind } : { kind, where })

/** Matches a node of one kind over a source that matches `source`; `apply` sees the source's type. */
export const over = <K extends PlanKind, S extends PlanNode>(
  kind: K,
  source: Pattern<S>,
  where?: (node: NodeOf<K> & { readonly source: S }) => boolean,
): Pattern<NodeOf<K> & { readonly source: S }> => ({
  kind,
  source: source as Pattern<PlanNode>,
  ...(where === undefined ? {} : { where }),
})

/**
 * A local rewrite. `apply` is pure: it gives an equivalent plan for the matched node with the same outputs in any
 * order, or undefined where it has nothing to change (returning an equal plan would not end).
 * @source Trino io.trino.sql.planner.iterative.Rule
 */
export interface Rule {
  readonly name: string
  readonly kind: PlanKind
  readonly tryApply: (node: PlanNode, context: OptimizerContext) => PlanNode | undefined
}

/** Makes a rule of its pattern and rewrite. */
export function rule<N extends PlanNode>(definition: {
  readonly name: string
  readonly pattern: Pattern<N>
  readonly apply: (node: N, context: OptimizerContext) => PlanNode | undefined
}): Rule {
  const pattern = definition.pattern as Pattern<PlanNode>
  return {
    name: definition.name,
    kind: pattern.kind,
    tryApply: (node, context) =>
      matches(pattern, node) ? definition.apply(node as N, context) : undefined,
  }
}

function matches(pattern: Pattern<PlanNode>, node: PlanNode): boolean {
  if (pattern.kind !== node.kind) return false
  if (pattern.source !== undefined) {
    const source = (node as { readonly source?: PlanNode }).source
    if (source === undefined || !matches(pattern.source, source)) return false
  }
  return pattern.where === undefined || pattern.where(node)
}
