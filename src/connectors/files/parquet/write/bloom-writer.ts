import { hashBytes, hashHigh, hashLow } from '../../../../values/xxhash64.js'
import { BLOCK_BYTES, SALT } from '../bloom-filter.js'
import { StringValues, type WordValues } from './leaf-values.js'
import { ThriftWriter } from './thrift-writer.js'

/** Of values that a chunk has not, the share that its filter takes for there. */
const FALSE_POSITIVES = 0.01
/** A larger filter would take longer to read than what it leaves out. @source Trino ParquetWriterOptions */
const FILTER_BYTES_MAX = 1 << 20

/** Collects the hashes of a chunk's values, and makes a split-block Bloom filter of as many bytes as they need. */
export class BloomWriter {
  #hashes = new BigUint64Array(1024)
  #count = 0

  get byteLength(): number {
    return this.#count * 8
  }

  /** The first `count` of some values; one may come more than once. */
  add(values: WordValues | StringValues, count: number): void {
    this.#reserve(count)
    if (values instanceof StringValues) {
      const { bytes, offsets } = values
      for (let i = 0; i < count; i++) this.#add(bytes, offsets[i]!, offsets[i + 1]!)
      return
    }
    const width = values.wordCount * 4
    const bytes = new Uint8Array(values.words.buffer)
    for (let i = 0; i < count; i++) this.#add(bytes, i * width, (i + 1) * width)
  }

  /** The filter with its header; forgets the values. Undefined where there were none. */
  finish(): Uint8Array | undefined {
    if (this.#count === 0) return undefined
    const hashes = this.#hashes.subarray(0, this.#count).sort()
    this.#count = 0
    let distinct = 1
    for (let i = 1; i < hashes.length; i++) if (hashes[i] !== hashes[i - 1]) distinct++
    const blocks = new Uint32Array(filterBytes(distinct) / 4)
    const blockCount = BigInt(blocks.byteLength / BLOCK_BYTES)
    for (const hash of hashes) {
      const block = Number(((hash >> 32n) * blockCount) >> 32n) * SALT.length
      const key = Number(hash & 0xffff_ffffn)
      for (let word = 0; word < SALT.length; word++) {
        blocks[block + word]! |= 1 << (Math.imul(key, SALT[word]!) >>> 27)
      }
    }
    const header = headerOf(blocks.byteLength)
    const filter = new Uint8Array(header.length + blocks.byteLength)
    filter.set(header)
    filter.set(new Uint8Array(blocks.buffer), header.length)
    return filter
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    hashBytes(bytes, start, end)
    this.#hashes[this.#count++] = (BigInt(hashHigh()) << 32n) | BigInt(hashLow())
  }

  #reserve(count: number): void {
    if (this.#count + count <= this.#hashes.length) return
    const grown = new BigUint64Array(Math.max(this.#hashes.length * 2, this.#count + count))
    grown.set(this.#hashes.subarray(0, this.#count))
    this.#hashes = grown
  }
}

/** A power of two. @source https://github.com/apache/parquet-format/blob/master/BloomFilter.md, "Sizing an SBBF" */
function filterBytes(distinct: number): number {
  const bits = (-8 * distinct) / Math.log(1 - FALSE_POSITIVES ** (1 / 8))
  const bytes = 2 ** Math.ceil(Math.log2(bits / 8))
  return Math.min(FILTER_BYTES_MAX, Math.max(BLOCK_BYTES, bytes))
}

/** The algorithm, the hash and the compression are unions whose first member is what there is: blocks, xxHash, none. */
function headerOf(byteLength: number): Uint8Array {
  const writer = new ThriftWriter()
  writer.content(() => {
    writer.integer(1, byteLength)
    for (const field of [2, 3, 4]) {
      writer.struct(field, () => writer.struct(1, () => undefined))
    }
  })
  return writer.bytes()
}
