/**
 * HyperLogLog over 64-bit hashes: a sparse list of the first 26 bits and the zeros after them while there are few, then
 * registers. Its bytes are airlift's.
 * @source airlift stats cardinality SparseHll, DenseHll; S. Heule et al., HyperLogLog in Practice
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
const DENSE_TAG = 3
/** What four bits hold; registers further above the least one have an entry of their own. */
const DELTA_MAX = 15
const OVERFLOW_BYTES = 3

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
  if (entries.size * 4 >= 2 ** (hll.indexBits - 1)) toDense(hll)
}

/** Gives the sketch registers instead of a list, where it has none. */
export function toDense(hll: HyperLogLog): HyperLogLog {
  if (hll.sparse === undefined) return hll
  const registers = new Uint8Array(2 ** hll.indexBits)
  for (const [prefix, zeros] of hll.sparse) putEntry(registers, hll.indexBits, prefix, zeros)
  hll.registers = registers
  hll.sparse = undefined
  return hll
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

export function serializeHyperLogLog(hll: HyperLogLog): Uint8Array {
  const { indexBits, sparse, registers } = hll
  if (registers !== undefined) return denseBytes(indexBits, registers)
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

/**
 * The least register; four bits for each of what it has above that, an even one's first; and the registers with more,
 * all their places before all their rests.
 */
function denseBytes(indexBits: number, registers: Uint8Array): Uint8Array {
  const baseline = registers.reduce((least, value) => Math.min(least, value))
  const deltas = Buffer.alloc(registers.length / 2)
  const overflows: number[] = []
  registers.forEach((value, bucket) => {
    const delta = value - baseline
    deltas[bucket >> 1]! |= Math.min(delta, DELTA_MAX) << (bucket & 1 ? 0 : 4)
    if (delta > DELTA_MAX) overflows.push(bucket)
  })
  const bytes = Buffer.alloc(5 + deltas.length + OVERFLOW_BYTES * overflows.length)
  bytes[0] = DENSE_TAG
  bytes[1] = indexBits
  bytes[2] = baseline
  bytes.set(deltas, 3)
  let at = bytes.writeUInt16LE(overflows.length, 3 + deltas.length)
  for (const bucket of overflows) at = bytes.writeUInt16LE(bucket, at)
  for (const bucket of overflows) bytes[at++] = registers[bucket]! - baseline - DELTA_MAX
  return new Uint8Array(bytes)
}

function readDense(indexBits: number, bytes: Buffer): HyperLogLog | undefined {
  const buckets = 2 ** indexBits
  const start = 3 + buckets / 2
  if (bytes.length < start + 2) return undefined
  const count = bytes.readUInt16LE(start)
  if (bytes.length !== start + 2 + OVERFLOW_BYTES * count) return undefined
  const registers = Uint8Array.from({ length: buckets }, (_, bucket) => {
    const pair = bytes[3 + (bucket >> 1)]!
    return bytes[2]! + (bucket & 1 ? pair & DELTA_MAX : pair >> 4)
  })
  for (let i = 0; i < count; i++) {
    const bucket = bytes.readUInt16LE(start + 2 + 2 * i)
    if (bucket >= buckets) return undefined
    registers[bucket]! += bytes[start + 2 + 2 * count + i]!
  }
  return { indexBits, sparse: undefined, registers }
}

/** @returns undefined for bytes that are no sketch */
export function deserializeHyperLogLog(bytes: Uint8Array): HyperLogLog | undefined {
  const indexBits = bytes[1]
  if (indexBits === undefined || indexBits < 1 || indexBits > 16) return undefined
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view[0] === DENSE_TAG) return readDense(indexBits, view)
  if (view[0] !== SPARSE_TAG || view.length < 4) return undefined
  const count = view.readUInt16LE(2)
  if (view.length !== 4 + 4 * count) return undefined
  const sparse = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const entry = view.readUInt32LE(4 + 4 * i)
    sparse.set(Math.floor(entry / 2 ** VALUE_BITS), entry % 2 ** VALUE_BITS)
  }
  return { indexBits, sparse, registers: undefined }
}
