import {
  type Block,
  type BytesBlock,
  type FlatBlock,
  type IntegerBlock,
  isValid,
} from '../spi/index.js'
import { type CellReader, cellReader, type ValueMode } from './cell-reader.js'
import { decimalCells } from './decimal-cells.js'
import { isIntegerBlock, isSafeIntegerBlock, numberReader } from './integer-reader.js'
import { dateText } from './temporal-text.js'
import { textParts } from './text-parts.js'
import { textDecoder } from './text-reader.js'

/**
 * The values of positions [start, end) of a block: index 0 is `start`. They are read before the next call, which may write over
 * them, and while the block is borrowed.
 */
export type CellsReader = (start: number, end: number) => ArrayLike<unknown>

/**
 * Makes the reader of a block's positions by runs: numbers come as the typed array they lie in or are widened to, so that
 * none is boxed before it is a property.
 */
export function cellsReader(block: Block, mode: ValueMode): CellsReader {
  if (block.encoding === 'flat' && block.storage !== 'null') {
    const { validity } = block
    if (validity === null || ANY_VALUE_READS.has(block.type.kind)) {
      const read = flatCells(block, mode)
      if (read !== undefined) return validity === null ? read : cellsWithNulls(read, validity)
    }
  }
  return eachCell(cellReader(block, mode))
}

/** Types of which runs can be read whatever lies where a position is null. */
const ANY_VALUE_READS: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'decimal',
  'varchar',
  'json',
])

function cellsWithNulls(read: CellsReader, validity: Uint8Array): CellsReader {
  return (start, end) => {
    const values = read(start, end)
    const cells: unknown[] = new Array(end - start)
    for (let i = 0; i < cells.length; i++) {
      cells[i] = isValid(validity, start + i) ? values[i] : null
    }
    return cells
  }
}

function eachCell(read: CellReader): CellsReader {
  return (start, end) => {
    const cells: unknown[] = new Array(end - start)
    for (let i = 0; i < cells.length; i++) cells[i] = read(start + i)
    return cells
  }
}

function flatCells(block: FlatBlock, mode: ValueMode): CellsReader | undefined {
  switch (block.type.kind) {
    case 'double': {
      if (block.storage !== 'f64') return undefined
      const { values } = block
      return (start, end) => values.subarray(start, end)
    }
    case 'tinyint':
    case 'smallint':
    case 'integer':
      return isNarrow(block) ? int32Cells(block) : undefined
    case 'bigint':
      if (mode === 'plain') return undefined
      if (block.storage === 'i64') {
        const { values } = block
        return (start, end) => values.subarray(start, end)
      }
      return isNarrow(block) && isSafeIntegerBlock(block) ? bigintCells(block) : undefined
    case 'decimal':
      if (mode === 'plain') return undefined
      return isNarrow(block) && isSafeIntegerBlock(block)
        ? decimalCells(block, block.type.scale)
        : undefined
    case 'date':
      return mode === 'plain' ? undefined : dateCells(block)
    case 'varchar':
    case 'json':
      return block.storage === 'bytes' && block.ascii === true ? asciiCells(block) : undefined
    default:
      return undefined
  }
}

const isNarrow = (block: FlatBlock): block is IntegerBlock =>
  isIntegerBlock(block) && block.storage !== 'i64'

/** INTEGER and narrower: one kind of array whatever the width, as the code that reads it is quick for few kinds only. */
function int32Cells(block: IntegerBlock): CellsReader {
  const read = numberReader(block)
  let cells = new Int32Array(0)
  return (start, end) => {
    if (cells.length < end - start) cells = new Int32Array(end - start)
    for (let i = start; i < end; i++) cells[i - start] = read(i)
    return cells
  }
}

/** BIGINT by way of its halves: BigInt() of each number takes several times as long as reading an element. */
function bigintCells(block: IntegerBlock): CellsReader {
  const read = numberReader(block)
  let cells = new BigInt64Array(0)
  let halves = new Int32Array(0)
  return (start, end) => {
    if (cells.length < end - start) {
      cells = new BigInt64Array(end - start)
      halves = new Int32Array(cells.buffer)
    }
    for (let i = start, half = 0; i < end; i++, half += 2) {
      const value = read(i)
      halves[half] = value | 0
      halves[half + 1] = Math.floor(value / 4_294_967_296)
    }
    return cells
  }
}

function dateCells(block: FlatBlock): CellsReader {
  const read = numberReader(block)
  return (start, end) => {
    const cells: string[] = new Array(end - start)
    for (let i = 0; i < cells.length; i++) cells[i] = dateText(read(start + i))
    return cells
  }
}

/** Text longer than this on average is decoded one by one: a part of a string keeps the whole of it alive. */
const SHARED_TEXT_MAX = 64

/** One string a run, of which each value is a part. */
function asciiCells(block: BytesBlock): CellsReader {
  const { offsets, bytes } = block
  const decode = textDecoder(bytes, true)
  const each = eachCell(cellReader(block, 'exact'))
  return (start, end) => {
    const first = offsets[start]!
    const last = offsets[end]!
    if (last - first > SHARED_TEXT_MAX * (end - start)) return each(start, end)
    return textParts(decode(first, last), first, offsets, start + 1, end - start)
  }
}
