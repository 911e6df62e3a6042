import { allocateInt32 } from '../expressions/wasm/buffers.js'
import { copyBlock, sliceBlock } from '../expressions/wasm/import.js'
import { type Arena, assert, type Block, INTEGER, type Page } from '../spi/index.js'
import { integerColumn } from './integer-column.js'
import { ColumnStore } from './kernels/column-store.js'
import { gatherBlock } from './kernels/gather.js'
import { Partitioner } from './keys/partitioner.js'
import { NO_PAGES, NO_ROWS, noRows, type Operator, type OperatorContext } from './operator.js'
import { memoryOf } from './operator-memory.js'
import { sortInSteps } from './sort/sort-positions.js'
import type { ChannelOrder, WindowFrameSpec, WindowFunctionSpec, WindowSpec } from './spec.js'
import { accumulatedCall } from './window/accumulated.js'
import type { WindowCall, WindowCallContext } from './window/call.js'
import { type RowRanges, WindowChunk, type WindowRows } from './window/chunk.js'
import { findFrames } from './window/frames.js'
import { interpretedCall } from './window/interpreted.js'
import { nativeAggregateCall } from './window/native-aggregates.js'
import { positionalCall } from './window/positional.js'
import { rankingCall } from './window/ranking.js'

export const createWindow = (spec: WindowSpec, context: OperatorContext): Operator =>
  new WindowOperator(spec, context)

/**
 * Window functions: collects its input, numbers the partitions, sorts by partition and order, and evaluates each function
 * over runs of whole partitions. Adds a column a function.
 * @throws INVALID_WINDOW_FRAME, EXCEEDED_LOCAL_MEMORY_LIMIT, and what the functions throw
 * @source Trino WindowOperator
 */
class WindowOperator implements Operator {
  readonly finished = false
  readonly #spec: WindowSpec
  readonly #context: OperatorContext
  readonly #partitions: Partitioner
  /** Rows as they came. */
  readonly #input: Arena
  readonly #scratch: Arena
  /** Rows in window order. */
  readonly #sorted: Arena
  readonly #chunkArena: Arena
  readonly #pageArena: Arena
  readonly #store: ColumnStore

  constructor(spec: WindowSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#partitions = new Partitioner(spec.partitionBy, spec.types, context)
    this.#input = context.createArena()
    this.#scratch = context.createArena()
    this.#sorted = context.createArena()
    this.#chunkArena = context.createArena()
    this.#pageArena = context.createArena()
    this.#store = new ColumnStore([...spec.types, INTEGER], this.#input)
  }

  process(page: Page): readonly Page[] {
    this.#scratch.reset()
    const groups = this.#partitions.add(page, this.#scratch)
    const { rowCount, blocks } = page
    this.#store.append({ rowCount, blocks: [...blocks, integerColumn(groups, INTEGER)] })
    return NO_PAGES
  }

  *finish(): Generator<Page, void> {
    const { rowCount } = this.#store
    if (rowCount === 0) return
    this.#partitions.close()
    const blocks = yield* this.#sortedBlocks(rowCount)
    const borders = partitionBorders(blocks[this.#spec.types.length]!, this.#sorted)
    const rows: WindowRows = {
      blocks: blocks.slice(0, this.#spec.types.length),
      types: this.#spec.types,
      orderBy: this.#spec.orderBy,
    }
    const calls = this.#spec.functions.map((spec) =>
      createCall({ spec, rows, settings: this.#context.settings, arena: this.#sorted }),
    )
    for (const part of this.#chunks(borders)) {
      if (this.#context.isCancelled()) return
      this.#chunkArena.reset()
      const chunk = new WindowChunk(rows, part, this.#chunkArena)
      yield* this.#pages(chunk, this.#evaluate(calls, chunk))
    }
  }

  *#sortedBlocks(rowCount: number): Generator<Page, Block[], void> {
    const { partitionBy, orderBy, types } = this.#spec
    const partition = { channel: types.length, ascending: true, nullsFirst: false }
    const order: ChannelOrder[] = partitionBy.length === 0 ? [] : [partition]
    order.push(...orderBy)
    if (order.length === 0) {
      const blocks = yield* noRows(this.#store.finishInSteps(this.#sorted))
      this.#input.close()
      return blocks
    }
    this.#scratch.reset()
    const blocks = yield* noRows(this.#store.finishInSteps(this.#scratch))
    this.#input.close()
    const memory = memoryOf(this.#scratch)
    const positions = yield* noRows(sortInSteps(memory, blocks, order, rowCount, this.#chunkArena))
    const sorted: Block[] = []
    for (const block of blocks) {
      sorted.push(ownBlock(gatherBlock(block, positions, rowCount, this.#sorted), this.#sorted))
      yield NO_ROWS
    }
    this.#scratch.close()
    return sorted
  }

  /** Borders of runs of partitions of about a page of rows, or of one that is longer. */
  *#chunks(borders: Int32Array): Generator<Int32Array, void> {
    const { outputPageRows } = this.#context.settings
    let first = 0
    for (let i = 1; i < borders.length; i++) {
      if (i < borders.length - 1 && borders[i]! - borders[first]! < outputPageRows) continue
      yield borders.subarray(first, i + 1)
      first = i
    }
  }

  /** Functions of one frame share it. */
  #evaluate(calls: readonly WindowCall[], chunk: WindowChunk): Block[] {
    const frames = new Map<string, RowRanges>()
    const frameOf = (frame: WindowFrameSpec): RowRanges => {
      const key = JSON.stringify(frame)
      let found = frames.get(key)
      if (found === undefined) {
        found = findFrames(frame, chunk)
        frames.set(key, found)
      }
      return found
    }
    return calls.map((call, i) => {
      const { frame } = this.#spec.functions[i]!
      const isUnread = call.ignoresFrame === true && !hasOffsets(frame)
      return call.evaluate(chunk, isUnread ? NO_FRAMES : frameOf(frame))
    })
  }

  *#pages(chunk: WindowChunk, results: readonly Block[]): Generator<Page, void> {
    const { outputPageRows } = this.#context.settings
    const arena = this.#pageArena
    for (let from = chunk.from; from < chunk.to; from += outputPageRows) {
      arena.reset()
      const rowCount = Math.min(outputPageRows, chunk.to - from)
      const inputs = chunk.rows.blocks.map((block) => sliceBlock(block, from, rowCount, arena))
      const columns = results.map((block) => sliceBlock(block, from - chunk.from, rowCount, arena))
      yield { rowCount, blocks: [...inputs, ...columns] }
    }
  }

  close(): void {
    this.#partitions.close()
    this.#input.close()
    this.#scratch.close()
    this.#sorted.close()
    this.#chunkArena.close()
    this.#pageArena.close()
  }
}

const NO_FRAMES: RowRanges = { starts: new Int32Array(0), ends: new Int32Array(0) }

/** Whether finding frames can fail: offsets are checked for functions too that don't ask for a frame. */
const hasOffsets = ({ start, end }: WindowFrameSpec): boolean =>
  start.channel !== undefined || end.channel !== undefined

/** What was gathered, with the dictionaries and constants that it borrows copied too. */
function ownBlock(block: Block, arena: Arena): Block {
  switch (block.encoding) {
    case 'constant':
      return copyBlock(block, arena)
    case 'dictionary': {
      const dictionary = copyBlock(block.dictionary, arena)
      assert(dictionary.encoding === 'flat')
      return { ...block, dictionary }
    }
    case 'flat': {
      const { storage } = block
      const isNested = storage === 'array' || storage === 'map' || storage === 'row'
      return isNested ? copyBlock(block, arena) : block
    }
  }
}

/** The fastest way that knows the function. */
function createCall(context: WindowCallContext): WindowCall {
  const native = rankingCall(context) ?? positionalCall(context) ?? nativeAggregateCall(context)
  if (native !== undefined) return native
  return isAggregate(context.spec) ? accumulatedCall(context) : interpretedCall(context)
}

const isAggregate = (spec: WindowFunctionSpec): boolean => spec.function.kind === 'aggregate'

/** Where each run of equal partition numbers starts, and the end. */
function partitionBorders(partitions: Block, arena: Arena): Int32Array {
  assert(partitions.encoding === 'flat' && partitions.storage === 'i32', 'a column of numbers')
  const { values, rowCount } = partitions
  let count = 1
  for (let i = 1; i < rowCount; i++) if (values[i] !== values[i - 1]) count += 1
  const borders = allocateInt32(arena, count + 1)
  let at = 0
  borders[at++] = 0
  for (let i = 1; i < rowCount; i++) if (values[i] !== values[i - 1]) borders[at++] = i
  borders[at] = rowCount
  return borders
}
