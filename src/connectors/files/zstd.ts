import * as zlib from 'node:zlib'

/** Decompresses to exactly so many bytes, or throws. */
export type InflateZstd = (bytes: Uint8Array, byteLength: number) => Uint8Array

let loaded: InflateZstd | undefined

/** Node's own decoder where it has one, which is from version 22.15 on. */
export async function loadZstd(): Promise<InflateZstd> {
  if (loaded !== undefined) return loaded
  const native = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer })
    .zstdDecompressSync
  if (native !== undefined) {
    loaded = (bytes, byteLength) => native(bytes, { maxOutputLength: Math.max(1, byteLength) })
    return loaded
  }
  const { decompress } = await import('fzstd')
  loaded = (bytes, byteLength) => decompress(bytes, new Uint8Array(byteLength))
  return loaded
}
