import { typeHash } from '../../expressions/value/type-hash.js'
import { type Block, type FlatBlock, isValid, readValue, type SqlType } from '../../spi/index.js'
import { addHashesInKernel } from './row-hash-kernels.js'

/**
 * Hashes of rows that are the same in every process: of values, however a block stores them. Values that are not
 * distinct (0 and -0, one instant in two zones, NaN) have one hash; NULL has hash 0.
 */

const HASH_OF_NULL = 0

/** @source MurmurHash3_x86_32: Austin Appleby, public domain */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  let h = hash ^ Math.imul(k, 0x1b873593)
  h = (h << 13) | (h >>> 19)
  return (Math.imul(h, 5) + 0xe6546b64) | 0
}

function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const TWO_32 = 2 ** 32

/** Hash of a 64-bit integer by its halves. */
const hashOfHalves = (low: number, high: number): number => finish(mix(mix(0, low), high))

const hashOfSafeInteger = (value: number): number =>
  hashOfHalves(value | 0, Math.floor(value / TWO_32) | 0)

const wideHash = (w0: number, w1: number, w2: number, w3: number): number =>
  finish(mix(mix(mix(mix(0, w0), w1), w2), w3))

const float = new Float64Array(1)
const floatWords = new Int32Array(float.buffer)

function hashOfFloat(value: number): number {
  // One hash for both zeros, and one for all NaNs: of the canonical one.
  float[0] = value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value
  return hashOfHalves(floatWords[0]!, floatWords[1]!)
}

function hashOfBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0
  let at = from
  for (; at + 4 <= to; at += 4) {
    hash = mix(
      hash,
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24),
    )
  }
  let rest = 0
  for (let shift = 0; at < to; at++, shift += 8) rest |= bytes[at]! << shift
  return finish(mix(hash, rest) ^ (to - from))
}

type PositionHash = (position: number) => number

/** 32-bit words of the 8- or 16-byte values of a block. */
const wordsOf = (values: ArrayBufferView): Int32Array =>
  values.byteOffset % 4 === 0
    ? new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4)
    : new Int32Array(
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice().buffer,
      )

/** Zones don't count in comparisons: their 12 bits are left out. */
const isZoned = (type: SqlType): boolean => type.kind === 'timestamp with time zone'
const isLongDecimal = (type: SqlType): boolean => type.kind === 'decimal' && type.precision > 18

function integerHash(block: Extract<FlatBlock, { base: number }>): PositionHash {
  const { type, values, base, factor } = block
  if (values instanceof BigInt64Array) {
    const words = wordsOf(values)
    if (isZoned(type)) {
      return (i) => {
        const low = words[2 * i]!
        const high = words[2 * i + 1]!
        return hashOfHalves((low >>> 12) | (high << 20), high >> 12)
      }
    }
    if (isLongDecimal(type)) {
      return (i) => {
        const high = words[2 * i + 1]!
        return wideHash(words[2 * i]!, high, high >> 31, high >> 31)
      }
    }
    return (i) => hashOfHalves(words[2 * i]!, words[2 * i + 1]!)
  }
  if (isZoned(type)) {
    return (i) => hashOfSafeInteger(Math.floor((base + factor * values[i]!) / 4096))
  }
  if (isLongDecimal(type)) {
    return (i) => {
      const value = base + factor * values[i]!
      const sign = value < 0 ? -1 : 0
      return wideHash(value | 0, Math.floor(value / TWO_32) | 0, sign, sign)
    }
  }
  return (i) => hashOfSafeInteger(base + factor * values[i]!)
}

function fixedHash(block: Extract<FlatBlock, { storage: 'fixed16' }>): PositionHash {
  const words = wordsOf(block.values)
  if (!isZoned(block.type)) {
    return (i) => wideHash(words[4 * i]!, words[4 * i + 1]!, words[4 * i + 2]!, words[4 * i + 3]!)
  }
  return (i) => {
    const low = words[4 * i]!
    const high = words[4 * i + 1]!
    return wideHash((low >>> 12) | (high << 20), high >> 12, words[4 * i + 2]!, 0)
  }
}

/** Hash of a value of a type that is stored in several blocks, or compares otherwise than it is stored. */
function valueHash(block: FlatBlock): PositionHash {
  const hash = typeHash(block.type)
  return (i) => {
    const value = readValue(block, i)
    if (value === null) return HASH_OF_NULL
    const bits = hash(value)
    return hashOfHalves(Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)))
  }
}

/** Hashes positions of a flat block that are not null. */
function flatHash(block: FlatBlock): PositionHash {
  if (block.type.kind === 'time with time zone') return valueHash(block)
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return integerHash(block)
    case 'f32':
    case 'f64': {
      const { values } = block
      return (i) => hashOfFloat(values[i]!)
    }
    case 'bool': {
      const { values } = block
      return (i) => hashOfSafeInteger(values[i]!)
    }
    case 'bytes': {
      const { bytes, offsets } = block
      return (i) => hashOfBytes(bytes, offsets[i]!, offsets[i + 1]!)
    }
    case 'fixed16':
      return fixedHash(block)
    case 'array':
    case 'map':
    case 'row':
      return valueHash(block)
    case 'null':
      return () => HASH_OF_NULL
  }
}

const nullableHash = (block: FlatBlock): PositionHash => {
  const hash = flatHash(block)
  const { validity } = block
  return validity === null ? hash : (i) => (isValid(validity, i) ? hash(i) : HASH_OF_NULL)
}

/** Hashes of the entries of dictionaries that are named, which pages share. */
const entryHashes = new WeakMap<FlatBlock, Int32Array>()

function hashesOfEntries(dictionary: FlatBlock): Int32Array {
  let hashes = entryHashes.get(dictionary)
  if (hashes === undefined) {
    hashes = Int32Array.from({ length: dictionary.rowCount }, nullableHashes(dictionary))
    entryHashes.set(dictionary, hashes)
  }
  return hashes
}

const nullableHashes = (block: FlatBlock) => {
  const hash = nullableHash(block)
  return (_: unknown, i: number) => hash(i)
}

function positionHash(block: Block): PositionHash {
  switch (block.encoding) {
    case 'flat':
      return nullableHash(block)
    case 'constant': {
      const hash = nullableHash(block.value)(0)
      return () => hash
    }
    case 'dictionary': {
      const { codes, dictionary, validity } = block
      const isWorthKeeping = block.dictionaryId !== undefined
      const entries = isWorthKeeping ? hashesOfEntries(dictionary) : undefined
      const entry = nullableHash(dictionary)
      const hash: PositionHash =
        entries === undefined ? (i) => entry(codes[i]!) : (i) => entries[codes[i]!]!
      return validity === null ? hash : (i) => (isValid(validity, i) ? hash(i) : HASH_OF_NULL)
    }
  }
}

/** Values that are equal where they are stored alike, but for the zeros and NaNs of floating point numbers. */
const comparesAsStored = ({ type }: FlatBlock): boolean =>
  type.kind !== 'time with time zone' && !isZoned(type) && !isLongDecimal(type)

/**
 * Adds the hashes of a block's positions to those of rows, whose columns come in order. O(rows); quick where all lies in the shared
 * memory.
 */
export function addHashes(block: Block, hashes: Int32Array): void {
  if (block.encoding === 'flat' && comparesAsStored(block) && addHashesInKernel(block, hashes)) {
    return
  }
  const hash = positionHash(block)
  for (let i = 0; i < block.rowCount; i++) hashes[i] = (Math.imul(hashes[i]!, 31) + hash(i)) | 0
}

/** Spreads a row's hash over all of its bits. */
export const mixHash = (hash: number): number => finish(hash ^ 0x2545f491)

/** The partition of a row's hash, each equally likely. */
export const partitionOf = (hash: number, partitionCount: number): number =>
  Math.floor(((finish(hash) >>> 0) / TWO_32) * partitionCount)
