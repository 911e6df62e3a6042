import { assert } from '../../spi/index.js'

const INITIAL_BYTES = 64 * 1024
/** Of a value without its text or bytes. */
const HEAD_BYTES_MAX = 9

/**
 * Writes values in msgpack so that nothing is lost: numbers as 32-bit integers where they are some, else as float 64
 * (-0 too), bigints as int 64, Maps and objects as maps, Uint8Arrays as bin.
 * @source the msgpack specification
 */
export class MsgpackWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was written: a view that the next write makes invalid. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  #reserve(byteCount: number): void {
    const needed = this.#length + byteCount
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }

  value(value: unknown): void {
    this.#reserve(HEAD_BYTES_MAX)
    switch (typeof value) {
      case 'number':
        this.#number(value)
        return
      case 'string':
        this.#text(value)
        return
      case 'bigint':
        this.#byte(0xd3)
        this.#length = this.#bytes.writeBigInt64BE(value, this.#length)
        return
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2)
        return
      case 'object':
        if (value === null) this.#byte(0xc0)
        else if (value instanceof Uint8Array) this.#binary(value)
        else if (Array.isArray(value)) {
          this.array(value.length)
          for (const element of value) this.value(element)
        } else this.#entries(value instanceof Map ? value : new Map(Object.entries(value)))
        return
      default:
        assert(false, `a value of type ${typeof value}`)
    }
  }

  /** Begins an array of so many values. */
  array(length: number): void {
    this.#reserve(HEAD_BYTES_MAX)
    if (length < 16) this.#byte(0x90 | length)
    else this.#sized(length, 0xdc, 0xdd)
  }

  #entries(map: ReadonlyMap<unknown, unknown>): void {
    if (map.size < 16) this.#byte(0x80 | map.size)
    else this.#sized(map.size, 0xde, 0xdf)
    for (const [key, value] of map) {
      this.value(key)
      this.value(value)
    }
  }

  #byte(byte: number): void {
    this.#bytes[this.#length++] = byte
  }

  /** A head with a length of 16 or 32 bits. */
  #sized(length: number, head16: number, head32: number): void {
    if (length < 0x1_0000) {
      this.#byte(head16)
      this.#length = this.#bytes.writeUInt16BE(length, this.#length)
    } else {
      this.#byte(head32)
      this.#length = this.#bytes.writeUInt32BE(length, this.#length)
    }
  }

  #number(value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) {
      this.#byte(0xcb)
      this.#length = this.#bytes.writeDoubleBE(value, this.#length)
    } else if (value >= -32 && value < 128) this.#byte(value & 0xff)
    else {
      this.#byte(0xd2)
      this.#length = this.#bytes.writeInt32BE(value, this.#length)
    }
  }

  #text(text: string): void {
    // The worst case is three bytes a code unit.
    this.#reserve(HEAD_BYTES_MAX + text.length * 3)
    if (text.length < 32 && this.#shortAscii(text)) return
    const head = text.length * 3 < 0x1_0000 ? 3 : 5
    const at = this.#length
    const byteLength = this.#bytes.write(text, at + head, 'utf8')
    this.#bytes[at] = head === 3 ? 0xda : 0xdb
    if (head === 3) this.#bytes.writeUInt16BE(byteLength, at + 1)
    else this.#bytes.writeUInt32BE(byteLength, at + 1)
    this.#length = at + head + byteLength
  }

  #shortAscii(text: string): boolean {
    const bytes = this.#bytes
    let at = this.#length
    bytes[at++] = 0xa0 | text.length
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return false
      bytes[at++] = code
    }
    this.#length = at
    return true
  }

  #binary(bytes: Uint8Array): void {
    this.#reserve(HEAD_BYTES_MAX + bytes.length)
    this.#sized(bytes.length, 0xc5, 0xc6)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }
}
