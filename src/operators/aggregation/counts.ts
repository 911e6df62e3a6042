import { type Arena, BIGINT, type Block } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { writeIntegers } from '../kernels/integer-storage.js'
import { GrowableBuffer } from '../keys/growable.js'
import { rangeBlock } from '../keys/key-source.js'
import { wideKernels } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { countValues, isNeverNull } from './integer-sums.js'
import { integerStates } from './state-blocks.js'

/** Eight bytes a group, growing. */
export const stateBuffer = (context: AggregatorContext): GrowableBuffer =>
  new GrowableBuffer(() => context.createArena(), 1024)

/** COUNT of rows or of values that are not null. */
export function countAggregator(context: AggregatorContext): Aggregator {
  const counts = stateBuffer(context)
  const result = (from: number, to: number, arena: Arena) =>
    integerStates(BIGINT, counts, from, to, null, Number.POSITIVE_INFINITY, arena)
  return {
    reserve: (groupCount) => counts.reserve(groupCount * 8),
    add: (args, rowCount, groups, arena) =>
      countValues(context.memory, args[0], rowCount, groups, counts, arena),
    fuse: ([block], arena) =>
      block === undefined || isNeverNull(block, arena) ? { counts: counts.address } : undefined,
    targets: () => ({ sums: 0, counts: counts.address }),
    merge: (states, rowCount, groups, arena) =>
      addCounts(context, states[0]!, rowCount, groups, counts, arena),
    states: (from, to, arena) => [result(from, to, arena)],
    results: result,
    close: () => counts.close(),
  }
}

/** counts[g] += the counts of partial states. */
export function addCounts(
  context: AggregatorContext,
  block: Block,
  rowCount: number,
  groups: Int32Array,
  counts: GrowableBuffer,
  arena: Arena,
): void {
  const flat = flattenBlock(block, arena)
  if (flat.storage === 'null') return
  const integers = rangeBlock(flat, arena)!
  const bytes = arena.allocate(rowCount * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  writeIntegers(integers, values, 'i64')
  wideKernels(context.memory).addCounts(
    flat.validity === null ? 0 : flat.validity.byteOffset,
    groups.byteOffset,
    rowCount,
    values.byteOffset,
    counts.address,
  )
}
