import { ArrowFormatError } from './format-error.js'

/**
 * Tables of FlatBuffers from bytes that nobody vouches for: what points outside of them is a RangeError, and offsets only
 * lead forward, so that nothing is met twice on one way down.
 * @source FlatBuffers, "FlatBuffer Internals"
 */
export class FlatTable {
  readonly #view: DataView
  readonly #at: number
  readonly #vtable: number
  readonly #vtableBytes: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
    this.#vtable = at - view.getInt32(at, true)
    this.#vtableBytes = view.getUint16(this.#vtable, true)
  }

  /** The table that the bytes are about. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new FlatTable(view, view.getUint32(0, true))
  }

  int8(field: number, absent: number): number {
    const at = this.#fieldAt(field)
    return at < 0 ? absent : this.#view.getInt8(at)
  }
  int16(field: number, absent: number): number {
    const at = this.#fieldAt(field)
    return at < 0 ? absent : this.#view.getInt16(at, true)
  }
  int32(field: number, absent: number): number {
    const at = this.#fieldAt(field)
    return at < 0 ? absent : this.#view.getInt32(at, true)
  }
  bool(field: number): boolean {
    return this.int8(field, 0) !== 0
  }
  /** A length, count or offset. @throws ArrowFormatError for what is negative or no safe integer */
  size(field: number): number {
    const at = this.#fieldAt(field)
    return at < 0 ? 0 : sizeAt(this.#view, at)
  }
  /** An identifier of 64 bits. */
  id(field: number): bigint {
    const at = this.#fieldAt(field)
    return at < 0 ? 0n : this.#view.getBigInt64(at, true)
  }

  text(field: number): string | undefined {
    const at = this.#fieldAt(field)
    if (at < 0) return undefined
    const { start, count } = this.#vector(at, 1)
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + start, count).toString('utf8')
  }

  table(field: number): FlatTable | undefined {
    const at = this.#fieldAt(field)
    return at < 0 ? undefined : this.#tableAt(at)
  }

  *tables(field: number): Generator<FlatTable> {
    const at = this.#fieldAt(field)
    if (at < 0) return
    const { start, count } = this.#vector(at, 4)
    for (let i = 0; i < count; i++) yield this.#tableAt(start + i * 4)
  }

  /** A vector of structs, or of plain numbers. */
  structs(field: number, structBytes: number): FlatStructs {
    const at = this.#fieldAt(field)
    if (at < 0) return { view: this.#view, start: 0, count: 0 }
    return { view: this.#view, ...this.#vector(at, structBytes) }
  }

  #fieldAt(field: number): number {
    const slot = 4 + field * 2
    const offset = slot < this.#vtableBytes ? this.#view.getUint16(this.#vtable + slot, true) : 0
    return offset === 0 ? -1 : this.#at + offset
  }

  #tableAt(at: number): FlatTable {
    const offset = this.#view.getUint32(at, true)
    if (offset === 0) throw new ArrowFormatError('a table that is in itself')
    return new FlatTable(this.#view, at + offset)
  }

  #vector(at: number, itemBytes: number): { readonly start: number; readonly count: number } {
    const vector = at + this.#view.getUint32(at, true)
    const count = this.#view.getUint32(vector, true)
    const start = vector + 4
    if (start + count * itemBytes > this.#view.byteLength) {
      throw new ArrowFormatError('a vector beyond its message')
    }
    return { start, count }
  }
}

export interface FlatStructs {
  readonly view: DataView
  readonly start: number
  readonly count: number
}

/** @throws ArrowFormatError for what is negative or no safe integer */
export function sizeAt(view: DataView, at: number): number {
  const high = view.getInt32(at + 4, true)
  if (high < 0 || high > 0x1f_ffff) throw new ArrowFormatError('a length out of range')
  return high * 2 ** 32 + view.getUint32(at, true)
}
