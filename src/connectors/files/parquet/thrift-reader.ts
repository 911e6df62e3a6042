import { ParquetFormatError } from './format-error.js'

/** Wire types of the compact protocol. */
export const THRIFT = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const

const DEPTH_MAX = 64

/**
 * Reads Thrift's compact protocol. Every read is checked against the end, and lists against the bytes that are left, so that
 * damaged input ends in an error before anything large is allocated.
 * @source https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class ThriftReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  position: number
  #field = 0
  #depth = 0
  /** Wire type of the field that {@link fields} stands at. */
  #type = 0

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  /**
   * Reads a struct: calls `read` with each field's id; fields that it answers false for are skipped, so are those whose wire type
   * is none that the called read function takes.
   */
  struct(read: (field: number) => boolean): void {
    const outerField = this.#field
    if (++this.#depth > DEPTH_MAX) throw new ParquetFormatError('metadata is nested too deeply')
    this.#field = 0
    for (;;) {
      const header = this.#byte()
      const type = header & 15
      if (type === THRIFT.stop) break
      this.#field = header >> 4 === 0 ? this.#zigzag() : this.#field + (header >> 4)
      this.#type = type
      const field = this.#field
      if (!read(field)) this.#skip(type)
      this.#field = field
    }
    this.#field = outerField
    this.#depth--
  }

  boolean(): boolean {
    if (this.#type !== THRIFT.true && this.#type !== THRIFT.false) this.#mismatch()
    return this.#type === THRIFT.true
  }

  /** An i8, i16 or i32. */
  integer(): number {
    if (this.#type === THRIFT.byte) return (this.#byte() << 24) >> 24
    if (this.#type !== THRIFT.i16 && this.#type !== THRIFT.i32) this.#mismatch()
    return this.#zigzag()
  }

  /** An i64 that must be a safe integer, as counts, sizes and places in files are. */
  long(): number {
    if (this.#type !== THRIFT.i64) this.#mismatch()
    const value = this.#zigzag()
    if (!Number.isSafeInteger(value)) throw new ParquetFormatError('a number is out of range')
    return value
  }

  /** A view of the bytes. */
  binary(): Uint8Array {
    if (this.#type !== THRIFT.binary) this.#mismatch()
    const length = this.#varint()
    if (length > this.#bytes.length - this.position) throw truncated()
    this.position += length
    return this.#bytes.subarray(this.position - length, this.position)
  }

  string(): string {
    const bytes = this.binary()
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }

  /** A list whose elements `read` takes, each of the read functions' types. */
  list<T>(read: () => T): T[] {
    if (this.#type !== THRIFT.list && this.#type !== THRIFT.set) this.#mismatch()
    const { size, type } = this.#listHeader()
    const items: T[] = []
    for (let i = 0; i < size; i++) {
      this.#type =
        type === THRIFT.true || type === THRIFT.false
          ? // Some writers have 0 for false.
            this.#byte() || THRIFT.false
          : type
      items.push(read())
    }
    return items
  }

  /** A struct as a list's element or a field's value. */
  expectStruct(): void {
    if (this.#type !== THRIFT.struct) this.#mismatch()
  }

  #listHeader(): { size: number; type: number } {
    const header = this.#byte()
    const size = header >> 4 === 15 ? this.#varint() : header >> 4
    // Every element takes a byte at least.
    if (size > this.#bytes.length - this.position) throw truncated()
    return { size, type: header & 15 }
  }

  #skip(type: number): void {
    switch (type) {
      case THRIFT.true:
      case THRIFT.false:
        return
      case THRIFT.byte:
        this.#byte()
        return
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        this.#varint()
        return
      case THRIFT.double:
        this.#advance(8)
        return
      case THRIFT.binary:
        this.#advance(this.#varint())
        return
      case THRIFT.list:
      case THRIFT.set: {
        if (++this.#depth > DEPTH_MAX) throw new ParquetFormatError('metadata is nested too deeply')
        const list = this.#listHeader()
        const isBoolean = list.type === THRIFT.true || list.type === THRIFT.false
        for (let i = 0; i < list.size; i++) this.#skip(isBoolean ? THRIFT.byte : list.type)
        this.#depth--
        return
      }
      case THRIFT.map: {
        if (++this.#depth > DEPTH_MAX) throw new ParquetFormatError('metadata is nested too deeply')
        const size = this.#varint()
        if (size > this.#bytes.length - this.position) throw truncated()
        const types = size === 0 ? 0 : this.#byte()
        for (let i = 0; i < size; i++) {
          for (const part of [types >> 4, types & 15]) {
            this.#skip(part === THRIFT.true || part === THRIFT.false ? THRIFT.byte : part)
          }
        }
        this.#depth--
        return
      }
      case THRIFT.struct:
        this.struct(() => false)
        return
      default:
        throw new ParquetFormatError(`metadata has a field of an unknown kind: ${type}`)
    }
  }

  #advance(byteLength: number): void {
    if (byteLength > this.#bytes.length - this.position) throw truncated()
    this.position += byteLength
  }

  #byte(): number {
    if (this.position >= this.#bytes.length) throw truncated()
    return this.#view.getUint8(this.position++)
  }

  /** An unsigned number; past 2^53 rounded, which callers refuse. */
  #varint(): number {
    let value = 0
    let unit = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
      unit *= 128
    }
    throw new ParquetFormatError('metadata has a number of more than 10 bytes')
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #mismatch(): never {
    throw new ParquetFormatError(`metadata has a field of an unexpected kind: ${this.#type}`)
  }
}

const truncated = (): ParquetFormatError => new ParquetFormatError('metadata is cut off')
