import { TRUE } from '../../expressions/ir-build.js'
import { keepsBuild } from '../../operators/join/keeps-build.js'
import type { JoinNode, PlanNode, SemiJoinNode } from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import {
  bindInputs,
  channelsOf,
  collected,
  collectedForAll,
  endPipeline,
  gather,
  type LocalPlanContext,
  type Stream,
  selectChannels,
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
  { keysOnly, marksMatches }: { readonly keysOnly: boolean; readonly marksMatches: boolean },
  context: LocalPlanContext,
): number {
  const single = build.parallel ? collectedForAll(context, build) : build
  const filters = filterKeys(node)
  const indexPipeline = endPipeline(context, single, {
    kind: 'joinIndex',
    planNodeId: node.id,
    types: typesOf(build.layout),
    keyChannels,
    keysOnly,
    marksMatches,
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
    // Of a RIGHT join that is turned round, the other side is indexed.
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

type LoopedJoin = JoinNode & { readonly type: 'inner' | 'left' | 'full' }

/** A RIGHT join as a LEFT join with the sides changed: outputs are found by symbol. */
function turned(node: JoinNode): LoopedJoin {
  if (node.type !== 'right') return node as LoopedJoin
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
  const keyed = original.criteria.length > 0
  // Drivers mark matches in an index that they share. On disk each would have parts of its own.
  const sharesMarks = keyed && !context.maySpill
  const node = sharesMarks ? original : turned(original)
  const first = planProbe(node, node.left, context)
  const build = context.plan(node.right)
  const buildLayout = build.layout
  const buildPipeline = keyed
    ? buildIndex(
        node,
        build,
        channelsOf(
          buildLayout,
          node.criteria.map((c) => c.right),
        ),
        { keysOnly: false, marksMatches: keepsBuild(node.type) },
        context,
      )
    : endPipeline(context, build, {
        kind: 'collect',
        types: typesOf(buildLayout),
        staysInMemory: true,
      })
  const planned = first ?? context.plan(node.left)
  // Rows of the build side without a match come after all probe rows: where no marks are shared, one driver has to see them.
  const probe = node.type === 'full' && !sharesMarks ? gather(context, planned) : planned
  const layout = [...probe.layout, ...buildLayout]
  const shared = {
    planNodeId: node.id,
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
        type: node.type,
        indexPipeline: buildPipeline,
        probeKeys: channelsOf(
          probe.layout,
          node.criteria.map((c) => c.left),
        ),
      } as const)
    : ({ ...shared, kind: 'nestedLoopJoin', type: turned(node).type, buildPipeline } as const)
  const joined = withOperator(
    probe,
    operator,
    [...node.leftOutputs, ...node.rightOutputs],
    [buildPipeline],
  )
  // Nodes above take a node's columns to be in the order that it says, whichever side is looked up.
  return selectChannels(original, joined, outputsOf(original))
}

export function planSemiJoin(node: SemiJoinNode, context: LocalPlanContext): Stream {
  const first = planProbe(node, node.source, context)
  const build = context.plan(node.filteringSource)
  const keyChannels = channelsOf(
    build.layout,
    node.criteria.map((c) => c.right),
  )
  const indexPipeline = buildIndex(
    node,
    build,
    keyChannels,
    { keysOnly: node.filter === undefined, marksMatches: false },
    context,
  )
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
