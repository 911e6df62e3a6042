import type { Accumulator, LambdaValue } from '../../expressions/function-definition.js'
import { compileLambda } from '../../expressions/interpreter.js'
import { sliceBlock } from '../../expressions/wasm/import.js'
import {
  assert,
  type Block,
  createBlockBuilder,
  readValue,
  type Value,
  valueKey,
} from '../../spi/index.js'
import { memoryOf } from '../operator-memory.js'
import { sortPositions } from '../sort/sort-positions.js'
import type { ChannelOrder } from '../spec.js'
import { argumentBlock, type WindowCall, type WindowCallContext } from './call.js'
import type { RowRanges, WindowChunk } from './chunk.js'
import { isTrueAt } from './included.js'
import { StateTree } from './state-tree.js'

/** Frames up to this many rows are added up anew where they slide. */
const SHORT_FRAME_ROWS = 64

/** An aggregate call that adds rows of the window to states. */
export interface RowAccumulator {
  readonly accumulator: Accumulator<unknown>
  /** Adds a row, unless it is filtered out or has nulls that the function skips. */
  add(state: unknown, row: number): unknown
  remove(state: unknown, row: number): unknown
}

/**
 * Runs an aggregate by the accumulator of its definition over each row's frame. A frame that grows takes its new rows in;
 * one that slides gives rows back where the function can, else is added up anew if short, else put together from states
 * of longer runs of rows. O(log rows) a row; DISTINCT over sliding frames O(frame).
 * @source Trino AggregateWindowFunction
 */
export function accumulatedCall(context: WindowCallContext): WindowCall {
  const { spec, settings } = context
  const { returnType } = spec.function
  const { registry } = settings
  const rows = rowAccumulator(context)
  const { accumulator } = rows
  const canRemove = accumulator.remove !== undefined
  if (spec.orderBy !== undefined) return orderedCall(context, rows, spec.orderBy)
  if (spec.distinct === true) return distinctCall(context, rows)
  const found = registry.find(spec.function.id)
  assert(found.kind === 'aggregate')
  const { inOneStep } = found.overload
  return {
    evaluate(chunk, { starts, ends }) {
      const builder = createBlockBuilder(returnType, chunk.arena)
      const tree = new StateTree(rows, chunk.from)
      let state = accumulator.create()
      let start = chunk.from
      let end = chunk.from
      let result: Value | undefined
      for (let i = 0; i < chunk.rowCount; i++) {
        const nextStart = starts[i]!
        const nextEnd = ends[i]!
        if (nextStart !== start || nextEnd !== end || result === undefined) {
          if (nextStart === start && nextEnd >= end) {
            for (let row = end; row < nextEnd; row++) state = rows.add(state, row)
          } else if (canRemove && nextStart >= start && nextStart < end && nextEnd >= end) {
            for (let row = end; row < nextEnd; row++) state = rows.add(state, row)
            for (let row = start; row < nextStart; row++) state = rows.remove(state, row)
          } else if (nextEnd - nextStart <= SHORT_FRAME_ROWS || inOneStep === true) {
            state = accumulator.create()
            for (let row = nextStart; row < nextEnd; row++) state = rows.add(state, row)
          } else state = tree.combine(nextStart, nextEnd)
          start = nextStart
          end = nextEnd
          result = accumulator.finish(state)
        }
        builder.append(result)
      }
      return builder.build()
    },
  }
}

function rowAccumulator(context: WindowCallContext): RowAccumulator {
  const { spec, settings, rows } = context
  const { function: fn, args, filterChannel } = spec
  const { registry, session } = settings
  const found = registry.find(fn.id)
  assert(found.kind === 'aggregate', `${fn.name} is an aggregate`)
  const lambdas = args.map((arg): LambdaValue | undefined =>
    arg.kind === 'lambda' ? compileLambda(arg, { registry, session }) : undefined,
  )
  const accumulator = found.overload.bind({
    argumentTypes: fn.argumentTypes,
    returnType: fn.returnType,
    session,
    intermediateType: registry.intermediateType(fn),
    lambdas,
  }) as Accumulator<unknown>
  const blocks = args.flatMap((arg, index) =>
    arg.kind === 'lambda' ? [] : [argumentBlock(context, index)],
  )
  const filter = filterChannel === undefined ? undefined : rows.blocks[filterChannel]!
  const skipsNulls = found.overload.nulls !== 'called'
  const valuesOf = (row: number): readonly Value[] | undefined => {
    if (filter !== undefined && !isTrueAt(filter, row)) return undefined
    const values = blocks.map((block) => readValue(block, row))
    return skipsNulls && values.includes(null) ? undefined : values
  }
  return {
    accumulator,
    add: (state, row) => {
      const values = valuesOf(row)
      return values === undefined ? state : accumulator.add(state, ...values)
    },
    remove: (state, row) => {
      const values = valuesOf(row)
      return values === undefined ? state : accumulator.remove!(state, ...values)
    },
  }
}

/**
 * ORDER BY inside of the call: the rows of every frame are added in that order, with DISTINCT the first of those that have
 * the same arguments. O(frame log frame) a frame.
 */
function orderedCall(
  context: WindowCallContext,
  rows: RowAccumulator,
  orderBy: readonly ChannelOrder[],
): WindowCall {
  const { spec } = context
  const { accumulator } = rows
  const keyOf = spec.distinct === true ? argumentKey(context) : undefined
  const filter = filterOf(context)
  return {
    evaluate(chunk, { starts, ends }) {
      const builder = createBlockBuilder(spec.function.returnType, chunk.arena)
      const ranks = ranksOf(chunk, orderBy)
      let start = -1
      let end = -1
      let result: Value = null
      for (let i = 0; i < chunk.rowCount; i++) {
        if (starts[i] !== start || ends[i] !== end) {
          start = starts[i]!
          end = ends[i]!
          const frame = Int32Array.from({ length: Math.max(0, end - start) }, (_, k) => start + k)
          frame.sort((a, b) => ranks[a - chunk.from]! - ranks[b - chunk.from]!)
          let state = accumulator.create()
          const seen = new Set<string>()
          for (const row of frame) {
            if (filter !== undefined && !isTrueAt(filter, row)) continue
            if (keyOf !== undefined) {
              const key = keyOf(row)
              if (seen.has(key)) continue
              seen.add(key)
            }
            state = rows.add(state, row)
          }
          result = accumulator.finish(state)
        }
        builder.append(result)
      }
      return builder.build()
    },
  }
}

/** The place of each row of a chunk in an order. */
function ranksOf(chunk: WindowChunk, orderBy: readonly ChannelOrder[]): Int32Array {
  const { rows, from, rowCount, arena } = chunk
  const keys = orderBy.map(({ channel }) =>
    sliceBlock(rows.blocks[channel]!, from, rowCount, arena),
  )
  const order = orderBy.map((item, channel) => ({ ...item, channel }))
  const sorted = sortPositions(memoryOf(arena), keys, order, rowCount, arena)
  const ranks = new Int32Array(rowCount)
  for (let i = 0; i < rowCount; i++) ranks[sorted[i]!] = i
  return ranks
}

const filterOf = ({ spec, rows }: WindowCallContext): Block | undefined =>
  spec.filterChannel === undefined ? undefined : rows.blocks[spec.filterChannel]!

/** A text that is equal for rows of equal arguments. */
function argumentKey(context: WindowCallContext): (row: number) => string {
  const blocks = context.spec.args.flatMap((arg, index) =>
    arg.kind === 'lambda' ? [] : [argumentBlock(context, index)],
  )
  return (row) => JSON.stringify(blocks.map((block) => valueKey(block.type, readValue(block, row))))
}

/** DISTINCT: a row counts in a frame where no row of the same arguments is before it. */
function distinctCall(context: WindowCallContext, rows: RowAccumulator): WindowCall {
  const { spec } = context
  const { returnType } = spec.function
  const { accumulator } = rows
  const keyOf = argumentKey(context)
  const filter = filterOf(context)
  return {
    evaluate(chunk: WindowChunk, { starts, ends }: RowRanges): Block {
      const builder = createBlockBuilder(returnType, chunk.arena)
      let state = accumulator.create()
      let seen = new Set<string>()
      let start = chunk.from
      let end = chunk.from
      for (let i = 0; i < chunk.rowCount; i++) {
        const nextEnd = ends[i]!
        if (starts[i] !== start || nextEnd < end) {
          state = accumulator.create()
          seen = new Set()
          start = starts[i]!
          end = start
        }
        for (let row = end; row < nextEnd; row++) {
          if (filter !== undefined && !isTrueAt(filter, row)) continue
          const key = keyOf(row)
          if (seen.has(key)) continue
          seen.add(key)
          state = rows.add(state, row)
        }
        end = nextEnd
        builder.append(accumulator.finish(state))
      }
      return builder.build()
    },
  }
}
