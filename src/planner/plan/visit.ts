import type { PlanKind, PlanNode } from './node.js'

/** One function a kind: a missing kind does not compile. */
export type PlanVisitor<R> = {
  readonly [K in PlanKind]: (node: Extract<PlanNode, { kind: K }>) => R
}
export const visitPlan = <R>(node: PlanNode, visitor: PlanVisitor<R>): R =>
  (visitor[node.kind] as (node: PlanNode) => R)(node)
