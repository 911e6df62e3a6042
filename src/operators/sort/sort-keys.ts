import type { Codes } from '../../expressions/wasm/buffers.js'
import { zeroed } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  type DictionaryBlock,
  type Fixed16Block,
  type FlatBlock,
  type IntegerBlock,
  isNull,
  isValid,
  type Validity,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { storageBounds } from '../kernels/integer-storage.js'
import type { ChannelOrder } from '../spec.js'
import { STEP_ROWS, type Steps, slices } from '../steps.js'
import { positionOrder } from './row-order.js'
import {
  type CodeSource,
  encodeBytes,
  encodeFixed,
  floatSource,
  integerRange,
  spreadCodes,
} from './sort-kernels.js'

/**
 * Normalised keys: rows as unsigned 64-bit words, most significant first, such that the order of the words is the order
 * of the rows by their first columns. Columns whose values span little share a word.
 */
export interface SortKeys {
  /** Addresses of rowCount u64 each. */
  readonly words: readonly number[]
  /**
   * How many of the order's columns equal words decide. Where it is fewer than all, rows of equal words are to be
   * compared by the columns from this one on.
   */
  readonly decided: number
}

/** The positions of a flat block's values in their order. */
export type SortEntries = (entries: FlatBlock, direction: Direction) => Steps<Int32Array>

interface Encoder {
  readonly memory: WebAssembly.Memory
  readonly sortEntries: SortEntries
  readonly rowCount: number
  readonly arena: Arena
  readonly words: number[]
  /** Address of a u64 a row: those of one column after another. */
  codes: number | undefined
  /** Bits of the last word that are not used yet: the low ones. */
  freeBits: number
}

/** What a column adds to the words. */
interface Field {
  readonly bits: number
  /** Address of a u64 for each entry. */
  readonly codes: number
  readonly nullCode: bigint
}

/** How the codes of a column's values are laid out around its nulls. */
interface CodePlan {
  readonly multiplier: bigint
  readonly addend: bigint
  readonly nullCode: bigint
  readonly bits: number
  /** The codes fill 64 bits, so that nulls need a field of their own before it. */
  readonly nullField: boolean
}

export type Direction = Omit<ChannelOrder, 'channel'>

const ALL_ONES = (1n << 64n) - 1n
/** A dictionary is ranked as such while it has at most this share of the rows. */
const ENTRIES_PER_ROW = 0.5
const PREFIX_BYTES = 8
const LENGTH_BITS = 4

/**
 * Encodes the columns of an order, in steps; constants cost nothing. O(rows · columns).
 * @param blocks in the memory of `arena`
 * @param sortEntries orders the entries of dictionaries, which are ranked
 */
export function* encodeSortKeys(
  memory: WebAssembly.Memory,
  blocks: readonly Block[],
  orderBy: readonly ChannelOrder[],
  rowCount: number,
  arena: Arena,
  sortEntries: SortEntries,
): Steps<SortKeys> {
  const scratch = { words: [], codes: undefined, freeBits: 0 }
  const encoder: Encoder = { memory, sortEntries, rowCount, arena, ...scratch }
  let decided = 0
  for (const order of orderBy) {
    if (!(yield* encodeColumn(encoder, blocks[order.channel]!, order))) break
    decided += 1
  }
  return { words: encoder.words, decided }
}

/** @returns whether equal words mean equal values */
function* encodeColumn(encoder: Encoder, block: Block, direction: Direction): Steps<boolean> {
  switch (block.encoding) {
    case 'constant':
      return true
    case 'flat':
      return yield* encodeFlat(encoder, block, direction)
    case 'dictionary':
      return block.dictionary.rowCount <= encoder.rowCount * ENTRIES_PER_ROW
        ? yield* encodeDictionary(encoder, block, direction)
        : yield* encodeFlat(encoder, flattenBlock(block, encoder.arena), direction)
  }
}

/** Ranks the entries, which makes short codes of any type. */
function* encodeDictionary(
  encoder: Encoder,
  block: DictionaryBlock,
  direction: Direction,
): Steps<boolean> {
  const { dictionary } = block
  const { arena } = encoder
  const positions = yield* encoder.sortEntries(dictionary, direction)
  const compare = positionOrder(block.type, direction)
  const codes = arena.allocate(dictionary.rowCount * 8)
  const ranks = new BigUint64Array(codes.buffer, codes.byteOffset, dictionary.rowCount)
  // Ranks count from 1: 0 and the last one are free for nulls, wherever they go.
  let rank = 0
  for (let i = 0; i < positions.length; i++) {
    if (i % STEP_ROWS === STEP_ROWS - 1) yield
    const at = positions[i]!
    if (i === 0 || compare(dictionary, positions[i - 1]!, dictionary, at) !== 0) rank += 1
    ranks[at] = BigInt(rank)
  }
  const nullCode = direction.nullsFirst ? 0n : BigInt(rank + 1)
  for (let i = 0; i < positions.length; i++) {
    if (isNull(dictionary, i)) ranks[i] = nullCode
  }
  const field = { bits: bitLength(BigInt(rank + 1)), codes: codes.byteOffset, nullCode }
  yield* appendField(encoder, field, block.codes, block.validity)
  return true
}

function* encodeFlat(encoder: Encoder, block: FlatBlock, direction: Direction): Steps<boolean> {
  switch (block.storage) {
    case 'null':
      return true
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return yield* encodeIntegers(encoder, block, direction)
    case 'bool':
      return yield* encodeRange(encoder, block, 'bool', direction, { min: 0n, max: 1n })
    case 'f32':
      return yield* encodeRange(encoder, block, floatSource('f32', direction), direction, {
        min: 0n,
        max: (1n << 32n) - 1n,
      })
    case 'f64':
      return yield* encodeRange(
        encoder,
        block,
        floatSource('f64', direction),
        direction,
        UNSIGNED64,
      )
    case 'fixed16':
      return yield* encodeFixed16(encoder, block, direction)
    case 'bytes':
      return yield* encodeStrings(encoder, block, direction)
    case 'array':
    case 'map':
    case 'row':
      yield* encodeNullFlags(encoder, block.validity, direction)
      return false
  }
}

interface CodeRange {
  readonly min: bigint
  readonly max: bigint
}

function* encodeIntegers(
  encoder: Encoder,
  block: IntegerBlock,
  direction: Direction,
): Steps<boolean> {
  if (block.type.kind === 'time with time zone') {
    yield* encodeNullFlags(encoder, block.validity, direction)
    return false
  }
  const shift = block.type.kind === 'timestamp with time zone' ? 12n : 0n
  const range = rangeOf(encoder, block)
  if (range === undefined) {
    yield* encodeNullFlags(encoder, block.validity, direction)
    return true
  }
  const shifted = { min: range.min >> shift, max: range.max >> shift }
  return yield* encodeRange(encoder, block, block.storage, direction, shifted, {
    base: BigInt(block.base),
    factor: BigInt(block.factor),
    shift,
  })
}

/** undefined: every value is null */
function rangeOf({ memory, arena }: Encoder, block: IntegerBlock): CodeRange | undefined {
  const bounds = storageBounds(block)
  if (bounds !== undefined) return { min: BigInt(bounds.min), max: BigInt(bounds.max) }
  if (!(block.values instanceof BigInt64Array)) {
    // Narrow values whose base takes them beyond 2^53.
    const a = BigInt(block.base) + BigInt(block.factor) * -(1n << 31n)
    const b = BigInt(block.base) + BigInt(block.factor) * (1n << 31n)
    return a < b ? { min: a, max: b } : { min: b, max: a }
  }
  const bytes = arena.allocate(16)
  const scratch = new BigInt64Array(bytes.buffer, bytes.byteOffset, 2)
  return integerRange(memory, block.values, block.validity, block.rowCount, scratch)
}

const RAW = { base: 0n, factor: 1n, shift: 0n } as const

/** Encodes fixed-width values known to lie in a range (of 64 bits, signed or not). */
function* encodeRange(
  encoder: Encoder,
  block: Exclude<FlatBlock, { storage: 'null' }> & {
    readonly values: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }
  },
  source: CodeSource,
  direction: Direction,
  range: CodeRange,
  value: { readonly base: bigint; readonly factor: bigint; readonly shift: bigint } = RAW,
): Steps<boolean> {
  const { memory } = encoder
  const plan = planCodes(range, block.validity !== null, direction)
  if (plan.bits === 0) return true
  if (plan.nullField) yield* encodeNullFlags(encoder, block.validity, direction)
  const out = codesOf(encoder)
  const width = block.storage === 'fixed16' ? 16 : block.values.BYTES_PER_ELEMENT
  for (const { from, count } of slices(block.rowCount)) {
    encodeFixed(memory, source, {
      values: block.values.byteOffset + from * width,
      validity: block.validity?.subarray(from / 8) ?? null,
      count,
      ...value,
      ...signed(plan),
      out: out + from * 8,
    })
    yield
  }
  yield* appendField(encoder, { bits: plan.bits, codes: out, nullCode: plan.nullCode }, null, null)
  return true
}

const signed = ({ multiplier, addend, nullCode }: CodePlan) => ({
  multiplier,
  addend: BigInt.asIntN(64, addend),
  nullCode: BigInt.asIntN(64, nullCode),
})

function planCodes(range: CodeRange, nullable: boolean, direction: Direction): CodePlan {
  const span = range.max - range.min
  const multiplier = direction.ascending ? 1n : -1n
  const addend = direction.ascending ? -range.min : range.max
  if (!nullable) {
    return { multiplier, addend, nullCode: 0n, bits: bitLength(span), nullField: false }
  }
  if (span === ALL_ONES) return { multiplier, addend, nullCode: 0n, bits: 64, nullField: true }
  return {
    multiplier,
    addend: direction.nullsFirst ? addend + 1n : addend,
    nullCode: direction.nullsFirst ? 0n : span + 1n,
    bits: bitLength(span + 1n),
    nullField: false,
  }
}

const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)

const SIGNED64 = { min: -(1n << 63n), max: (1n << 63n) - 1n }
const UNSIGNED64 = { min: 0n, max: ALL_ONES }

function* encodeFixed16(
  encoder: Encoder,
  block: Fixed16Block,
  direction: Direction,
): Steps<boolean> {
  const part = (source: CodeSource, range: CodeRange, shift = 0n) =>
    encodeRange(encoder, block, source, direction, range, { ...RAW, shift })
  switch (block.type.kind) {
    case 'decimal':
      return (yield* part('fixed16.8', SIGNED64)) && (yield* part('fixed16.0', UNSIGNED64))
    case 'timestamp':
      return (
        (yield* part('fixed16.0', SIGNED64)) &&
        (yield* part('fixed16.8s32', { min: 0n, max: 999_999n }))
      )
    case 'timestamp with time zone': {
      const millis = { min: SIGNED64.min >> 12n, max: SIGNED64.max >> 12n }
      const picos = { min: 0n, max: 999_999_999n }
      return (yield* part('fixed16.0', millis, 12n)) && (yield* part('fixed16.8s32', picos))
    }
    case 'uuid':
    case 'ipaddress':
      return (yield* part('fixed16.be0', UNSIGNED64)) && (yield* part('fixed16.be8', UNSIGNED64))
    default:
      yield* encodeNullFlags(encoder, block.validity, direction)
      return false
  }
}

/** Encodes the bytes after the common prefix: all of them where they are few, else the first eight. */
function* encodeStrings(encoder: Encoder, block: BytesBlock, direction: Direction): Steps<boolean> {
  if (block.type.kind === 'json') return false
  const { memory } = encoder
  const { shared, longest } = yield* commonPrefix(block)
  const rest = longest - shared
  const isChar = block.type.kind === 'char'
  const withLength = !isChar && rest < PREFIX_BYTES
  const exact = withLength || (isChar && rest <= PREFIX_BYTES)
  const prefixBytes = Math.min(Math.max(rest, 1), PREFIX_BYTES)
  const bits = BigInt(prefixBytes * 8 + (withLength ? LENGTH_BITS : 0))
  const range = { min: 0n, max: (1n << bits) - 1n }
  const plan = planCodes(range, block.validity !== null, direction)
  if (plan.nullField) yield* encodeNullFlags(encoder, block.validity, direction)
  const out = codesOf(encoder)
  for (const { from, count } of slices(block.rowCount)) {
    encodeBytes(memory, {
      offsets: block.offsets.subarray(from),
      bytes: block.bytes,
      validity: block.validity?.subarray(from / 8) ?? null,
      count,
      skip: shared,
      prefixBytes,
      withLength,
      pad: isChar ? 0x20 : 0,
      ...signed(plan),
      out: out + from * 8,
    })
    yield
  }
  yield* appendField(encoder, { bits: plan.bits, codes: out, nullCode: plan.nullCode }, null, null)
  return exact
}

/** How many bytes all valid strings begin with, and the length of the longest. O(rows · shared bytes). */
function* commonPrefix(
  block: BytesBlock,
): Steps<{ readonly shared: number; readonly longest: number }> {
  const { offsets, bytes, validity, rowCount } = block
  let first = -1
  let shared = 0
  let longest = 0
  for (let i = 0; i < rowCount; i++) {
    if (i % STEP_ROWS === STEP_ROWS - 1) yield
    if (!isValid(validity, i)) continue
    const start = offsets[i]!
    const length = offsets[i + 1]! - start
    if (length > longest) longest = length
    if (first < 0) {
      first = start
      shared = length
      continue
    }
    if (length < shared) shared = length
    let same = 0
    while (same < shared && bytes[start + same] === bytes[first + same]) same += 1
    shared = same
  }
  return { shared, longest }
}

/** One bit a row that says whether it is null, placed as the order wants it. */
function* encodeNullFlags(encoder: Encoder, validity: Validity, direction: Direction): Steps<void> {
  if (validity === null) return
  const { arena, rowCount } = encoder
  const codes = arena.allocate(16)
  const notNull = direction.nullsFirst ? 1n : 0n
  new BigUint64Array(codes.buffer, codes.byteOffset, 1)[0] = notNull
  const indexes = zeroed(arena.allocate(rowCount))
  const field = { bits: 1, codes: codes.byteOffset, nullCode: 1n - notNull }
  yield* appendField(encoder, field, indexes, validity)
}

function* appendField(
  encoder: Encoder,
  field: Field,
  indexes: Codes | null,
  validity: Validity,
): Steps<void> {
  const address = wordFor(encoder, field.bits)
  yield* spread(encoder, field, indexes, validity, address)
}

/** Adds a field to the words of all rows. */
function* spread(
  { memory, rowCount, freeBits }: Encoder,
  { codes, nullCode }: Field,
  indexes: Codes | null,
  validity: Validity,
  words: number,
): Steps<void> {
  for (const { from, count } of slices(rowCount)) {
    const own = indexes === null ? codes + from * 8 : codes
    const part = indexes?.subarray(from) ?? null
    const valid = validity?.subarray(from / 8) ?? null
    spreadCodes(memory, part, valid, own, count, freeBits, nullCode, words + from * 8)
    yield
  }
}

/** Where a column's codes go until they are part of the words. */
function codesOf(encoder: Encoder): number {
  encoder.codes ??= encoder.arena.allocate(encoder.rowCount * 8).byteOffset
  return encoder.codes
}

/** Takes bits of the last word, or of a new one; afterwards `freeBits` is how far the field is to be shifted. */
function wordFor(encoder: Encoder, bits: number): number {
  assert(bits > 0 && bits <= 64)
  if (encoder.freeBits < bits) {
    encoder.words.push(zeroed(encoder.arena.allocate(encoder.rowCount * 8)).byteOffset)
    encoder.freeBits = 64
  }
  encoder.freeBits -= bits
  return encoder.words.at(-1)!
}
