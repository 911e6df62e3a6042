import type { Connector, ConnectorContext, ConnectorFactory } from '../../spi/index.js'
import { intersectTuples, TUPLE_DOMAIN_ALL } from '../../spi/index.js'
import { ANALYZE_PROPERTIES } from './analyze.js'
import { MemoryCatalog } from './catalog.js'
import { MEMORY_PROPERTIES, type MemoryConfig, parseMemoryConfig } from './config.js'
import type { MemoryTypes } from './handles.js'
import { memoryMetadata } from './metadata.js'
import { MemoryPageSource, memorySplits } from './scan.js'
import { MemoryTransactions } from './transactions.js'
import { MemoryWrites } from './writes.js'

/**
 * The memory connector: tables in the engine's shared memory, for as long as the engine lives. Rows are kept in pages of
 * 65,536, each column in its narrowest form; statistics are collected as rows are written. Schemas, tables and writes
 * are the planning thread's; pages are read in every thread.
 * @source Trino's memory connector
 */
export const memoryConnectorFactory: ConnectorFactory = {
  name: 'memory',
  properties: MEMORY_PROPERTIES,
  create(catalogName, properties, context) {
    const config = parseMemoryConfig(properties, context.memoryLimitBytes)
    return createConnector(catalogName, config, context)
  },
}

function createConnector(
  catalogName: string,
  config: MemoryConfig,
  { pageStore, getType }: ConnectorContext,
): Connector<MemoryTypes> {
  const catalog = MemoryCatalog.create(catalogName, pageStore)
  const writes = new MemoryWrites(pageStore, config.maxDataBytes)
  const transactions = new MemoryTransactions(catalog)
  return {
    nodeBound: true,
    threadBoundWrites: true,
    isSingleStatementWritesOnly: () => config.trinoLimits,
    getCapabilities: () => [
      'NOT_NULL_COLUMN_CONSTRAINT',
      ...(config.trinoLimits ? [] : (['MATERIALIZED_VIEW_GRACE_PERIOD'] as const)),
    ],
    beginTransaction: (options) => transactions.begin(options, !config.trinoLimits),
    async commit(transaction) {
      writes.endTransaction(transaction)
      try {
        // Statements of their own that are changing the same tables would find their rows gone.
        for (const table of transactions.changedTables(transaction)) {
          await writes.locks.take(table, transaction)
        }
        transactions.commit(transaction)
      } finally {
        writes.locks.releaseAll(transaction)
      }
    },
    rollback(transaction) {
      writes.endTransaction(transaction)
      transactions.rollback(transaction)
    },
    getMetadata: (_session, transaction) =>
      memoryMetadata(transactions.get(transaction), writes, config, {
        name: catalogName,
        getType,
      }),
    getSplitManager: () => ({
      getSplits(transaction, _session, handle, dynamicFilter, { summary }) {
        const { catalog: state, seen } = transactions.get(transaction)
        const table = state.tableById(handle.id, handle)
        // A fork changes by its own transaction only, which is to see what it has done.
        const pages = (state.base === undefined ? seen.get(table.id) : undefined) ?? table.pages
        seen.set(table.id, pages)
        const filters = intersectTuples(handle.wanted ?? TUPLE_DOMAIN_ALL, summary)
        const predicate = intersectTuples(filters, dynamicFilter.getCurrentPredicate())
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
      createMergeSink: (_transaction, _session, handle) => writes.createMergeSink(handle),
    }),
    ...(config.trinoLimits ? {} : { getAnalyzeProperties: () => ANALYZE_PROPERTIES }),
    shutdown() {
      for (const id of [...catalog.allTables.keys()]) catalog.dropTable(id)
    },
  }
}
