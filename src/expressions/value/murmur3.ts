/** The first 64 bits of MurmurHash3's 128-bit hash for 64-bit machines, seed 0, unsigned. @source A. Appleby, MurmurHash3 */
const C1 = 0x87c37b91114253d5n
const C2 = 0x4cf5ad432745937fn
const MASK = 0xffffffffffffffffn

const rotate = (value: bigint, bits: bigint): bigint =>
  ((value << bits) | (value >> (64n - bits))) & MASK
const mixK1 = (k: bigint): bigint => (rotate((k * C1) & MASK, 31n) * C2) & MASK
const mixK2 = (k: bigint): bigint => (rotate((k * C2) & MASK, 33n) * C1) & MASK

function finish(hash: bigint): bigint {
  let k = hash
  k = ((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn) & MASK
  k = ((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n) & MASK
  return k ^ (k >> 33n)
}

function tail(bytes: Uint8Array, from: number, to: number): bigint {
  let value = 0n
  for (let i = Math.min(to, bytes.length) - 1; i >= from; i--)
    value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

/** Both halves of the hash. */
export function murmur3(bytes: Uint8Array): readonly [bigint, bigint] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let h1 = 0n
  let h2 = 0n
  const blocks = Math.floor(bytes.length / 16) * 16
  for (let i = 0; i < blocks; i += 16) {
    h1 ^= mixK1(view.readBigUInt64LE(i))
    h1 = ((rotate(h1, 27n) + h2) * 5n + 0x52dce729n) & MASK
    h2 ^= mixK2(view.readBigUInt64LE(i + 8))
    h2 = ((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n) & MASK
  }
  if (bytes.length - blocks > 8) h2 ^= mixK2(tail(bytes, blocks + 8, blocks + 16))
  if (bytes.length - blocks > 0) h1 ^= mixK1(tail(bytes, blocks, blocks + 8))
  const length = BigInt(bytes.length)
  h1 ^= length
  h2 ^= length
  h1 = (h1 + h2) & MASK
  h2 = (h2 + h1) & MASK
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = (h1 + h2) & MASK
  h2 = (h2 + h1) & MASK
  return [h1, h2]
}
