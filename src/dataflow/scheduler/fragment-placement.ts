import { hasOneTask, type PlanFragment } from '../../planner/plan/fragment.js'
import type { PlanNode } from '../../planner/plan/node.js'
import { sourcesOf } from '../../planner/plan/structure.js'
import type { TaskNode } from '../task/task-request.js'

export interface FragmentPlacement {
  /** Nodes of the tasks of each fragment, by its id. */
  readonly nodesOf: readonly (readonly TaskNode[])[]
  /** Tasks that read each fragment, by its id; one reads the first, which is the result. */
  readonly consumerCounts: ReadonlyMap<number, number>
}

/** Where the tasks of fragments run. Fragments of one task start at different nodes, so that these share the work. */
export function placeFragments(
  fragments: readonly PlanFragment[],
  coordinator: TaskNode,
  workers: readonly TaskNode[],
): FragmentPlacement {
  let nextSingle = 0
  const nodesOf = fragments.map(({ partitioning }) => {
    if (partitioning === 'coordinator') return [coordinator]
    return hasOneTask(partitioning) ? [workers[nextSingle++ % workers.length]!] : workers
  })
  const consumerCounts = new Map<number, number>([[0, 1]])
  for (const { id, root } of fragments) {
    for (const source of sourceFragments(root)) consumerCounts.set(source, nodesOf[id]!.length)
  }
  return { nodesOf, consumerCounts }
}

export const sourceFragments = (node: PlanNode): readonly number[] =>
  node.kind === 'remoteSource' ? node.fragments : sourcesOf(node).flatMap(sourceFragments)
