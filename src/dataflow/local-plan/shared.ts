import type { SharedScanNode, WithNode } from '../../planner/plan/node.js'
import {
  endPipeline,
  type LocalPlanContext,
  type Stream,
  selectChannels,
  typesOf,
} from './stream.js'

/** A shared plan that has been cut: the pipeline that collects its rows, and how they lie there. */
export interface SharedRows {
  readonly pipeline: number
  readonly layout: Stream['layout']
  readonly parallel: boolean
}

/** Plans what reads shared plans; each of these when it is first read, so that it comes before all that reads it. */
export function planWith(node: WithNode, context: LocalPlanContext): Stream {
  for (const { name, plan } of node.shared) context.sharedPlans.set(name, plan)
  return context.plan(node.main)
}

/**
 * Reads collected rows that others read too. They lie in memory, or on disk where the query may spill, until the last reader
 * has ended, and a reader starts when all are there: none can wait for another.
 */
export function planSharedScan(node: SharedScanNode, context: LocalPlanContext): Stream {
  const shared = sharedRows(node.name, context)
  const stream: Stream = {
    source: {
      kind: 'collected',
      pipelines: [shared.pipeline],
      types: typesOf(shared.layout),
      reader: context.nextReaderId++,
    },
    operators: [],
    layout: shared.layout,
    parallel: shared.parallel,
    callerBound: false,
    dependsOn: [shared.pipeline],
  }
  return { ...selectChannels(node, stream, node.columns), layout: node.outputs }
}

function sharedRows(name: string, context: LocalPlanContext): SharedRows {
  const known = context.sharedRows.get(name)
  if (known !== undefined) return known
  const plan = context.sharedPlans.get(name)!
  // Its rows are collected, so nothing above says how they are to be handed on.
  const above = context.onlyStreamsAbove
  context.onlyStreamsAbove = false
  const stream = context.plan(plan)
  context.onlyStreamsAbove = above
  const pipeline = endPipeline(context, stream, { kind: 'collect', types: typesOf(stream.layout) })
  const rows = { pipeline, layout: stream.layout, parallel: stream.parallel }
  context.sharedRows.set(name, rows)
  return rows
}
