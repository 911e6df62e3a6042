/**
 * A t-digest: centroids of values by weight, exact while there are few.
 * @source T. Dunning, O. Ertl, Computing Extremely Accurate Quantiles Using t-Digests
 */
export interface TDigest {
  /** Sorted by mean after {@link compress}; what was added since is behind. */
  means: number[]
  weights: number[]
  min: number
  max: number
  total: number
  isSorted: boolean
}

const MAX_CENTROIDS = 8192
const COMPRESSION = 1000

export const createTDigest = (): TDigest => ({
  means: [],
  weights: [],
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  total: 0,
  isSorted: true,
})

export function addToTDigest(digest: TDigest, value: number, weight = 1): void {
  digest.means.push(value)
  digest.weights.push(weight)
  digest.total += weight
  digest.min = Math.min(digest.min, value)
  digest.max = Math.max(digest.max, value)
  digest.isSorted = false
  if (digest.means.length > MAX_CENTROIDS) compress(digest)
}

export function mergeTDigest(into: TDigest, other: TDigest): TDigest {
  for (let i = 0; i < other.means.length; i++) {
    addToTDigest(into, other.means[i]!, other.weights[i]!)
  }
  into.min = Math.min(into.min, other.min)
  into.max = Math.max(into.max, other.max)
  return into
}

function sort(digest: TDigest): void {
  if (digest.isSorted) return
  const order = digest.means.map((_, i) => i).sort((a, b) => digest.means[a]! - digest.means[b]!)
  digest.means = order.map((i) => digest.means[i]!)
  digest.weights = order.map((i) => digest.weights[i]!)
  digest.isSorted = true
}

/** Joins neighbours as long as their weight stays small for their quantile. */
function compress(digest: TDigest): void {
  sort(digest)
  const means: number[] = []
  const weights: number[] = []
  let before = 0
  for (let i = 0; i < digest.means.length; i++) {
    const weight = digest.weights[i]!
    const last = weights.length - 1
    const joined = last < 0 ? 0 : weights[last]! + weight
    const q = last < 0 ? 0 : (before + joined / 2) / digest.total
    if (last >= 0 && joined <= (4 * digest.total * q * (1 - q)) / COMPRESSION) {
      means[last] = means[last]! + ((digest.means[i]! - means[last]!) * weight) / joined
      weights[last] = joined
    } else {
      if (last >= 0) before += weights[last]!
      means.push(digest.means[i]!)
      weights.push(weight)
    }
  }
  digest.means = means
  digest.weights = weights
}

/** The value at a quantile, between centroids by interpolation. @source airlift TDigest.valueAt */
export function valueAtQuantile(digest: TDigest, quantile: number): number {
  sort(digest)
  const { means, weights, total, min, max } = digest
  const last = means.length - 1
  if (last === 0) return means[0]!
  if (quantile === 0) return min
  if (quantile === 1) return max
  const offset = quantile * total
  if (offset < 1) return min
  if (offset > total - 1) return max
  let weightSoFar = weights[0]! / 2
  if (weights[0]! > 1 && offset < weightSoFar) {
    return min + ((offset - 1) / (weightSoFar - 1)) * (means[0]! - min)
  }
  for (let i = 0; i < last; i++) {
    const delta = (weights[i]! + weights[i + 1]!) / 2
    if (weightSoFar + delta > offset) {
      let leftExclusion = 0
      if (weights[i] === 1) {
        if (offset - weightSoFar < 0.5) return means[i]!
        leftExclusion = 0.5
      }
      let rightExclusion = 0
      if (weights[i + 1] === 1) {
        if (weightSoFar + delta - offset <= 0.5) return means[i + 1]!
        rightExclusion = 0.5
      }
      const toLeft = offset - weightSoFar - leftExclusion
      const toRight = weightSoFar + delta - offset - rightExclusion
      return (means[i]! * toRight + means[i + 1]! * toLeft) / (toLeft + toRight)
    }
    weightSoFar += delta
  }
  const toRight = offset - total - weights[last]! / 2
  const toLeft = weights[last]! / 2 - toRight
  return (means[last]! * toLeft + max * toRight) / (toLeft + toRight)
}

/** The least value whose weight with all below it is more than the quantile's: a value that was added, while exact. */
export function valueAtRank(digest: TDigest, quantile: number): number {
  sort(digest)
  const wanted = quantile * digest.total
  let sum = 0
  for (let i = 0; i < digest.means.length; i++) {
    sum += digest.weights[i]!
    if (sum > wanted) return digest.means[i]!
  }
  return digest.max
}
