import type { Expression } from '../../expressions/ir.js'
import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { gatherNullableBlock } from '../kernels/gather.js'
import { argumentBlock, type WindowCall, type WindowCallFactory } from './call.js'
import type { RowRanges, WindowChunk } from './chunk.js'

/** Writes the row whose value each row gets, -1 for none. */
type PickRows = (chunk: WindowChunk, frames: RowRanges, out: Int32Array) => void

const pickFrameEdge =
  (isLast: boolean): PickRows =>
  (chunk, { starts, ends }, out) => {
    for (let i = 0; i < chunk.rowCount; i++) {
      out[i] = starts[i] === ends[i] ? -1 : isLast ? ends[i]! - 1 : starts[i]!
    }
  }

const pickNeighbour =
  (distance: number): PickRows =>
  (chunk, _, out) => {
    chunk.eachPartition((start, end) => {
      for (let row = start; row < end; row++) {
        const other = row + distance
        out[row - chunk.from] = other >= start && other < end ? other : -1
      }
    })
  }

/** A constant, safe, non-negative offset; undefined where it is another. */
function constantOffset(args: readonly Expression[]): number | undefined {
  const [, offset] = args
  if (offset === undefined) return 1
  if (offset.kind !== 'constant' || typeof offset.value !== 'bigint') return undefined
  return offset.value >= 0n && offset.value < 2n ** 31n ? Number(offset.value) : undefined
}

function pickerOf(name: string, args: readonly Expression[]): PickRows | undefined {
  switch (name) {
    case 'first_value':
      return pickFrameEdge(false)
    case 'last_value':
      return pickFrameEdge(true)
    case 'lag':
    case 'lead': {
      const offset = args.length <= 2 ? constantOffset(args) : undefined
      return offset === undefined ? undefined : pickNeighbour(name === 'lag' ? -offset : offset)
    }
    default:
      return undefined
  }
}

/** first_value, last_value, lag and lead in their plain forms: other rows' values, gathered at once. */
export const positionalCall: WindowCallFactory = (context): WindowCall | undefined => {
  const { spec } = context
  if (spec.function.kind !== 'window' || spec.ignoreNulls) return undefined
  const pick = pickerOf(spec.function.name, spec.args)
  if (pick === undefined) return undefined
  const block = argumentBlock(context, 0)
  const isNeighbour = spec.function.name === 'lag' || spec.function.name === 'lead'
  return {
    ...(isNeighbour ? { ignoresFrame: true } : {}),
    evaluate(chunk, frames) {
      const rows = allocateInt32(chunk.arena, chunk.rowCount)
      pick(chunk, frames, rows)
      return gatherNullableBlock(block, rows, chunk.rowCount, chunk.arena)
    },
  }
}
