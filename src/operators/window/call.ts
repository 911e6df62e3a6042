import { copyBlock } from '../../expressions/wasm/import.js'
import { type Arena, assert, type Block, blockOf } from '../../spi/index.js'
import type { ExecutionSettings } from '../operator.js'
import type { WindowFunctionSpec } from '../spec.js'
import type { RowRanges, WindowChunk, WindowRows } from './chunk.js'

/** A window function over the rows of one operator. */
export interface WindowCall {
  /** The values of a chunk's rows, in its arena. */
  evaluate(chunk: WindowChunk, frames: RowRanges): Block
  /** Its values are those of the partition, whatever the frame: what it gets for one is not to be read. */
  readonly ignoresFrame?: true
}

export interface WindowCallContext {
  readonly spec: WindowFunctionSpec
  readonly rows: WindowRows
  readonly settings: ExecutionSettings
  /** Lives as long as the calls. */
  readonly arena: Arena
}

/** Makes a call where it knows the function; undefined: another way must be found. */
export type WindowCallFactory = (context: WindowCallContext) => WindowCall | undefined

/** The values of an argument: a channel, or a constant. */
export function argumentBlock({ spec, rows, arena }: WindowCallContext, index: number): Block {
  const expression = spec.args[index]!
  if (expression.kind === 'input') return rows.blocks[expression.channel]!
  assert(expression.kind === 'constant', 'arguments are channels and constants')
  const value = copyBlock(blockOf(expression.type, [expression.value]), arena)
  assert(value.encoding === 'flat')
  return { encoding: 'constant', type: expression.type, rowCount: rows.blocks[0]!.rowCount, value }
}
