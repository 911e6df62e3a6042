import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, SqlType } from '../../spi/index.js'
import { memoryOf } from '../operator-memory.js'
import { positionOrder } from '../sort/row-order.js'
import type { ChannelOrder } from '../spec.js'
import { markPeerBorders } from './peer-kernels.js'

/** All rows of a window in its order: partitions one after another. */
export interface WindowRows {
  /** By channel of the input. */
  readonly blocks: readonly Block[]
  readonly types: readonly SqlType[]
  readonly orderBy: readonly ChannelOrder[]
}

/** For each row of a chunk: the rows [start, end), counted over all rows. */
export interface RowRanges {
  readonly starts: Int32Array
  readonly ends: Int32Array
}

export const allocateRanges = (arena: Arena, count: number): RowRanges => ({
  starts: allocateInt32(arena, count),
  ends: allocateInt32(arena, count),
})

/** Whole partitions that are worked on together: rows [from, to). */
export class WindowChunk {
  readonly rows: WindowRows
  readonly from: number
  readonly to: number
  /** Where partitions start, and at the end `to`. */
  readonly borders: Int32Array
  readonly arena: Arena
  #peers: RowRanges | undefined

  constructor(rows: WindowRows, borders: Int32Array, arena: Arena) {
    this.rows = rows
    this.from = borders[0]!
    this.to = borders[borders.length - 1]!
    this.borders = borders
    this.arena = arena
  }

  get rowCount(): number {
    return this.to - this.from
  }

  /** Calls back for each partition's rows [start, end). */
  eachPartition(visit: (start: number, end: number) => void): void {
    for (let i = 0; i + 1 < this.borders.length; i++) visit(this.borders[i]!, this.borders[i + 1]!)
  }

  /** The peers of each row: those that the order does not tell apart, itself included. */
  get peers(): RowRanges {
    if (this.#peers !== undefined) return this.#peers
    const { from, arena } = this
    const peers = allocateRanges(arena, this.rowCount)
    const isBorder = this.#peerBorders()
    // Row by row: most groups are of few rows, and filling each would take a call.
    const { starts, ends } = peers
    let start = from
    for (let i = 0; i < this.rowCount; i++) {
      if (isBorder[i] !== 0) start = from + i
      starts[i] = start
    }
    let end = this.to
    for (let i = this.rowCount - 1; i >= 0; i--) {
      ends[i] = end
      if (isBorder[i] !== 0) end = from + i
    }
    this.#peers = peers
    return peers
  }

  /** 1 for each row that is no peer of the one before. */
  #peerBorders(): Uint8Array {
    const { from, to, rows, arena } = this
    const { blocks, orderBy } = rows
    const isBorder = zeroed(arena.allocate(this.rowCount))
    const memory = memoryOf(arena)
    for (const order of orderBy) {
      const block = blocks[order.channel]!
      if (markPeerBorders(memory, block, from, to, isBorder)) continue
      const compare = positionOrder(block.type, order)
      for (let row = from + 1; row < to; row++) {
        if (isBorder[row - from] === 0 && compare(block, row - 1, block, row) !== 0) {
          isBorder[row - from] = 1
        }
      }
    }
    for (const border of this.borders) if (border < to) isBorder[border - from] = 1
    return isBorder
  }
}
