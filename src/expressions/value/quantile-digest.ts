/**
 * A quantile digest (q-digest) over 64-bit integers, with the bytes of airlift's: a binary trie of value ranges whose
 * light siblings are folded into their parents, so that a rank is off by at most `maxError` of the count.
 * @source airlift stats QuantileDigest; N. Shrivastava et al., Medians and Beyond
 */
interface Node {
  /** Sign bit flipped, so that unsigned order is the order of values. */
  readonly bits: bigint
  /** 0 for a value; a node of level n covers 2^n values. */
  readonly level: number
  count: number
  left: Node | undefined
  right: Node | undefined
}

export interface QuantileDigest {
  readonly maxError: number
  root: Node | undefined
  total: number
  nodeCount: number
  min: bigint
  max: bigint
}

const DEFAULT_MAX_ERROR = 0.01
const FORMAT = 0
const MAX_BITS = 64
const ZERO_WEIGHT = 1e-5
const HEADER_BYTES = 45
const NODE_BYTES = 17
const SIGN = 1n << 63n
const MAX = SIGN - 1n

export const createQuantileDigest = (maxError = DEFAULT_MAX_ERROR): QuantileDigest => ({
  maxError,
  root: undefined,
  total: 0,
  nodeCount: 0,
  min: MAX,
  max: -SIGN,
})

const toBits = (value: bigint): bigint => BigInt.asUintN(64, value) ^ SIGN
const fromBits = (bits: bigint): bigint => BigInt.asIntN(64, bits ^ SIGN)
const below = (level: number): bigint => (1n << BigInt(level)) - 1n
const upperBound = ({ bits, level }: Node): bigint => fromBits(bits | below(level))

const isInSubtree = (left: bigint, right: bigint, level: number): boolean =>
  level === MAX_BITS || left >> BigInt(level) === right >> BigInt(level)
const isRight = (bits: bigint, level: number): boolean => ((bits >> BigInt(level - 1)) & 1n) === 1n

const minOf = (left: bigint, right: bigint): bigint => (left < right ? left : right)
const maxOf = (left: bigint, right: bigint): bigint => (left > right ? left : right)

/** The number the count is divided by to get the weight under which siblings are folded. */
const compressionFactor = ({ root, maxError }: QuantileDigest): number =>
  root === undefined ? 1 : Math.max(Math.trunc((root.level + 1) / maxError), 1)

export function addToQuantileDigest(digest: QuantileDigest, value: bigint, weight = 1): void {
  digest.max = maxOf(digest.max, value)
  digest.min = minOf(digest.min, value)
  const before = digest.total
  insert(digest, toBits(value), weight)
  const factor = compressionFactor(digest)
  if (Math.trunc(Math.trunc(before) / factor) !== Math.trunc(Math.trunc(digest.total) / factor)) {
    compress(digest)
  }
}

function makeNode(digest: QuantileDigest, bits: bigint, level: number, count: number): Node {
  digest.total += count
  digest.nodeCount++
  return { bits, level, count, left: undefined, right: undefined }
}

function insert(digest: QuantileDigest, bits: bigint, count: number): void {
  let parent: Node | undefined
  let current = digest.root
  const replace = (node: Node): void => {
    if (parent === undefined) digest.root = node
    else if (isRight(bits, parent.level)) parent.right = node
    else parent.left = node
  }
  for (;;) {
    if (current === undefined) {
      replace(makeNode(digest, bits, 0, count))
      return
    }
    if (!isInSubtree(bits, current.bits, current.level)) {
      replace(siblings(digest, current, makeNode(digest, bits, 0, count)))
      return
    }
    if (current.level === 0) {
      current.count += count
      digest.total += count
      return
    }
    parent = current
    current = isRight(bits, current.level) ? current.right : current.left
  }
}

/** The node over two that are in different branches of it. */
function siblings(digest: QuantileDigest, first: Node, second: Node): Node {
  const level = (first.bits ^ second.bits).toString(2).length
  const parent = makeNode(digest, first.bits, level, 0)
  const isFirstRight = isRight(first.bits, level)
  parent.left = isFirstRight ? second : first
  parent.right = isFirstRight ? first : second
  return parent
}

/** Calls for every node, children before parents, until told to stop. Depth is at most 65. */
function postOrder(node: Node | undefined, visit: (node: Node) => boolean): boolean {
  if (node === undefined) return true
  return postOrder(node.left, visit) && postOrder(node.right, visit) && visit(node)
}

function compress(digest: QuantileDigest): void {
  const bound = Math.floor(digest.total / compressionFactor(digest))
  postOrder(digest.root, (node) => {
    const { left, right } = node
    const leftCount = left?.count ?? 0
    const rightCount = right?.count ?? 0
    const isLight = node.count + leftCount + rightCount < bound
    if (left !== undefined && (isLight || leftCount < ZERO_WEIGHT)) {
      node.left = withoutCount(digest, left)
      node.count += leftCount
    }
    if (right !== undefined && (isLight || rightCount < ZERO_WEIGHT)) {
      node.right = withoutCount(digest, right)
      node.count += rightCount
    }
    return true
  })
  const { root } = digest
  if (root !== undefined && root.count < ZERO_WEIGHT) digest.root = withoutCount(digest, root)
}

/** What stays of a node whose count went to its parent: nothing, its only child, or an empty node over two. */
function withoutCount(digest: QuantileDigest, node: Node): Node | undefined {
  if (node.left !== undefined && node.right !== undefined) {
    node.count = 0
    return node
  }
  digest.nodeCount--
  return node.left ?? node.right
}

export function mergeQuantileDigest(into: QuantileDigest, other: QuantileDigest): QuantileDigest {
  into.root = merge(into, into.root, other.root)
  into.max = maxOf(into.max, other.max)
  into.min = minOf(into.min, other.min)
  compress(into)
  return into
}

function copy(digest: QuantileDigest, node: Node | undefined): Node | undefined {
  if (node === undefined) return undefined
  const result = makeNode(digest, node.bits, node.level, node.count)
  result.left = copy(digest, node.left)
  result.right = copy(digest, node.right)
  return result
}

function merge(
  digest: QuantileDigest,
  node: Node | undefined,
  other: Node | undefined,
): Node | undefined {
  if (other === undefined) return node
  if (node === undefined) return copy(digest, other)
  if (!isInSubtree(node.bits, other.bits, Math.max(node.level, other.level))) {
    return siblings(digest, node, copy(digest, other)!)
  }
  if (node.level > other.level) {
    if (isRight(other.bits, node.level)) node.right = merge(digest, node.right, other)
    else node.left = merge(digest, node.left, other)
    return node
  }
  if (node.level < other.level) {
    const isInRight = isRight(node.bits, other.level)
    const result = makeNode(digest, other.bits, other.level, other.count)
    result.left = isInRight ? copy(digest, other.left) : merge(digest, node, other.left)
    result.right = isInRight ? merge(digest, node, other.right) : copy(digest, other.right)
    return result
  }
  digest.total += other.count
  node.count += other.count
  node.left = merge(digest, node.left, other.left)
  node.right = merge(digest, node.right, other.right)
  return node
}

/** The value at a quantile of 0 to 1: at least the exact one, of a rank at most `maxError` of the count above. */
export function quantileDigestValue(digest: QuantileDigest, quantile: number): bigint {
  let sum = 0
  let value = digest.max
  postOrder(digest.root, (node) => {
    sum += node.count
    if (sum <= quantile * digest.total) return true
    value = minOf(upperBound(node), digest.max)
    return false
  })
  return value
}

/** About the fraction of values below one; undefined outside of what was seen. */
export function quantileOfValue(digest: QuantileDigest, value: bigint): number | undefined {
  if (digest.root === undefined || value < digest.min || value > digest.max) return undefined
  let sum = 0
  postOrder(digest.root, (node) => {
    if (value <= upperBound(node)) return false
    sum += node.count
    return true
  })
  return sum / digest.total
}

export function serializeQuantileDigest(digest: QuantileDigest): Uint8Array {
  compress(digest)
  const bytes = Buffer.alloc(HEADER_BYTES + NODE_BYTES * digest.nodeCount)
  bytes[0] = FORMAT
  bytes.writeDoubleLE(digest.maxError, 1)
  // Bytes 9 to 25 are the decay and its landmark, which are for streams: none.
  bytes.writeBigInt64LE(digest.min, 25)
  bytes.writeBigInt64LE(digest.max, 33)
  bytes.writeInt32LE(digest.nodeCount, 41)
  let at = HEADER_BYTES
  postOrder(digest.root, (node) => {
    const children = (node.left === undefined ? 0 : 1) | (node.right === undefined ? 0 : 2)
    bytes[at] = (Math.max(node.level - 1, 0) << 2) | children
    bytes.writeDoubleLE(node.count, at + 1)
    bytes.writeBigUInt64LE(node.bits, at + 9)
    at += NODE_BYTES
    return true
  })
  return new Uint8Array(bytes)
}

/** @returns undefined for bytes that are no sketch */
export function deserializeQuantileDigest(value: Uint8Array): QuantileDigest | undefined {
  if (value.length < HEADER_BYTES || value[0] !== FORMAT) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const nodeCount = bytes.readInt32LE(41)
  if (value.length !== HEADER_BYTES + NODE_BYTES * nodeCount) return undefined
  const digest = createQuantileDigest(bytes.readDoubleLE(1))
  digest.min = bytes.readBigInt64LE(25)
  digest.max = bytes.readBigInt64LE(33)
  const stack: Node[] = []
  for (let at = HEADER_BYTES; at < bytes.length; at += NODE_BYTES) {
    const structure = bytes[at]!
    const level = (structure >> 2) + (structure & 3 ? 1 : 0)
    const node = makeNode(digest, bytes.readBigUInt64LE(at + 9), level, bytes.readDoubleLE(at + 1))
    if (structure & 2) node.right = stack.pop()
    if (structure & 1) node.left = stack.pop()
    stack.push(node)
  }
  if (stack.length > 1) return undefined
  digest.root = stack[0]
  return digest
}
