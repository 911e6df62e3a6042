import type { Connector, ConnectorContext, ConnectorFactory } from '../../spi/index.js'
import { intersectTuples, MillraceError, TUPLE_DOMAIN_ALL } from '../../spi/index.js'
import { memoryAccessControl, startSecurity } from './access-control.js'
import { ANALYZE_PROPERTIES } from './analyze.js'
import { MemoryCatalog } from './catalog.js'
import { MEMORY_PROPERTIES, type MemoryConfig, parseMemoryConfig } from './config.js'
import type { MemoryTypes, MemoryWriteHandle, PageHome } from './handles.js'
import { memoryMetadata } from './metadata.js'
import { instanceIn, NodePages } from './node-pages.js'
import { conflict } from './row-removal.js'
import { MemoryPageSource, memorySplits } from './scan.js'
import { nodesOfPages } from './table.js'
import { MemoryTransactions, seenTable } from './transactions.js'
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
  { nodeId, pageStore, getType, sharedBuffer }: ConnectorContext,
): Connector<MemoryTypes> {
  const catalog = MemoryCatalog.create(catalogName, pageStore)
  if (config.admins !== undefined) startSecurity(catalog, config.admins)
  const writes = new MemoryWrites(pageStore, config.maxDataBytes)
  const transactions = new MemoryTransactions(catalog)
  const instance = async (): Promise<string> =>
    sharedBuffer === undefined
      ? ''
      : instanceIn(await sharedBuffer(`memory/${catalogName}/instance`, 8))
  const nodePages = new NodePages(pageStore, config.maxDataBytes, async () => ({
    nodeId,
    instance: await instance(),
  }))
  const createSink = (handle: MemoryWriteHandle, sinkId: number) =>
    writes.areOf(handle) ? writes.createSink(handle) : nodePages.createSink(handle, sinkId)
  const sourceOfPart = async (source: MemoryPageSource, home: PageHome) => {
    if (home.nodeId === nodeId && home.instance === (await instance())) return source
    throw new MillraceError(
      'NO_NODES_AVAILABLE',
      `The node that had a part of the table has started again, or is another: ${home.nodeId}`,
      { hint: 'DROP or TRUNCATE the table' },
    )
  }
  return {
    nodeBound: true,
    nodesOf: ({ nodes }) => nodes ?? [],
    distributesWrites: sharedBuffer !== undefined,
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
        nodeId,
        getType,
      }),
    getSplitManager: () => ({
      getSplits(id, _session, handle, dynamicFilter, { summary }) {
        const transaction = transactions.get(id)
        const { catalog: state, seen } = transaction
        const table = state.tableById(handle.id, handle)
        // A fork that is SERIALIZABLE asks at its end who has changed what it has read.
        if (state.base !== undefined) seen.set(table.id, table)
        const pages =
          handle.gatheredBy === undefined
            ? seenTable(transaction, table).pages
            : writes.gatheredBy(handle.gatheredBy)
        const nodes = nodesOfPages(pages, nodeId)
        // Tasks are where the parts were when the statement was planned.
        const known = handle.nodes ?? [nodeId]
        if (nodes?.every((node) => known.includes(node)) === false) throw conflict(table)
        const filters = intersectTuples(handle.wanted ?? TUPLE_DOMAIN_ALL, summary)
        const predicate = intersectTuples(filters, dynamicFilter.getCurrentPredicate())
        const isSpread = handle.nodes !== undefined
        return memorySplits({ ...table, pages }, handle, predicate, isSpread ? nodeId : undefined)
      },
    }),
    getPageSourceProvider: () => ({
      createPageSource(_transaction, _session, split, _table, columns, dynamicFilter) {
        const source = new MemoryPageSource(pageStore, split, columns, dynamicFilter)
        return split.home === undefined ? source : sourceOfPart(source, split.home)
      },
    }),
    getPageSinkProvider: () => ({
      createPageSink: (_transaction, _session, handle, sinkId) => createSink(handle, sinkId),
      createInsertPageSink: (_transaction, _session, handle, sinkId) => createSink(handle, sinkId),
      createMergeSink: (_transaction, _session, handle) => writes.createMergeSink(handle),
    }),
    ...(config.admins === undefined
      ? {}
      : { getAccessControl: () => memoryAccessControl(transactions) }),
    ...(config.trinoLimits ? {} : { getAnalyzeProperties: () => ANALYZE_PROPERTIES }),
    shutdown() {
      nodePages.clear()
      for (const id of [...catalog.allTables.keys()]) catalog.dropTable(id)
    },
  }
}
