/**
 * A t-digest with the parameters, the order of work and the bytes of airlift's, so that the same rows give the same
 * sketch: centroids of values by weight, exact while there are few.
 * @source airlift stats TDigest; T. Dunning, O. Ertl, Computing Extremely Accurate Quantiles Using t-Digests
 */
export interface TDigest {
  /** Sorted by mean once merged; what was added since is behind. */
  means: number[]
  weights: number[]
  min: number
  max: number
  total: number
  /** Nothing was added since the last merge. */
  isMerged: boolean
  /** Merges go from either end in turn, so that no side is favoured. */
  isBackwards: boolean
  readonly compression: number
}

const DEFAULT_COMPRESSION = 100
const FORMAT = 0
const HEADER_BYTES = 37

export const createTDigest = (compression = DEFAULT_COMPRESSION): TDigest => ({
  means: [],
  weights: [],
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  total: 0,
  isMerged: true,
  isBackwards: false,
  compression,
})

/** While values come in, twice as many centroids are kept as are written. */
const inner = ({ compression }: TDigest): number => 2 * compression
const capacity = (digest: TDigest): number => Math.trunc(6 * (inner(digest) + 10))

export function addToTDigest(digest: TDigest, value: number, weight = 1): void {
  if (digest.means.length >= capacity(digest)) compress(digest, inner(digest))
  digest.means.push(value)
  digest.weights.push(weight)
  digest.total += weight
  digest.min = Math.min(digest.min, value)
  digest.max = Math.max(digest.max, value)
  digest.isMerged = false
}

export function mergeTDigest(into: TDigest, other: TDigest): TDigest {
  if (into.means.length + other.means.length > capacity(into)) {
    compress(into, inner(into))
    compress(other, inner(other))
  }
  for (const mean of other.means) into.means.push(mean)
  for (const weight of other.weights) into.weights.push(weight)
  into.total += other.total
  into.min = Math.min(into.min, other.min)
  into.max = Math.max(into.max, other.max)
  into.isMerged = false
  return into
}

function sort(digest: TDigest): void {
  const { means, weights } = digest
  const order = Uint32Array.from(means, (_, i) => i).sort((a, b) => means[a]! - means[b]!)
  if (digest.isBackwards) order.reverse()
  digest.means = Array.from(order, (i) => means[i]!)
  digest.weights = Array.from(order, (i) => weights[i]!)
}

/** Joins neighbours as long as their weight stays small for their quantile. */
function compress(digest: TDigest, compression: number): void {
  if (digest.means.length === 0) return
  sort(digest)
  const { total } = digest
  const normalizer = compression / (4 * Math.log(total / compression) + 24)
  const maxShare = (quantile: number) => (quantile * (1 - quantile)) / normalizer
  const means = [digest.means[0]!]
  const weights = [digest.weights[0]!]
  let before = 0
  let shareBefore = maxShare(0)
  let last = 0
  for (let i = 1; i < digest.means.length; i++) {
    const weight = digest.weights[i]!
    const mean = digest.means[i]!
    const joined = weights[last]! + weight
    const quantile = Math.min((before + joined) / total, 1)
    if (joined <= total * Math.min(shareBefore, maxShare(quantile))) {
      means[last] = means[last]! + ((mean - means[last]!) * weight) / joined
      weights[last] = joined
    } else {
      before += weights[last]!
      shareBefore = maxShare(before / total)
      last++
      means.push(mean)
      weights.push(weight)
    }
  }
  digest.means = digest.isBackwards ? means.reverse() : means
  digest.weights = digest.isBackwards ? weights.reverse() : weights
  digest.isBackwards = !digest.isBackwards
  digest.isMerged = true
}

function settle(digest: TDigest): void {
  if (!digest.isMerged) compress(digest, inner(digest))
}

const interpolate = (x: number, x0: number, y0: number, x1: number, y1: number): number =>
  ((x - x0) / (x1 - x0)) * (y1 - y0)

/** The value at a quantile, between centroids by interpolation; NaN of nothing. */
export function valueAtQuantile(digest: TDigest, quantile: number): number {
  settle(digest)
  const { means, weights, total, min, max } = digest
  const last = means.length - 1
  if (last < 0) return Number.NaN
  if (last === 0) return means[0]!
  const offset = quantile * total
  if (offset < 1) return min
  const half = weights[0]! / 2
  if (offset < half) return min + interpolate(offset, 1, min, half, means[0]!)
  const toTop = (): number =>
    max + interpolate(total - offset, 1, max, weights[last]! / 2, means[last]!)
  const isAboveLast = total - offset <= weights[last]! / 2 && weights[last]! / 2 > 1
  if (offset <= total - 1 && isAboveLast) return toTop()
  if (offset >= total - 1) return max
  let weightSoFar = half
  for (let i = 0; i < last; i++) {
    const delta = (weights[i]! + weights[i + 1]!) / 2
    if (weightSoFar + delta > offset) return within(digest, i, offset - weightSoFar, delta)
    weightSoFar += delta
  }
  return weights[last]! / 2 > 1 ? toTop() : max
}

/** Between centroid `i` and the next one; one that is a single value covers its half of the way alone. */
function within({ means, weights }: TDigest, i: number, way: number, length: number): number {
  const left = weights[i]!
  const right = weights[i + 1]!
  if (left === 1 && way < left / 2) return means[i]!
  if (right === 1 && way >= left / 2) return means[i + 1]!
  if (left === 1) {
    return means[i]! + interpolate(way - left / 2, 0, means[i]!, right / 2, means[i + 1]!)
  }
  return means[i]! + interpolate(way, 0, means[i]!, right === 1 ? left / 2 : length, means[i + 1]!)
}

/** The least value whose weight with all below it is more than the quantile's: a value that was added, while exact. */
export function valueAtRank(digest: TDigest, quantile: number): number {
  settle(digest)
  const wanted = quantile * digest.total
  let sum = 0
  for (let i = 0; i < digest.means.length; i++) {
    sum += digest.weights[i]!
    if (sum > wanted) return digest.means[i]!
  }
  return digest.max
}

export function serializeTDigest(digest: TDigest): Uint8Array {
  compress(digest, digest.compression)
  const { means, weights } = digest
  const bytes = Buffer.alloc(HEADER_BYTES + 16 * means.length)
  bytes[0] = FORMAT
  bytes.writeDoubleLE(digest.min, 1)
  bytes.writeDoubleLE(digest.max, 9)
  bytes.writeDoubleLE(digest.compression, 17)
  bytes.writeDoubleLE(digest.total, 25)
  bytes.writeInt32LE(means.length, 33)
  means.forEach((mean, i) => {
    bytes.writeDoubleLE(mean, HEADER_BYTES + 8 * i)
    bytes.writeDoubleLE(weights[i]!, HEADER_BYTES + 8 * (means.length + i))
  })
  return new Uint8Array(bytes)
}

/** @returns undefined for bytes that are no sketch */
export function deserializeTDigest(value: Uint8Array): TDigest | undefined {
  if (value.length < HEADER_BYTES || value[0] !== FORMAT) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const count = bytes.readInt32LE(33)
  if (value.length !== HEADER_BYTES + 16 * count) return undefined
  const doubles = (from: number) =>
    Array.from({ length: count }, (_, i) => bytes.readDoubleLE(from + 8 * i))
  return {
    ...createTDigest(bytes.readDoubleLE(17)),
    means: doubles(HEADER_BYTES),
    weights: doubles(HEADER_BYTES + 8 * count),
    min: bytes.readDoubleLE(1),
    max: bytes.readDoubleLE(9),
    total: bytes.readDoubleLE(25),
  }
}
