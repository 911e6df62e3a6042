import {
  type Arena,
  type Awaitable,
  type Block,
  type ConnectorPageSource,
  type ConstantBlock,
  constantOf,
  type DynamicFilter,
  domainIncludes,
  type Page,
  type SqlType,
  type TupleDomain,
} from '../../spi/index.js'
import { columnsByName, isStoredAs, otherType, readAs } from './common-columns.js'
import { fileDynamicFilter, filePredicate } from './file-predicate.js'
import { fileValue, mayPass } from './file-values.js'
import type { FileColumn, FileFormat, FileSummary, PruningOptions } from './format.js'
import type { FilesColumnHandle, FilesSplit, FilesTableHandle } from './handles.js'

/** How a block of the table's pages is made: from a block of the file's, or of a value. */
type Output =
  | { readonly kind: 'read'; readonly channel: number; readonly type: SqlType }
  | { readonly kind: 'constant'; readonly block: ConstantBlock }

export interface OpenRequest {
  readonly format: FileFormat
  /** Of this very file. */
  readonly summary: FileSummary
  readonly table: FilesTableHandle
  readonly split: FilesSplit
  readonly columns: readonly FilesColumnHandle[]
  readonly dynamicFilter: DynamicFilter<FilesColumnHandle>
  readonly pruning: PruningOptions
  readonly createArena: () => Arena
  readonly signal: AbortSignal
}

/** Opens a part of a file with the columns that a table's page has. @throws HIVE_PARTITION_SCHEMA_MISMATCH and what the format throws */
export async function openPageSource(request: OpenRequest): Promise<ConnectorPageSource> {
  const { format, summary, table, split, dynamicFilter, pruning, createArena, signal } = request
  const { file, part, partitionColumns } = split
  if (!mayPass(dynamicFilter.getCurrentPredicate(), split, partitionColumns)) return EMPTY_SOURCE
  const byName = columnsByName(summary.columns)
  const predicates = [table.predicate, dynamicFilter.getCurrentPredicate()]
  if (!predicates.every((predicate) => mayBeNull(predicate, byName))) return EMPTY_SOURCE
  const read: FileColumn[] = []
  const outputs = request.columns.map((column): Output => {
    if (column.kind !== 'data') {
      const value = fileValue(column, split, partitionColumns)
      return { kind: 'constant', block: constantOf(column.type, value, 1) }
    }
    const own = ownColumn(column, byName, split)
    if (own === undefined) {
      return { kind: 'constant', block: constantOf(column.type, null, 1) }
    }
    let channel = read.indexOf(own)
    if (channel < 0) channel = read.push(own) - 1
    return { kind: 'read', channel, type: column.type }
  })
  const source = await format.createPageSource({
    file,
    summary,
    part,
    columns: read,
    predicate: filePredicate(table.predicate, byName),
    dynamicFilter: fileDynamicFilter(dynamicFilter, byName),
    pruning,
    createArena,
    signal,
  })
  return new TablePageSource(source, outputs)
}

/** Whether the predicate lets pass that columns which a file has not are NULL. */
const mayBeNull = (
  predicate: TupleDomain<FilesColumnHandle>,
  byName: ReadonlyMap<string, FileColumn>,
): boolean =>
  predicate.columnDomains === null ||
  predicate.columnDomains.every(
    ({ column, domain }) =>
      column.kind !== 'data' || byName.has(column.name) || domainIncludes(domain, null),
  )

/** The file's own column, undefined where it has none. @throws HIVE_PARTITION_SCHEMA_MISMATCH */
function ownColumn(
  column: FilesColumnHandle,
  byName: ReadonlyMap<string, FileColumn>,
  { file }: FilesSplit,
): FileColumn | undefined {
  const own = byName.get(column.name)
  if (own !== undefined && !isStoredAs(own.type, column.type)) {
    throw otherType(column.name, own.type, file.path, column.type)
  }
  return own
}

const EMPTY_SOURCE: ConnectorPageSource = {
  completedBytes: 0,
  readTimeNanos: 0,
  memoryUsage: 0,
  getNextPage: () => undefined,
  close() {},
}

/** Puts the columns that are not in the file beside those that are. */
class TablePageSource implements ConnectorPageSource {
  readonly #source: ConnectorPageSource
  readonly #outputs: readonly Output[]

  constructor(source: ConnectorPageSource, outputs: readonly Output[]) {
    this.#source = source
    this.#outputs = outputs
  }

  get completedBytes(): number {
    return this.#source.completedBytes
  }
  get readTimeNanos(): number {
    return this.#source.readTimeNanos
  }
  get memoryUsage(): number {
    return this.#source.memoryUsage
  }

  getNextPage(): Awaitable<Page | undefined> {
    const page = this.#source.getNextPage()
    return page instanceof Promise ? page.then((p) => this.#complete(p)) : this.#complete(page)
  }

  close(): Awaitable<void> {
    return this.#source.close()
  }

  #complete(page: Page | undefined): Page | undefined {
    if (page === undefined) return undefined
    const { rowCount } = page
    const blocks = this.#outputs.map(
      (output): Block =>
        output.kind === 'constant'
          ? { ...output.block, rowCount }
          : readAs(page.blocks[output.channel]!, output.type),
    )
    return { ...page, blocks }
  }
}
