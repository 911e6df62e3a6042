import { assert, type Page } from '../../spi/index.js'
import type { OwnedPage } from '../owned-page.js'

/** A page that several readers hold: released when the last lets it go. */
export class SharedPage implements OwnedPage {
  readonly byteLength: number
  readonly #owned: OwnedPage
  readonly #onReleased: (page: SharedPage) => void
  #holders = 0

  constructor(owned: OwnedPage, onReleased: (page: SharedPage) => void) {
    this.#owned = owned
    this.byteLength = owned.byteLength
    this.#onReleased = onReleased
  }

  get page(): Page {
    return this.#owned.page
  }

  hold(): this {
    this.#holders += 1
    return this
  }

  release(): void {
    assert(this.#holders > 0, 'page released twice')
    this.#holders -= 1
    if (this.#holders > 0) return
    this.#owned.release()
    this.#onReleased(this)
  }
}
