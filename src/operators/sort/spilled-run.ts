import type { Arena, Page, SqlType } from '../../spi/index.js'
import type { SpilledPages, SpillReader, SpillSpace } from '../spill/spill-space.js'
import type { Run } from './merge-runs.js'

/** A sorted run on disk. Pages stay until {@link release}, which the merge calls between two pages of its own. */
export class SpilledRun implements Run {
  readonly #spill: SpillSpace
  readonly #pages: SpilledPages
  readonly #types: readonly SqlType[]
  readonly #createArena: () => Arena
  readonly #free: Arena[] = []
  #inUse: Arena[] = []
  #reader: SpillReader | undefined
  #next = 0

  constructor(
    spill: SpillSpace,
    pages: SpilledPages,
    types: readonly SqlType[],
    createArena: () => Arena,
  ) {
    this.#spill = spill
    this.#pages = pages
    this.#types = types
    this.#createArena = createArena
  }

  next(): IteratorResult<Page, void> {
    if (this.#pages.rowCount === 0) return { done: true, value: undefined }
    this.#reader ??= this.#spill.open(this.#pages, this.#types)
    if (this.#next === this.#reader.pageCount) return { done: true, value: undefined }
    const arena = this.#free.pop() ?? this.#createArena()
    arena.reset()
    this.#inUse.push(arena)
    return { done: false, value: this.#reader.read(this.#next++, arena) }
  }

  /** Nobody reads pages before the last one any more. */
  release(): void {
    const last = this.#inUse.pop()
    this.#free.push(...this.#inUse)
    this.#inUse = last === undefined ? [] : [last]
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
    for (const arena of [...this.#free, ...this.#inUse]) arena.close()
  }
}
