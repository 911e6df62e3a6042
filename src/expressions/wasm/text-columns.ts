import {
  type Arena,
  assert,
  type BytesBlock,
  type DictionaryBlock,
  type FlatBlock,
  type IntegerBlock,
  type SqlType,
  type Validity,
} from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import { kernelMemory } from './kernel-memory.js'
import { ParameterWriter } from './layout.js'
import { kernel } from './module-cache.js'
import {
  buildConcatKernels,
  buildTextColumnKernels,
  type ConcatKernels,
  type ConcatPiece,
  type TextColumnKernels,
} from './text-column-kernels.js'
import { isAscii, PADDING } from './text-functions.js'

/**
 * Functions from columns of texts to columns, by kernels. Blocks lie in the arena's memory; `undefined` is for texts that need
 * another engine.
 */

/** A column whose position 0 stands for all where it is constant. */
export interface TextArgument {
  readonly block: BytesBlock
  readonly isConstant: boolean
  /** The texts are entries of a dictionary; only where what is called takes that. */
  readonly rows?: Pick<DictionaryBlock, 'codes' | 'validity'>
}

function memoryOf(block: BytesBlock): WebAssembly.Memory {
  const memory = kernelMemory(block.offsets.buffer)
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  return memory
}

const kernelsFor = (block: BytesBlock): TextColumnKernels =>
  kernel<TextColumnKernels>(memoryOf(block), 'text columns', buildTextColumnKernels)

const strideOf = ({ isConstant }: TextArgument): number => (isConstant ? 0 : 4)

interface Texts {
  readonly type: SqlType
  readonly rowCount: number
  readonly validity: Validity
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
  readonly ascii: boolean
}

const textsOf = (texts: Texts): BytesBlock => {
  const { ascii, ...shape } = texts
  return { encoding: 'flat', storage: 'bytes', ...shape, ...(ascii ? { ascii } : {}) }
}

/** Texts of ASCII with the lengths of the block's, written by `write`. */
function sameLengths(
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
  write: (kernels: TextColumnKernels, out: number) => void,
): BytesBlock | undefined {
  if (!isAscii(block)) return undefined
  const kernels = kernelsFor(block)
  const { rowCount, validity } = block
  let { offsets } = block
  if (offsets[0] !== 0) {
    offsets = allocateInt32(arena, rowCount + 1)
    kernels.rebase(block.offsets.byteOffset, rowCount, offsets.byteOffset)
  }
  const total = offsets[rowCount]!
  const bytes = arena.allocate(total + PADDING)
  write(kernels, bytes.byteOffset)
  const ascii = true
  return textsOf({ type, rowCount, validity, offsets, bytes: bytes.subarray(0, total), ascii })
}

const LOWER_A = 0x61
const UPPER_A = 0x41

/** @param to the case of the result */
export const changeCase =
  (to: 'upper' | 'lower') =>
  (type: SqlType, block: BytesBlock, arena: Arena): BytesBlock | undefined =>
    sameLengths(type, block, arena, (kernels, out) => {
      const { byteOffset } = block.bytes
      const from = byteOffset + block.offsets[0]!
      const end = byteOffset + block.offsets[block.rowCount]!
      kernels.flipCase(from, end, out, to === 'upper' ? LOWER_A : UPPER_A)
    })

export const reverseTexts = (
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
): BytesBlock | undefined =>
  sameLengths(type, block, arena, (kernels, out) => {
    kernels.reverse(block.offsets.byteOffset, block.bytes.byteOffset, block.rowCount, out)
  })

/** strpos() of any texts. */
export function positionsIn(
  type: SqlType,
  block: BytesBlock,
  wanted: TextArgument,
  validity: Validity,
  arena: Arena,
): IntegerBlock {
  const { rowCount } = block
  const values = allocateInt32(arena, rowCount)
  const max = kernelsFor(block).positions(
    block.offsets.byteOffset,
    block.bytes.byteOffset,
    wanted.block.offsets.byteOffset,
    wanted.block.bytes.byteOffset,
    strideOf(wanted),
    rowCount,
    values.byteOffset,
  )
  const shape = { encoding: 'flat', storage: 'i32', type, rowCount, validity } as const
  return { values, base: 0, factor: 1, bounds: { min: 0, max }, ...shape }
}

/** The parts of a block's texts that begin at `starts` and are as long as `offsets` say, whose last is `total`. */
function picked(
  type: SqlType,
  block: BytesBlock,
  starts: Int32Array,
  offsets: Int32Array,
  total: number,
  arena: Arena,
): BytesBlock {
  const { rowCount, validity } = block
  const bytes = arena.allocate(total + PADDING)
  kernelsFor(block).pick(
    starts.byteOffset,
    offsets.byteOffset,
    block.bytes.byteOffset,
    rowCount,
    bytes.byteOffset,
  )
  const ascii = block.ascii === true
  return textsOf({ type, rowCount, validity, offsets, bytes: bytes.subarray(0, total), ascii })
}

/** @param sides TRIM_START, TRIM_END or both */
export const trimTexts =
  (sides: number) =>
  (type: SqlType, block: BytesBlock, arena: Arena): BytesBlock | undefined => {
    if (!isAscii(block)) return undefined
    const { rowCount } = block
    const starts = allocateInt32(arena, rowCount)
    const offsets = allocateInt32(arena, rowCount + 1)
    const total = kernelsFor(block).trim(
      block.offsets.byteOffset,
      block.bytes.byteOffset,
      rowCount,
      sides,
      starts.byteOffset,
      offsets.byteOffset,
    )
    return picked(type, { ...block, ascii: true }, starts, offsets, total, arena)
  }

/** split_part() by a delimiter that is not empty; `index` counts from 1. */
export function partsOf(
  type: SqlType,
  block: BytesBlock,
  delimiter: BytesBlock,
  index: number,
  arena: Arena,
): FlatBlock {
  const { rowCount } = block
  const starts = allocateInt32(arena, rowCount)
  const offsets = allocateInt32(arena, rowCount + 1)
  const found = arena.allocate(rowCount)
  const total = kernelsFor(block).part(
    block.offsets.byteOffset,
    block.bytes.byteOffset,
    rowCount,
    delimiter.bytes.byteOffset + delimiter.offsets[0]!,
    delimiter.offsets[1]! - delimiter.offsets[0]!,
    index,
    starts.byteOffset,
    offsets.byteOffset,
    found.byteOffset,
  )
  const parts = picked(type, block, starts, offsets, total, arena)
  return { ...parts, validity: withoutMissing(block.validity, found, arena) }
}

/** Validity less the positions where `found` is 0. */
function withoutMissing(validity: Validity, found: Uint8Array, arena: Arena): Validity {
  if (!found.includes(0)) return validity
  const bits = arena.allocate((found.length + 7) >> 3)
  for (let i = 0; i < bits.length; i++) {
    let byte = 0
    for (let bit = 0; bit < 8; bit++) byte |= (found[i * 8 + bit] ?? 0) << bit
    bits[i] = byte & (validity === null ? 255 : validity[i]!)
  }
  return bits
}

/** @returns undefined where the result has more bytes than offsets hold */
export function concatenate(
  type: SqlType,
  columns: readonly TextArgument[],
  rowCount: number,
  validity: Validity,
  arena: Arena,
): BytesBlock | undefined {
  const memory = memoryOf(columns[0]!.block)
  const { length } = columns
  const pieces = columns.map(
    ({ rows }) => (rows === undefined ? 0 : rows.codes.BYTES_PER_ELEMENT) as ConcatPiece,
  )
  const kernels = kernel<ConcatKernels>(memory, `text concat ${pieces.join(' ')}`, (m) =>
    buildConcatKernels(m, pieces),
  )
  const offsets = allocateInt32(arena, rowCount + 1)
  const parameters = (out: number): number => {
    const writer = new ParameterWriter(arena, 2 + 3 * length)
    writer.i32(offsets.byteOffset)
    writer.i32(out)
    for (const column of columns) {
      writer.i32(column.block.offsets.byteOffset)
      writer.i32(column.rows === undefined ? strideOf(column) : column.rows.codes.byteOffset)
      writer.i32(column.block.bytes.byteOffset)
    }
    return writer.address
  }
  const total = kernels.sizes(parameters(0), rowCount)
  if (total < 0) return undefined
  const bytes = arena.allocate(total + PADDING)
  kernels.copy(parameters(bytes.byteOffset), rowCount)
  const ascii = columns.every(({ block }) => block.ascii === true)
  return textsOf({ type, rowCount, validity, offsets, bytes: bytes.subarray(0, total), ascii })
}
