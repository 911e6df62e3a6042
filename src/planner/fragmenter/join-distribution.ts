import type { Estimator } from '../cost/estimator.js'
import type { PlanNode } from '../plan/node.js'

/** What decides how joins are distributed; the session's properties of these names, with Trino's meaning. */
export interface JoinDistributionOptions {
  readonly joinDistributionType: 'AUTOMATIC' | 'BROADCAST' | 'PARTITIONED'
  /** Bytes of a build side that is copied to every node, at most. */
  readonly joinMaxBroadcastTableBytes: number
  /** Nodes that tasks run on. */
  readonly nodeCount: number
}

/**
 * Whether every node gets the whole build side, or both sides are partitioned by key. A copy to each of n nodes costs n
 * times the build side; partitioning costs each side that does not lie right already once.
 * @source Trino DetermineJoinDistributionType
 */
export function isReplicated(
  sides: {
    readonly probe: PlanNode
    readonly build: PlanNode
    /** Whether a side is already where partitioning would bring it. */
    readonly isProbePartitioned: boolean
    readonly isBuildPartitioned: boolean
  },
  estimator: Estimator,
  options: JoinDistributionOptions,
): boolean {
  if (options.joinDistributionType !== 'AUTOMATIC') {
    return options.joinDistributionType === 'BROADCAST'
  }
  const { probe, build } = sides
  if (!estimator.of(build).known) return false
  const buildBytes = estimator.outputBytes(build)
  if (buildBytes > options.joinMaxBroadcastTableBytes) return false
  const partitioned =
    (sides.isProbePartitioned ? 0 : estimator.outputBytes(probe)) +
    (sides.isBuildPartitioned ? 0 : buildBytes)
  return buildBytes * options.nodeCount <= partitioned
}
