import { assert, type Page } from '../../spi/index.js'
import { EncodedPageDecoder } from '../arrow/encoded-page-decoder.js'
import { type EncodedPage, PageEncoder } from '../arrow/page-encoder.js'
import type { OwnedPage } from '../owned-page.js'

/** Turns the pages of one output buffer into bytes and back, each when a reader wants it so. */
export class PageForms {
  readonly encoder: PageEncoder
  #decoder: EncodedPageDecoder | undefined

  constructor(options: { readonly compress?: boolean }) {
    this.encoder = new PageEncoder(options)
  }

  decode(encoded: EncodedPage): Page {
    this.#decoder ??= new EncodedPageDecoder()
    return this.#decoder.decode(encoded)
  }
}

/**
 * A page that several readers hold, released when the last lets it go: handed over as it is, or copied, which makes its
 * encoded form. What readers in other processes need is made once.
 */
export class SharedPage implements OwnedPage {
  readonly byteLength: number
  readonly rowCount: number
  readonly #forms: PageForms
  readonly #onReleased: (page: SharedPage) => void
  readonly #owned: OwnedPage | undefined
  #page: Page | undefined
  #encoded: readonly EncodedPage[] | undefined
  #holders = 0

  constructor(
    source: OwnedPage | EncodedPage,
    forms: PageForms,
    onReleased: (page: SharedPage) => void,
  ) {
    this.#forms = forms
    this.#onReleased = onReleased
    if ('page' in source) {
      this.#owned = source
      this.#page = source.page
      this.byteLength = source.byteLength
      this.rowCount = source.page.rowCount
    } else {
      this.#encoded = [source]
      this.byteLength = source.body.bytes.length
      this.rowCount = source.rowCount
    }
  }

  get page(): Page {
    this.#page ??= this.#forms.decode(this.#encoded![0]!)
    return this.#page
  }

  encoded(): readonly EncodedPage[] {
    this.#encoded ??= this.#forms.encoder.encode(this.#page!)
    return this.#encoded
  }

  hold(): this {
    this.#holders += 1
    return this
  }

  release(): void {
    assert(this.#holders > 0, 'page released twice')
    this.#holders -= 1
    if (this.#holders > 0) return
    this.#owned?.release()
    this.#onReleased(this)
  }
}
