import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { MillraceError } from '../../../spi/index.js'
import { type InflateZstd, loadZstd } from '../zstd.js'
import { ParquetFormatError } from './format-error.js'
import type { KernelMemory } from './kernels/kernel-memory.js'
import type { Codec, ColumnChunk } from './metadata.js'

/** Bytes that one byte of compressed data can stand for at most: what says more than that is damaged. */
const RATIO_MAX: Readonly<Record<Codec, number>> = {
  UNCOMPRESSED: 1,
  SNAPPY: 32,
  LZ4: 256,
  LZ4_RAW: 256,
  GZIP: 1100,
  BROTLI: Number.POSITIVE_INFINITY,
  ZSTD: Number.POSITIVE_INFINITY,
  LZO: 0,
}

let zstd: InflateZstd | undefined

/**
 * Loads what a codec needs.
 * @throws NOT_SUPPORTED for LZO
 */
export async function prepareCodec(codec: Codec, path: string): Promise<void> {
  if (codec === 'LZO') {
    throw new MillraceError('NOT_SUPPORTED', `Parquet pages compressed with LZO: ${path}`, {
      hint: 'Write the file with SNAPPY or ZSTD',
    })
  }
  if (codec === 'ZSTD') zstd = await loadZstd()
}

/**
 * Decompresses into kernel memory.
 * @param chunk whose page it is
 * @param to address of `byteLength` bytes
 * @throws ParquetFormatError where the bytes are not exactly that long or damaged
 */
export function decompress(
  memory: KernelMemory,
  { codec, type }: Pick<ColumnChunk, 'codec' | 'type'>,
  source: Uint8Array,
  to: number,
  byteLength: number,
): void {
  switch (codec) {
    case 'UNCOMPRESSED':
      if (source.length !== byteLength) throw new ParquetFormatError('a page has another length')
      memory.bytes(to, byteLength).set(source)
      return
    case 'SNAPPY':
      inKernel(memory, source, (from, end) => {
        const lengthBytes = snappyLengthBytes(source, byteLength)
        if (lengthBytes === undefined) return false
        const kernel = type === 'INT64' ? 'snappy64' : 'snappy'
        return memory.kernels[kernel](from + lengthBytes, end, to, to + byteLength) === 1
      })
      return
    case 'LZ4_RAW':
      inKernel(
        memory,
        source,
        (from, end) => memory.kernels.lz4(from, end, to, to + byteLength) === 1,
      )
      return
    case 'LZ4':
      inKernel(
        memory,
        source,
        (from, end) =>
          hadoopLz4(memory, source, from, to, byteLength) ||
          memory.kernels.lz4(from, end, to, to + byteLength) === 1,
      )
      return
    default:
      store(memory, inflate(codec, source, byteLength), to, byteLength)
  }
}

/** Whether a page can be as long as its header says. */
export function checkRatio(codec: Codec, compressedBytes: number, byteLength: number): void {
  if (byteLength > 64 + compressedBytes * RATIO_MAX[codec]) {
    throw new ParquetFormatError(
      `a page of ${compressedBytes} compressed bytes can't have ${byteLength}`,
    )
  }
}

function inflate(codec: Codec, source: Uint8Array, byteLength: number): Uint8Array {
  const options = { maxOutputLength: Math.max(1, byteLength) }
  try {
    if (codec === 'GZIP') return gunzipSync(source, options)
    if (codec === 'BROTLI') return brotliDecompressSync(source, options)
    if (codec === 'ZSTD' && zstd !== undefined) return zstd(source, byteLength)
  } catch (error) {
    throw new ParquetFormatError(
      `a ${codec} page can't be decompressed, ${error instanceof Error ? error.message : error}`,
    )
  }
  throw new ParquetFormatError(`pages are compressed with ${codec}`)
}

function store(memory: KernelMemory, bytes: Uint8Array, to: number, byteLength: number): void {
  if (bytes.length !== byteLength) throw new ParquetFormatError('a page has another length')
  memory.bytes(to, byteLength).set(bytes)
}

/** Runs a kernel over bytes where they lie in its memory, or else over a copy. */
function inKernel(
  memory: KernelMemory,
  source: Uint8Array,
  run: (from: number, end: number) => boolean,
): void {
  const there = source.buffer === memory.buffer ? source.byteOffset : undefined
  const buffer = there === undefined ? memory.allocate(source.length) : undefined
  try {
    if (buffer !== undefined) memory.bytes(buffer.address, source.length).set(source)
    const from = there ?? buffer!.address
    if (!run(from, from + source.length)) {
      throw new ParquetFormatError("a page can't be decompressed")
    }
  } finally {
    if (buffer !== undefined) memory.free(buffer)
  }
}

/** How many bytes say the length that a block has, at its beginning; undefined where that is another one. */
function snappyLengthBytes(source: Uint8Array, byteLength: number): number | undefined {
  let length = 0
  let at = 0
  for (let unit = 1; at < 5; unit *= 128) {
    const byte = source[at++]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * unit
    if (byte < 0x80) break
  }
  return length === byteLength ? at : undefined
}

/** Hadoop's framing: blocks after their lengths, uncompressed and compressed, each of 4 bytes, big-endian. */
function hadoopLz4(
  memory: KernelMemory,
  source: Uint8Array,
  from: number,
  to: number,
  byteLength: number,
): boolean {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  let at = 0
  let done = 0
  while (at < source.length) {
    if (source.length - at < 8) return false
    const uncompressed = view.getUint32(at)
    const compressed = view.getUint32(at + 4)
    at += 8
    if (compressed > source.length - at || uncompressed > byteLength - done) return false
    const start = from + at
    const target = to + done
    if (memory.kernels.lz4(start, start + compressed, target, target + uncompressed) !== 1) {
      return false
    }
    at += compressed
    done += uncompressed
  }
  return done === byteLength
}
