/**
 * The most frequent keys of a stream in bounded space: the key counted least gives its place, and its count, to a new one.
 * @source A. Metwally et al., Efficient Computation of Frequent and Top-k Elements in Data Streams
 */
export interface StreamSummary<K> {
  readonly capacity: number
  readonly counts: Map<K, number>
  /** Keys by count, each in the order they came to it. */
  readonly byCount: Map<number, Set<K>>
  /** No count is less. */
  least: number
}

export const createStreamSummary = <K>(capacity: number): StreamSummary<K> => ({
  capacity,
  counts: new Map(),
  byCount: new Map(),
  least: 1,
})

export function offer<K>(summary: StreamSummary<K>, key: K, times = 1): void {
  const { counts } = summary
  let known = counts.get(key)
  if (known === undefined && counts.size >= summary.capacity) {
    known = leastCount(summary)
    const oldest = summary.byCount.get(known)!.values().next().value as K
    take(summary, oldest, known)
  } else if (known !== undefined) take(summary, key, known)
  const count = (known ?? 0) + times
  counts.set(key, count)
  const keys = summary.byCount.get(count)
  if (keys === undefined) summary.byCount.set(count, new Set([key]))
  else keys.add(key)
  if (count < summary.least) summary.least = count
}

function take<K>({ counts, byCount }: StreamSummary<K>, key: K, count: number): void {
  const keys = byCount.get(count)!
  keys.delete(key)
  if (keys.size === 0) byCount.delete(count)
  counts.delete(key)
}

/** Counts only grow, so that looking upwards costs no more than counting did; `least` falls only below capacity. */
function leastCount<K>(summary: StreamSummary<K>): number {
  while (!summary.byCount.has(summary.least)) summary.least++
  return summary.least
}

/** The keys with the greatest counts, greatest first, and of one count in the order they came to it. */
export function mostFrequent<K>(summary: StreamSummary<K>, limit: number): [K, number][] {
  const result: [K, number][] = []
  for (const count of [...summary.byCount.keys()].sort((a, b) => b - a)) {
    for (const key of summary.byCount.get(count)!) {
      if (result.length >= limit) return result
      result.push([key, count])
    }
  }
  return result
}
