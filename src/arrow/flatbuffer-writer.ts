/**
 * The little of FlatBuffers that Arrow's schema messages need: tables built back to front, as the format wants children before
 * those that point to them.
 * @source FlatBuffers, "FlatBuffer Internals"
 */
export class FlatBufferWriter {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  /** Bytes written, from the end. */
  #used = 0
  #largestAlignment = 4
  /** Where each field of the open table was written; 0: absent. */
  #fields: number[] = []
  #tableStart = 0

  /** An offset is the distance from the end of the buffer. */
  text(text: string): number {
    const bytes = new TextEncoder().encode(text)
    this.#align(4, bytes.length + 1)
    this.#take(1)
    this.#take(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#u32(bytes.length)
    return this.#used
  }

  /** A vector of references to tables. */
  references(offsets: readonly number[]): number {
    this.#align(4, offsets.length * 4)
    for (let i = offsets.length - 1; i >= 0; i--) this.#reference(offsets[i]!)
    this.#u32(offsets.length)
    return this.#used
  }

  /** A vector of structs whose largest member has eight bytes. */
  structs(bytes: Uint8Array, count: number): number {
    this.#align(8, bytes.length)
    this.#take(bytes.length)
    this.#bytes.set(bytes, this.#position)
    this.#u32(count)
    return this.#used
  }

  /** Begins a table of so many fields; its children were written before. */
  startTable(fieldCount: number): void {
    this.#fields = Array<number>(fieldCount).fill(0)
    this.#tableStart = this.#used
  }

  int8(field: number, value: number): void {
    this.#take(1)
    this.#view.setInt8(this.#position, value)
    this.#fields[field] = this.#used
  }

  int16(field: number, value: number): void {
    this.#align(2, 2)
    this.#take(2)
    this.#view.setInt16(this.#position, value, true)
    this.#fields[field] = this.#used
  }

  int32(field: number, value: number): void {
    this.#align(4, 4)
    this.#take(4)
    this.#view.setInt32(this.#position, value, true)
    this.#fields[field] = this.#used
  }

  int64(field: number, value: bigint): void {
    this.#align(8, 8)
    this.#take(8)
    this.#view.setBigInt64(this.#position, value, true)
    this.#fields[field] = this.#used
  }

  reference(field: number, offset: number): void {
    this.#align(4, 4)
    this.#reference(offset)
    this.#fields[field] = this.#used
  }

  endTable(): number {
    this.#align(4, 4)
    this.#take(4)
    const table = this.#used
    const fields = this.#fields
    for (let i = fields.length - 1; i >= 0; i--) {
      this.#u16(fields[i] === 0 ? 0 : table - fields[i]!)
    }
    this.#u16(table - this.#tableStart)
    this.#u16((fields.length + 2) * 2)
    this.#view.setInt32(this.#bytes.length - table, this.#used - table, true)
    return table
  }

  /** The buffer with its root table; its length is a multiple of 8. */
  finish(root: number): Uint8Array {
    this.#align(this.#largestAlignment, 4)
    while ((this.#used + 4) % 8 !== 0) this.#take(1)
    this.#reference(root)
    return this.#bytes.slice(this.#position)
  }

  get #position(): number {
    return this.#bytes.length - this.#used
  }

  /** Pads so that after `byteLength` more bytes the end is aligned. */
  #align(alignment: number, byteLength: number): void {
    this.#largestAlignment = Math.max(this.#largestAlignment, alignment)
    while ((this.#used + byteLength) % alignment !== 0) this.#take(1)
  }

  #take(byteLength: number): void {
    this.#used += byteLength
    while (this.#used > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes, this.#bytes.length)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
  }

  #u16(value: number): void {
    this.#take(2)
    this.#view.setUint16(this.#position, value, true)
  }

  #u32(value: number): void {
    this.#take(4)
    this.#view.setUint32(this.#position, value, true)
  }

  #reference(offset: number): void {
    this.#take(4)
    this.#view.setUint32(this.#position, this.#used - offset, true)
  }
}
