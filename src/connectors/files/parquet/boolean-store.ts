import { type Arena, type Block, BOOLEAN } from '../../../spi/index.js'
import { ParquetFormatError } from './format-error.js'
import type { KernelBuffer } from './kernels/kernel-memory.js'
import { HYBRID_STATE_BYTES } from './page-cursor.js'
import { copyOut, type Placement, placedRows, placeLane, placeValidity } from './placement.js'
import type { Scratch } from './scratch.js'
import type { ValueStore } from './value-store.js'

/** BOOLEAN: bits, or runs and bits. It has no dictionaries. */
export class BooleanStore implements ValueStore {
  readonly #scratch: Scratch
  readonly #state: KernelBuffer
  readonly dictionarySize = 0
  #isHybrid = false
  /** Of plain bits: the page's first bit's address, and bits behind and in all. */
  #from = 0
  #bit = 0
  #bitCount = 0
  #values = 0
  #count = 0

  constructor(scratch: Scratch) {
    this.#scratch = scratch
    this.#state = scratch.memory.allocate(HYBRID_STATE_BYTES)
  }

  setDictionary(): void {
    throw new ParquetFormatError('a dictionary of booleans')
  }

  openPlain(from: number, end: number): void {
    this.#isHybrid = false
    this.#from = from
    this.#bit = 0
    this.#bitCount = (end - from) * 8
  }

  /** Gives values that are encoded as RLE, after their length. */
  openHybrid(from: number, end: number): void {
    const view = this.#scratch.memory.view()
    if (end - from < 4) throw new ParquetFormatError('values are cut off')
    const byteLength = view.getUint32(from, true)
    if (byteLength > end - from - 4) throw new ParquetFormatError('values are cut off')
    this.#isHybrid = true
    const words = this.#scratch.memory.words(this.#state.address, HYBRID_STATE_BYTES / 4)
    words.fill(0)
    words[0] = from + 4
    words[1] = from + 4 + byteLength
  }

  begin(capacity: number): void {
    this.#values = this.#scratch.take('values', capacity)
    this.#count = 0
  }

  appendPlain(count: number): void {
    const lane = this.#scratch.take('levels', count * 4)
    this.#read(count, lane)
    this.#scratch.memory.kernels.level_mask(lane, 1, this.#values + this.#count, count)
    this.#count += count
  }

  skipPlain(count: number): void {
    this.#read(count, 0)
  }

  appendCodes(): void {
    throw new ParquetFormatError('a dictionary of booleans')
  }

  finishCodes(): Block {
    throw new ParquetFormatError('a dictionary of booleans')
  }

  finish(placement: Placement, arena: Arena): Block {
    const rowCount = placedRows(placement)
    const validity = placeValidity(this.#scratch, placement, arena)
    const at = placeLane(this.#scratch, this.#values, 1, placement)
    const values = copyOut(this.#scratch, at, rowCount, arena)
    return { encoding: 'flat', type: BOOLEAN, rowCount, storage: 'bool', values, validity }
  }

  close(): void {
    this.#scratch.memory.free(this.#state)
  }

  #read(count: number, to: number): void {
    const { kernels } = this.#scratch.memory
    if (this.#isHybrid) {
      if (kernels.hybrid(this.#state.address, 1, count, to) < count) {
        throw new ParquetFormatError('values are cut off')
      }
      return
    }
    if (count > this.#bitCount - this.#bit) throw new ParquetFormatError('values are cut off')
    if (to !== 0) kernels.unpack(this.#from + (this.#bit >> 3), this.#bit & 7, 1, count, to)
    this.#bit += count
  }
}
