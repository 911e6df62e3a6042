import type { OwnedPage } from '../../exchange/owned-page.js'
import { assert, type Page } from '../../spi/index.js'
import { writePageWords } from '../memory/page-words.js'

/**
 * A page that a driver has taken out of a ring. It is given back, so that what it lies in may be used again, when the driver has gone on
 * and nobody reads a page that was made of its blocks.
 */
export class TakenPage implements OwnedPage {
  readonly #owned: OwnedPage
  readonly #onReleased: (page: TakenPage) => void
  /** Where its buffers begin and end, in turns; made when it is first asked for. */
  #ranges: Float64Array | undefined
  #holders = 1

  constructor(owned: OwnedPage, onReleased: (page: TakenPage) => void) {
    this.#owned = owned
    this.#onReleased = onReleased
  }

  get page(): Page {
    return this.#owned.page
  }

  get byteLength(): number {
    return this.#owned.byteLength
  }

  get partition(): number | undefined {
    return this.#owned.partition
  }

  /** O(buffers of the page). */
  contains(address: number): boolean {
    this.#ranges ??= rangesOf(this.page)
    const ranges = this.#ranges
    for (let i = 0; i < ranges.length; i += 2) {
      if (address >= ranges[i]! && address < ranges[i + 1]!) return true
    }
    return false
  }

  hold(): void {
    this.#holders += 1
  }

  release(): void {
    assert(this.#holders > 0, 'page released twice')
    this.#holders -= 1
    if (this.#holders > 0) return
    this.#onReleased(this)
    this.#owned.release()
  }
}

/** The pages that a driver has taken out of rings and that somebody still reads. */
export class TakenPages {
  readonly #pages = new Set<TakenPage>()
  #last: TakenPage | undefined
  readonly #reclaim: () => void

  /** @param reclaim lets go of pages whose blocks were handed on and are read no more */
  constructor(reclaim: () => void) {
    this.#reclaim = reclaim
  }

  take(owned: OwnedPage): TakenPage {
    this.#reclaim()
    const page = new TakenPage(owned, (released) => {
      this.#pages.delete(released)
      if (this.#last === released) this.#last = undefined
    })
    this.#pages.add(page)
    this.#last = page
    return page
  }

  /** The page that an address of the shared memory lies in, if any: of several that share a dictionary the last, where that has it. */
  at(address: number): TakenPage | undefined {
    if (this.#last?.contains(address)) return this.#last
    for (const page of this.#pages) if (page.contains(address)) return page
    return undefined
  }
}

function rangesOf(page: Page): Float64Array {
  const ranges: number[] = []
  writePageWords(page, ({ byteOffset, byteLength }) => {
    if (byteLength > 0) ranges.push(byteOffset, byteOffset + byteLength)
    return 0
  })
  return Float64Array.from(ranges)
}
