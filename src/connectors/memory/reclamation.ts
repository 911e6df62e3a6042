import type { PageStore, StoredPage } from '../../spi/index.js'
import { homeOf } from './handles.js'

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
  /** Pages on other nodes, by the write that left them there. */
  readonly #remote = new Map<number, number>()

  constructor(store: PageStore) {
    this.#store = store
  }

  /** Writes of which other nodes have pages that are of use. */
  get remoteWrites(): readonly number[] {
    return [...this.#remote.keys()]
  }

  /** Other nodes have stored pages; they hear of it when none of a write's is of use any more. */
  storedRemotely(pages: readonly StoredPage[]): void {
    for (const page of pages) {
      const home = homeOf(page)
      if (home !== undefined) this.#remote.set(home.write, (this.#remote.get(home.write) ?? 0) + 1)
    }
  }

  /** Bytes of all pages in this node's memory, those that wait to be given back too. */
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
    const home = homeOf(page)
    if (home !== undefined) {
      const left = (this.#remote.get(home.write) ?? 0) - 1
      if (left > 0) this.#remote.set(home.write, left)
      else this.#remote.delete(home.write)
      return
    }
    this.#storedBytes -= page.byteLength
    this.#store.release(page)
  }
}
