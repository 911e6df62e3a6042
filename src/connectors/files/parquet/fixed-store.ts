import { type Arena, assert, type Block, type IntegerBlock } from '../../../spi/index.js'
import { ParquetFormatError } from './format-error.js'
import type { DictionaryPage } from './page-cursor.js'
import type { Placement } from './placement.js'
import type { Scratch } from './scratch.js'
import type { ValueStore } from './value-store.js'

/** Makes blocks of values of a fixed length, which lie one after the other. */
export interface FixedEmitter {
  /** The block of a batch's values. */
  emit(values: number, placement: Placement, arena: Arena): Block
  /** Prepares the entries of a dictionary. */
  setDictionary(values: number, count: number): void
  emitCodes(codes: number, placement: Placement, arena: Arena): Block
  /** Those of the dictionary, where they are integers. */
  readonly integerEntries?: IntegerBlock | undefined
  close(): void
}

/** Values of a fixed length. */
export class FixedStore implements ValueStore {
  readonly #scratch: Scratch
  readonly #byteLength: number
  readonly #emitter: FixedEmitter
  #dictionary: DictionaryPage | undefined
  #at = 0
  #end = 0
  #capacity = 0
  /** Where the batch's values lie: in the page itself where it has all of them. */
  #values: number | undefined
  #count = 0

  constructor(scratch: Scratch, byteLength: number, emitter: FixedEmitter) {
    this.#scratch = scratch
    this.#byteLength = byteLength
    this.#emitter = emitter
  }

  get dictionarySize(): number {
    return this.#dictionary?.entryCount ?? 0
  }

  get integerEntries(): IntegerBlock | undefined {
    return this.#emitter.integerEntries
  }

  setDictionary(page: DictionaryPage): void {
    const { memory } = this.#scratch
    if (this.#dictionary !== undefined) memory.free(this.#dictionary.buffer)
    this.#dictionary = page
    if (page.entryCount * this.#byteLength > page.end - page.from) {
      throw new ParquetFormatError('a dictionary is cut off')
    }
    this.#emitter.setDictionary(page.from, page.entryCount)
  }

  openPlain(from: number, end: number): void {
    this.#at = from
    this.#end = end
  }

  begin(capacity: number): void {
    this.#capacity = capacity
    this.#values = undefined
    this.#count = 0
  }

  appendPlain(count: number): void {
    const from = this.#at
    this.skipPlain(count)
    if (count === this.#capacity) this.#values = from
    else {
      const to = this.#nextPlace()
      new Uint8Array(this.#scratch.memory.buffer).copyWithin(to, from, this.#at)
    }
    this.#count += count
  }

  skipPlain(count: number): void {
    const byteLength = count * this.#byteLength
    if (byteLength > this.#end - this.#at) throw new ParquetFormatError('values are cut off')
    this.#at += byteLength
  }

  appendCodes(codes: number, count: number): void {
    const entries = this.#dictionary!.from
    const to = this.#nextPlace()
    const { kernels, buffer } = this.#scratch.memory
    this.#count += count
    if (this.#byteLength === 4) kernels.gather32(codes, entries, to, count)
    else if (this.#byteLength === 8) kernels.gather64(codes, entries, to, count)
    else if (this.#byteLength === 16) kernels.gather128(codes, entries, to, count)
    else {
      const all = new Uint8Array(buffer)
      const words = new Int32Array(buffer, codes, count)
      const length = this.#byteLength
      for (let i = 0; i < count; i++) {
        const from = entries + words[i]! * length
        all.copyWithin(to + i * length, from, from + length)
      }
    }
  }

  /** Where the next value goes that is copied. */
  #nextPlace(): number {
    this.#values ??= this.#scratch.take('values', this.#capacity * this.#byteLength)
    return this.#values + this.#count * this.#byteLength
  }

  finish(placement: Placement, arena: Arena): Block {
    assert(this.#count === placement.valueCount && this.#values !== undefined)
    return this.#emitter.emit(this.#values, placement, arena)
  }

  finishCodes(codes: number, placement: Placement, arena: Arena): Block {
    return this.#emitter.emitCodes(codes, placement, arena)
  }

  close(): void {
    if (this.#dictionary !== undefined) this.#scratch.memory.free(this.#dictionary.buffer)
    this.#dictionary = undefined
    this.#emitter.close()
  }
}
