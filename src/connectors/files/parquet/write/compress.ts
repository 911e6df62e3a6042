import * as zlib from 'node:zlib'
import { compressLz4 } from '../../../../arrow/lz4.js'
import { assert, MillraceError } from '../../../../spi/index.js'
import type { KernelMemory } from '../kernels/kernel-memory.js'
import type { Codec } from '../metadata.js'

export type OutputCodec = Extract<
  Codec,
  'UNCOMPRESSED' | 'SNAPPY' | 'LZ4_RAW' | 'GZIP' | 'ZSTD' | 'BROTLI'
>

const CODEC_NAMES: Readonly<Record<string, OutputCodec>> = {
  NONE: 'UNCOMPRESSED',
  SNAPPY: 'SNAPPY',
  LZ4: 'LZ4_RAW',
  GZIP: 'GZIP',
  ZSTD: 'ZSTD',
  BROTLI: 'BROTLI',
}

type CompressZstd = (bytes: Uint8Array) => Uint8Array
const nativeZstd = (zlib as { zstdCompressSync?: CompressZstd }).zstdCompressSync

/** @throws NOT_SUPPORTED for names that are none, and for ZSTD where Node has none */
export function outputCodec(name = 'SNAPPY'): OutputCodec {
  const codec = CODEC_NAMES[name.toUpperCase()]
  if (codec === undefined) {
    throw new MillraceError('NOT_SUPPORTED', `Parquet files are not written with: ${name}`, {
      hint: `One of ${Object.keys(CODEC_NAMES).join(', ')}`,
    })
  }
  if (codec === 'ZSTD' && nativeZstd === undefined) {
    throw new MillraceError(
      'NOT_SUPPORTED',
      'Writing with this compression needs Node 22.15: ZSTD',
      {
        hint: 'Use SNAPPY, LZ4 or GZIP',
      },
    )
  }
  return codec
}

/** @returns bytes of their own */
export function compress(memory: KernelMemory, codec: OutputCodec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes
    case 'SNAPPY':
      return snappy(memory, bytes)
    case 'LZ4_RAW': {
      // As long as a block of literals only: it always fits.
      const compressed = compressLz4(bytes, bytes.length + Math.ceil(bytes.length / 255) + 16)
      assert(compressed !== undefined, 'LZ4 without room')
      return compressed.slice()
    }
    case 'GZIP':
      return zlib.gzipSync(bytes)
    case 'BROTLI':
      return zlib.brotliCompressSync(bytes, {
        params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 },
      })
    case 'ZSTD':
      return nativeZstd!(bytes)
  }
}

const HASH_TABLE_BYTES = 4 << 14

function snappy(memory: KernelMemory, bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const head: number[] = []
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      head.push(rest)
      break
    }
    head.push((rest % 128) | 128)
  }
  const source = memory.allocate(length)
  const target = memory.allocate(length + Math.ceil(length / 6) + 64)
  const table = memory.allocate(HASH_TABLE_BYTES)
  try {
    memory.bytes(source.address, length).set(bytes)
    memory.bytes(table.address, HASH_TABLE_BYTES).fill(0)
    const { address } = source
    const end = memory.kernels.snappy_compress(
      address,
      address + length,
      target.address,
      table.address,
    )
    const compressed = new Uint8Array(head.length + end - target.address)
    compressed.set(head)
    compressed.set(memory.bytes(target.address, end - target.address), head.length)
    return compressed
  } finally {
    memory.free(source)
    memory.free(target)
    memory.free(table)
  }
}
