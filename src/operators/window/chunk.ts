import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, SqlType } from '../../spi/index.js'
import { rowPeers } from '../sort/row-order.js'
import type { ChannelOrder } from '../spec.js'

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
    const { from, rows, arena } = this
    const peers = allocateRanges(arena, this.rowCount)
    const { blocks, orderBy, types } = rows
    const isPeer = orderBy.length === 0 ? () => true : rowPeers(orderBy, types)
    this.eachPartition((start, end) => {
      let groupStart = start
      for (let row = start + 1; row <= end; row++) {
        if (row < end && isPeer(blocks, row - 1, blocks, row)) continue
        peers.starts.fill(groupStart, groupStart - from, row - from)
        peers.ends.fill(row, groupStart - from, row - from)
        groupStart = row
      }
    })
    this.#peers = peers
    return peers
  }
}
