import {
  type Arena,
  type Block,
  type Bounds,
  heapArena,
  INTEGER_BYTES,
  type IntegerBlock,
  type IntegerWidth,
  narrowIntegerWidth,
  type SqlType,
} from '../../../spi/index.js'
import type { FixedEmitter } from './fixed-store.js'
import type { KernelBuffer } from './kernels/kernel-memory.js'
import { copyOut, type Placement, placedRows, placeLane, placeValidity } from './placement.js'
import type { Scratch } from './scratch.js'

/** What the bytes of a value are. */
export type IntegerForm =
  | { readonly kind: 'i32' | 'u32' | 'i64' }
  | { readonly kind: 'big-endian'; readonly byteLength: number }

interface NarrowDictionary {
  readonly buffer: KernelBuffer
  readonly entries: IntegerBlock
}

const WIDE: IntegerWidth = { storage: 'i64', base: 0, factor: 1 }
const OUT_BYTES = 32

/**
 * Integers in the narrowest storage that their values allow: the bounds of each batch are those of its values, and those of a
 * dictionary are found once.
 */
export class IntegerEmitter implements FixedEmitter {
  readonly #scratch: Scratch
  readonly #type: SqlType
  readonly #form: IntegerForm
  /** What a value is multiplied by to be its type's logical integer. */
  readonly #factor: number
  #dictionary: NarrowDictionary | undefined

  constructor(scratch: Scratch, type: SqlType, form: IntegerForm, factor: bigint) {
    this.#scratch = scratch
    this.#type = type
    this.#form = form
    this.#factor = Number(factor)
  }

  emit(values: number, placement: Placement, arena: Arena): IntegerBlock {
    const count = placement.valueCount
    const { kernels } = this.#scratch.memory
    const out = this.#scratch.take('out', OUT_BYTES)
    if (this.#form.kind === 'i32') {
      kernels.bounds32(values, count, out)
      return this.#emit32(values, placement, arena, out)
    }
    const wide = this.#widened(values, count)
    const low = this.#scratch.take('narrow', count * 4)
    if (kernels.split64(wide, low, count, out) === 1) {
      return this.#emit32(low, placement, arena, out)
    }
    return this.#emit64(wide, placement, arena, out)
  }

  setDictionary(values: number, count: number): void {
    this.close()
    const { memory } = this.#scratch
    const entries = this.#dictionaryBlock(values, count)
    const bytes = INTEGER_BYTES[entries.storage]
    const buffer = memory.allocate(count * bytes)
    const { values: stored } = entries
    memory
      .bytes(buffer.address, count * bytes)
      .set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength))
    this.#dictionary = { buffer, entries }
  }

  get integerEntries(): IntegerBlock | undefined {
    return this.#dictionary?.entries
  }

  emitCodes(codes: number, placement: Placement, arena: Arena): Block {
    const { buffer, entries } = this.#dictionary!
    const bytes = INTEGER_BYTES[entries.storage]
    const to = this.#scratch.take('narrow', placement.valueCount * bytes)
    const { kernels } = this.#scratch.memory
    const { address } = buffer
    if (bytes === 1) kernels.gather8(codes, address, to, placement.valueCount)
    else if (bytes === 2) kernels.gather16(codes, address, to, placement.valueCount)
    else if (bytes === 4) kernels.gather32(codes, address, to, placement.valueCount)
    else kernels.gather64(codes, address, to, placement.valueCount)
    return this.#block(to, entries, entries.bounds, placement, arena)
  }

  close(): void {
    if (this.#dictionary !== undefined) this.#scratch.memory.free(this.#dictionary.buffer)
    this.#dictionary = undefined
  }

  /** Values as 64-bit integers: where they lie, or a copy. */
  #widened(values: number, count: number): number {
    const form = this.#form
    if (form.kind === 'i64') return values
    const { kernels } = this.#scratch.memory
    const to = this.#scratch.take('bytes', count * 8)
    if (form.kind === 'big-endian') kernels.big_endian(values, form.byteLength, to, count)
    else if (form.kind === 'u32') kernels.widen_unsigned(values, to, count)
    else kernels.widen32_64(values, to, count)
    return to
  }

  #emit32(lane: number, placement: Placement, arena: Arena, out: number): IntegerBlock {
    const { kernels } = this.#scratch.memory
    const count = placement.valueCount
    const bounds = this.#boundsAt(out, count)
    const { min, max } = bounds ?? { min: 0, max: 0 }
    const width = narrowIntegerWidth(min, max)
    let at = lane
    if (count > 0 && (width.storage === 'i8' || width.storage === 'i16')) {
      at = this.#scratch.take('codes', count * 2)
      if (width.storage === 'i8') kernels.narrow32_8(lane, at, count, width.base)
      else kernels.narrow32_16(lane, at, count, width.base)
    }
    const greatest = (Math.abs(width.base) + 2 ** 31) * this.#factor
    if (!Number.isSafeInteger(greatest)) return this.#emitWide(lane, placement, arena, bounds)
    const scaled = {
      storage: width.storage,
      base: width.base * this.#factor,
      factor: width.factor * this.#factor,
    }
    return this.#block(at, scaled, scaleBounds(bounds, this.#factor), placement, arena)
  }

  /** 32-bit values that are beyond safe integers once they are multiplied: times of the day. */
  #emitWide(
    lane: number,
    placement: Placement,
    arena: Arena,
    bounds: Bounds | undefined,
  ): IntegerBlock {
    const { kernels } = this.#scratch.memory
    const { valueCount } = placement
    const wide = this.#scratch.take('bytes', valueCount * 8)
    kernels.widen32_64(lane, wide, valueCount)
    kernels.multiply64(wide, wide, valueCount, BigInt(this.#factor))
    return this.#block(wide, WIDE, scaleBounds(bounds, this.#factor), placement, arena)
  }

  #emit64(lane: number, placement: Placement, arena: Arena, out: number): IntegerBlock {
    const { memory } = this.#scratch
    const { valueCount } = placement
    memory.kernels.bounds64(lane, valueCount, out)
    const view = memory.view()
    const low = view.getBigInt64(out, true)
    const high = view.getBigInt64(out + 8, true)
    const factor = this.#factor
    const bounds = safeBounds(low, high)
    if (bounds !== undefined) {
      const width = narrowIntegerWidth(bounds.min, bounds.max)
      const isSafe =
        Number.isSafeInteger(width.base * factor - factor * 2 ** 31) &&
        Number.isSafeInteger(width.base * factor + factor * 2 ** 31)
      if (width.storage === 'i32' && isSafe) {
        const to = this.#scratch.take('narrow', valueCount * 4)
        memory.kernels.offset64_32(lane, to, valueCount, BigInt(width.base))
        const scaled = { storage: width.storage, base: width.base * factor, factor }
        return this.#block(to, scaled, scaleBounds(bounds, factor), placement, arena)
      }
    }
    if (factor !== 1) memory.kernels.multiply64(lane, lane, valueCount, BigInt(factor))
    return this.#block(lane, WIDE, scaleBounds(bounds, factor), placement, arena)
  }

  #boundsAt(out: number, count: number): Bounds | undefined {
    if (count === 0) return undefined
    const words = this.#scratch.memory.words(out, 2)
    return { min: words[0]!, max: words[1]! }
  }

  #block(
    lane: number,
    { storage, base, factor }: IntegerWidth,
    bounds: Bounds | undefined,
    placement: Placement,
    arena: Arena,
  ): IntegerBlock {
    const rowCount = placedRows(placement)
    const width = INTEGER_BYTES[storage]
    const validity = placeValidity(this.#scratch, placement, arena)
    const at = placeLane(this.#scratch, lane, width as 1 | 2 | 4 | 8, placement)
    const { buffer, byteOffset } = copyOut(this.#scratch, at, rowCount * width, arena)
    const values =
      storage === 'i8'
        ? new Int8Array(buffer, byteOffset, rowCount)
        : storage === 'i16'
          ? new Int16Array(buffer, byteOffset, rowCount)
          : storage === 'i32'
            ? new Int32Array(buffer, byteOffset, rowCount)
            : new BigInt64Array(buffer, byteOffset, rowCount)
    return {
      encoding: 'flat',
      type: this.#type,
      rowCount,
      storage,
      values,
      base,
      factor,
      validity,
      ...(bounds === undefined ? {} : { bounds }),
    }
  }

  #dictionaryBlock(values: number, count: number): IntegerBlock {
    // The entries are still wanted as they are, and integers that don't fit 32 bits are multiplied in place.
    const bytes =
      this.#form.kind === 'i64' && this.#factor !== 1 ? this.#copied(values, count) : values
    const placement = {
      valueCount: count,
      batchRows: count,
      valid: undefined,
      selection: undefined,
    }
    return this.emit(bytes, placement, heapArena())
  }

  #copied(values: number, count: number): number {
    const to = this.#scratch.take('bytes', count * 8)
    new Uint8Array(this.#scratch.memory.buffer).copyWithin(to, values, values + count * 8)
    return to
  }
}

const safeBounds = (min: bigint, max: bigint): Bounds | undefined =>
  min >= BigInt(Number.MIN_SAFE_INTEGER) && max <= BigInt(Number.MAX_SAFE_INTEGER)
    ? { min: Number(min), max: Number(max) }
    : undefined

function scaleBounds(bounds: Bounds | undefined, factor: number): Bounds | undefined {
  if (bounds === undefined || factor === 1) return bounds
  const min = bounds.min * factor
  const max = bounds.max * factor
  return Number.isSafeInteger(min) && Number.isSafeInteger(max) ? { min, max } : undefined
}

/** A block of values, one after the other, at their rows: as a selection over it where they are not all rows. */
export function placedBlock(
  scratch: Scratch,
  values: Block & { readonly encoding: 'flat' },
  placement: Placement,
  arena: Arena,
): Block {
  const { batchRows, valid, selection, valueCount } = placement
  if (valid === undefined && selection === undefined) return values
  const rowCount = placedRows(placement)
  if (valueCount === 0) {
    return { encoding: 'flat', type: values.type, rowCount, storage: 'null', validity: null }
  }
  const lane = scratch.take('codes', Math.max(batchRows, valueCount) * 4)
  const words = scratch.memory.words(lane, valueCount)
  for (let i = 0; i < valueCount; i++) words[i] = i
  return codesBlock(scratch, lane, values, placement, arena)
}

/** What is known of a dictionary. */
interface KnownDictionary {
  readonly dictionaryId?: string | undefined
  /** Where its codes lie, a byte each, by those of the file; undefined where they are the same. */
  readonly ranks?: number | undefined
}

/** Codes into a dictionary at their rows. */
export function codesBlock(
  scratch: Scratch,
  codes: number,
  dictionary: Block & { readonly encoding: 'flat' },
  placement: Placement,
  arena: Arena,
  { dictionaryId, ranks }: KnownDictionary = {},
): Block {
  const { kernels } = scratch.memory
  const { valueCount } = placement
  const size = dictionary.rowCount
  const width = size <= 0x100 ? 1 : size <= 0x1_0000 ? 2 : 4
  const rowCount = placedRows(placement)
  let lane = codes
  if (width < 4) {
    lane = scratch.take('narrow', valueCount * width)
    if (ranks !== undefined) recode(scratch, codes, ranks, size, lane, valueCount)
    else if (width === 1) kernels.codes8(codes, lane, valueCount)
    else kernels.codes16(codes, lane, valueCount)
  }
  const validity = placeValidity(scratch, placement, arena)
  const at = placeLane(scratch, lane, width, placement)
  const { buffer, byteOffset } = copyOut(scratch, at, rowCount * width, arena)
  return {
    encoding: 'dictionary',
    type: dictionary.type,
    rowCount,
    codes:
      width === 1
        ? new Uint8Array(buffer, byteOffset, rowCount)
        : width === 2
          ? new Uint16Array(buffer, byteOffset, rowCount)
          : new Int32Array(buffer, byteOffset, rowCount),
    dictionary,
    validity,
    ...(dictionaryId === undefined ? {} : { dictionaryId }),
  }
}

/** Entries that one vector holds. */
const VECTOR_ENTRIES = 16

/** 8-bit codes of 32-bit ones, by a table. */
function recode(
  { memory: { kernels } }: Scratch,
  codes: number,
  table: number,
  size: number,
  to: number,
  count: number,
): void {
  if (size <= VECTOR_ENTRIES) kernels.recode8(codes, table, to, count)
  else kernels.gather8(codes, table, to, count)
}
