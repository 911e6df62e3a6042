import { type Arena, assert, BIGINT, type Block, DOUBLE, type SqlType } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import type { GrowableBuffer } from '../keys/growable.js'
import { sumFloatsKernel } from './aggregate-kernels.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import { addCounts, stateBuffer } from './counts.js'
import { integerStates, validityOfCounts } from './state-blocks.js'

/** Types of the state columns of sums of floats: the sum, what rounding has lost, and for averages the count. */
export const floatSumStates = (isAverage: boolean): readonly SqlType[] =>
  isAverage ? [DOUBLE, DOUBLE, BIGINT] : [DOUBLE, DOUBLE]

/** SUM and AVG of REAL and DOUBLE. */
export function floatSumAggregator(
  context: AggregatorContext,
  resultType: SqlType,
  isAverage: boolean,
): Aggregator {
  /** Two doubles a group. */
  const sums = stateBuffer(context)
  const counts = stateBuffer(context)
  /** Where states are merged: rows of each group, and counts that nobody reads. */
  let merged: { readonly rows: GrowableBuffer; readonly unread: GrowableBuffer } | undefined
  let groupCount = 0
  const reserve = (): void => {
    sums.reserve(groupCount * 16)
    counts.reserve(groupCount * 8)
    merged?.rows.reserve(groupCount * 8)
    merged?.unread.reserve(groupCount * 8)
  }
  const add = (
    block: Block,
    groups: Int32Array | undefined,
    counted: GrowableBuffer,
    arena: Arena,
  ): void => {
    const flat = flattenBlock(block, arena)
    if (flat.storage === 'null') return
    assert(flat.storage === 'f64' || flat.storage === 'f32', 'floats to sum')
    const shape = { nullable: flat.validity !== null, grouped: groups !== undefined }
    sumFloatsKernel(context.memory, flat.storage, shape)(
      flat.validity === null ? 0 : flat.validity.byteOffset,
      groups === undefined ? 0 : groups.byteOffset,
      flat.rowCount,
      flat.values.byteOffset,
      sums.address,
      counted.address,
    )
  }
  const words = () => new Float64Array(sums.bytes.buffer, sums.address, groupCount * 2)
  const column = (
    type: SqlType,
    from: number,
    to: number,
    value: (group: number) => number,
    arena: Arena,
  ): Block => {
    const rowCount = to - from
    const validity = validityOfCounts(counts.int64(), from, to, arena)
    const flat = { encoding: 'flat', type, rowCount, validity } as const
    if (type.kind === 'real') {
      const bytes = arena.allocate(rowCount * 4)
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
      for (let i = 0; i < rowCount; i++) values[i] = value(from + i)
      return { storage: 'f32', values, ...flat }
    }
    const bytes = arena.allocate(rowCount * 8)
    const values = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
    for (let i = 0; i < rowCount; i++) values[i] = value(from + i)
    return { storage: 'f64', values, ...flat }
  }
  return {
    reserve(count) {
      groupCount = count
      reserve()
    },
    add: (args, _rowCount, groups, arena) => add(args[0]!, groups, counts, arena),
    merge(states, rowCount, groups, arena) {
      merged ??= { rows: stateBuffer(context), unread: stateBuffer(context) }
      reserve()
      add(states[0]!, groups, counts, arena)
      add(states[1]!, groups, merged.unread, arena)
      if (isAverage) addCounts(context, states[2]!, rowCount, groups, merged.rows, arena)
    },
    states(from, to, arena) {
      const pairs = words()
      const high = column(DOUBLE, from, to, (group) => pairs[2 * group]!, arena)
      const low = column(DOUBLE, from, to, (group) => pairs[2 * group + 1]!, arena)
      if (!isAverage) return [high, low]
      const rows = merged?.rows ?? counts
      return [
        high,
        low,
        integerStates(BIGINT, rows, from, to, null, Number.POSITIVE_INFINITY, arena),
      ]
    },
    results(from, to, arena) {
      const pairs = words()
      const total = (group: number): number => {
        const high = pairs[2 * group]!
        // Infinity and NaN make the lost part NaN, which says nothing.
        return Number.isFinite(high) ? high + pairs[2 * group + 1]! : high
      }
      if (!isAverage) return column(resultType, from, to, total, arena)
      const rows = (merged?.rows ?? counts).int64()
      return column(resultType, from, to, (group) => total(group) / Number(rows[group]), arena)
    },
    close() {
      sums.close()
      counts.close()
      merged?.rows.close()
      merged?.unread.close()
    },
  }
}
