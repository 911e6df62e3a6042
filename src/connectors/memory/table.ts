import type { ColumnMetadata, Page, Principal, StoredPage } from '../../spi/index.js'
import { type ColumnSummary, integerBounds, joinSummaries, nullSummary } from './column-summary.js'
import { type ColumnDictionary, columnDictionary, hasDictionary } from './column-writer.js'
import { homeOf, type MemoryColumnHandle, type PageReference } from './handles.js'
import type { TableState } from './row-removal.js'

/** A page of a table, with what is needed to skip it. */
export interface TablePage extends Omit<PageReference, 'rowLimit'> {
  /** Of each channel, where known. */
  readonly bounds: readonly ({ readonly min: number; readonly max: number } | undefined)[]
}

/** The stored page that only this version of a page has: it names the page in row ids. */
export const namingPage = ({ stored, patches }: PageReference): StoredPage =>
  patches?.at(-1)?.stored ?? stored

/** Everything that is stored of a page. */
export const storedPages = ({ stored, patches = [] }: PageReference): readonly StoredPage[] => [
  ...new Set([stored, ...patches.map((patch) => patch.stored)]),
]

/** Whether a page lies on another node than the coordinator. */
export const isRemote = ({ stored }: PageReference): boolean => homeOf(stored) !== undefined

/** The nodes that pages lie on, by id; undefined where that is the coordinator alone. */
export function nodesOfPages(
  pages: readonly PageReference[],
  coordinator: string,
): readonly string[] | undefined {
  if (!pages.some(isRemote)) return undefined
  return [...new Set(pages.map(({ stored }) => homeOf(stored)?.nodeId ?? coordinator))]
}

export const tablePage = (stored: StoredPage, page: Page): TablePage => ({
  stored,
  channelCount: page.blocks.length,
  bounds: page.blocks.map(integerBounds),
})

export interface TableColumn {
  readonly metadata: ColumnMetadata
  readonly dictionary: ColumnDictionary | undefined
  readonly summary: ColumnSummary
}

/** A table of the catalog. Its pages are a list that is replaced, never changed, so that a scan can hold on to one. */
export interface MemoryTable {
  readonly id: number
  schema: string
  name: string
  comment: string | undefined
  /** Who made it, or whom SET AUTHORIZATION named. */
  owner: Principal | undefined
  columns: readonly TableColumn[]
  pages: readonly TablePage[]
  rowCount: number
  /** Counts changes of any kind. */
  version: number
}

export function createMemoryTable(
  id: number,
  schema: string,
  name: string,
  columns: readonly ColumnMetadata[],
  comment: string | undefined,
  dictionaryPrefix: string,
  owner: Principal | undefined,
): MemoryTable {
  return {
    id,
    schema,
    name,
    comment,
    owner,
    columns: columns.map((metadata, channel) =>
      newColumn(metadata, `${dictionaryPrefix}/${id}/${channel}`, 0),
    ),
    pages: [],
    rowCount: 0,
    version: 0,
  }
}

export const newColumn = (
  metadata: ColumnMetadata,
  dictionaryId: string,
  rowCount: number,
): TableColumn => ({
  metadata,
  dictionary: hasDictionary(metadata.type)
    ? columnDictionary(dictionaryId, metadata.type)
    : undefined,
  summary: nullSummary(rowCount),
})

export const columnHandle = (column: TableColumn, channel: number): MemoryColumnHandle => ({
  name: column.metadata.name,
  type: column.metadata.type,
  channel,
})

/** Adds written pages; `summaries` are those of the table's channels. */
export function publishPages(
  table: MemoryTable,
  pages: readonly TablePage[],
  summaries: readonly ColumnSummary[],
): void {
  if (pages.length === 0) return
  table.pages = [...table.pages, ...pages]
  const added = pages.reduce((sum, page) => sum + page.stored.rowCount, 0)
  table.rowCount += added
  table.columns = table.columns.map((column, channel) => ({
    ...column,
    summary: joinSummaries(column.summary, summaries[channel] ?? nullSummary(added)),
  }))
  table.version++
}

/** A table as changes of its rows leave it. */
export const withState = (table: MemoryTable, state: TableState): MemoryTable => ({
  ...table,
  pages: state.pages,
  rowCount: state.rowCount,
  columns: table.columns.map((column, channel) => ({
    ...column,
    summary: state.summaries[channel]!,
  })),
})

/** Brings changes of a table's rows in. */
export function publishChanges(table: MemoryTable, state: TableState): void {
  Object.assign(table, withState(table, state), { version: table.version + 1 })
}
