import { THRIFT } from '../thrift-reader.js'

/** Writes Thrift's compact protocol. Fields of a struct are written in ascending order. */
export class ThriftWriter {
  #bytes = new Uint8Array(1024)
  #length = 0
  #lastField = 0

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  integer(field: number, value: number | undefined): void {
    if (value === undefined) return
    this.#field(field, THRIFT.i32)
    this.#zigzag(value)
  }
  /** An i64 that is a safe integer. */
  long(field: number, value: number | undefined): void {
    if (value === undefined) return
    this.#field(field, THRIFT.i64)
    this.#zigzag(value)
  }
  boolean(field: number, value: boolean): void {
    this.#field(field, value ? THRIFT.true : THRIFT.false)
  }
  byte(field: number, value: number): void {
    this.#field(field, THRIFT.byte)
    this.#byte(value & 255)
  }
  string(field: number, value: string): void {
    this.binary(field, Buffer.from(value, 'utf8'))
  }
  binary(field: number, value: Uint8Array | undefined): void {
    if (value === undefined) return
    this.#field(field, THRIFT.binary)
    this.#raw(value)
  }
  struct(field: number, write: () => void): void {
    this.#field(field, THRIFT.struct)
    this.content(write)
  }
  /** The fields of a struct that no field holds: a whole message, or a list's element. */
  content(write: () => void): void {
    const outer = this.#lastField
    this.#lastField = 0
    write()
    this.#byte(THRIFT.stop)
    this.#lastField = outer
  }
  structs<T>(field: number, items: readonly T[], write: (item: T) => void): void {
    this.#list(field, items.length, THRIFT.struct)
    for (const item of items) this.content(() => write(item))
  }
  integers(field: number, items: readonly number[]): void {
    this.#list(field, items.length, THRIFT.i32)
    for (const item of items) this.#zigzag(item)
  }
  /** Of safe integers. */
  longs(field: number, items: readonly number[]): void {
    this.#list(field, items.length, THRIFT.i64)
    for (const item of items) this.#zigzag(item)
  }
  booleans(field: number, items: readonly boolean[]): void {
    this.#list(field, items.length, THRIFT.true)
    for (const item of items) this.#byte(item ? THRIFT.true : THRIFT.false)
  }
  binaries(field: number, items: readonly Uint8Array[]): void {
    this.#list(field, items.length, THRIFT.binary)
    for (const item of items) this.#raw(item)
  }
  strings(field: number, items: readonly string[]): void {
    this.binaries(
      field,
      items.map((item) => Buffer.from(item, 'utf8')),
    )
  }

  #list(field: number, size: number, type: number): void {
    this.#field(field, THRIFT.list)
    if (size < 15) this.#byte((size << 4) | type)
    else {
      this.#byte(0xf0 | type)
      this.#varint(size)
    }
  }
  #field(field: number, type: number): void {
    const delta = field - this.#lastField
    if (delta > 0 && delta < 16) this.#byte((delta << 4) | type)
    else {
      this.#byte(type)
      this.#zigzag(field)
    }
    this.#lastField = field
  }
  #raw(bytes: Uint8Array): void {
    this.#varint(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }
  #zigzag(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value)
  }
  #varint(value: number): void {
    while (value >= 0x80) {
      this.#byte((value % 0x80) | 0x80)
      value = Math.floor(value / 0x80)
    }
    this.#byte(value)
  }
  #byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }
  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
