import type { OutputPartitioning, PlanFragment } from '../../planner/plan/fragment.js'
import type { PlanKind, PlanNode, RemoteSourceNode } from '../../planner/plan/node.js'
import { outputsOf, sourcesOf, withSources } from '../../planner/plan/structure.js'

/** Nodes whose drivers share their rows by keys. */
const SHARING: ReadonlySet<PlanKind> = new Set<PlanKind>([
  'aggregation',
  'markDistinct',
  'rowNumber',
  'topNRanking',
  'window',
])

/** Parts that a page is cut into at most: beyond that they are small. */
const PARTS_MAX = 64

type HashOutput = Extract<OutputPartitioning, { kind: 'hash' }>

/** The output of a fragment all of whose rows go where the hash of their keys says. */
const plainHash = ({ output }: PlanFragment): HashOutput | undefined =>
  output.kind === 'hash' && output.spreadsNulls !== true && output.heavyKeys === undefined
    ? output
    : undefined

/**
 * Has fragments cut their rows for the drivers of the tasks that read them, where these share them by keys: otherwise each driver would hash
 * all rows of its task once more, to keep its own.
 * @param lanes drivers of a task
 * @param consumerCounts tasks that read each fragment, by its id
 */
export function withLanes(
  fragments: readonly PlanFragment[],
  lanes: number,
  consumerCounts: ReadonlyMap<number, number>,
): readonly PlanFragment[] {
  if (lanes <= 1) return fragments
  const cut = new Set<number>()
  const rewritten = fragments.map((fragment) => ({
    ...fragment,
    root: rewrite(fragment.root, false, (source) => {
      const keys = laneKeys(source, fragments, lanes, consumerCounts)
      if (keys === undefined) return source
      for (const id of source.fragments) cut.add(id)
      return { ...source, lanes: { count: lanes, keys } }
    }),
  }))
  return rewritten.map((fragment) => {
    const output = plainHash(fragment)
    return output !== undefined && cut.has(fragment.id)
      ? { ...fragment, output: { ...output, lanes } }
      : fragment
  })
}

function rewrite(
  node: PlanNode,
  isShared: boolean,
  change: (source: RemoteSourceNode) => PlanNode,
): PlanNode {
  if (node.kind === 'remoteSource') return isShared ? change(node) : node
  const sources = sourcesOf(node)
  const changed = sources.map((source) => rewrite(source, SHARING.has(node.kind), change))
  return changed.every((source, i) => source === sources[i]) ? node : withSources(node, changed)
}

/** The columns by which all fragments that a source reads cut their rows; undefined where they don't, or should not for drivers. */
function laneKeys(
  source: RemoteSourceNode,
  fragments: readonly PlanFragment[],
  lanes: number,
  consumerCounts: ReadonlyMap<number, number>,
): RemoteSourceNode['outputs'] | undefined {
  if (source.orderBy !== undefined || source.concatenates === true) return undefined
  const channels = source.fragments.map((id) => {
    const fragment = fragments[id]!
    const consumers = consumerCounts.get(id)!
    const output = plainHash(fragment)
    if (output === undefined || consumers === 1 || consumers * lanes > PARTS_MAX) return undefined
    const outputs = outputsOf(fragment.root)
    return output.keys.map((key) => outputs.findIndex(({ name }) => name === key.name))
  })
  const [first] = channels
  if (first === undefined || first.length === 0) return undefined
  const areAlike = channels.every(
    (other) => other?.length === first.length && first.every((channel, i) => other[i] === channel),
  )
  return areAlike ? first.map((channel) => source.outputs[channel]!) : undefined
}
