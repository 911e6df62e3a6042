import type { PlanNode, TableArgument, TableFunctionNode } from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import type { TableFunctionSource } from '../pipeline.js'
import { planSort } from './order.js'
import {
  channelOrder,
  channelsOf,
  gather,
  gatherByKey,
  type LocalPlanContext,
  type Stream,
  typesOf,
  withOperator,
} from './stream.js'

/**
 * A function without table arguments reads splits, as a scan does. One with a single argument runs in as many drivers as its
 * rows come in, where it need not know whether there are none at all.
 */
export function planTableFunction(node: TableFunctionNode, context: LocalPlanContext): Stream {
  const callerBound = context.isThreadBound(node.function.catalog)
  if (node.sources.length === 0) return planSplits(node, callerBound, context)
  const [first] = node.tables
  const mayBeParallel = node.sources.length === 1 && first!.pruneWhenEmpty && !callerBound
  const inputs = node.sources.map((source, i) =>
    planArgument(source, node.tables[i]!, mayBeParallel, node.id, context),
  )
  const source: TableFunctionSource = {
    kind: 'tableFunction',
    planNodeId: node.id,
    function: node.function,
    properTypes: typesOf(node.properOutputs),
    inputs: inputs.map(({ source: rows, operators, layout }, i) => ({
      source: rows,
      operators,
      argument: {
        types: typesOf(layout),
        rowSemantics: node.tables[i]!.rowSemantics,
        pruneWhenEmpty: node.tables[i]!.pruneWhenEmpty,
        passesThrough: node.tables[i]!.passesThrough,
        partitionBy: channelsOf(layout, node.tables[i]!.partitionBy),
        required: channelsOf(layout, node.tables[i]!.required),
        passed: channelsOf(layout, node.tables[i]!.passed),
      },
    })),
    copartitions: node.copartitions,
  }
  return {
    source,
    operators: [],
    layout: outputsOf(node),
    parallel: mayBeParallel && inputs[0]!.parallel,
    callerBound: callerBound || inputs.some((input) => input.callerBound),
    dependsOn: inputs.flatMap((input) => input.dependsOn),
  }
}

function planSplits(
  node: TableFunctionNode,
  callerBound: boolean,
  context: LocalPlanContext,
): Stream {
  const { catalog, schema, name, handle, transaction } = node.function
  return {
    source: {
      kind: 'scan',
      isTableFunction: true,
      planNodeId: node.id,
      scanId: context.nextScanId++,
      table: {
        catalog,
        schema,
        table: name,
        handle,
        ...(transaction === undefined ? {} : { transaction }),
      },
      columns: [],
      types: typesOf(node.properOutputs),
      dynamicFilters: [],
      knownDomains: [],
    },
    operators: [],
    layout: node.properOutputs,
    parallel: context.threads > 1 && !callerBound,
    callerBound,
    dependsOn: [],
  }
}

/** The rows of an argument, those of a partition after one another and in order. */
function planArgument(
  source: PlanNode,
  { rowSemantics, partitionBy, orderBy }: TableArgument,
  mayBeParallel: boolean,
  planNodeId: string,
  context: LocalPlanContext,
): Stream {
  if (rowSemantics && mayBeParallel) return context.plan(source)
  if (partitionBy.length === 0) {
    return orderBy.length === 0
      ? gather(context, context.plan(source))
      : planSort({ kind: 'sort', id: planNodeId, source, orderBy }, context)
  }
  const planned = context.plan(source)
  const rows = context.estimatedRows(source)
  const stream = mayBeParallel
    ? gatherByKey(context, planned, partitionBy, rows, planNodeId)
    : gather(context, planned)
  return withOperator(stream, {
    kind: 'window',
    planNodeId,
    types: typesOf(stream.layout),
    partitionBy: channelsOf(stream.layout, partitionBy),
    orderBy: channelOrder(stream.layout, orderBy),
    functions: [],
  })
}
