import { copyBlock } from '../../expressions/wasm/import.js'
import type { Arena, Page, SqlType } from '../../spi/index.js'
import { type KeyFilterStates, keyFilterStates, openFilter } from '../keys/key-filter.js'
import type { MemoryScope, OperatorContext } from '../operator.js'
import { concatColumn } from './join-index.js'

export interface KeyFilterSinkSpec {
  readonly types: readonly SqlType[]
  /** Channels of the keys that filters are made of. */
  readonly keyChannels: readonly number[]
}

/** Keys may take this part of the memory that is left; filters of more would let most rows through. */
const SHARES_OF_FREE_BYTES = 4

/** Makes filters of key columns, and keeps nothing else of the rows. */
export class KeyFilterSink {
  readonly #spec: KeyFilterSinkSpec
  readonly #context: OperatorContext
  readonly #keptKeys: MemoryScope
  readonly #arena: Arena
  readonly #keys: Page[] = []
  #isAbandoned = false

  constructor(spec: KeyFilterSinkSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#keptKeys = context.createScope()
    this.#arena = this.#keptKeys.createArena()
  }

  add({ rowCount, blocks }: Page): void {
    if (this.#isAbandoned) return
    const keys = this.#spec.keyChannels.map((channel) => copyBlock(blocks[channel]!, this.#arena))
    this.#keys.push({ rowCount, blocks: keys })
    if (this.#keptKeys.heldBytes * SHARES_OF_FREE_BYTES > this.#context.freeBytes()) {
      this.#isAbandoned = true
      this.#keys.length = 0
      this.#keptKeys.close()
    }
  }

  finish(): KeyFilterStates {
    const { types, keyChannels } = this.#spec
    if (this.#isAbandoned) return { filters: keyChannels.map((c) => openFilter(types[c]!)) }
    const columns = keyChannels.map((channel, key) =>
      concatColumn(this.#keys, key, types[channel]!, this.#arena),
    )
    const { queryArena } = this.#context
    return { filters: keyFilterStates(columns, queryArena, () => this.#context.createArena()) }
  }

  close(): void {
    this.#keptKeys.close()
  }
}
