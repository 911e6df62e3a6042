import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Block } from '../../spi/index.js'
import { integerColumn } from '../integer-column.js'
import { accumulatedCall } from './accumulated.js'
import {
  argumentBlock,
  type WindowCall,
  type WindowCallContext,
  type WindowCallFactory,
} from './call.js'
import type { RowRanges, WindowChunk } from './chunk.js'
import { extremes } from './extremes.js'
import { includedRows, prefixCounts } from './included.js'
import { sums } from './sums.js'

/** The values of a chunk's rows; undefined where its values or frames are not of the kind that this way knows. */
export type TryEvaluate = (chunk: WindowChunk, frames: RowRanges) => Block | undefined

/** count, sum, avg, min and max in whole columns; the accumulators of the definition stand in chunk by chunk. */
export const nativeAggregateCall: WindowCallFactory = (context): WindowCall | undefined => {
  const attempt = nativeOf(context)
  if (attempt === undefined) return undefined
  let fallback: WindowCall | undefined
  return {
    evaluate(chunk, frames) {
      const block = attempt(chunk, frames)
      if (block !== undefined) return block
      fallback ??= accumulatedCall(context)
      return fallback.evaluate(chunk, frames)
    },
  }
}

function nativeOf(context: WindowCallContext): TryEvaluate | undefined {
  const { spec } = context
  const { name, kind, argumentTypes } = spec.function
  if (kind !== 'aggregate' || spec.distinct === true || spec.orderBy !== undefined) return undefined
  if (name === 'count' && argumentTypes.length <= 1) return counts(context)
  if (argumentTypes.length !== 1) return undefined
  if (name === 'min' || name === 'max') return extremes(context, name === 'max' ? 1 : -1)
  if (name === 'sum' || name === 'avg') return sums(context, name === 'avg')
  return undefined
}

function counts(context: WindowCallContext): TryEvaluate {
  const argument = context.spec.args.length === 0 ? undefined : argumentBlock(context, 0)
  return (chunk, { starts, ends }) => {
    const included = includedRows(context, argument, chunk)
    const before = prefixCounts(included, chunk.arena)
    const { rowCount, from } = chunk
    const values = allocateInt32(chunk.arena, rowCount)
    for (let i = 0; i < rowCount; i++)
      values[i] = before[ends[i]! - from]! - before[starts[i]! - from]!
    return integerColumn(values)
  }
}
