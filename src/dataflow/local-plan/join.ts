import { TRUE } from '../../expressions/ir-build.js'
import type { JoinNode, PlanNode, SemiJoinNode } from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import {
  bindInputs,
  channelsOf,
  collected,
  endPipeline,
  gather,
  type LocalPlanContext,
  type Stream,
  typesOf,
  withOperator,
} from './stream.js'

/**
 * Ends the build side in an index: pages collected by all threads first where it is parallel. Scans planned from then on may be
 * filtered by its keys.
 */
function buildIndex(
  node: JoinNode | SemiJoinNode,
  build: Stream,
  keyChannels: readonly number[],
  keysOnly: boolean,
  context: LocalPlanContext,
): number {
  const single = gather(context, build)
  const filters = filterKeys(node)
  const indexPipeline = endPipeline(context, single, {
    kind: 'joinIndex',
    planNodeId: node.id,
    types: typesOf(build.layout),
    keyChannels,
    keysOnly,
    stablePages: single.source.kind === 'collected' && single.operators.length === 0,
    filterKeys: [...new Set(filters.map(({ keyIndex }) => keyIndex))],
  })
  for (const { id, keyIndex } of filters) {
    context.keyFilters.set(id, { pipeline: indexPipeline, keyIndex })
  }
  return indexPipeline
}

/** The keys that dynamic filters are made of, each with the filter's id. */
const filterKeys = (
  node: JoinNode | SemiJoinNode,
): readonly { readonly id: string; readonly keyIndex: number }[] =>
  (node.dynamicFilters ?? []).flatMap(({ id, symbol }) => {
    const keyIndex = node.criteria.findIndex((c) => c.right.name === symbol.name)
    // Of a RIGHT join the probe side is the one that keeps all rows.
    return keyIndex < 0 ? [] : [{ id, keyIndex }]
  })

/**
 * The probe side of a join or semi-join. With filters for the other side it is read first: collected, so that its keys are
 * known before the build side's scans run, and looked up afterwards.
 */
function planProbe(
  node: JoinNode | SemiJoinNode,
  probe: PlanNode,
  context: LocalPlanContext,
): Stream | undefined {
  const filters = node.probeFilters
  if (filters === undefined) return undefined
  const stream = context.plan(probe)
  const rows = collected(context, stream, stream.parallel)
  const pipeline = endPipeline(
    context,
    { ...rows, parallel: false },
    {
      kind: 'keyFilters',
      planNodeId: node.id,
      types: typesOf(stream.layout),
      keyChannels: channelsOf(
        stream.layout,
        filters.map(({ symbol }) => symbol),
      ),
    },
  )
  filters.forEach(({ id }, keyIndex) => context.keyFilters.set(id, { pipeline, keyIndex }))
  return rows
}

/** RIGHT joins are LEFT joins with the sides changed: outputs are found by symbol. */
function normalised(node: JoinNode): JoinNode & { readonly type: 'inner' | 'left' | 'full' } {
  if (node.type !== 'right') return node as JoinNode & { readonly type: 'inner' | 'left' | 'full' }
  return {
    ...node,
    type: 'left',
    left: node.right,
    right: node.left,
    criteria: node.criteria.map((c) => ({ left: c.right, right: c.left })),
    leftOutputs: node.rightOutputs,
    rightOutputs: node.leftOutputs,
  }
}

export function planJoin(original: JoinNode, context: LocalPlanContext): Stream {
  const node = normalised(original)
  const first = planProbe(node, node.left, context)
  const build = context.plan(node.right)
  const buildLayout = build.layout
  const keyed = node.criteria.length > 0
  const buildPipeline = keyed
    ? buildIndex(
        node,
        build,
        channelsOf(
          buildLayout,
          node.criteria.map((c) => c.right),
        ),
        false,
        context,
      )
    : endPipeline(context, build, {
        kind: 'collect',
        types: typesOf(buildLayout),
        staysInMemory: true,
      })
  const planned = first ?? context.plan(node.left)
  // Rows of the build side without a match come after all probe rows: one driver has to see them.
  const probe = node.type === 'full' ? gather(context, planned) : planned
  const layout = [...probe.layout, ...buildLayout]
  const shared = {
    planNodeId: node.id,
    type: node.type,
    probeTypes: typesOf(probe.layout),
    buildTypes: typesOf(buildLayout),
    ...(node.filter === undefined ? {} : { filter: bindInputs(node.filter, layout) }),
    probeOutputs: channelsOf(probe.layout, node.leftOutputs),
    buildOutputs: channelsOf(buildLayout, node.rightOutputs),
  }
  const operator = keyed
    ? ({
        ...shared,
        kind: 'lookupJoin',
        indexPipeline: buildPipeline,
        probeKeys: channelsOf(
          probe.layout,
          node.criteria.map((c) => c.left),
        ),
      } as const)
    : ({ ...shared, kind: 'nestedLoopJoin', buildPipeline } as const)
  return {
    ...withOperator(probe, operator, [...node.leftOutputs, ...node.rightOutputs]),
    dependsOn: [...probe.dependsOn, buildPipeline],
  }
}

export function planSemiJoin(node: SemiJoinNode, context: LocalPlanContext): Stream {
  const first = planProbe(node, node.source, context)
  const build = context.plan(node.filteringSource)
  const keyChannels = channelsOf(
    build.layout,
    node.criteria.map((c) => c.right),
  )
  const indexPipeline = buildIndex(node, build, keyChannels, node.filter === undefined, context)
  const probe = first ?? context.plan(node.source)
  return {
    ...withOperator(
      probe,
      {
        kind: 'semiJoin',
        planNodeId: node.id,
        mode: node.mode,
        nullAware: node.nullAware,
        indexPipeline,
        probeKeys: channelsOf(
          probe.layout,
          node.criteria.map((c) => c.left),
        ),
        probeTypes: typesOf(probe.layout),
        buildTypes: typesOf(build.layout),
        ...(node.filter === undefined || node.filter === TRUE
          ? {}
          : { filter: bindInputs(node.filter, [...probe.layout, ...build.layout]) }),
      },
      outputsOf(node),
    ),
    dependsOn: [...probe.dependsOn, indexPipeline],
  }
}

/** Branches one after another; a branch that is not parallel is collected first, so that drivers share it. */
export function planUnion(
  node: Extract<PlanNode, { kind: 'setOperation' }>,
  context: LocalPlanContext,
): Stream {
  const branches = node.sources.map((source, s) => {
    const stream = context.plan(source)
    return project(node, stream, s)
  })
  const callerBound = branches.some((b) => b.callerBound)
  const parallel = !callerBound && branches.some((b) => b.parallel)
  const ready = branches.map((branch) => {
    if (parallel) return branch.parallel ? branch : collected(context, branch, true)
    return branch.parallel ? collected(context, branch, false) : branch
  })
  return {
    source: {
      kind: 'union',
      branches: ready.map(({ source, operators }) => ({ source, operators })),
    },
    operators: [],
    layout: node.outputs,
    parallel,
    callerBound,
    dependsOn: ready.flatMap((b) => b.dependsOn),
  }
}

function project(
  node: Extract<PlanNode, { kind: 'setOperation' }>,
  stream: Stream,
  source: number,
): Stream {
  return withOperator(
    stream,
    {
      kind: 'filterProject',
      planNodeId: node.id,
      projections: node.inputs[source]!.map((symbol) =>
        bindInputs({ kind: 'symbol', name: symbol.name, type: symbol.type }, stream.layout),
      ),
    },
    node.outputs,
  )
}
