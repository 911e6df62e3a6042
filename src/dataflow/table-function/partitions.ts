import { ColumnStore } from '../../operators/kernels/column-store.js'
import { sliceBlock } from '../../operators/kernels/import.js'
import { type Arena, type Block, type Page, readValue, valueKey } from '../../spi/index.js'
import { type PageStream, WAIT } from '../page-stream.js'
import type { TableFunctionArgumentSpec } from '../pipeline.js'

/** A partition of a table argument, whole. */
export interface Partition {
  /** Equal for partitions with equal keys, of other arguments too. */
  readonly key: string
  readonly rowCount: number
  /** Every channel of the argument. */
  readonly blocks: readonly Block[]
}

/** The pages of a stream; each is valid until the next is asked for. */
export async function* pagesOf(stream: PageStream): AsyncGenerator<Page, void> {
  for (;;) {
    const page = stream.next()
    if (page === undefined) return
    if (page === WAIT) await stream.ready()
    else yield page
  }
}

/** Finds where partitions begin in pages that come partition after partition. */
export class PartitionBorders {
  readonly #spec: Pick<TableFunctionArgumentSpec, 'types' | 'partitionBy'>
  #key: string | undefined

  constructor(spec: Pick<TableFunctionArgumentSpec, 'types' | 'partitionBy'>) {
    this.#spec = spec
  }

  /** Runs of rows of one partition; `starts` where a run is not of the partition of the row before it. */
  *runs(page: Page): Generator<{
    readonly from: number
    readonly to: number
    readonly key: string
    readonly starts: boolean
  }> {
    let from = 0
    let starts = this.#key === undefined
    for (let row = 0; row < page.rowCount; row++) {
      if (this.#key !== undefined && this.#spec.partitionBy.length === 0) break
      const key = this.#keyAt(page, row)
      if (key === this.#key) continue
      if (row > from) yield { from, to: row, key: this.#key!, starts }
      from = row
      starts = true
      this.#key = key
    }
    if (page.rowCount > from) yield { from, to: page.rowCount, key: this.#key!, starts }
  }

  #keyAt(page: Page, row: number): string {
    const { partitionBy, types } = this.#spec
    return JSON.stringify(
      partitionBy.map((c) => valueKey(types[c]!, readValue(page.blocks[c]!, row))),
    )
  }
}

/** Some rows of a page; bitmaps that have to move are made in the arena. */
export const slicePage = (page: Page, from: number, count: number, arena: Arena): Page => ({
  rowCount: count,
  blocks: page.blocks.map((block) => sliceBlock(block, from, count, arena)),
})

/**
 * Whole partitions, one after another.
 * @param createArena for rows as they come; each partition's own is the caller's to close
 */
export async function* partitionsOf(
  pages: AsyncIterable<Page>,
  spec: TableFunctionArgumentSpec,
  createArena: () => Arena,
): AsyncGenerator<{ readonly partition: Partition; readonly arena: Arena }, void> {
  const borders = new PartitionBorders(spec)
  const input = createArena()
  const scratch = createArena()
  let store = new ColumnStore(spec.types, input)
  let current: string | undefined
  const finished = (key: string) => {
    const arena = createArena()
    const { rowCount } = store
    const partition = { key, rowCount, blocks: store.finish(arena) }
    input.reset()
    store = new ColumnStore(spec.types, input)
    return { partition, arena }
  }
  try {
    for await (const page of pages) {
      scratch.reset()
      for (const { from, to, key, starts } of borders.runs(page)) {
        if (starts && current !== undefined) yield finished(current)
        current = key
        store.append(slicePage(page, from, to - from, scratch))
      }
    }
    if (current !== undefined) yield finished(current)
  } finally {
    input.close()
    scratch.close()
  }
}
