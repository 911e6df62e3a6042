/**
 * XxHash64 with seed 0 by 32-bit halves, so that no BigInt is made a value. Results are left in {@link hashHigh} and
 * {@link hashLow}, unsigned, until the next hash.
 * @source Y. Collet, xxHash fast digest algorithm
 */
const P1H = 0x9e3779b1
const P1L = 0x85ebca87
const P2H = 0xc2b2ae3d
const P2L = 0x27d4eb4f
const P3H = 0x165667b1
const P3L = 0x9e3779f9
const P4H = 0x85ebca77
const P4L = 0xc2b2ae63
const P5H = 0x27d4eb2f
const P5L = 0x165667c5

/** The current 64-bit word. */
let high = 0
let low = 0

export const hashHigh = (): number => high >>> 0
export const hashLow = (): number => low >>> 0
/** The last hash as an unsigned 64-bit integer. */
export const hashBigint = (): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)

/** The upper 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aL = a & 0xffff
  const aH = a >>> 16
  const bL = b & 0xffff
  const bH = b >>> 16
  const middle = Math.imul(aH, bL) >>> 0
  const carry =
    ((Math.imul(aL, bL) >>> 16) + (middle & 0xffff) + (Math.imul(aL, bH) & 0xffff)) >>> 16
  return (Math.imul(aH, bH) + (middle >>> 16) + (Math.imul(aL, bH) >>> 16) + carry) | 0
}

/** word *= (bH, bL) */
function multiply(bH: number, bL: number): void {
  const newHigh = (multiplyHigh(low, bL) + Math.imul(high, bL) + Math.imul(low, bH)) | 0
  low = Math.imul(low, bL)
  high = newHigh
}

/** word += (bH, bL) */
function add(bH: number, bL: number): void {
  const sum = (low >>> 0) + (bL >>> 0)
  high = (high + bH + (sum > 0xffffffff ? 1 : 0)) | 0
  low = sum | 0
}

function rotateLeft(bits: number): void {
  const oldHigh = high
  if (bits < 32) {
    high = (high << bits) | (low >>> (32 - bits))
    low = (low << bits) | (oldHigh >>> (32 - bits))
  } else {
    high = (low << (bits - 32)) | (high >>> (64 - bits))
    low = (oldHigh << (bits - 32)) | (low >>> (64 - bits))
  }
}

/** word ^= word >>> bits */
function xorShift(bits: number): void {
  if (bits === 32) {
    low ^= high
    return
  }
  if (bits > 32) {
    low ^= high >>> (bits - 32)
    return
  }
  low ^= (low >>> bits) | (high << (32 - bits))
  high ^= high >>> bits
}

function avalanche(): void {
  xorShift(33)
  multiply(P2H, P2L)
  xorShift(29)
  multiply(P3H, P3L)
  xorShift(32)
}

/** word = round(word, input): an accumulator takes eight bytes in. */
function round(inputHigh: number, inputLow: number): void {
  const accumulatorHigh = high
  const accumulatorLow = low
  high = inputHigh
  low = inputLow
  multiply(P2H, P2L)
  add(accumulatorHigh, accumulatorLow)
  rotateLeft(31)
  multiply(P1H, P1L)
}

/** word ^= round(0, input), and on. */
function mixLong(inputHigh: number, inputLow: number): void {
  const hashH = high
  const hashL = low
  high = 0
  low = 0
  round(inputHigh, inputLow)
  high ^= hashH
  low ^= hashL
  rotateLeft(27)
  multiply(P1H, P1L)
  add(P4H, P4L)
}

/** Hashes a 64-bit integer given as two 32-bit halves. */
function hashWord(wordHigh: number, wordLow: number): void {
  high = P5H
  low = P5L
  add(0, 8)
  mixLong(wordHigh | 0, wordLow | 0)
  avalanche()
}

/** Hashes a safe integer as a 64-bit one. */
export function hashNumber(value: number): void {
  const wordLow = value % 4294967296
  hashWord(Math.floor(value / 4294967296), wordLow)
}

export function hashInteger64(value: bigint): void {
  const number = Number(value)
  if (Number.isSafeInteger(number)) {
    hashNumber(number)
    return
  }
  hashWord(Number((value >> 32n) & 0xffffffffn), Number(value & 0xffffffffn))
}

const text = Buffer.allocUnsafe(8192)

/** Hashes the UTF-8 bytes of a string. */
export function hashText(value: string): void {
  if (value.length * 3 > text.length) hashBytes(Buffer.from(value))
  else hashBytes(text, 0, text.write(value))
}

/** Makes the word another one, such as a combination of hashes. */
export function setHash(value: bigint): void {
  high = Number(value >> 32n) | 0
  low = Number(value & 0xffffffffn) | 0
}

/** Adds the word times checksum()'s prime to a sum in halves: sum[0] is the upper. */
export function addToChecksum(sum: Uint32Array): void {
  multiply(P1H, P1L)
  add(sum[0]!, sum[1]!)
  sum[0] = high
  sum[1] = low
}

const scratch = new DataView(new ArrayBuffer(8))

/** Hashes the bits of a double; -0 is 0, every NaN the same. */
export function hashDouble(value: number): void {
  scratch.setFloat64(0, value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value)
  hashWord(scratch.getInt32(0), scratch.getInt32(4))
}

/** Hashes the bits of a real as a sign-extended integer. */
export function hashReal(value: number): void {
  scratch.setFloat32(0, value === 0 ? 0 : value)
  const bits = scratch.getInt32(0)
  hashWord(bits >> 31, bits)
}

const word32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

/** Accumulators of the four lanes, high and low. */
const lanes = new Int32Array(8)

function startLanes(): void {
  high = P1H
  low = P1L
  add(P2H, P2L)
  lanes[0] = high
  lanes[1] = low
  lanes[2] = P2H
  lanes[3] = P2L
  lanes[4] = 0
  lanes[5] = 0
  high = 0
  low = 0
  add(~P1H, ~P1L)
  add(0, 1)
  lanes[6] = high
  lanes[7] = low
}

const ROTATIONS = [1, 7, 12, 18]

function mergeLanes(): void {
  let sumHigh = 0
  let sumLow = 0
  for (let lane = 0; lane < 4; lane++) {
    high = lanes[2 * lane]!
    low = lanes[2 * lane + 1]!
    rotateLeft(ROTATIONS[lane]!)
    add(sumHigh, sumLow)
    sumHigh = high
    sumLow = low
  }
  for (let lane = 0; lane < 4; lane++) {
    high = 0
    low = 0
    round(lanes[2 * lane]!, lanes[2 * lane + 1]!)
    high ^= sumHigh
    low ^= sumLow
    multiply(P1H, P1L)
    add(P4H, P4L)
    sumHigh = high
    sumLow = low
  }
}

/** Hashes bytes[start, end). */
export function hashBytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
  const length = end - start
  let at = start
  if (length >= 32) {
    startLanes()
    for (; at <= end - 32; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        high = lanes[2 * lane]!
        low = lanes[2 * lane + 1]!
        round(word32(bytes, at + 8 * lane + 4), word32(bytes, at + 8 * lane))
        lanes[2 * lane] = high
        lanes[2 * lane + 1] = low
      }
    }
    mergeLanes()
  } else {
    high = P5H
    low = P5L
  }
  add(0, length)
  for (; at <= end - 8; at += 8) mixLong(word32(bytes, at + 4), word32(bytes, at))
  if (at <= end - 4) {
    mixInt(word32(bytes, at))
    at += 4
  }
  for (; at < end; at++) mixByte(bytes[at]!)
  avalanche()
}

function mixInt(input: number): void {
  const hashH = high
  const hashL = low
  high = 0
  low = input
  multiply(P1H, P1L)
  high ^= hashH
  low ^= hashL
  rotateLeft(23)
  multiply(P2H, P2L)
  add(P3H, P3L)
}

function mixByte(input: number): void {
  const hashH = high
  const hashL = low
  high = 0
  low = input
  multiply(P5H, P5L)
  high ^= hashH
  low ^= hashL
  rotateLeft(11)
  multiply(P1H, P1L)
}
