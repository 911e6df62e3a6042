import {
  type Block,
  createBlockBuilder,
  type DictionaryBlock,
  flatten,
  isNull,
  isValid,
  MAX_PAGE_ROWS,
  mayHaveNulls,
  type Page,
  type StoredPage,
} from '../../spi/index.js'
import { type ColumnSummary, joinSummaries, summaryWithout } from './column-summary.js'
import type { ColumnPatch } from './handles.js'
import { PageWriter } from './page-writer.js'
import { integersOf, pageNumber, ROW_ID_COLUMN } from './row-id.js'
import { boundsOf, conflict, type PageIo, type TableState } from './row-removal.js'
import { loadPage } from './scan.js'
import { columnHandle, type MemoryTable, storedPages, type TablePage, tablePage } from './table.js'

/** New values of some columns, kept until the statement that sets them ends. */
export interface StagedUpdates {
  readonly channels: readonly number[]
  /** The ids of rows, then what each of the channels becomes in them. */
  readonly pages: readonly StoredPage[]
  /** Of the new values of each of the channels. */
  readonly summaries: readonly ColumnSummary[]
}

/** Takes new values of some columns of a table. */
export class UpdateStage {
  readonly #channels: readonly number[]
  readonly #writer: PageWriter
  readonly #pages: StoredPage[] = []
  readonly #io: PageIo

  constructor(table: MemoryTable, channels: readonly number[], io: PageIo) {
    const columns = channels.map((channel) => table.columns[channel]!)
    this.#channels = channels
    this.#io = io
    this.#writer = new PageWriter(
      [ROW_ID_COLUMN.type, ...columns.map((column) => column.metadata.type)],
      [undefined, ...columns.map((column) => column.dictionary)],
      (page) => this.#pages.push(io.storePage(page)),
    )
  }

  /** @param page the rows' ids and the values of the channels */
  append(page: Page): void {
    this.#writer.append(page)
  }

  finish(): StagedUpdates {
    const [, ...summaries] = this.#writer.finish()
    return { channels: this.#channels, pages: this.#pages, summaries }
  }

  abort(): void {
    this.#io.discard(this.#pages)
    this.#pages.length = 0
  }
}

/** A table's pages and summaries with new values in some columns: as many pages, in the same order. */
export interface Patched extends TableState {
  /** Pages that are not the table's any more. */
  readonly replaced: readonly StoredPage[]
}

/**
 * Writes the changed columns of pages anew, and leaves all others where they are. Nothing of the table is changed. Once most columns
 * of a page lie apart it is written as a whole, so that what is stored but used no more stays below what is used.
 * O(rows of the changed pages) for each column that is set.
 * @param names what the pages were named by when the rows were read
 * @throws TRANSACTION_CONFLICT where a page has been replaced since it was read; MEMORY_LIMIT_EXCEEDED
 */
export function updateRows(
  table: MemoryTable,
  names: readonly StoredPage[],
  updates: StagedUpdates,
  io: PageIo,
): Patched {
  const staged = updates.pages.map(
    (stored) =>
      io.store.load(
        stored,
        [0, ...updates.channels.map((_, i) => i + 1)],
        [
          ROW_ID_COLUMN.type,
          ...updates.channels.map((channel) => table.columns[channel]!.metadata.type),
        ],
      ).blocks,
  )
  const sources = rowSources(
    table,
    names,
    staged.map(([ids]) => ids!),
  )
  const values = updates.channels.map((_, i) => staged.map((blocks) => blocks[i + 1]!))
  const replacedNulls = updates.channels.map(() => 0)
  const replaced: StoredPage[] = []
  const pages = table.pages.map((page, index) => {
    const source = sources.get(index)
    if (source === undefined) return page
    const blocks = loadPage(io.store, page, handlesOf(table, updates.channels)).blocks.map(
      (old, i) => {
        replacedNulls[i]! += nullsAt(old, source)
        return patchBlock(old, source, values[i]!)
      },
    )
    const patched = withColumns(table, page, updates.channels, blocks, io)
    const kept = storedPages(patched)
    replaced.push(...storedPages(page).filter((stored) => !kept.includes(stored)))
    return patched
  })
  const summaries = table.columns.map(({ summary }, channel) => {
    const i = updates.channels.indexOf(channel)
    if (i < 0) return summary
    return patchedSummary(summary, updates.summaries[i]!, replacedNulls[i]!, pages, channel)
  })
  return { pages, rowCount: table.rowCount, summaries, replaced }
}

const handlesOf = ({ columns }: MemoryTable, channels: readonly number[]) =>
  channels.map((channel) => columnHandle(columns[channel]!, channel))

/**
 * By the index of each page that changes, where the new values of its positions are: staged page times the most rows of one, plus
 * position; -1 for positions that do not change.
 */
function rowSources(
  table: MemoryTable,
  names: readonly StoredPage[],
  staged: readonly Block[],
): ReadonlyMap<number, Int32Array> {
  const indexes = new Map(names.map((name, i) => [pageNumber(name), i]))
  const sources = new Map<number, Int32Array>()
  for (const [s, ids] of staged.entries()) {
    const { values } = integersOf(ids)
    let known = -1
    let source = new Int32Array(0)
    for (let i = 0; i < values.length; i++) {
      const number = Math.floor(values[i]! / MAX_PAGE_ROWS)
      if (number !== known) {
        const index = indexes.get(number)
        if (index === undefined) throw conflict(table)
        known = number
        source =
          (sources.get(index) as Int32Array<ArrayBuffer> | undefined) ??
          new Int32Array(table.pages[index]!.stored.rowCount).fill(-1)
        sources.set(index, source)
      }
      source[values[i]! - number * MAX_PAGE_ROWS] = s * MAX_PAGE_ROWS + i
    }
  }
  return sources
}

/** A page with other blocks for some channels. */
function withColumns(
  table: MemoryTable,
  page: TablePage,
  channels: readonly number[],
  blocks: readonly Block[],
  io: PageIo,
): TablePage {
  const { rowCount } = page.stored
  const others = (page.patches ?? []).filter((patch) => !channels.includes(patch.channel))
  const isOlder = channels.some((channel) => channel >= page.channelCount)
  if (isOlder || (others.length + channels.length) * 2 > page.channelCount) {
    return rewritten(table, page, channels, blocks, io)
  }
  const stored = io.storePage({ rowCount, blocks })
  const bounds = [...page.bounds]
  const { bounds: newBounds } = tablePage(stored, { rowCount, blocks })
  for (const [i, channel] of channels.entries()) bounds[channel] = newBounds[i]
  const patches = channels.map((channel, i): ColumnPatch => ({ channel, stored, storedChannel: i }))
  return { ...page, bounds, patches: [...others, ...patches] }
}

/** A page written as a whole, with other blocks for some channels. */
function rewritten(
  table: MemoryTable,
  page: TablePage,
  channels: readonly number[],
  blocks: readonly Block[],
  io: PageIo,
): TablePage {
  const others = table.columns.flatMap((_, channel) =>
    channels.includes(channel) ? [] : [channel],
  )
  const kept = loadPage(io.store, page, handlesOf(table, others)).blocks
  const whole: Page = {
    rowCount: page.stored.rowCount,
    blocks: table.columns.map((_, channel) => {
      const i = channels.indexOf(channel)
      const block = i < 0 ? kept[others.indexOf(channel)]! : blocks[i]!
      return block.encoding === 'constant' ? flatten(block) : block
    }),
  }
  return tablePage(io.storePage(whole), whole)
}

/** Nulls among the positions that change. */
function nullsAt(block: Block, source: Int32Array): number {
  if (!mayHaveNulls(block)) return 0
  let count = 0
  for (let i = 0; i < source.length; i++) if (source[i]! >= 0 && isNull(block, i)) count++
  return count
}

/** What is known of a column some of whose values are new. */
function patchedSummary(
  before: ColumnSummary,
  added: ColumnSummary,
  replacedNulls: number,
  pages: readonly TablePage[],
  channel: number,
): ColumnSummary {
  const removed = { rowCount: added.rowCount, nullCount: replacedNulls, bounds: undefined }
  const joined = joinSummaries(summaryWithout(before, removed), added)
  return {
    ...joined,
    ...(joined.min === undefined ? {} : boundsOf(pages, channel)),
    // New values stand between old ones.
    ascending: false,
  }
}

/** The old values, but at positions with a source the new ones. */
function patchBlock(old: Block, source: Int32Array, staged: readonly Block[]): Block {
  return patchCodes(old, source, staged) ?? patchValues(old, source, staged)
}

/** Codes of one dictionary, which only grows; undefined where a block has another one, or none. */
function patchCodes(
  old: Block,
  source: Int32Array,
  staged: readonly Block[],
): DictionaryBlock | undefined {
  if (old.encoding !== 'dictionary' || old.dictionaryId === undefined) return undefined
  let { dictionary } = old
  for (const block of staged) {
    if (block.encoding !== 'dictionary' || block.dictionaryId !== old.dictionaryId) return undefined
    if (block.dictionary.rowCount > dictionary.rowCount) dictionary = block.dictionary
  }
  const blocks = staged as readonly DictionaryBlock[]
  const rowCount = source.length
  const entryCount = dictionary.rowCount
  const codes =
    entryCount <= 0x100
      ? new Uint8Array(rowCount)
      : entryCount <= 0x1_0000
        ? new Uint16Array(rowCount)
        : new Int32Array(rowCount)
  const hasNulls = [old, ...blocks].some((block) => block.validity !== null)
  const validity = hasNulls ? new Uint8Array((rowCount + 7) >> 3) : null
  for (let i = 0; i < rowCount; i++) {
    const from = source[i]!
    const block = from < 0 ? old : blocks[Math.floor(from / MAX_PAGE_ROWS)]!
    const position = from < 0 ? i : from % MAX_PAGE_ROWS
    codes[i] = block.codes[position]!
    if (validity !== null && isValid(block.validity, position)) {
      validity[i >> 3]! |= 1 << (i & 7)
    }
  }
  return { ...old, rowCount, codes, dictionary, validity }
}

/** A run of positions of one block at a time. */
function patchValues(old: Block, source: Int32Array, staged: readonly Block[]): Block {
  const builder = createBlockBuilder(old.type)
  for (let start = 0; start < source.length; ) {
    const from = source[start]!
    let end = start + 1
    if (from < 0) {
      while (end < source.length && source[end]! < 0) end++
      builder.appendRange(old, start, end)
    } else {
      const position = from % MAX_PAGE_ROWS
      const limit = Math.min(source.length, start + MAX_PAGE_ROWS - position)
      while (end < limit && source[end]! === source[end - 1]! + 1) end++
      const block = staged[Math.floor(from / MAX_PAGE_ROWS)]!
      builder.appendRange(block, position, position + end - start)
    }
    start = end
  }
  return builder.build()
}
