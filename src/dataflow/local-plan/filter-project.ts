import { input } from '../../expressions/ir-build.js'
import type { FilterNode, ProjectNode } from '../../planner/plan/node.js'
import { planScan, withDynamicFilters } from './scan.js'
import { bindInputs, type LocalPlanContext, type Stream, withOperator } from './stream.js'

export function planFilter(node: FilterNode, context: LocalPlanContext): Stream {
  const { source } = node
  if (source.kind !== 'tableScan') return filtered(node, context.plan(source))
  return withDynamicFilters(filtered(node, planScan(source, context)), source, context)
}

const filtered = (node: FilterNode, stream: Stream): Stream =>
  withOperator(stream, {
    kind: 'filterProject',
    planNodeId: node.id,
    filter: bindInputs(node.predicate, stream.layout),
    projections: stream.layout.map((symbol, channel) => input(channel, symbol.type)),
  })

/** A filter below a projection is one operator with it: what is not projected is never gathered. */
export function planProject(node: ProjectNode, context: LocalPlanContext): Stream {
  const { source } = node
  const isFused =
    source.kind === 'filter' &&
    (source.source.kind !== 'tableScan' || source.source.dynamicFilters === undefined)
  const stream = context.plan(isFused ? source.source : source)
  return withOperator(
    stream,
    {
      kind: 'filterProject',
      planNodeId: node.id,
      ...(isFused ? { filter: bindInputs(source.predicate, stream.layout) } : {}),
      projections: node.assignments.map((a) => bindInputs(a.expression, stream.layout)),
    },
    node.assignments.map((a) => a.symbol),
  )
}
