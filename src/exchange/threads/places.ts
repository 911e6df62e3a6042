import type { Page } from '../../spi/index.js'
import type { PlacedPage } from './page-ring.js'

/** Where pages lie while they are read. */
export interface PageMemory {
  /**
   * Sees to it that a page lies in the shared memory until it is given back, and describes it there.
   * @param place of those of {@link Places}, in which no page lies
   */
  place(page: Page, place: number, readerCount: number): PlacedPage
  /** The page of a place is read no more. */
  giveBack(place: number): void
}

/** Numbers for the places of pages that are under way. */
export class Places {
  readonly #isTaken: boolean[] = []

  /** The least that is free. O(places). */
  take(): number {
    const free = this.#isTaken.indexOf(false)
    const place = free < 0 ? this.#isTaken.length : free
    this.#isTaken[place] = true
    return place
  }

  free(place: number): void {
    this.#isTaken[place] = false
  }
}
