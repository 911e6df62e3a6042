import type { SharedPage } from './shared-page.js'

/** Pages first in, first out; amortised O(1) at both ends. */
export class PageQueue {
  #pages: SharedPage[] = []
  #first = 0

  get length(): number {
    return this.#pages.length - this.#first
  }

  push(page: SharedPage): void {
    this.#pages.push(page)
  }

  shift(): SharedPage | undefined {
    const page = this.#pages[this.#first]
    if (page === undefined) return undefined
    this.#first += 1
    if (this.#first * 2 >= this.#pages.length) {
      this.#pages = this.#pages.slice(this.#first)
      this.#first = 0
    }
    return page
  }

  forEach(visit: (page: SharedPage) => void): void {
    for (let i = this.#first; i < this.#pages.length; i++) visit(this.#pages[i]!)
  }

  /** Takes all pages out. */
  clear(): readonly SharedPage[] {
    const pages = this.#pages.slice(this.#first)
    this.#pages = []
    this.#first = 0
    return pages
  }
}
