import type {
  Arena,
  Block,
  ConnectorPageSource,
  DynamicFilter,
  Page,
  TupleDomain,
} from '../../spi/index.js'
import type { BlockMaker } from './blocks.js'
import type { TpchColumnHandle } from './columns.js'
import { unitsPerOne } from './columns.js'
import type { GenerationContext } from './generator/column.js'
import { generateColumns, rangeEnd } from './generator/generate.js'
import { textsPerStep } from './generator/text-pool.js'
import type { TpchSplit, TpchTableHandle } from './handles.js'
import type { BaseRows } from './key-ranges.js'
import { baseRowsOf, orderingKey } from './key-ranges.js'
import type { PageSizes } from './page-sizes.js'

export interface PageSourceOptions {
  readonly table: TpchTableHandle
  readonly split: TpchSplit
  readonly columns: readonly TpchColumnHandle[]
  readonly dynamicFilter: DynamicFilter<TpchColumnHandle>
  readonly rowsPerPageMax: number
  readonly pageSizes: PageSizes
  readonly arena: Arena
  readonly blockMaker: BlockMaker
  readonly generation: Omit<GenerationContext, 'allocate'>
}

/** Pages of many columns have fewer rows than they may, so that the few pages under way to a slow consumer stay small. */
const PAGE_BYTES_MAX = 2 * 2 ** 20
const PAGE_ROWS_MIN = 4096
/** What a value takes about, and one with an offset and text. */
const VALUE_BYTES = 6
const TEXT_BYTES = 40

function rowsPerPage(columns: readonly TpchColumnHandle[], rowsPerPageMax: number): number {
  const rowBytes = columns.reduce(
    (sum, { field }) => sum + (TEXT_FIELDS.has(field) ? TEXT_BYTES : VALUE_BYTES),
    1,
  )
  return Math.min(rowsPerPageMax, Math.max(PAGE_ROWS_MIN, Math.floor(PAGE_BYTES_MAX / rowBytes)))
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(['comment', 'address', 'name', 'phone', 'clerk'])

/** Generates the pages of a split. A page lives in the source's arena until the next one is asked for. */
export class TpchPageSource implements ConnectorPageSource {
  readonly #options: PageSourceOptions
  readonly #context: GenerationContext
  readonly #filtersKey: boolean
  readonly #rowsPerPage: number
  /** What {@link PageSizes} know the columns by. */
  readonly #columnsName: string
  #filter: TupleDomain<TpchColumnHandle> | undefined
  #wanted: readonly BaseRows[]
  #startRow: number
  #pageBytes = 0
  #completedBytes = 0
  #readTimeNanos = 0

  constructor(options: PageSourceOptions) {
    const { table, split, dynamicFilter } = options
    this.#options = options
    this.#rowsPerPage = rowsPerPage(options.columns, options.rowsPerPageMax)
    this.#columnsName = [table.table, ...options.columns.map(({ field }) => field)].join()
    this.#context = { ...options.generation, allocate: (byteLength) => this.#allocate(byteLength) }
    const key = orderingKey(table.table)
    this.#filtersKey = dynamicFilter.columnsCovered.some((column) => column.field === key)
    this.#wanted = [{ startRow: split.startRow, endRow: split.endRow }]
    this.#startRow = split.startRow
  }

  get completedBytes(): number {
    return this.#completedBytes
  }

  get readTimeNanos(): number {
    return this.#readTimeNanos
  }

  get memoryUsage(): number {
    return this.#pageBytes
  }

  getNextPage(): Page | undefined {
    const startedAt = performance.now()
    const rows = this.#nextRows()
    if (rows === undefined) {
      return undefined
    }
    this.#startRow = rows.endRow
    this.#options.arena.reset()
    this.#pageBytes = 0
    const page = this.#generate(rows)
    this.#completedBytes += this.#pageBytes
    const millis = performance.now() - startedAt
    this.#readTimeNanos += Math.round(millis * 1e6)
    this.#options.pageSizes.generated(this.#columnsName, page.rowCount, millis)
    return page
  }

  close(): void {
    this.#startRow = this.#options.split.endRow
    this.#pageBytes = 0
    this.#options.arena.close()
  }

  /** The next base rows that the dynamic filter leaves, as many as a page takes. */
  #nextRows(): BaseRows | undefined {
    const { table, split, pageSizes } = this.#options
    this.#narrow()
    const interval = this.#wanted.find(({ endRow }) => endRow > this.#startRow)
    if (interval === undefined || interval.startRow >= split.endRow) {
      return undefined
    }
    const startRow = Math.max(interval.startRow, this.#startRow)
    const lastRow = Math.min(interval.endRow, split.endRow)
    const { textPool } = this.#context
    const rowCountMax = Math.min(
      this.#rowsPerPage,
      pageSizes.rowsMax(this.#columnsName),
      textPool === undefined ? Number.POSITIVE_INFINITY : textsPerStep(textPool),
    )
    return { startRow, endRow: rangeEnd(table.table, startRow, lastRow, rowCountMax) }
  }

  #narrow(): void {
    if (!this.#filtersKey) {
      return
    }
    const { table, split, dynamicFilter } = this.#options
    const predicate = dynamicFilter.getCurrentPredicate()
    if (predicate !== this.#filter) {
      this.#filter = predicate
      this.#wanted = baseRowsOf(table.table, split.endRow, predicate)
    }
  }

  #generate({ startRow, endRow }: BaseRows): Page {
    const { table, columns, blockMaker } = this.#options
    const range = { scaleFactor: table.scaleFactor, startRow, endRow }
    const fields = columns.map((column) => column.field)
    const generated = generateColumns(table.table, range, fields, this.#context)
    const blocks: Block[] = generated.columns.map((column, channel) => {
      const { type, field } = columns[channel]!
      return blockMaker.block(column, type, unitsPerOne(table.table, field), this.#context.allocate)
    })
    return { rowCount: generated.rowCount, blocks }
  }

  #allocate(byteLength: number): Uint8Array {
    this.#pageBytes += byteLength
    return this.#options.arena.allocate(byteLength)
  }
}
