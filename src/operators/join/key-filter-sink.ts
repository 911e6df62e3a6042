import { copyBlock } from '../../expressions/wasm/import.js'
import type { Arena, Page, SqlType } from '../../spi/index.js'
import { type KeyFilterStates, keyFilterStates } from '../keys/key-filter.js'
import type { OperatorContext } from '../operator.js'
import { concatColumn } from './join-index.js'

export interface KeyFilterSinkSpec {
  readonly types: readonly SqlType[]
  /** Channels of the keys that filters are made of. */
  readonly keyChannels: readonly number[]
}

/** Makes filters of key columns, and keeps nothing else of the rows. */
export class KeyFilterSink {
  readonly #spec: KeyFilterSinkSpec
  readonly #context: OperatorContext
  readonly #arena: Arena
  readonly #keys: Page[] = []

  constructor(spec: KeyFilterSinkSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#arena = context.createArena()
  }

  add({ rowCount, blocks }: Page): void {
    const keys = this.#spec.keyChannels.map((channel) => copyBlock(blocks[channel]!, this.#arena))
    this.#keys.push({ rowCount, blocks: keys })
  }

  finish(): KeyFilterStates {
    const { types, keyChannels } = this.#spec
    const columns = keyChannels.map((channel, key) =>
      concatColumn(this.#keys, key, types[channel]!, this.#arena),
    )
    const { queryArena } = this.#context
    return { filters: keyFilterStates(columns, queryArena, () => this.#context.createArena()) }
  }

  close(): void {
    this.#arena.close()
  }
}
