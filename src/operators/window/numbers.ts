import { sliceBlock } from '../../expressions/wasm/import.js'
import type { Arena, Block, FlatBlock } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { storageBounds } from '../kernels/integer-storage.js'
import type { WindowChunk } from './chunk.js'

export function allocateNumbers(arena: Arena, count: number): Float64Array {
  const bytes = arena.allocate(count * 8)
  return new Float64Array(bytes.buffer, bytes.byteOffset, count)
}

/** The numbers of a chunk's rows as doubles, any at nulls; undefined where they would not be exact, or are no numbers. */
export function numbersOf(block: Block, chunk: WindowChunk): Float64Array | undefined {
  const { arena, from, rowCount } = chunk
  const flat: FlatBlock = flattenBlock(sliceBlock(block, from, rowCount, arena), arena)
  const numbers = allocateNumbers(arena, rowCount)
  switch (flat.storage) {
    case 'f64':
    case 'f32':
      numbers.set(flat.values)
      return numbers
    case 'null':
      return numbers.fill(0)
    case 'i8':
    case 'i16':
    case 'i32':
      if (storageBounds(flat) === undefined) return undefined
      for (let i = 0; i < rowCount; i++)
        numbers[i] = flat.base + flat.factor * Number(flat.values[i])
      return numbers
    case 'i64':
      for (let i = 0; i < rowCount; i++) numbers[i] = Number(flat.values[i])
      return flat.bounds !== undefined || numbers.every(isSafe) ? numbers : undefined
    default:
      return undefined
  }
}

const isSafe = (number: number): boolean => Number.isSafeInteger(number)
