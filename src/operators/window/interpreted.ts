import type { WindowPosition } from '../../expressions/function-definition.js'
import { assert, createBlockBuilder, readValue } from '../../spi/index.js'
import { argumentBlock, type WindowCall, type WindowCallContext } from './call.js'
import type { RowRanges, WindowChunk } from './chunk.js'

/** Runs a window function by its definition, a value a row. */
export function interpretedCall(context: WindowCallContext): WindowCall {
  const { spec, settings } = context
  const { function: fn, ignoreNulls } = spec
  const found = settings.registry.find(fn.id)
  assert(found.kind === 'window', `${fn.name} is a window function`)
  const call = {
    argumentTypes: fn.argumentTypes,
    returnType: fn.returnType,
    session: settings.session,
  }
  const bound = found.overload.bind(call, ignoreNulls)
  const args = spec.args.map((_, index) => argumentBlock(context, index))
  return {
    evaluate(chunk, frames) {
      const builder = createBlockBuilder(fn.returnType, chunk.arena)
      chunk.eachPartition((start, end) => {
        const evaluate = bound({
          rowCount: end - start,
          argument: (index, position) => readValue(args[index]!, start + position),
        })
        for (let row = start; row < end; row++) {
          builder.append(evaluate(positionOf(chunk, frames, row, start)))
        }
      })
      return builder.build()
    },
  }
}

/** Counts from the partition's start. */
function positionOf(
  { peers, from }: WindowChunk,
  { starts, ends }: RowRanges,
  row: number,
  start: number,
): WindowPosition {
  const i = row - from
  return {
    position: row - start,
    peerStart: peers.starts[i]! - start,
    peerEnd: peers.ends[i]! - start,
    frameStart: starts[i]! - start,
    frameEnd: ends[i]! - start,
  }
}
