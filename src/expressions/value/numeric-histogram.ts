/**
 * A histogram of a bounded number of buckets, each a mean and a weight: of neighbours those are joined whose joining
 * moves the least.
 * @source Trino NumericHistogram; Y. Ben-Haim, E. Tom-Tov, A Streaming Parallel Decision Tree Algorithm
 */
export interface NumericHistogram {
  readonly maxBuckets: number
  values: number[]
  weights: number[]
}

/** Values beyond the buckets that are kept before neighbours are joined. @source Trino DoubleHistogramAggregation */
const ENTRY_BUFFER_SIZE = 100

export const createNumericHistogram = (maxBuckets: number): NumericHistogram => ({
  maxBuckets,
  values: [],
  weights: [],
})

export function addToHistogram(histogram: NumericHistogram, value: number, weight: number): void {
  if (histogram.values.length >= histogram.maxBuckets + ENTRY_BUFFER_SIZE) {
    compactHistogram(histogram)
  }
  histogram.values.push(value)
  histogram.weights.push(weight)
}

export function mergeHistograms(into: NumericHistogram, other: NumericHistogram): NumericHistogram {
  for (const value of other.values) into.values.push(value)
  for (const weight of other.weights) into.weights.push(weight)
  compactHistogram(into)
  return into
}

/** Sorts the buckets, adds up those of one value and joins neighbours until few enough are left. */
export function compactHistogram(histogram: NumericHistogram): void {
  const order = histogram.values
    .map((_, i) => i)
    .sort((a, b) => histogram.values[a]! - histogram.values[b]!)
  const values: number[] = []
  const weights: number[] = []
  for (const i of order) {
    const value = histogram.values[i]!
    if (values.at(-1) === value) weights[weights.length - 1]! += histogram.weights[i]!
    else {
      values.push(value)
      weights.push(histogram.weights[i]!)
    }
  }
  if (values.length > histogram.maxBuckets) join(values, weights, histogram.maxBuckets)
  histogram.values = values
  histogram.weights = weights
}

/** What joining two buckets costs. */
const penalty = (value1: number, weight1: number, value2: number, weight2: number): number =>
  ((value1 - value2) ** 2 * weight1 * weight2) / (weight1 + weight2)

interface Candidate {
  readonly at: number
  readonly cost: number
  readonly version: number
}

const isBefore = (a: Candidate, b: Candidate): boolean =>
  a.cost < b.cost || (a.cost === b.cost && a.at < b.at)

function push(heap: Candidate[], candidate: Candidate): void {
  let at = heap.push(candidate) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(candidate, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = candidate
}

function pop(heap: Candidate[]): Candidate {
  const top = heap[0]!
  const last = heap.pop()!
  if (heap.length === 0) return top
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return top
}

/** Joins, in place, the neighbours that are cheapest to join until `target` buckets are left. */
function join(values: number[], weights: number[], target: number): void {
  const count = values.length
  const next = Int32Array.from(values, (_, i) => i + 1)
  const before = Int32Array.from(values, (_, i) => i - 1)
  const versions = new Int32Array(count)
  const heap: Candidate[] = []
  const propose = (at: number): void => {
    const right = next[at]!
    if (right >= count) return
    const cost = penalty(values[at]!, weights[at]!, values[right]!, weights[right]!)
    push(heap, { at, cost, version: ++versions[at]! })
  }
  for (let i = 0; i < count; i++) propose(i)
  for (let left = count; left > target; ) {
    const { at, version } = pop(heap)
    if (version !== versions[at]) continue
    const right = next[at]!
    const weight = weights[at]! + weights[right]!
    values[at] = (values[at]! * weights[at]! + values[right]! * weights[right]!) / weight
    weights[at] = weight
    versions[right] = -1
    versions[at]!++
    next[at] = next[right]!
    if (next[at]! < count) before[next[at]!] = at
    left--
    propose(at)
    if (before[at]! >= 0) propose(before[at]!)
  }
  let kept = 0
  for (let i = 0; i < count; i = next[i]!) {
    values[kept] = values[i]!
    weights[kept++] = weights[i]!
  }
  values.length = kept
  weights.length = kept
}
