import {
  type Block,
  type ConnectorPageSource,
  type ConnectorSplitSource,
  type Domain,
  type DynamicFilter,
  fixedSplitSource,
  type IntegerRange,
  integerRanges,
  MAX_PAGE_ROWS,
  type NullBlock,
  type Page,
  type PageStore,
  type SqlType,
  type TupleDomain,
  typesEqual,
} from '../../spi/index.js'
import {
  type ColumnPatch,
  homeOf,
  type MemoryColumnHandle,
  type MemorySplit,
  type MemoryTableHandle,
  type PageHome,
  type PageReference,
} from './handles.js'
import { headOfPage } from './head-of-page.js'
import { ROW_ID_COLUMN, rowIdBlock } from './row-id.js'
import { type MemoryTable, namingPage, type TablePage } from './table.js'

/** Small pages read by one split at most. */
const MAX_PAGES_PER_SPLIT = 64

/**
 * Splits of full pages, or of runs of small ones, without pages that can't have a row of the predicate.
 * @param coordinator given where other nodes have parts of the table: the id of the one that has those without a home
 */
export function memorySplits(
  table: MemoryTable,
  handle: MemoryTableHandle,
  predicate: TupleDomain<MemoryColumnHandle>,
  coordinator?: string,
): ConnectorSplitSource<MemorySplit> {
  const splits: MemorySplit[] = []
  let run: PageReference[] = []
  let runRows = 0
  let runHome: PageHome | undefined
  const endRun = (): void => {
    if (run.length === 0) return
    const bytes = run.reduce((sum, page) => sum + page.stored.byteLength, 0)
    const node = runHome?.nodeId ?? coordinator
    splits.push({
      pages: run,
      estimatedRows: runRows,
      estimatedBytes: bytes,
      ...(node === undefined ? {} : { addresses: [node], remotelyAccessible: false }),
      ...(runHome === undefined ? {} : { home: runHome }),
    })
    run = []
    runRows = 0
  }
  let remaining = handle.limit ?? Number.POSITIVE_INFINITY
  for (const { stored, channelCount, patches, bounds } of table.pages) {
    if (remaining <= 0) break
    // A limit is met by any rows of the table, so no predicate comes with it that rows may be skipped by.
    if (handle.limit === undefined && !mayMatch(bounds, channelCount, predicate)) continue
    const rows = Math.min(remaining, stored.rowCount)
    remaining -= rows
    const home = homeOf(stored)
    const isElsewhere = home?.nodeId !== runHome?.nodeId || home?.instance !== runHome?.instance
    if (runRows + rows > MAX_PAGE_ROWS || run.length === MAX_PAGES_PER_SPLIT || isElsewhere) {
      endRun()
    }
    runHome = home
    run.push({
      stored,
      channelCount,
      ...(patches === undefined ? {} : { patches }),
      ...(rows < stored.rowCount ? { rowLimit: rows } : {}),
    })
    runRows += rows
  }
  endRun()
  return fixedSplitSource(splits)
}

/** Rows of the pages that may have a row of the predicate. */
export const rowsToRead = (
  table: Pick<MemoryTable, 'pages'>,
  predicate: TupleDomain<MemoryColumnHandle>,
): number =>
  table.pages.reduce(
    (sum, { stored, channelCount, bounds }) =>
      mayMatch(bounds, channelCount, predicate) ? sum + stored.rowCount : sum,
    0,
  )

/** Whether a page may have a row of the predicate, by the bounds of its channels. */
function mayMatch(
  bounds: TablePage['bounds'],
  channelCount: number,
  predicate: TupleDomain<MemoryColumnHandle>,
): boolean {
  if (predicate.columnDomains === null) return false
  return predicate.columnDomains.every(({ column, domain: wanted }) => {
    if (column.channel >= channelCount) return wanted.nullAllowed
    const range = bounds[column.channel]
    return range === undefined || mayOverlap(column.type, range, wanted)
  })
}

/** Whether values between bounds, or a null, may be in a domain. */
export function mayOverlap(
  type: SqlType,
  { min, max }: { readonly min: number; readonly max: number },
  wanted: Domain,
): boolean {
  const { nullAllowed, values } = wanted
  if (nullAllowed || values.kind !== 'ranges') return true
  if (values.type !== type && !typesEqual(values.type, type)) return true
  const ranges = rangesOf(wanted, values.type)
  return ranges === undefined || someOverlaps(ranges, min, max)
}

/** Of domains that pages have been compared with: one is compared with each page of a table. */
const knownRanges = new WeakMap<Domain, readonly IntegerRange[] | null>()

function rangesOf(wanted: Domain, type: SqlType): readonly IntegerRange[] | undefined {
  let ranges = knownRanges.get(wanted)
  if (ranges === undefined) {
    ranges = integerRanges(type, wanted) ?? null
    knownRanges.set(wanted, ranges)
  }
  return ranges ?? undefined
}

/** Whether one of ranges that ascend and don't overlap has a value from `min` to `max`. O(log n): a dynamic filter may hold hundreds. */
function someOverlaps(ranges: readonly IntegerRange[], min: number, max: number): boolean {
  let from = 0
  let to = ranges.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (ranges[middle]!.high < min) from = middle + 1
    else to = middle
  }
  const first = ranges[from]
  return first !== undefined && first.low <= max
}

/** Reads the pages of a split in any thread, without copying. */
export class MemoryPageSource implements ConnectorPageSource {
  readonly #store: PageStore
  readonly #pages: readonly PageReference[]
  readonly #columns: readonly MemoryColumnHandle[]
  readonly #dynamicFilter: DynamicFilter<MemoryColumnHandle>
  #next = 0
  #completedBytes = 0
  readonly readTimeNanos = 0
  readonly memoryUsage = 0

  constructor(
    store: PageStore,
    split: MemorySplit,
    columns: readonly MemoryColumnHandle[],
    dynamicFilter: DynamicFilter<MemoryColumnHandle>,
  ) {
    this.#store = store
    this.#pages = split.pages
    this.#columns = columns
    this.#dynamicFilter = dynamicFilter
  }

  get completedBytes(): number {
    return this.#completedBytes
  }

  getNextPage(): Page | undefined {
    while (this.#next < this.#pages.length) {
      const reference = this.#pages[this.#next++]!
      const page = loadPage(this.#store, reference, this.#columns)
      const { channelCount, stored } = reference
      this.#completedBytes += Math.round(
        (stored.byteLength * this.#columns.length) / Math.max(1, channelCount),
      )
      if (this.#mayJoin(page)) return page
    }
    return undefined
  }

  close(): void {
    this.#next = this.#pages.length
  }

  /** Whether the page may have a row that the joins above the scan keep. */
  #mayJoin(page: Page): boolean {
    const { columnDomains } = this.#dynamicFilter.getCurrentPredicate()
    if (columnDomains === null) return false
    return columnDomains.every(({ column, domain: wanted }) => {
      const index = this.#columns.findIndex((own) => own.channel === column.channel)
      const block = page.blocks[index]
      if (block?.encoding !== 'flat' || !('bounds' in block) || block.bounds === undefined)
        return true
      return mayOverlap(column.type, block.bounds, wanted)
    })
  }
}

function nullConstant(type: SqlType, rowCount: number): Block {
  const value: NullBlock = { type, rowCount: 1, encoding: 'flat', storage: 'null', validity: null }
  return { type, rowCount, encoding: 'constant', value }
}

/** The columns of a stored page; null where it is older than a column. */
export function loadPage(
  store: PageStore,
  reference: PageReference,
  columns: readonly MemoryColumnHandle[],
): Page {
  const { stored, channelCount, patches = [], rowLimit } = reference
  const patchOf = ({ channel }: MemoryColumnHandle): ColumnPatch | undefined =>
    patches.find((patch) => patch.channel === channel)
  const present = columns.filter(
    (column) =>
      column.channel >= 0 && column.channel < channelCount && patchOf(column) === undefined,
  )
  const page = store.load(
    stored,
    present.map((column) => column.channel),
    present.map((column) => column.type),
  )
  let next = 0
  const blocks = columns.map((column) => {
    if (column.channel === ROW_ID_COLUMN.channel) return rowIdBlock(namingPage(reference))
    const patch = patchOf(column)
    if (patch !== undefined) {
      return store.load(patch.stored, [patch.storedChannel], [column.type]).blocks[0]!
    }
    return column.channel < channelCount
      ? page.blocks[next++]!
      : nullConstant(column.type, stored.rowCount)
  })
  const whole = { rowCount: stored.rowCount, blocks }
  return rowLimit === undefined ? whole : headOfPage(whole, rowLimit)
}
