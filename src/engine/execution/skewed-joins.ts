import type { DistributedRun } from '../../dataflow/scheduler/distributed-run.js'
import { heavyHashes, sampleRowsOfTask } from '../../dataflow/scheduler/key-sample.js'
import type { SkewCandidate, SkewKnowledge } from '../../planner/fragmenter/skew-sample.js'
import { hasOneTask, type PlanFragment } from '../../planner/plan/fragment.js'
import type { OutputNode, PlanNode } from '../../planner/plan/node.js'
import { outputsOf } from '../../planner/plan/structure.js'
import type { PlanSymbol } from '../../planner/plan/symbol.js'

export interface SkewSampling {
  /** Sides of fewer rows than these are not looked at. */
  readonly rowsMin: number
  /** Nodes that tasks run on. */
  readonly nodeCount: number
  cut(plan: OutputNode, skew?: SkewKnowledge): readonly PlanFragment[]
  /** Makes the run of a sample. @param name that its tasks are called by */
  run(fragments: readonly PlanFragment[], name: string): DistributedRun
}

/** Each has tasks of its own on every node. */
const SAMPLES_AT_ONCE = 4

/**
 * Cuts a plan into fragments; of large sides of partitioned joins a sample is read first, and where many rows have one key, these
 * are spread over all tasks. What that changes may make other joins partitioned, so that it is looked at again: each join once for
 * the same keys.
 * @param signal aborts when nobody wants the plan any more
 */
export async function fragmentsWithoutSkew(
  plan: OutputNode,
  sampling: SkewSampling,
  signal: AbortSignal,
): Promise<readonly PlanFragment[]> {
  const known = new Map<string, readonly number[]>()
  for (;;) {
    const candidates: SkewCandidate[] = []
    const fragments = sampling.cut(plan, {
      rowsMin: sampling.rowsMin,
      heavyHashes: (join, keys) => known.get(nameOf(join, keys)),
      candidate: (candidate) => void candidates.push(candidate),
    })
    let isSkewed = false
    for (let from = 0; from < candidates.length; from += SAMPLES_AT_ONCE) {
      const some = candidates.slice(from, from + SAMPLES_AT_ONCE)
      const found = await sampledHashes(some, known.size, sampling, signal)
      found.forEach((hashes, i) => {
        known.set(nameOf(some[i]!.join, some[i]!.keys), hashes)
        if (hashes.length > 0) isSkewed = true
      })
    }
    if (!isSkewed) return fragments
  }
}

const nameOf = (join: string, keys: readonly PlanSymbol[]): string =>
  [join, ...keys.map(({ name }) => name)].join(' ')

/** The hashes of heavy keys of each candidate. @param first number of the samples, of which each has its own */
async function sampledHashes(
  candidates: readonly SkewCandidate[],
  first: number,
  { cut, run, nodeCount }: SkewSampling,
  signal: AbortSignal,
): Promise<readonly (readonly number[])[]> {
  signal.throwIfAborted()
  const runs = candidates.map(({ sample }, i) => {
    const fragments = sampleFragments(sample, cut, nodeCount)
    return fragments && run(fragments, `keys${first + i}`)
  })
  const cancel = (): void => {
    for (const sample of runs) sample?.cancel(signal.reason)
  }
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await Promise.all(runs.map((sample) => hashesOf(sample, nodeCount, signal)))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function hashesOf(
  sample: DistributedRun | undefined,
  nodeCount: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  if (sample === undefined) return []
  try {
    return await heavyHashes(sample, nodeCount)
  } catch (error) {
    if (signal.aborted) throw error
    // The query needs no sample: what went wrong it meets by itself, if it gets there.
    return []
  } finally {
    await sample.end()
  }
}

/** Reads the first rows of each task; undefined where the table is not read by several. */
function sampleFragments(
  sample: PlanNode,
  cut: SkewSampling['cut'],
  nodeCount: number,
): readonly PlanFragment[] | undefined {
  const outputs = outputsOf(sample)
  const id = (offset: number): string => `${Number(sample.id) + offset}`
  const [scan, ...others] = cut({
    kind: 'output',
    id: id(1),
    source: sample,
    columnNames: outputs.map(({ name }) => name),
    outputs,
  })
  const root = scan?.root
  if (root?.kind !== 'output' || others.length > 0 || hasOneTask(scan!.partitioning))
    return undefined
  const count = sampleRowsOfTask(nodeCount)
  const some: PlanNode = { kind: 'limit', id: id(2), source: root.source, count, partial: true }
  return [{ ...scan!, root: { ...root, source: some }, partitionedScans: [] }]
}
