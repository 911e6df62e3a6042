import type { ResolvedFunction } from '../../expressions/ir.js'
import {
  type Arena,
  BIGINT,
  type Block,
  type DecimalType,
  decimalType,
  isInteger,
  MillraceError,
  type SqlType,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import type { GrowableBuffer } from '../keys/growable.js'
import { keyKind } from '../keys/key-kind.js'
import { rangeBlock } from '../keys/key-source.js'
import { extremeKernel } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext, NativeAggregate } from './aggregator.js'
import { addCounts, countAggregator, stateBuffer } from './counts.js'
import { floatSumAggregator, floatSumStates } from './float-sums.js'
import { IntegerSums } from './integer-sums.js'
import { floatStates, integerStates, validityOfCounts, wideStates } from './state-blocks.js'

/** The type of exact sums on their way: 38 digits are not the limit of its 128 bits. */
const SUM_STATE = decimalType(38, 0)
const TEN_38 = 10n ** 38n
const BIGINT_MAX = 2n ** 63n - 1n

const isFloat = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'real'

/** The kernels of an aggregate; undefined: the generic accumulators of its definition run it. */
export function nativeAggregate(fn: ResolvedFunction): NativeAggregate | undefined {
  const [type] = fn.argumentTypes
  const result = fn.returnType
  if (fn.name === 'count') return { stateTypes: [BIGINT], create: (c) => countAggregator(c) }
  if (type === undefined || fn.argumentTypes.length !== 1) return undefined
  if (fn.name === 'sum' || fn.name === 'avg') {
    const isAverage = fn.name === 'avg'
    if (isFloat(type)) {
      return {
        stateTypes: floatSumStates(isAverage),
        create: (c) => floatSumAggregator(c, result, isAverage),
      }
    }
    if (isInteger(type) || type.kind === 'decimal') {
      return {
        stateTypes: isAverage ? [SUM_STATE, BIGINT] : [SUM_STATE],
        create: (c) => integerSumAggregator(c, result, isAverage),
      }
    }
    return undefined
  }
  if (fn.name === 'min' || fn.name === 'max') {
    if (type.kind === 'boolean' || type.kind === 'unknown') return undefined
    if (!isFloat(type) && keyKind(type) !== 'range') return undefined
    const largest = fn.name === 'max'
    return { stateTypes: [type], create: (c) => extremeAggregator(c, type, largest) }
  }
  return undefined
}

function integerSumAggregator(
  context: AggregatorContext,
  resultType: SqlType,
  isAverage: boolean,
): Aggregator {
  const sums = new IntegerSums(context)
  /** Rows of each group where states are merged: the sums' own counts then count states. */
  let rows: GrowableBuffer | undefined
  const validity = (from: number, to: number, arena: Arena) =>
    validityOfCounts(sums.counts.int64(), from, to, arena)
  let groupCount = 0
  const sumBlock = (type: SqlType, from: number, to: number, arena: Arena): Block => {
    sums.settle()
    return sums.wide === undefined
      ? integerStates(type, sums.narrow, from, to, validity(from, to, arena), sums.maxAbs, arena)
      : wideStates(type, sums.wide, from, to, validity(from, to, arena), arena)
  }
  const counts = () => rows ?? sums.counts
  return {
    reserve(count) {
      groupCount = count
      sums.reserve(count)
      rows?.reserve(count * 8)
    },
    add: (args, _rowCount, groups, arena) => sums.add(args[0]!, groups, arena),
    merge(states, rowCount, groups, arena) {
      sums.add(states[0]!, groups, arena)
      if (!isAverage) return
      rows ??= stateBuffer(context)
      rows.reserve(groupCount * 8)
      addCounts(context, states[1]!, rowCount, groups, rows, arena)
    },
    states(from, to, arena) {
      const sum = sumBlock(SUM_STATE, from, to, arena)
      if (!isAverage) return [sum]
      const count = integerStates(BIGINT, counts(), from, to, null, Number.POSITIVE_INFINITY, arena)
      return [sum, count]
    },
    results(from, to, arena) {
      sums.settle()
      if (isAverage) {
        return averages(
          sums,
          counts().int64(),
          resultType,
          from,
          to,
          arena,
          validity(from, to, arena),
        )
      }
      if (resultType.kind === 'decimal') {
        if (sums.wide !== undefined) checkDecimals(sums, from, to)
        return sumBlock(resultType, from, to, arena)
      }
      return sums.wide === undefined
        ? sumBlock(resultType, from, to, arena)
        : bigintSums(sums, from, to, validity(from, to, arena), resultType, arena)
    },
    close() {
      sums.close()
      rows?.close()
    },
  }
}

function checkDecimals(sums: IntegerSums, from: number, to: number): void {
  for (let group = from; group < to; group++) {
    const sum = sums.sum(group)
    if (sum >= TEN_38 || sum <= -TEN_38) {
      throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', 'Decimal overflow')
    }
  }
}

function bigintSums(
  sums: IntegerSums,
  from: number,
  to: number,
  validity: Uint8Array | null,
  type: SqlType,
  arena: Arena,
): Block {
  const bytes = arena.allocate((to - from) * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, to - from)
  for (let group = from; group < to; group++) {
    const sum = sums.sum(group)
    if (sum > BIGINT_MAX || sum < -BIGINT_MAX - 1n) {
      throw new MillraceError('NUMERIC_VALUE_OUT_OF_RANGE', `bigint addition overflow: ${sum}`)
    }
    values[group - from] = sum
  }
  const rowCount = to - from
  return {
    encoding: 'flat',
    storage: 'i64',
    type,
    rowCount,
    validity,
    values,
    base: 0,
    factor: 1,
  }
}

/** Sum by count: DOUBLE for integers, else a decimal of the argument's type, rounded half up. */
function averages(
  sums: IntegerSums,
  counts: BigInt64Array,
  type: SqlType,
  from: number,
  to: number,
  arena: Arena,
  validity: Uint8Array | null,
): Block {
  const rowCount = to - from
  if (type.kind !== 'decimal') {
    const bytes = arena.allocate(rowCount * 8)
    const values = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
    for (let i = 0; i < rowCount; i++) {
      const count = counts[from + i]!
      values[i] = count === 0n ? 0 : Number(sums.sum(from + i)) / Number(count)
    }
    return { encoding: 'flat', storage: 'f64', type, rowCount, validity, values }
  }
  const isShort = (type as DecimalType).precision <= 18
  const bytes = arena.allocate(rowCount * (isShort ? 8 : 16))
  const words = new BigInt64Array(bytes.buffer, bytes.byteOffset, isShort ? rowCount : rowCount * 2)
  for (let i = 0; i < rowCount; i++) {
    const average = divideHalfUp(sums.sum(from + i), counts[from + i]!)
    if (isShort) words[i] = average
    else {
      words[2 * i] = BigInt.asIntN(64, average)
      words[2 * i + 1] = average >> 64n
    }
  }
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  return isShort
    ? { ...flat, storage: 'i64', values: words, base: 0, factor: 1 }
    : { ...flat, storage: 'fixed16', values: bytes }
}

function divideHalfUp(sum: bigint, count: bigint): bigint {
  if (count === 0n) return 0n
  const magnitude = sum < 0n ? -sum : sum
  const quotient = (2n * magnitude + count) / (2n * count)
  return sum < 0n ? -quotient : quotient
}

function extremeAggregator(
  context: AggregatorContext,
  type: SqlType,
  largest: boolean,
): Aggregator {
  const values = stateBuffer(context)
  const counts = stateBuffer(context)
  const add = (block: Block, groups: Int32Array | undefined, arena: Arena): void => {
    const flat = flattenBlock(block, arena)
    if (flat.storage === 'null') return
    const source =
      flat.storage === 'f64' || flat.storage === 'f32' ? flat : rangeBlock(flat, arena)!
    const shape = { nullable: source.validity !== null, grouped: groups !== undefined }
    extremeKernel(context.memory, source.storage, largest, shape)(
      source.validity === null ? 0 : source.validity.byteOffset,
      groups === undefined ? 0 : groups.byteOffset,
      source.rowCount,
      source.values.byteOffset,
      'base' in source ? BigInt(source.base) : 0n,
      'factor' in source ? BigInt(source.factor) : 1n,
      values.address,
      counts.address,
    )
  }
  const results = (from: number, to: number, arena: Arena): Block => {
    const validity = validityOfCounts(counts.int64(), from, to, arena)
    return isFloat(type)
      ? floatStates(type, values, from, to, validity, arena)
      : integerStates(type, values, from, to, validity, Number.POSITIVE_INFINITY, arena)
  }
  return {
    reserve(groupCount) {
      values.reserve(groupCount * 8)
      counts.reserve(groupCount * 8)
    },
    add: (args, _rowCount, groups, arena) => add(args[0]!, groups, arena),
    merge: (states, _rowCount, groups, arena) => add(states[0]!, groups, arena),
    states: (from, to, arena) => [results(from, to, arena)],
    results,
    close() {
      values.close()
      counts.close()
    },
  }
}
