import { readsOf } from '../optimizer/analysis/reads.js'
import { symbolsOf } from '../optimizer/expression/tree.js'
import type { JoinNode, PlanNode, PlanNodeIdAllocator } from '../plan/node.js'
import { outputsOf, withSources } from '../plan/structure.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'

/** Keys of a partitioned join that many rows of one of its sides may have. */
export interface SkewCandidate {
  /** The join or semi-join, by its id. */
  readonly join: string
  /** Of the side, in the order in which they are hashed. */
  readonly keys: readonly PlanSymbol[]
  /** Gives the keys, in that order, of rows like those of the side; a scan under filters and projections. */
  readonly sample: PlanNode
}

/** What is known of the keys that most rows have; absent where nobody looked. */
export interface SkewKnowledge {
  /** Sides of fewer rows than these are not looked at. */
  readonly rowsMin: number
  /** Hashes of the keys that many rows of a join's side have, where a sample was taken. */
  heavyHashes(join: string, keys: readonly PlanSymbol[]): readonly number[] | undefined
  /** A sample would tell. */
  candidate(candidate: SkewCandidate): void
}

/**
 * A plan for some of the keys that a side of a join has: what is above one scan, without its exchanges and the joins in between, whose
 * other sides would have to be read first. Undefined where keys are computed of more than one scan, or of groups.
 */
export function skewSample(
  side: PlanNode,
  keys: readonly PlanSymbol[],
  ids: PlanNodeIdAllocator,
): PlanNode | undefined {
  const source = sampleOf(side, new Set(keys.map(({ name }) => name)), ids)
  if (source === undefined) return undefined
  const assignments = keys.map((symbol) => ({ symbol, expression: symbolReference(symbol) }))
  return { kind: 'project', id: ids.next(), source, assignments }
}

/** The node, cut down to what gives the symbols. */
function sampleOf(
  node: PlanNode,
  needed: ReadonlySet<string>,
  ids: PlanNodeIdAllocator,
): PlanNode | undefined {
  switch (node.kind) {
    case 'tableScan':
      return isGivenBy(needed, node) ? node : undefined
    case 'exchange':
      return sampleOf(node.source, needed, ids)
    case 'filter': {
      const source = sampleOf(node.source, new Set([...needed, ...readsOf(node)]), ids)
      // What it keeps may depend on another side: the sample is then of more rows than the join gets.
      return source === undefined ? sampleOf(node.source, needed, ids) : withSources(node, [source])
    }
    case 'project': {
      const assignments = node.assignments.filter(({ symbol }) => needed.has(symbol.name))
      const read = new Set(assignments.flatMap(({ expression }) => [...symbolsOf(expression)]))
      const source =
        assignments.length === needed.size ? sampleOf(node.source, read, ids) : undefined
      return source && { ...node, source, assignments }
    }
    case 'join':
      return sampleOfJoin(node, needed, ids)
    case 'semiJoin':
      return isGivenBy(needed, node.source) ? sampleOf(node.source, needed, ids) : undefined
    default:
      return undefined
  }
}

const isGivenBy = (needed: Iterable<string>, source: PlanNode): boolean => {
  const names = new Set(outputsOf(source).map(({ name }) => name))
  return [...needed].every((name) => names.has(name))
}

/** Of the probe side, which has the keys of an inner join's other side under other names. */
function sampleOfJoin(
  { type, left, right, criteria }: JoinNode,
  needed: ReadonlySet<string>,
  ids: PlanNodeIdAllocator,
): PlanNode | undefined {
  if (type === 'full') return undefined
  const probe = type === 'right' ? right : left
  const own = outputsOf(probe)
  const assignments = [...needed].map((name) => {
    const equal =
      type === 'inner' ? criteria.find((criterion) => criterion.right.name === name) : undefined
    const symbol = own.find((given) => given.name === name)
    if (symbol !== undefined) return { symbol, expression: symbolReference(symbol) }
    return equal && { symbol: equal.right, expression: symbolReference(equal.left) }
  })
  if (!assignments.every((assignment) => assignment !== undefined)) return undefined
  const read = assignments.flatMap(({ expression }) => [...symbolsOf(expression)])
  const source = sampleOf(probe, new Set(read), ids)
  return source && { kind: 'project', id: ids.next(), source, assignments }
}
