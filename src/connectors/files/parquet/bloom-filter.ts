import { hashBytes, hashHigh, hashLow } from '../../../values/xxhash64.js'
import type { FileReader } from '../file-reader.js'
import { ParquetFormatError } from './format-error.js'
import { ThriftReader } from './thrift-reader.js'

/** A filter is blocks of eight words, of which each value sets a bit in each word of one. */
export const BLOCK_BYTES = 32
/** As the format recommends. */
const FILTER_BYTES_MAX = 128 << 20
/** Of the header there are four fields. */
const HEADER_BYTES_GUESS = 64
/** Single blocks are read where reading the whole filter would take this much a block. */
const BYTES_PER_READ = 4096

/** @source https://github.com/apache/parquet-format/blob/master/BloomFilter.md */
export const SALT = [
  0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31,
] as const

interface FilterHeader {
  readonly byteLength: number
  /** Where the blocks begin, from where the header began. */
  readonly headerBytes: number
  /** False for algorithms, hashes and compressions that later versions of the format may have. */
  readonly isKnown: boolean
}

/**
 * Whether a chunk may have one of some values, by its split-block Bloom filter. Reads the blocks that it needs only, where they
 * are few.
 * @param offset of the filter in the file
 * @param values in plain encoding, byte arrays without their length
 * @throws ParquetFormatError, HIVE_BAD_DATA
 */
export async function mayContain(
  reader: FileReader,
  offset: number,
  values: readonly Uint8Array[],
): Promise<boolean> {
  const headerBytes = Math.min(HEADER_BYTES_GUESS, reader.file.size - offset)
  const header = readHeader(await reader.read(offset, headerBytes))
  if (!header.isKnown) return true
  const start = offset + header.headerBytes
  const isWhole = values.length * BYTES_PER_READ >= header.byteLength
  const whole = isWhole ? await reader.read(start, header.byteLength) : undefined
  const blockCount = BigInt(header.byteLength / BLOCK_BYTES)
  for (const value of values) {
    hashBytes(value)
    const key = hashLow()
    const at = Number((BigInt(hashHigh()) * blockCount) >> 32n) * BLOCK_BYTES
    const block =
      whole?.subarray(at, at + BLOCK_BYTES) ?? (await reader.read(start + at, BLOCK_BYTES))
    if (blockHas(block, key)) return true
  }
  return false
}

function blockHas(block: Uint8Array, key: number): boolean {
  const words = new DataView(block.buffer, block.byteOffset, BLOCK_BYTES)
  return SALT.every((salt, i) => {
    const bit = Math.imul(key, salt) >>> 27
    return ((words.getUint32(i * 4, true) >>> bit) & 1) === 1
  })
}

function readHeader(bytes: Uint8Array): FilterHeader {
  const reader = new ThriftReader(bytes)
  let byteLength = 0
  let known = 0
  // Each a union whose first member is the only one that there is so far.
  const firstMember = (): void => {
    reader.expectStruct()
    reader.struct((member) => {
      if (member === 1) known++
      return false
    })
  }
  reader.struct((field) => {
    if (field === 1) byteLength = reader.integer()
    else if (field >= 2 && field <= 4) firstMember()
    else return false
    return true
  })
  const isWhole = byteLength > 0 && byteLength <= FILTER_BYTES_MAX && byteLength % BLOCK_BYTES === 0
  const isKnown = known === 3
  if (isKnown && !isWhole) throw new ParquetFormatError(`a Bloom filter of ${byteLength} bytes`)
  return { byteLength, headerBytes: reader.position, isKnown }
}
