import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { importBlock } from '../../expressions/wasm/import.js'
import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  type FlatBlock,
  isNull,
  type SqlType,
  type Validity,
} from '../../spi/index.js'
import { checkByteLength } from '../kernels/gather.js'
import { GrowableBuffer } from '../keys/growable.js'
import type { Aggregator, AggregatorContext } from './aggregator.js'
import {
  HEAP_PADDING,
  STATE_BYTES,
  type TextExtremeShape,
  textExtremeKernels,
  textStateKernels,
} from './text-extreme-kernels.js'

const FIRST_STATES = 64
const FIRST_HEAP_BYTES = 4096
/** States as words: which of them is 0 where there is no text. */
const STATE_WORDS = STATE_BYTES / 4
const LENGTH_WORD = 3

/** A column of texts as kernels read it: row by row, or by codes. */
interface TextColumn {
  readonly rowCount: number
  readonly texts: BytesBlock
  readonly codes: Uint8Array | Uint16Array | Int32Array | undefined
  readonly validity: Validity
}

/** MIN and MAX of types that order as their bytes do: only the winner of each group is copied. */
export function textExtremeAggregator(
  context: AggregatorContext,
  type: SqlType,
  largest: boolean,
): Aggregator {
  const { memory } = context
  const createArena = () => context.createArena()
  const states = new GrowableBuffer(createArena, FIRST_STATES * STATE_BYTES)
  const heap = new GrowableBuffer(createArena, FIRST_HEAP_BYTES)
  const fixed = context.createArena()
  /** Where the heap's used bytes end. */
  const status = allocateInt32(fixed, 1)
  status[0] = 0
  let ascii = true

  const add = (block: Block, groups: Int32Array | undefined, arena: Arena): void => {
    const column = textColumn(block, groups === undefined, arena)
    if (column === undefined) return
    const { texts, codes, validity, rowCount } = column
    if (texts.ascii !== true) ascii = false
    const shape: TextExtremeShape = {
      largest,
      grouped: groups !== undefined,
      nullable: validity !== null,
      codeBytes: codes === undefined ? 0 : (codes.BYTES_PER_ELEMENT as 1 | 2 | 4),
      entryNullable: codes !== undefined && texts.validity !== null,
    }
    const kernels = textExtremeKernels(memory, shape)
    for (let row = 0; ; ) {
      row = kernels.add(
        validity === null ? 0 : validity.byteOffset,
        groups === undefined ? 0 : groups.byteOffset,
        row,
        rowCount,
        codes === undefined ? 0 : codes.byteOffset,
        texts.validity === null ? 0 : texts.validity.byteOffset,
        texts.offsets.byteOffset,
        texts.bytes.byteOffset,
        states.address,
        heap.address,
        heap.byteLength - HEAP_PADDING,
        status.byteOffset,
      )
      if (row === rowCount) return
      const entry = codes === undefined ? row : codes[row]!
      makeRoom(texts.offsets[entry + 1]! - texts.offsets[entry]!)
    }
  }
  /** Rooms are powers of two: less than twice what they hold, and there is a least one. */
  const makeRoom = (length: number): void =>
    heap.reserve((status[0]! >>> 0) + 2 * length + 2 * HEAP_PADDING)

  const results = (from: number, to: number, arena: Arena): Block => {
    const rowCount = to - from
    const kernels = textStateKernels(memory)
    const offsets = allocateInt32(arena, rowCount + 1)
    const first = states.address + from * STATE_BYTES
    const total = kernels.sizes(first, rowCount, offsets.byteOffset)
    const length = checkByteLength(total < 0 ? Number.POSITIVE_INFINITY : total)
    const bytes = arena.allocate(length + HEAP_PADDING)
    kernels.copy(first, rowCount, heap.address, offsets.byteOffset, bytes.byteOffset)
    return {
      encoding: 'flat',
      storage: 'bytes',
      type,
      rowCount,
      validity: validityOfStates(states, from, to, arena),
      offsets,
      bytes: bytes.subarray(0, length),
      ...(ascii ? { ascii } : {}),
    }
  }
  return {
    reserve: (groupCount) => states.reserve(groupCount * STATE_BYTES),
    add: (args, _rowCount, groups, arena) => add(args[0]!, groups, arena),
    merge: (partial, _rowCount, groups, arena) => add(partial[0]!, groups, arena),
    states: (from, to, arena) => [results(from, to, arena)],
    results,
    close() {
      states.close()
      heap.close()
      fixed.close()
    },
  }
}

/** @param isOneGroup so that a constant counts once. @returns undefined where all is null */
function textColumn(block: Block, isOneGroup: boolean, arena: Arena): TextColumn | undefined {
  const { rowCount } = block
  switch (block.encoding) {
    case 'flat': {
      const texts = bytesIn(block, arena)
      return texts && { rowCount, texts, codes: undefined, validity: texts.validity }
    }
    case 'constant': {
      if (isNull(block.value, 0)) return undefined
      const texts = bytesIn(block.value, arena)!
      if (isOneGroup) return { rowCount: 1, texts, codes: undefined, validity: null }
      return { rowCount, texts, codes: zeroed(arena.allocate(rowCount)), validity: null }
    }
    case 'dictionary': {
      const imported = importBlock(block, arena)
      assert(imported.encoding === 'dictionary', 'imported blocks keep their encoding')
      const texts = bytesIn(imported.dictionary, arena)
      return texts && { rowCount, texts, codes: imported.codes, validity: imported.validity }
    }
  }
}

function bytesIn(block: FlatBlock, arena: Arena): BytesBlock | undefined {
  if (block.storage === 'null') return undefined
  const imported = importBlock(block, arena)
  assert(imported.encoding === 'flat' && imported.storage === 'bytes', 'a column of texts')
  return imported
}

function validityOfStates(
  states: GrowableBuffer,
  from: number,
  to: number,
  arena: Arena,
): Validity {
  const words = states.int32()
  const isEmpty = (group: number): boolean => words[group * STATE_WORDS + LENGTH_WORD] === 0
  let validity: Uint8Array | null = null
  for (let group = from; group < to; group++) {
    if (!isEmpty(group)) continue
    validity ??= arena.allocate((to - from + 7) >> 3).fill(0xff)
    const i = group - from
    validity[i >> 3]! &= ~(1 << (i & 7))
  }
  return validity
}
