import type { SetOperationNode } from '../plan/node.js'
import { withSources } from '../plan/structure.js'
import type { ExchangeContext } from './add-exchanges.js'
import { type Distributed, type Distribution, SINGLE, SPREAD } from './distribution.js'

/** A union whose branches have their places. */
export const unionOf = (
  node: SetOperationNode,
  branches: readonly Distributed[],
  distribution: Distribution,
): Distributed => ({
  node: withSources(
    node,
    branches.map((branch) => branch.node),
  ),
  distribution,
  isRemote: branches.some((branch) => branch.isRemote),
})

/** Whether branches can be read where they are: in one task, or each task its own splits of all. */
export const areAlike = (branches: readonly Distributed[]): boolean =>
  branches.every((branch) => branch.distribution.kind === 'single') ||
  branches.every((branch) => branch.distribution.kind !== 'single' && !branch.isRemote)

/**
 * Branches stay in the tasks that they are in where all are alike; otherwise each moves, so that the union streams:
 * one that has to wait for another fragment would hold up splits at hand.
 */
export function distributeUnion(
  node: SetOperationNode,
  branches: readonly Distributed[],
  context: ExchangeContext,
): Distributed {
  if (branches.every((branch) => branch.distribution.kind === 'single')) {
    return unionOf(node, branches, SINGLE)
  }
  const placed = areAlike(branches) ? branches : branches.map((branch) => context.spread(branch))
  return unionOf(node, placed, SPREAD)
}
