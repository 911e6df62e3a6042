import { copyBlock } from '../../expressions/wasm/import.js'
import type { Arena, Block, Page, SqlType } from '../../spi/index.js'
import { type KeyFilterStates, keyFilterStates } from '../keys/key-filter.js'
import type { OperatorContext } from '../operator.js'
import { buildJoinIndex, concatColumn, type JoinIndexState } from './join-index.js'

/** State that a join's build side leaves: its columns in one piece each, and the index over the keys. */
export interface JoinBuildState extends KeyFilterStates {
  readonly index: JoinIndexState
  /** Columns as page words; channels that are not kept are empty null blocks. */
  readonly words: Float64Array
}

export interface JoinIndexSpec {
  readonly types: readonly SqlType[]
  readonly keyChannels: readonly number[]
  /** Only whether a key is there counts: other columns are not kept. */
  readonly keysOnly: boolean
  /** Keys, by their place, that dynamic filters are made of. */
  readonly filterKeys: readonly number[]
  /** Pages stay where they are as long as the query runs: they are not copied before they are put together. */
  readonly stablePages: boolean
}

/** Collects the build side of a join and indexes it. */
export class JoinIndexSink {
  readonly #spec: JoinIndexSpec
  readonly #context: OperatorContext
  /** Pages as they come, until they are put together. */
  readonly #collected: Arena
  readonly #pages: Page[] = []
  readonly #writeWords: (page: Page) => Float64Array

  constructor(
    spec: JoinIndexSpec,
    context: OperatorContext,
    writeWords: (page: Page) => Float64Array,
  ) {
    this.#spec = spec
    this.#context = context
    this.#collected = context.createArena()
    this.#writeWords = writeWords
  }

  add(page: Page): void {
    const { stablePages } = this.#spec
    const blocks = page.blocks.map((block, channel) => {
      if (!this.#isKept(channel)) return emptyBlock(block.type)
      return stablePages ? block : copyBlock(block, this.#collected)
    })
    this.#pages.push({ rowCount: page.rowCount, blocks })
  }

  #isKept(channel: number): boolean {
    return !this.#spec.keysOnly || this.#spec.keyChannels.includes(channel)
  }

  finish(): JoinBuildState {
    const { types, keyChannels, filterKeys } = this.#spec
    const rowCount = this.#pages.reduce((sum, page) => sum + page.rowCount, 0)
    const arena = this.#context.queryArena
    const columns = types.map((type, channel) =>
      rowCount > 0 && this.#isKept(channel)
        ? concatColumn(this.#pages, channel, type, arena)
        : emptyBlock(type),
    )
    const index = buildJoinIndex(
      keyChannels.map((channel) => columns[channel]!),
      rowCount,
      keyChannels.map((channel) => types[channel]!),
      () => this.#context.createArena(),
    )
    const filters = keyFilterStates(
      keyChannels.map((channel, key) => (filterKeys.includes(key) ? columns[channel] : undefined)),
      arena,
      () => this.#context.createArena(),
    )
    return { index, filters, words: this.#writeWords({ rowCount, blocks: columns }) }
  }

  close(): void {
    this.#collected.close()
  }
}

const emptyBlock = (type: SqlType): Block => ({
  encoding: 'flat',
  storage: 'null',
  type,
  rowCount: 0,
  validity: null,
})
