import { input } from '../../expressions/ir-build.js'
import type { FilterNode, ProjectNode } from '../../planner/plan/node.js'
import { bindInputs, type LocalPlanContext, type Stream, withOperator } from './stream.js'

export function planFilter(node: FilterNode, context: LocalPlanContext): Stream {
  const stream = context.plan(node.source)
  return withOperator(stream, {
    kind: 'filterProject',
    planNodeId: node.id,
    filter: bindInputs(node.predicate, stream.layout),
    projections: stream.layout.map((symbol, channel) => input(channel, symbol.type)),
  })
}

/** A filter below a projection is one operator with it: what is not projected is never gathered. */
export function planProject(node: ProjectNode, context: LocalPlanContext): Stream {
  const filter = node.source.kind === 'filter' ? node.source : undefined
  const stream = context.plan(filter === undefined ? node.source : filter.source)
  return withOperator(
    stream,
    {
      kind: 'filterProject',
      planNodeId: node.id,
      ...(filter === undefined ? {} : { filter: bindInputs(filter.predicate, stream.layout) }),
      projections: node.assignments.map((a) => bindInputs(a.expression, stream.layout)),
    },
    node.assignments.map((a) => a.symbol),
  )
}
