import { addHashes } from '../../operators/partition/row-hash.js'
import type { DistributedRun } from './distributed-run.js'

/** Rows of which a sample is, of all tasks together. */
const SAMPLE_ROWS = 65_536
/** Of a task: at least so many that a few pages decide nothing, and at most what is read at once. */
const TASK_ROWS_MIN = 1024
const TASK_ROWS_MAX = 8192
/** What fewer rows of a sample have is chance. */
const HEAVY_ROWS_MIN = 100
/** A key is heavy that has this part of what an even share of the rows for one task is. */
const HEAVY_SHARE = 0.5

/** Rows that each of several tasks reads for a sample. */
export const sampleRowsOfTask = (taskCount: number): number =>
  Math.min(TASK_ROWS_MAX, Math.max(TASK_ROWS_MIN, Math.ceil(SAMPLE_ROWS / taskCount)))

/**
 * The hashes of keys that many rows of a sample have, as the rows are partitioned by: at most two a task. O(rows).
 * @param sample gives pages of the keys alone, in the order in which they are hashed
 * @param taskCount of the tasks that rows are for
 * @source Polychroniou et al., Track join (2014); Rödiger et al., Flow-Join (2016)
 */
export async function heavyHashes(
  sample: Pick<DistributedRun, 'nextPage'>,
  taskCount: number,
): Promise<readonly number[]> {
  const counts = new Map<number, number>()
  let total = 0
  for (let page = await sample.nextPage(); page !== undefined; page = await sample.nextPage()) {
    const hashes = new Int32Array(page.rowCount)
    for (const block of page.blocks) addHashes(block, hashes)
    for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1)
    total += page.rowCount
  }
  const limit = Math.max(HEAVY_ROWS_MIN, (HEAVY_SHARE * total) / taskCount)
  return [...counts].flatMap(([hash, count]) => (count >= limit ? [hash] : []))
}
