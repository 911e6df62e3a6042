import type { PageStore, StoredPage } from '../../spi/index.js'

/**
 * Gives pages of dropped and truncated tables back once no transaction that may be reading them is left: pages retired
 * at some time wait for all transactions that began before it.
 * @source epoch-based reclamation: Fraser, Practical lock-freedom, 2004
 */
export class PageReclamation {
  readonly #store: PageStore
  #nextTransaction = 1
  readonly #active = new Set<number>()
  /** In the order of retirement. */
  #retired: { readonly before: number; readonly pages: readonly StoredPage[] }[] = []
  #storedBytes = 0

  constructor(store: PageStore) {
    this.#store = store
  }

  /** Bytes of all pages, those that wait to be given back too. */
  get storedBytes(): number {
    return this.#storedBytes
  }

  begin(): number {
    const transaction = this.#nextTransaction++
    this.#active.add(transaction)
    return transaction
  }

  end(transaction: number): void {
    this.#active.delete(transaction)
    this.#release()
  }

  stored(page: StoredPage): void {
    this.#storedBytes += page.byteLength
  }

  /** Pages that no later scan can find. */
  retire(pages: readonly StoredPage[]): void {
    if (pages.length === 0) return
    this.#retired.push({ before: this.#nextTransaction, pages })
    this.#release()
  }

  /** Pages that no scan ever found. */
  discard(pages: readonly StoredPage[]): void {
    for (const page of pages) this.#releasePage(page)
  }

  #release(): void {
    const oldest = this.#active.values().next().value ?? Number.POSITIVE_INFINITY
    let released = 0
    for (const { before, pages } of this.#retired) {
      if (before > oldest) break
      this.discard(pages)
      released++
    }
    this.#retired = this.#retired.slice(released)
  }

  #releasePage(page: StoredPage): void {
    this.#storedBytes -= page.byteLength
    this.#store.release(page)
  }
}
