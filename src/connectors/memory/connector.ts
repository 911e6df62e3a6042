import type { Connector, ConnectorContext, ConnectorFactory } from '../../spi/index.js'
import { intersectTuples } from '../../spi/index.js'
import { MemoryCatalog } from './catalog.js'
import { parseMemoryConfig } from './config.js'
import type { MemoryTypes } from './handles.js'
import { memoryMetadata } from './metadata.js'
import { MemoryPageSource, memorySplits } from './scan.js'
import type { TablePage } from './table.js'
import { MemoryWrites } from './writes.js'

/**
 * The memory connector: tables in the engine's shared memory, for as long as the engine lives. Rows are kept in pages of
 * 65,536, each column in its narrowest form; statistics are collected as rows are written. Schemas, tables and writes
 * are the planning thread's; pages are read in every thread.
 * @source Trino's memory connector
 */
export const memoryConnectorFactory: ConnectorFactory = {
  name: 'memory',
  create(catalogName, properties, context) {
    const config = parseMemoryConfig(properties, context.memoryLimitBytes)
    return createConnector(catalogName, config.maxDataBytes, context)
  },
}

function createConnector(
  catalogName: string,
  maxDataBytes: number,
  { pageStore }: ConnectorContext,
): Connector<MemoryTypes> {
  const catalog = new MemoryCatalog(catalogName, pageStore)
  const writes = new MemoryWrites(catalog, pageStore, maxDataBytes)
  /** The pages that each transaction has seen of each table: all its scans see the same. */
  const seen = new Map<number, Map<number, readonly TablePage[]>>()
  const end = (transaction: number): void => {
    writes.endTransaction(transaction)
    seen.delete(transaction)
    catalog.pages.end(transaction)
  }
  return {
    threadBoundWrites: true,
    isSingleStatementWritesOnly: () => true,
    getCapabilities: () => ['NOT_NULL_COLUMN_CONSTRAINT'],
    beginTransaction() {
      const transaction = catalog.pages.begin()
      seen.set(transaction, new Map())
      return transaction
    },
    commit: end,
    rollback: end,
    getMetadata: (_session, transaction) => memoryMetadata(catalog, writes, transaction),
    getSplitManager: () => ({
      getSplits(transaction, _session, handle, dynamicFilter, { summary }) {
        const table = catalog.tableById(handle.id, handle)
        const pagesSeen = seen.get(transaction)
        const pages = pagesSeen?.get(table.id) ?? table.pages
        pagesSeen?.set(table.id, pages)
        const predicate = intersectTuples(summary, dynamicFilter.getCurrentPredicate())
        return memorySplits({ ...table, pages }, handle, predicate)
      },
    }),
    getPageSourceProvider: () => ({
      createPageSource: (_transaction, _session, split, _table, columns, dynamicFilter) =>
        new MemoryPageSource(pageStore, split, columns, dynamicFilter),
    }),
    getPageSinkProvider: () => ({
      createPageSink: (_transaction, _session, handle) => writes.createSink(handle),
      createInsertPageSink: (_transaction, _session, handle) => writes.createSink(handle),
    }),
    shutdown() {
      for (const table of catalog.tables()) catalog.dropTable(table.id)
    },
  }
}
