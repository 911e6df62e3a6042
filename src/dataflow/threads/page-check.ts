import { assert } from '../../spi/index.js'

/** Holds what another thread reads where it lies to being the same when it is given back. */
export class PageCheck {
  readonly #buffers: readonly (readonly [now: Uint8Array, then: Uint8Array])[]

  constructor(buffers: Iterable<ArrayBufferView>) {
    this.#buffers = Array.from(buffers, ({ buffer, byteOffset, byteLength }) => {
      const now = new Uint8Array(buffer, byteOffset, byteLength)
      return [now, now.slice()]
    })
  }

  end(): void {
    for (const [now, then] of this.#buffers) {
      assert(Buffer.compare(now, then) === 0, 'a page changed while another thread read it')
    }
  }
}
