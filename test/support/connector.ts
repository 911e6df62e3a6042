import { SharedPageStore } from '../../src/dataflow/memory/page-store.js'
import { SegmentPool } from '../../src/dataflow/memory/segment-pool.js'
import { ChunkAllocator, createSharedMemory } from '../../src/dataflow/memory/shared-memory.js'
import { parseType } from '../../src/expressions/type-signature.js'
import {
  blockOf,
  type Connector,
  type ConnectorContext,
  type ConnectorMetadata,
  type ConnectorPageSource,
  type ConnectorSession,
  type ConnectorSplit,
  type ConnectorTypes,
  type DynamicFilter,
  EMPTY_DYNAMIC_FILTER,
  heapArena,
  type Page,
  type PropertyMetadata,
  page,
  readValue,
  type SchemaTableName,
  type SqlType,
  TRUE_EXPRESSION,
  type TupleDomain,
  type Value,
} from '../../src/spi/index.js'

/** A context over a page store in shared memory, as the engine's. */
export function testContext(
  limitBytes = 256 * 2 ** 20,
  overrides: Partial<ConnectorContext> = {},
): ConnectorContext & { readonly allocator: ChunkAllocator } {
  const allocator = new ChunkAllocator(createSharedMemory(limitBytes))
  return {
    version: 'test',
    nodeId: 'node-1',
    isCoordinator: true,
    pageStore: new SharedPageStore(allocator, new SegmentPool(allocator), limitBytes),
    memoryLimitBytes: limitBytes,
    createArena: heapArena,
    getType: parseType,
    allocator,
    ...overrides,
  }
}

export function testSession(
  properties: Readonly<Record<string, unknown>> = {},
  signal: AbortSignal = new AbortController().signal,
): ConnectorSession {
  return {
    queryId: 'query-1',
    identity: { user: 'alice', groups: [] },
    user: 'alice',
    timeZone: 'UTC',
    locale: 'en-US',
    startMillis: 1_700_000_000_000,
    signal,
    getProperty: <T>(property: PropertyMetadata<T>): T =>
      Object.hasOwn(properties, property.name)
        ? (properties[property.name] as T)
        : property.defaultValue,
  }
}

export const pageOf = (types: readonly SqlType[], rows: readonly (readonly Value[])[]): Page =>
  page(
    types.map((type, c) =>
      blockOf(
        type,
        rows.map((row) => row[c]!),
      ),
    ),
    rows.length,
  )

export const rowsOf = (source: Page): Value[][] =>
  Array.from({ length: source.rowCount }, (_, i) => source.blocks.map((b) => readValue(b, i)))

/** All rows of a page source, which is closed at the end. */
export async function readRows(source: ConnectorPageSource): Promise<Value[][]> {
  const rows: Value[][] = []
  try {
    for (let next = await source.getNextPage(); next; next = await source.getNextPage()) {
      for (const row of rowsOf(next)) rows.push(row)
    }
  } finally {
    await source.close()
  }
  return rows
}

export interface ScanOptions {
  readonly columns?: readonly string[]
  readonly predicate?: TupleDomain
  readonly dynamicFilter?: DynamicFilter
  /** Applied to the handle before the scan. */
  readonly pushdown?: (metadata: ConnectorMetadata, handle: unknown) => unknown
}

/** Drives a connector as the engine does, a transaction a statement, and checks that what travels is plain. */
export class ConnectorHarness {
  readonly connector: Connector
  readonly session: ConnectorSession

  constructor(connector: Connector<ConnectorTypes>, session = testSession()) {
    this.connector = connector
    this.session = session
  }

  async transact<R>(
    action: (metadata: ConnectorMetadata, transaction: unknown) => R | Promise<R>,
  ): Promise<R> {
    const { connector } = this
    const transaction = await connector.beginTransaction?.({
      isolationLevel: 'READ UNCOMMITTED',
      readOnly: false,
      autoCommit: true,
    })
    try {
      const result = await action(connector.getMetadata(this.session, transaction), transaction)
      await connector.commit?.(transaction)
      return result
    } catch (error) {
      await connector.rollback?.(transaction)
      throw error
    }
  }

  async splits(
    metadata: ConnectorMetadata,
    transaction: unknown,
    name: SchemaTableName,
    options: ScanOptions = {},
  ): Promise<{ handle: unknown; columns: unknown[]; splits: ConnectorSplit[] }> {
    const found = await metadata.getTableHandle(this.session, name)
    if (found === undefined) throw new Error(`no table ${name.schema}.${name.table}`)
    const handle = structuredClone(options.pushdown?.(metadata, found) ?? found)
    const handles = await metadata.getColumnHandles(this.session, handle)
    const visible = (await metadata.getTableMetadata(this.session, handle)).columns
    const names = options.columns ?? visible.filter((c) => !c.hidden).map((c) => c.name)
    const columns = names.map((column) => structuredClone(handles.get(column)))
    const { signal } = this.session
    const source = await this.connector.getSplitManager!().getSplits(
      transaction,
      this.session,
      handle,
      options.dynamicFilter ?? EMPTY_DYNAMIC_FILTER,
      {
        summary: options.predicate ?? { columnDomains: [] },
        expression: TRUE_EXPRESSION,
        assignments: {},
      },
      signal,
    )
    const splits: ConnectorSplit[] = []
    for (let more = true; more; ) {
      const batch = await source.getNextBatch(2)
      splits.push(...batch.splits.map((split) => structuredClone(split)))
      more = !batch.noMoreSplits
    }
    await source.close()
    return { handle, columns, splits }
  }

  async scanIn(
    metadata: ConnectorMetadata,
    transaction: unknown,
    name: SchemaTableName,
    options: ScanOptions = {},
  ): Promise<Value[][]> {
    const { handle, columns, splits } = await this.splits(metadata, transaction, name, options)
    const rows: Value[][] = []
    for (const split of splits) {
      const source = await this.connector.getPageSourceProvider!().createPageSource(
        transaction,
        this.session,
        split,
        handle,
        columns,
        options.dynamicFilter ?? EMPTY_DYNAMIC_FILTER,
        this.session.signal,
      )
      for (const row of await readRows(source)) rows.push(row)
    }
    return rows
  }

  scan(schema: string, table: string, options: ScanOptions = {}): Promise<Value[][]> {
    return this.transact((metadata, transaction) =>
      this.scanIn(metadata, transaction, { schema, table }, options),
    )
  }

  insert(schema: string, table: string, pages: readonly Page[]): Promise<void> {
    return this.transact(async (metadata, transaction) => {
      const handle = await metadata.getTableHandle(this.session, { schema, table })
      const columns = [...(await metadata.getColumnHandles(this.session, handle)).values()]
      const write = structuredClone(await metadata.beginInsert!(this.session, handle, columns))
      const provider = this.connector.getPageSinkProvider!()
      const sink = await provider.createInsertPageSink!(
        transaction,
        this.session,
        write,
        0,
        this.session.signal,
      )
      const fragments = await finishSink(sink, pages)
      await metadata.finishInsert!(this.session, write, fragments, [])
    })
  }
}

export async function finishSink(
  sink: {
    appendPage(page: Page): void | Promise<void>
    finish(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>
    abort(): void | Promise<void>
  },
  pages: readonly Page[],
): Promise<readonly Uint8Array[]> {
  try {
    for (const next of pages) await sink.appendPage(next)
  } catch (error) {
    await sink.abort()
    throw error
  }
  return sink.finish()
}
