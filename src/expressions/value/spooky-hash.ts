/**
 * SpookyHash version 2 with both seeds 0: the first 64 bits of its 128.
 * @source B. Jenkins, SpookyHash V2 (public domain)
 */
const ODD = 0xdeadbeefdeadbeefn
const BLOCK_BYTES = 96
const LONG_BYTES = 192

const SHORT_MIX = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36]
const SHORT_END = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63]
const MIX = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46]
const END = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54]

function rotate(state: BigUint64Array, at: number, bits: number): void {
  const value = state[at]!
  state[at] = (value << BigInt(bits)) | (value >> BigInt(64 - bits))
}

function add(state: BigUint64Array, at: number, value: bigint): void {
  state[at] = state[at]! + value
}

function xor(state: BigUint64Array, at: number, value: bigint): void {
  state[at] = state[at]! ^ value
}

function shortMix(state: BigUint64Array): void {
  SHORT_MIX.forEach((bits, i) => {
    const at = (i + 2) % 4
    rotate(state, at, bits)
    add(state, at, state[(at + 1) % 4]!)
    xor(state, (at + 2) % 4, state[at]!)
  })
}

function shortEnd(state: BigUint64Array): void {
  SHORT_END.forEach((bits, i) => {
    const at = (i + 3) % 4
    const before = (at + 3) % 4
    xor(state, at, state[before]!)
    rotate(state, before, bits)
    add(state, at, state[before]!)
  })
}

/** Up to eight bytes as a little-endian number. */
function word(bytes: Uint8Array, from: number, to: number): bigint {
  let value = 0n
  for (let i = Math.min(to, bytes.length, from + 8) - 1; i >= from; i--) {
    value = (value << 8n) | BigInt(bytes[i]!)
  }
  return value
}

function shortHash(bytes: Uint8Array): bigint {
  const state = BigUint64Array.of(0n, 0n, ODD, ODD)
  let at = 0
  for (; bytes.length - at >= 32; at += 32) {
    add(state, 2, word(bytes, at, at + 8))
    add(state, 3, word(bytes, at + 8, at + 16))
    shortMix(state)
    add(state, 0, word(bytes, at + 16, at + 24))
    add(state, 1, word(bytes, at + 24, at + 32))
  }
  if (bytes.length - at >= 16) {
    add(state, 2, word(bytes, at, at + 8))
    add(state, 3, word(bytes, at + 8, at + 16))
    shortMix(state)
    at += 16
  }
  add(state, 3, BigInt(bytes.length) << 56n)
  if (at === bytes.length) {
    add(state, 2, ODD)
    add(state, 3, ODD)
  } else {
    add(state, 2, word(bytes, at, at + 8))
    add(state, 3, word(bytes, at + 8, at + 16))
  }
  shortEnd(state)
  return state[0]!
}

function mix(state: BigUint64Array, bytes: Uint8Array, from: number): void {
  for (let i = 0; i < 12; i++) {
    add(state, i, word(bytes, from + 8 * i, from + 8 * i + 8))
    xor(state, (i + 2) % 12, state[(i + 10) % 12]!)
    xor(state, (i + 11) % 12, state[i]!)
    rotate(state, i, MIX[i]!)
    add(state, (i + 11) % 12, state[(i + 1) % 12]!)
  }
}

function end(state: BigUint64Array): void {
  END.forEach((bits, i) => {
    const at = (i + 11) % 12
    const next = (at + 2) % 12
    add(state, at, state[next]!)
    xor(state, (at + 3) % 12, state[at]!)
    rotate(state, next, bits)
  })
}

function longHash(bytes: Uint8Array): bigint {
  const state = BigUint64Array.from({ length: 12 }, (_, i) => (i % 3 === 2 ? ODD : 0n))
  let at = 0
  for (; bytes.length - at >= BLOCK_BYTES; at += BLOCK_BYTES) mix(state, bytes, at)
  const last = new Uint8Array(BLOCK_BYTES)
  last.set(bytes.subarray(at))
  last[BLOCK_BYTES - 1] = bytes.length - at
  for (let i = 0; i < 12; i++) add(state, i, word(last, 8 * i, 8 * i + 8))
  for (let i = 0; i < 3; i++) end(state)
  return state[0]!
}

export const spookyHash = (bytes: Uint8Array): bigint =>
  bytes.length < LONG_BYTES ? shortHash(bytes) : longHash(bytes)
