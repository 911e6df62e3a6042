import {
  addHash,
  cardinalityOf,
  createHyperLogLog,
  deserializeHyperLogLog,
  type HyperLogLog,
  mergeHyperLogLog,
  serializeHyperLogLog,
} from './hyperloglog.js'

/**
 * A sketch of a set for its size and its overlap with others: a HyperLogLog, and the least hashes with their counts,
 * exact while there are fewer than are kept.
 * @source Trino SetDigest; A. Broder, On the resemblance and containment of documents
 */
export interface SetDigest {
  hll: HyperLogLog
  /** Counts by signed hash; more than `maxHashes` between trims. */
  hashes: Map<bigint, number>
  readonly maxHashes: number
  /** No hash above this is kept. */
  bound: bigint
}

const INDEX_BITS = 11
const MAX_HASHES = 8192
const MAX_COUNT = 32_767
const FORMAT = 1
const NO_BOUND = (1n << 63n) - 1n

export const createSetDigest = (): SetDigest => ({
  hll: createHyperLogLog(INDEX_BITS),
  hashes: new Map(),
  maxHashes: MAX_HASHES,
  bound: NO_BOUND,
})

export function addToSetDigest(digest: SetDigest, hash: bigint): void {
  addHash(digest.hll, Number(hash >> 32n), Number(hash & 0xffff_ffffn))
  count(digest, BigInt.asIntN(64, hash), 1)
}

function count(digest: SetDigest, hash: bigint, times: number): void {
  if (hash > digest.bound) return
  digest.hashes.set(hash, Math.min((digest.hashes.get(hash) ?? 0) + times, MAX_COUNT))
  // Trimming at twice the size keeps the cost of sorting constant for a hash.
  if (digest.hashes.size > 2 * digest.maxHashes) trim(digest)
}

const ascending = (left: bigint, right: bigint): number => (left < right ? -1 : 1)

/** Keeps the least hashes, in order. */
function trim(digest: SetDigest): readonly [bigint, number][] {
  const entries = [...digest.hashes].sort(([left], [right]) => ascending(left, right))
  if (entries.length > digest.maxHashes) {
    entries.length = digest.maxHashes
    digest.bound = entries.at(-1)![0]
    digest.hashes = new Map(entries)
  }
  return entries
}

export const hashCountsOf = (digest: SetDigest): readonly [bigint, number][] => trim(digest)

export function mergeSetDigest(into: SetDigest, other: SetDigest): SetDigest {
  into.hll = mergeHyperLogLog(into.hll, other.hll)
  for (const [hash, times] of trim(other)) count(into, hash, times)
  return into
}

const isExact = (digest: SetDigest): boolean => trim(digest).length < digest.maxHashes

export const setCardinality = (digest: SetDigest): bigint =>
  isExact(digest) ? BigInt(digest.hashes.size) : cardinalityOf(digest.hll)

/** The share of the smaller sketch's least hashes of both that both have; NaN where one is empty. */
export function jaccardIndexOf(left: SetDigest, right: SetDigest): number {
  const first = trim(left)
  const second = trim(right)
  const size = Math.min(first.length, second.length)
  const union = new Set([...first, ...second].map(([hash]) => hash))
  const least = [...union].sort(ascending).slice(0, Math.max(size, 1))
  let common = 0
  for (const hash of least) if (left.hashes.has(hash) && right.hashes.has(hash)) common++
  return common / size
}

/** About the number of elements that both sets have. */
export function intersectionOf(left: SetDigest, right: SetDigest): bigint {
  if (isExact(left) && isExact(right)) {
    let common = 0n
    for (const hash of left.hashes.keys()) if (right.hashes.has(hash)) common++
    return common
  }
  const sizes = [setCardinality(left), setCardinality(right)]
  const jaccard = jaccardIndexOf(left, right)
  const union = setCardinality(mergeSetDigest(left, right))
  const estimate = BigInt(Math.round(jaccard * Number(union)) || 0)
  return [estimate, ...sizes].reduce((least, size) => (size < least ? size : least))
}

export function serializeSetDigest(digest: SetDigest): Uint8Array {
  const hll = serializeHyperLogLog(digest.hll)
  const entries = trim(digest)
  const bytes = Buffer.alloc(13 + hll.length + 10 * entries.length)
  bytes[0] = FORMAT
  bytes.writeInt32LE(hll.length, 1)
  bytes.set(hll, 5)
  let at = 5 + hll.length
  bytes.writeInt32LE(digest.maxHashes, at)
  bytes.writeInt32LE(entries.length, at + 4)
  at += 8
  entries.forEach(([hash, times], i) => {
    bytes.writeBigInt64LE(hash, at + 8 * i)
    bytes.writeInt16LE(times, at + 8 * entries.length + 2 * i)
  })
  return new Uint8Array(bytes)
}

/** @returns undefined for bytes that are no sketch */
export function deserializeSetDigest(value: Uint8Array): SetDigest | undefined {
  if (value.length < 13 || value[0] !== FORMAT) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const hllLength = bytes.readInt32LE(1)
  if (hllLength < 0 || hllLength > value.length - 13) return undefined
  const hll = deserializeHyperLogLog(value.subarray(5, 5 + hllLength))
  const at = 5 + hllLength
  const size = bytes.readInt32LE(at + 4)
  if (hll === undefined || value.length !== at + 8 + 10 * size) return undefined
  const hashes = new Map<bigint, number>()
  for (let i = 0; i < size; i++) {
    hashes.set(bytes.readBigInt64LE(at + 8 + 8 * i), bytes.readInt16LE(at + 8 + 8 * size + 2 * i))
  }
  return { hll, hashes, maxHashes: bytes.readInt32LE(at), bound: NO_BOUND }
}
