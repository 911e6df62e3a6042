/**
 * HyperLogLog over 64-bit hashes: a sparse list of the first 26 bits and the zeros after them while there are few, then
 * registers. The sparse form is airlift's, byte for byte.
 * @source airlift stats cardinality SparseHll; S. Heule et al., HyperLogLog in Practice
 */
export interface HyperLogLog {
  readonly indexBits: number
  /** Sparse entries by their first 26 bits; absent once registers are used. */
  sparse: Map<number, number> | undefined
  registers: Uint8Array | undefined
}

const PREFIX_BITS = 26
const VALUE_BITS = 6
const SPARSE_TAG = 2
const DENSE_TAG = 0x43

export const createHyperLogLog = (indexBits: number): HyperLogLog => ({
  indexBits,
  sparse: new Map(),
  registers: undefined,
})

/** The number of index bits for a standard error: 2^bits buckets give 1.04 / sqrt(2^bits). */
export function indexBitsFor(maxStandardError: number): number {
  const buckets = Math.ceil(1.0816 / (maxStandardError * maxStandardError))
  return Math.ceil(Math.log2(buckets))
}

/** Zeros before the first one after `bits` bits of a 64-bit hash given as halves. */
function leadingZeros(high: number, low: number, bits: number): number {
  const first = (high << bits) >>> 0
  const fromHigh = 32 - bits
  if (first !== 0) return Math.clz32(first)
  return fromHigh + Math.clz32(low)
}

/** Adds a hash given as two unsigned 32-bit halves. */
export function addHash(hll: HyperLogLog, high: number, low: number): void {
  if (hll.registers !== undefined) {
    const bucket = high >>> (32 - hll.indexBits)
    const value = leadingZeros(high, low, hll.indexBits) + 1
    if (value > hll.registers[bucket]!) hll.registers[bucket] = value
    return
  }
  const prefix = high >>> (32 - PREFIX_BITS)
  const zeros = Math.min(leadingZeros(high, low, PREFIX_BITS), 63)
  addEntry(hll, prefix, zeros)
}

function addEntry(hll: HyperLogLog, prefix: number, zeros: number): void {
  const entries = hll.sparse!
  const known = entries.get(prefix)
  if (known === undefined || zeros > known) entries.set(prefix, zeros)
  // Past this the registers are smaller.
  if (entries.size * 4 > 2 ** (hll.indexBits - 1)) toDense(hll)
}

function toDense(hll: HyperLogLog): void {
  const registers = new Uint8Array(2 ** hll.indexBits)
  for (const [prefix, zeros] of hll.sparse!) putEntry(registers, hll.indexBits, prefix, zeros)
  hll.registers = registers
  hll.sparse = undefined
}

/** The register of a sparse entry: zeros are counted from the index, of which the entry has more bits. */
function putEntry(registers: Uint8Array, bits: number, prefix: number, zeros: number): void {
  const bucket = prefix >>> (PREFIX_BITS - bits)
  const rest = prefix & (2 ** (PREFIX_BITS - bits) - 1)
  const value =
    rest === 0
      ? zeros + (PREFIX_BITS - bits) + 1
      : Math.clz32(rest) - (32 - (PREFIX_BITS - bits)) + 1
  if (value > registers[bucket]!) registers[bucket] = value
}

export function mergeHyperLogLog(into: HyperLogLog, other: HyperLogLog): HyperLogLog {
  if (other.sparse !== undefined) {
    for (const [prefix, zeros] of other.sparse) {
      if (into.registers === undefined) addEntry(into, prefix, zeros)
      else putEntry(into.registers, into.indexBits, prefix, zeros)
    }
    return into
  }
  if (into.registers === undefined) toDense(into)
  const registers = into.registers!
  other.registers!.forEach((value, i) => {
    if (value > registers[i]!) registers[i] = value
  })
  return into
}

const linearCounting = (zeroBuckets: number, buckets: number): number =>
  buckets * Math.log(buckets / zeroBuckets)

export function cardinalityOf(hll: HyperLogLog): bigint {
  if (hll.sparse !== undefined) {
    const buckets = 2 ** PREFIX_BITS
    return BigInt(Math.round(linearCounting(buckets - hll.sparse.size, buckets)))
  }
  const registers = hll.registers!
  const buckets = registers.length
  let sum = 0
  let zeroBuckets = 0
  for (const value of registers) {
    sum += 2 ** -value
    if (value === 0) zeroBuckets++
  }
  const alpha = 0.7213 / (1 + 1.079 / buckets)
  const estimate = (alpha * buckets * buckets) / sum
  if (zeroBuckets > 0 && estimate <= 2.5 * buckets) {
    return BigInt(Math.round(linearCounting(zeroBuckets, buckets)))
  }
  return BigInt(Math.round(estimate))
}

export function serializeHyperLogLog({ indexBits, sparse, registers }: HyperLogLog): Uint8Array {
  if (registers !== undefined) {
    const bytes = new Uint8Array(2 + registers.length)
    bytes[0] = DENSE_TAG
    bytes[1] = indexBits
    bytes.set(registers, 2)
    return bytes
  }
  const entries = [...sparse!]
    .map(([prefix, zeros]) => prefix * 2 ** VALUE_BITS + zeros)
    .sort((a, b) => a - b)
  const bytes = Buffer.alloc(4 + 4 * entries.length)
  bytes[0] = SPARSE_TAG
  bytes[1] = indexBits
  bytes.writeUInt16LE(entries.length, 2)
  entries.forEach((entry, i) => {
    bytes.writeUInt32LE(entry, 4 + 4 * i)
  })
  return new Uint8Array(bytes)
}

/** @returns undefined for bytes that are no sketch */
export function deserializeHyperLogLog(bytes: Uint8Array): HyperLogLog | undefined {
  const indexBits = bytes[1]
  if (indexBits === undefined || indexBits < 1 || indexBits > 16) return undefined
  if (bytes[0] === DENSE_TAG && bytes.length === 2 + 2 ** indexBits) {
    return { indexBits, sparse: undefined, registers: bytes.slice(2) }
  }
  if (bytes[0] !== SPARSE_TAG) return undefined
  const view = Buffer.from(bytes)
  const count = view.readUInt16LE(2)
  if (view.length !== 4 + 4 * count) return undefined
  const sparse = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const entry = view.readUInt32LE(4 + 4 * i)
    sparse.set(Math.floor(entry / 2 ** VALUE_BITS), entry % 2 ** VALUE_BITS)
  }
  return { indexBits, sparse, registers: undefined }
}
