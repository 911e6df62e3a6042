import { orElse, symbolStatistics } from '../cost/statistics.js'
import type { JoinCriterion, JoinNode, PlanNode, SemiJoinNode } from '../plan/node.js'
import { outputsOf } from '../plan/structure.js'
import type { PlanSymbol } from '../plan/symbol.js'
import type { ExchangeContext } from './add-exchanges.js'
import { type Distributed, type Distribution, rename, restrict, SPREAD } from './distribution.js'
import { isReplicated } from './join-distribution.js'
import { skewSample } from './skew-sample.js'

interface Sides {
  readonly probe: Distributed
  readonly build: Distributed
}

/** Equalities as probe and build have them. */
type Keys = readonly { readonly probe: PlanSymbol; readonly build: PlanSymbol }[]

const criteriaKeys = (criteria: readonly JoinCriterion[]): Keys =>
  criteria.map(({ left, right }) => ({ probe: left, build: right }))

/** Brings the sides of a join together: the build side to every task, or both to the tasks of their keys. */
export function distributeJoin(node: JoinNode, context: ExchangeContext): Distributed {
  // A RIGHT join looks rows of its left side up.
  const isSwapped = node.type === 'right'
  const left = context.plan(node.left)
  const right = context.plan(node.right)
  const sides = isSwapped ? { probe: right, build: left } : { probe: left, build: right }
  const keys = criteriaKeys(node.criteria).map(({ probe, build }) =>
    isSwapped ? { probe: build, build: probe } : { probe, build },
  )
  const joined = placed(
    node,
    sides,
    keys,
    { needsAllProbeRows: node.type === 'full', keepsProbeRows: node.type !== 'inner' },
    context,
  )
  const planned: PlanNode = {
    ...node,
    left: isSwapped ? joined.build.node : joined.probe.node,
    right: isSwapped ? joined.probe.node : joined.build.node,
    ...(joined.distribution === undefined ? {} : { distribution: joined.distribution }),
  }
  const { distribution } = joined.probe
  return {
    node: planned,
    isRemote: joined.probe.isRemote,
    distribution: restrict(
      node.type === 'full'
        ? distribution.kind === 'single'
          ? distribution
          : SPREAD
        : node.type === 'inner'
          ? withEqualKeys(distribution, keys)
          : distribution,
      outputsOf(planned),
    ),
  }
}

export function distributeSemiJoin(node: SemiJoinNode, context: ExchangeContext): Distributed {
  const joined = placed(
    node,
    { probe: context.plan(node.source), build: context.plan(node.filteringSource) },
    criteriaKeys(node.criteria),
    {
      // Whether a row is unknown depends on there being a null, or any row at all, anywhere.
      needsAllBuildRows: node.nullAware && node.mode !== 'semi',
      keepsProbeRows: node.mode !== 'semi',
    },
    context,
  )
  return {
    ...joined.probe,
    node: { ...node, source: joined.probe.node, filteringSource: joined.build.node },
  }
}

function placed(
  node: JoinNode | SemiJoinNode,
  { probe, build }: Sides,
  keys: Keys,
  needs: {
    readonly needsAllProbeRows?: boolean
    readonly needsAllBuildRows?: boolean
    /** Also of those that match nothing, as rows with a NULL key do. */
    readonly keepsProbeRows?: boolean
  },
  context: ExchangeContext,
): Sides & { readonly distribution?: 'partitioned' | 'replicated' } {
  const isProbeSingle = probe.distribution.kind === 'single'
  const isBuildSingle = build.distribution.kind === 'single'
  if (isProbeSingle && isBuildSingle) return { probe, build }
  const canPartition = keys.length > 0 && needs.needsAllBuildRows !== true
  if (needs.needsAllProbeRows === true && !canPartition) {
    return { probe: context.gather(probe), build: context.gather(build) }
  }
  const aligned = alignment(probe, build, keys)
  const replicates =
    !canPartition ||
    (needs.needsAllProbeRows !== true &&
      isReplicated(
        {
          probe: probe.node,
          build: build.node,
          isProbePartitioned: aligned.isProbePlaced,
          isBuildPartitioned: aligned.isBuildPlaced,
        },
        context.estimator,
        context,
      ))
  if (replicates) {
    return isProbeSingle
      ? { probe, build: context.gather(build), distribution: 'replicated' }
      : { probe, build: context.replicate(build), distribution: 'replicated' }
  }
  const probeKeys = aligned.keys.map((key) => key.probe)
  const buildKeys = aligned.keys.map((key) => key.build)
  const ofProbe =
    needs.needsAllProbeRows === true
      ? []
      : heavyHashes(node, probe, probeKeys, aligned.isProbePlaced, context)
  // Only rows of an inner join may be in several tasks on either side.
  const ofBuild =
    node.kind === 'join' && node.type === 'inner'
      ? heavyHashes(node, build, buildKeys, aligned.isBuildPlaced, context)
      : []
  if (ofProbe.length > 0 || ofBuild.length > 0) {
    const onlyBuild = ofBuild.filter((hash) => !ofProbe.includes(hash))
    return {
      probe: context.repartition(probe, probeKeys, {
        ...(needs.keepsProbeRows === true ? { spreadsNulls: true } : {}),
        heavyKeys: { spread: ofProbe, replicated: onlyBuild },
      }),
      build: context.repartition(build, buildKeys, {
        heavyKeys: { spread: onlyBuild, replicated: ofProbe },
      }),
      distribution: 'partitioned',
    }
  }
  const moved = (side: Distributed, by: readonly PlanSymbol[]): Distributed => {
    // What a FULL join gives lies in no order of keys anyway; behind others, rows that lie by their keys may save an exchange.
    const spreadsNulls =
      needs.needsAllProbeRows === true ||
      (needs.keepsProbeRows === true && side === probe && hasManyNulls(side.node, by, context))
    return context.repartition(side, by, spreadsNulls ? { spreadsNulls } : {})
  }
  if (aligned.isProbePlaced) context.keep(probe)
  if (aligned.isBuildPlaced) context.keep(build)
  return {
    probe: aligned.isProbePlaced ? probe : moved(probe, probeKeys),
    build: aligned.isBuildPlaced ? build : moved(build, buildKeys),
    distribution: 'partitioned',
  }
}

/**
 * Hashes of the keys that so many rows of a side have that they are not to go to one task. Where that is not known, and may be found
 * out, it is said how.
 */
function heavyHashes(
  { id: join }: PlanNode,
  { node }: Distributed,
  keys: readonly PlanSymbol[],
  isPlaced: boolean,
  { skew, estimator, ids }: ExchangeContext,
): readonly number[] {
  if (skew === undefined) return []
  const known = skew.heavyHashes(join, keys)
  if (known !== undefined || isPlaced) return known ?? []
  const stats = estimator.of(node)
  if (stats.known && stats.rowCount < skew.rowsMin) return []
  const sample = skewSample(node, keys, ids)
  if (sample !== undefined) skew.candidate({ join, keys, sample })
  return []
}

/**
 * Whether rows with a NULL key may be so many that the task of their hash would have much more to do than the others. Of tables
 * with statistics, keys that have none are computed: by NULLIF, or made NULL by an outer join below.
 */
function hasManyNulls(
  node: PlanNode,
  keys: readonly PlanSymbol[],
  { estimator, nodeCount }: ExchangeContext,
): boolean {
  const stats = estimator.of(node)
  const unknown = stats.known ? 1 : 0
  return keys.some(
    ({ name }) => orElse(symbolStatistics(stats, name).nullsFraction, unknown) * nodeCount >= 0.5,
  )
}

/**
 * The keys by which both sides are partitioned, in their order: those that a side is partitioned by already, if all of them
 * are keys of the join.
 */
function alignment(
  probe: Distributed,
  build: Distributed,
  keys: Keys,
): { readonly keys: Keys; readonly isProbePlaced: boolean; readonly isBuildPlaced: boolean } {
  const byConnector = connectorKeys(probe.distribution, build.distribution, keys)
  if (byConnector !== undefined) {
    return { keys: byConnector, isProbePlaced: true, isBuildPlaced: true }
  }
  const byProbe = keysOf(probe.distribution, keys, (key) => key.probe)
  if (byProbe !== undefined) {
    const byBuild = keysOf(build.distribution, byProbe, (key) => key.build)
    const isBuildPlaced =
      byBuild?.length === byProbe.length && byBuild.every((key, i) => key === byProbe[i])
    return { keys: byProbe, isProbePlaced: true, isBuildPlaced }
  }
  const byBuild = keysOf(build.distribution, keys, (key) => key.build)
  return byBuild === undefined
    ? { keys, isProbePlaced: false, isBuildPlaced: false }
    : { keys: byBuild, isProbePlaced: false, isBuildPlaced: true }
}

/** The join's keys by which the connector has both sides partitioned alike; undefined where it has not. */
function connectorKeys(probe: Distribution, build: Distribution, keys: Keys): Keys | undefined {
  if (probe.kind !== 'partitioned' || build.kind !== 'partitioned') return undefined
  if (probe.handle !== build.handle) return undefined
  const found = probe.keys.map((names, i) =>
    keys.find((key) => names.includes(key.probe.name) && build.keys[i]!.includes(key.build.name)),
  )
  return found.every((key) => key !== undefined) ? found : undefined
}

/** The join's key of each key of a hash distribution; undefined where it is none, or one of its keys is not the join's. */
function keysOf(
  distribution: Distribution,
  keys: Keys,
  side: (key: Keys[0]) => PlanSymbol,
): Keys | undefined {
  if (distribution.kind !== 'hash') return undefined
  const found = distribution.keys.map((names) => keys.find((key) => names.includes(side(key).name)))
  return found.every((key) => key !== undefined) ? found : undefined
}

/** Behind an inner join a key has two names. */
const withEqualKeys = (distribution: Distribution, keys: Keys): Distribution =>
  rename(distribution, (name) => [
    name,
    ...keys.flatMap(({ probe, build }) => (probe.name === name ? [build.name] : [])),
  ])
