import { MillraceError } from '../spi/error.js'
import { shortAscii } from '../values/short-ascii.js'

/**
 * Reads msgpack: integers as numbers, or bigints where they are written with 64 bits; bin as Uint8Array; maps as Map.
 * @source the msgpack specification
 */
export class MsgpackReader {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #decoder = new TextDecoder()
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** @throws RangeError beyond the end, GENERIC_INTERNAL_ERROR for a form that the server does not write */
  value(): unknown {
    const head = this.#take(1, 'getUint8')
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 0x100
    if (head >= 0xa0 && head < 0xc0) return this.#text(head & 31)
    if (head < 0x90) return this.#map(head & 15)
    if (head < 0xa0) return this.#array(head & 15)
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc5:
        return this.#binary(this.#take(2, 'getUint16'))
      case 0xc6:
        return this.#binary(this.#take(4, 'getUint32'))
      case 0xcb:
        return this.#take(8, 'getFloat64')
      case 0xd2:
        return this.#take(4, 'getInt32')
      case 0xd3:
        this.#at += 8
        return this.#view.getBigInt64(this.#at - 8)
      case 0xda:
        return this.#text(this.#take(2, 'getUint16'))
      case 0xdb:
        return this.#text(this.#take(4, 'getUint32'))
      case 0xdc:
        return this.#array(this.#take(2, 'getUint16'))
      case 0xdd:
        return this.#array(this.#take(4, 'getUint32'))
      case 0xde:
        return this.#map(this.#take(2, 'getUint16'))
      case 0xdf:
        return this.#map(this.#take(4, 'getUint32'))
      default:
        throw new MillraceError('GENERIC_INTERNAL_ERROR', `msgpack form is unknown: ${head}`)
    }
  }

  #take(
    byteLength: number,
    read: 'getUint8' | 'getUint16' | 'getUint32' | 'getInt32' | 'getFloat64',
  ): number {
    const value = this.#view[read](this.#at)
    this.#at += byteLength
    return value
  }

  #slice(byteLength: number): Uint8Array {
    const start = this.#at
    this.#at += byteLength
    return this.#bytes.subarray(start, this.#at)
  }

  #text(byteLength: number): string {
    const bytes = this.#slice(byteLength)
    return shortAscii(bytes, 0, byteLength) ?? this.#decoder.decode(bytes)
  }

  #binary(byteLength: number): Uint8Array {
    return this.#slice(byteLength).slice()
  }

  #array(length: number): unknown[] {
    const array: unknown[] = new Array(length)
    for (let i = 0; i < length; i++) array[i] = this.value()
    return array
  }

  #map(size: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>()
    for (let i = 0; i < size; i++) map.set(this.value(), this.value())
    return map
  }
}
