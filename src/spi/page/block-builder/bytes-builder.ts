import { assert } from '../../assert.js'
import type { Value } from '../../type/value.js'
import type { BytesBlock, FlatBlock, Validity } from '../block.js'
import { FlatBuilder, type FlatPositions, grownLength } from './flat-builder.js'

/** Strings up to this long are written in a loop: cheaper than a call into the runtime. */
const LOOP_CHARS = 32
const MAX_BYTES = 0x7fff_ffff
const encoder = new TextEncoder()

/** Builds blocks of strings (from string carriers) and byte strings (from Uint8Array carriers). */
export class BytesBuilder extends FlatBuilder {
  #bytes = new Uint8Array(1024)
  #byteCount = 0
  #offsets = new Int32Array(65)
  #ascii = true

  get byteLength(): number {
    return this.#byteCount + this.rowCount * 4
  }

  protected appendValue(value: Value): void {
    if (typeof value === 'string') this.#appendText(value)
    else {
      assert(value instanceof Uint8Array, 'a string or bytes carrier')
      this.#appendBytes(value, 0, value.length)
    }
    this.#endValue()
  }

  protected appendNullValue(): void {
    this.#endValue()
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    const { bytes, offsets } = flat as BytesBlock
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) this.appendNull()
      else {
        this.#appendBytes(bytes, offsets[position]!, offsets[position + 1]!)
        this.#endValue()
        this.markValid()
      }
    }
  }

  protected override appendDense(flat: FlatBlock, start: number, end: number): boolean {
    const { bytes, offsets, ascii } = flat as BytesBlock
    const first = offsets[start]!
    const shift = this.#byteCount - first
    if (ascii === true) {
      this.#reserve(offsets[end]! - first)
      this.#bytes.set(bytes.subarray(first, offsets[end]!), this.#byteCount)
      this.#byteCount += offsets[end]! - first
    } else this.#appendBytes(bytes, first, offsets[end]!)
    const next = this.rowCount + 1 - start
    if (next + end >= this.#offsets.length) this.#growOffsets(next + end)
    for (let i = start; i < end; i++) this.#offsets[next + i] = offsets[i + 1]! + shift
    return true
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    const bytes = this.arena.allocate(this.#byteCount)
    bytes.set(this.#bytes.subarray(0, this.#byteCount))
    const words = this.arena.allocate((rowCount + 1) * 4)
    const offsets = new Int32Array(words.buffer, words.byteOffset, rowCount + 1)
    offsets.set(this.#offsets.subarray(0, rowCount + 1))
    const ascii = this.#ascii
    this.#byteCount = 0
    this.#ascii = true
    return {
      type: this.type,
      rowCount,
      encoding: 'flat',
      storage: 'bytes',
      validity,
      offsets,
      bytes,
      ascii,
    }
  }

  #appendText(text: string): void {
    this.#reserve(text.length * 3)
    const bytes = this.#bytes
    let count = this.#byteCount
    if (text.length <= LOOP_CHARS) {
      let i = 0
      for (; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        if (unit >= 128) break
        bytes[count++] = unit
      }
      if (i === text.length) {
        this.#byteCount = count
        return
      }
      count = this.#byteCount
    }
    const { written } = encoder.encodeInto(text, bytes.subarray(count))
    if (written !== text.length) this.#ascii = false
    this.#byteCount = count + written
  }

  #appendBytes(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    const bytes = this.#bytes
    let count = this.#byteCount
    let seen = 0
    if (end - start <= LOOP_CHARS || this.#ascii) {
      for (let i = start; i < end; i++) {
        const byte = source[i]!
        seen |= byte
        bytes[count++] = byte
      }
      if (seen >= 128) this.#ascii = false
    } else {
      bytes.set(source.subarray(start, end), count)
      count += end - start
    }
    this.#byteCount = count
  }

  /** Ends the value at position rowCount. */
  #endValue(): void {
    const next = this.rowCount + 1
    if (next >= this.#offsets.length) this.#growOffsets(next)
    this.#offsets[next] = this.#byteCount
  }

  #growOffsets(last: number): void {
    const grown = new Int32Array(grownLength(this.#offsets.length, last + 1))
    grown.set(this.#offsets)
    this.#offsets = grown
  }

  #reserve(byteLength: number): void {
    const needed = this.#byteCount + byteLength
    if (needed <= this.#bytes.length) return
    assert(needed <= MAX_BYTES, 'a block of more than 2 GB')
    const grown = new Uint8Array(Math.min(MAX_BYTES, grownLength(this.#bytes.length, needed)))
    grown.set(this.#bytes.subarray(0, this.#byteCount))
    this.#bytes = grown
  }
}
