import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { integerColumn } from '../integer-column.js'
import type { WindowCall, WindowCallFactory } from './call.js'
import type { WindowChunk } from './chunk.js'

/** Writes the number of each row. */
type NumberRows = (chunk: WindowChunk, out: Int32Array) => void

const RANKINGS: Readonly<Record<string, NumberRows>> = {
  row_number: (chunk, out) => {
    chunk.eachPartition((start, end) => {
      for (let row = start; row < end; row++) out[row - chunk.from] = row - start + 1
    })
  },
  rank: (chunk, out) => {
    const { starts } = chunk.peers
    chunk.eachPartition((start, end) => {
      for (let i = start - chunk.from; i < end - chunk.from; i++) out[i] = starts[i]! - start + 1
    })
  },
  dense_rank: (chunk, out) => {
    const { starts } = chunk.peers
    chunk.eachPartition((start, end) => {
      let group = 0
      for (let row = start; row < end; row++) {
        if (starts[row - chunk.from] === row) group += 1
        out[row - chunk.from] = group
      }
    })
  },
}

/** row_number, rank and dense_rank: numbers that need no values. */
export const rankingCall: WindowCallFactory = ({ spec }): WindowCall | undefined => {
  const { name, kind } = spec.function
  const numberRows = kind === 'window' && Object.hasOwn(RANKINGS, name) ? RANKINGS[name] : undefined
  if (numberRows === undefined) return undefined
  return {
    ignoresFrame: true,
    evaluate(chunk) {
      const numbers = allocateInt32(chunk.arena, chunk.rowCount)
      numberRows(chunk, numbers)
      return integerColumn(numbers)
    },
  }
}
