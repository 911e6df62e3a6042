import { zeroed } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  BIGINT,
  type Block,
  decimalType,
  type Fixed16Block,
  type IntegerBlock,
  isShortDecimal,
  MillraceError,
  type SqlType,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import type { GrowableBuffer } from '../keys/growable.js'
import { wideKernels } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { averages } from './averages.js'
import { addCounts, stateBuffer } from './counts.js'
import { IntegerSums } from './integer-sums.js'
import { integerStates, validityOfCounts, wideStates, withExtent } from './state-blocks.js'

/** The type of exact sums on their way: 38 digits are not the limit of its 128 bits. */
const SUM_STATE = decimalType(38, 0)
const TEN_38 = 10n ** 38n
const BIGINT_MAX = 2n ** 63n - 1n

const isLong = (type: SqlType): boolean => type.kind === 'decimal' && !isShortDecimal(type)

/**
 * Types of the state columns of SUM and AVG of integers and decimals. Values of long decimals are summed in two halves,
 * low and high 64 bits, so that no number of them leaves 128 bits on the way.
 */
export const exactSumStates = (type: SqlType, isAverage: boolean): readonly SqlType[] => [
  SUM_STATE,
  ...(isLong(type) ? [SUM_STATE] : []),
  ...(isAverage ? [BIGINT] : []),
]

/** Sums of groups, in two halves where values of long decimals need it. */
class ExactSums {
  readonly low: IntegerSums
  /** Of long decimals: what is above 64 bits; made for the first value that is wider. */
  high: IntegerSums | undefined
  readonly #context: AggregatorContext
  #groupCount = 0

  constructor(context: AggregatorContext) {
    this.#context = context
    this.low = new IntegerSums(context)
  }

  reserve(groupCount: number): void {
    this.#groupCount = groupCount
    this.low.reserve(groupCount)
    this.high?.reserve(groupCount)
  }

  highSums(): IntegerSums {
    if (this.high === undefined) {
      this.high = new IntegerSums(this.#context)
      this.high.reserve(this.#groupCount)
    }
    return this.high
  }

  add(block: Block, groups: Int32Array | undefined, arena: Arena): void {
    const flat = flattenBlock(block, arena)
    if (flat.storage !== 'fixed16') {
      this.low.add(flat, groups, arena)
      return
    }
    const halves = splitHalves(this.#context.memory, flat, arena)
    this.low.add(halves.low, groups, arena)
    this.highSums().add(halves.high, groups, arena)
  }

  settle(): void {
    this.low.settle()
    this.high?.settle()
  }

  /** As {@link IntegerSums.reader}, of both halves. */
  reader(): (group: number) => bigint {
    const low = this.low.reader()
    if (this.high === undefined) return low
    const high = this.high.reader()
    return (group) => low(group) + (high(group) << 64n)
  }

  close(): void {
    this.low.close()
    this.high?.close()
  }
}

/**
 * SUM and AVG of integers and decimals, exact whatever comes between. Calls of one operator over the same rows of the
 * same column share their sums: the first adds, the others read.
 */
export function exactSumAggregator(
  context: AggregatorContext,
  type: SqlType,
  resultType: SqlType,
  isAverage: boolean,
): Aggregator {
  const shared = context.shared?.('exact sums', () => new ExactSums(context))
  const sums = shared?.value ?? new ExactSums(context)
  const isOwner = shared?.isFirst ?? true
  /** Rows of each group where states are merged: the sums' own counts then count states. */
  let rows: GrowableBuffer | undefined
  let groupCount = 0
  const validity = (from: number, to: number, arena: Arena) =>
    validityOfCounts(sums.low.counts.int64(), from, to, arena)
  const counts = () => rows ?? sums.low.counts
  return {
    reserve(count) {
      groupCount = count
      if (isOwner) sums.reserve(count)
      rows?.reserve(count * 8)
    },
    add(args, _rowCount, groups, arena) {
      if (isOwner) sums.add(args[0]!, groups, arena)
    },
    fuse: (args, arena) => (isOwner ? sums.low.fuse(args[0]!, arena) : 'none'),
    targets: (added) => (isOwner ? sums.low.targets(added) : 'none'),
    merge(states, rowCount, groups, arena) {
      sums.low.add(states[0]!, groups, arena)
      if (isLong(type) && !isZero(states[1]!)) sums.highSums().add(states[1]!, groups, arena)
      if (!isAverage) return
      rows ??= stateBuffer(context)
      rows.reserve(groupCount * 8)
      addCounts(context, states.at(-1)!, rowCount, groups, rows, arena)
    },
    states(from, to, arena) {
      sums.settle()
      const valid = validity(from, to, arena)
      const sum = sumColumn(context, sums.low, SUM_STATE, from, to, valid, arena)
      const upper = isLong(type) ? [upperColumn(context, sums.high, from, to, arena)] : []
      const unbounded = Number.POSITIVE_INFINITY
      const count = isAverage
        ? [integerStates(BIGINT, counts(), from, to, null, unbounded, arena)]
        : []
      return [sum, ...upper, ...count]
    },
    results(from, to, arena) {
      sums.settle()
      const valid = validity(from, to, arena)
      const { low, high } = sums
      if (isAverage) {
        const narrow = high === undefined && low.wide === undefined ? low.narrow : undefined
        const averaged = { total: sums.reader(), narrow, counts: counts() }
        return averages(context, averaged, resultType, from, to, valid, arena)
      }
      if (high === undefined && (low.wide === undefined || resultType.kind === 'decimal')) {
        // Values of 64 bits: no number of them comes to 38 digits.
        return sumColumn(context, low, resultType, from, to, valid, arena)
      }
      return resultType.kind === 'decimal'
        ? decimalSums(sums.reader(), resultType, from, to, valid, arena)
        : bigintSums(sums.reader(), resultType, from, to, valid, arena)
    },
    close() {
      if (isOwner) sums.close()
      rows?.close()
    },
  }
}

/** value = high * 2^64 + low, both signed. */
function splitHalves(
  memory: WebAssembly.Memory,
  { values, rowCount, validity, type }: Fixed16Block,
  arena: Arena,
): { readonly low: Block; readonly high: Block } {
  const column = (): IntegerBlock => {
    const bytes = arena.allocate(rowCount * 8)
    const halves = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
    const flat = { encoding: 'flat', type, rowCount, validity } as const
    return { storage: 'i64', values: halves, base: 0, factor: 1, ...flat }
  }
  const [low, high] = [column(), column()]
  const addresses = [low.values.byteOffset, high.values.byteOffset] as const
  wideKernels(memory).split(values.byteOffset, rowCount, ...addresses)
  return { low, high }
}

/**
 * The sums of groups [from, to). Their bounds are the values' own: those that the input proved add up with every group, and
 * whoever merges or compares sums would have to take them for wide ones.
 */
function sumColumn(
  { memory }: AggregatorContext,
  sums: IntegerSums,
  type: SqlType,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): IntegerBlock | Fixed16Block {
  if (sums.wide !== undefined) return wideStates(type, sums.wide, from, to, validity, arena)
  return withExtent(
    memory,
    integerStates(type, sums.narrow, from, to, validity, sums.maxAbs, arena),
    arena,
  )
}

/** Whether a block's bounds say that all of it is 0: upper halves that nobody had. */
const isZero = (block: Block): boolean =>
  block.encoding === 'flat' &&
  'bounds' in block &&
  block.bounds?.min === 0 &&
  block.bounds.max === 0

/** The upper halves; zero where no value had one. */
function upperColumn(
  context: AggregatorContext,
  high: IntegerSums | undefined,
  from: number,
  to: number,
  arena: Arena,
): Block {
  if (high !== undefined) return sumColumn(context, high, SUM_STATE, from, to, null, arena)
  const rowCount = to - from
  const bytes = zeroed(arena.allocate(rowCount))
  return {
    encoding: 'flat',
    storage: 'i8',
    type: SUM_STATE,
    rowCount,
    validity: null,
    values: new Int8Array(bytes.buffer, bytes.byteOffset, rowCount),
    base: 0,
    factor: 1,
    bounds: { min: 0, max: 0 },
  }
}

function decimalSums(
  total: (group: number) => bigint,
  type: SqlType,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Block {
  const rowCount = to - from
  const values = arena.allocate(rowCount * 16)
  const words = new BigInt64Array(values.buffer, values.byteOffset, rowCount * 2)
  for (let i = 0; i < rowCount; i++) {
    const sum = total(from + i)
    if (sum >= TEN_38 || sum <= -TEN_38) {
      throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', 'Decimal overflow')
    }
    words[2 * i] = BigInt.asIntN(64, sum)
    words[2 * i + 1] = sum >> 64n
  }
  return { encoding: 'flat', storage: 'fixed16', type, rowCount, validity, values }
}

function bigintSums(
  total: (group: number) => bigint,
  type: SqlType,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Block {
  const rowCount = to - from
  const bytes = arena.allocate(rowCount * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  for (let i = 0; i < rowCount; i++) {
    const sum = total(from + i)
    if (sum > BIGINT_MAX || sum < -BIGINT_MAX - 1n) {
      throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', `bigint addition overflow: ${sum}`)
    }
    values[i] = sum
  }
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  return { storage: 'i64', values, base: 0, factor: 1, ...flat }
}
