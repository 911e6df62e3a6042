import type { Expression } from '../../expressions/ir.js'
import { input } from '../../expressions/ir-build.js'
import type { FilterNode, PlanNode, ProjectNode, TableScanNode } from '../../planner/plan/node.js'
import { keyFilters, planScan } from './scan.js'
import { bindInputs, type LocalPlanContext, type Stream, withOperator } from './stream.js'

export function planTableScan(node: TableScanNode, context: LocalPlanContext): Stream {
  const filters = keyFilters(node, context)
  const stream = planScan(node, context)
  return filters.length === 0 ? stream : passOn(node, { stream, filters })
}

export const planFilter = (node: FilterNode, context: LocalPlanContext): Stream =>
  passOn(node, planFiltered(node, context))

/** A filter below a projection is one operator with it: what is not projected is never gathered. */
export function planProject(node: ProjectNode, context: LocalPlanContext): Stream {
  const filtered = planFiltered(node.source, context)
  const { layout } = filtered.stream
  const projections = node.assignments.map((a) => bindInputs(a.expression, layout))
  return filterProject(
    node,
    filtered,
    projections,
    node.assignments.map((a) => a.symbol),
  )
}

/** A stream with what is to be applied to its pages at once: one pass finds the rows, and the rest is never touched. */
interface Filtered {
  readonly stream: Stream
  readonly predicate?: Expression
  readonly filters: ReturnType<typeof keyFilters>
}

function planFiltered(node: PlanNode, context: LocalPlanContext): Filtered {
  const source = node.kind === 'filter' ? node.source : node
  const filters = source.kind === 'tableScan' ? keyFilters(source, context) : []
  const stream = source.kind === 'tableScan' ? planScan(source, context) : context.plan(source)
  return node.kind === 'filter'
    ? { stream, filters, predicate: bindInputs(node.predicate, stream.layout) }
    : { stream, filters }
}

const passOn = (node: PlanNode, filtered: Filtered): Stream =>
  filterProject(
    node,
    filtered,
    filtered.stream.layout.map((symbol, channel) => input(channel, symbol.type)),
    filtered.stream.layout,
  )

const filterProject = (
  node: PlanNode,
  { stream, predicate, filters }: Filtered,
  projections: readonly Expression[],
  layout: Stream['layout'],
): Stream =>
  withOperator(
    stream,
    {
      kind: 'filterProject',
      planNodeId: node.id,
      ...(predicate === undefined ? {} : { filter: predicate }),
      ...(filters.length === 0 ? {} : { keyFilters: filters }),
      projections,
    },
    layout,
    filters.map((filter) => filter.pipeline),
  )
