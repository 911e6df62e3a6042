import type { FlatBlock } from '../../spi/index.js'
import type { EntryIds } from './key-source.js'

/**
 * Numbers of dictionaries' entries, and whether they are the codes of one dictionary, as where all values of a column come from
 * a table's: then what is known of that dictionary holds of whatever has these numbers as codes.
 */
export class NamedEntries implements EntryIds {
  readonly #ids = new WeakMap<FlatBlock, Int32Array>()
  /** How many entries of the dictionary are numbered by their codes; null: those of several are numbered, or in another order. */
  #named: { readonly id: string; readonly count: number } | null | undefined

  get(dictionary: FlatBlock): Int32Array | undefined {
    return this.#ids.get(dictionary)
  }

  set(dictionary: FlatBlock, ids: Int32Array, dictionaryId: string): void {
    this.#ids.set(dictionary, ids)
    if (this.#named === null) return
    const isAnother = this.#named !== undefined && this.#named.id !== dictionaryId
    this.#named =
      isAnother || ids.some((id, code) => id !== code)
        ? null
        : { id: dictionaryId, count: Math.max(ids.length, this.#named?.count ?? 0) }
  }

  /** The id of the dictionary whose codes the numbers below `count` are; undefined where there is none. */
  dictionaryOf(count: number): string | undefined {
    return this.#named?.count === count ? this.#named.id : undefined
  }
}
