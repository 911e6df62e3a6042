import { assert, type Page } from '../../spi/index.js'
import { writePageWords } from '../memory/page-words.js'

/** Holds a page that another thread reads to its being the same when it is given back. */
export class PageCheck {
  readonly #buffers: readonly (readonly [now: Uint8Array, then: Uint8Array])[]

  constructor(page: Page) {
    const buffers: [Uint8Array, Uint8Array][] = []
    writePageWords(page, ({ buffer, byteOffset, byteLength }) => {
      const now = new Uint8Array(buffer, byteOffset, byteLength)
      buffers.push([now, now.slice()])
      return 0
    })
    this.#buffers = buffers
  }

  end(): void {
    for (const [now, then] of this.#buffers) {
      assert(Buffer.compare(now, then) === 0, 'a page changed while another thread read it')
    }
  }
}
