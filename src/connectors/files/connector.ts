import {
  assert,
  type Connector,
  type ConnectorContext,
  type ConnectorFactory,
  type ConnectorSession,
} from '../../spi/index.js'
import { FILES_PROPERTIES, type FilesConfig, parseFilesConfig } from './config.js'
import { loadFormat } from './formats.js'
import type { FilesTypes, FilesWriteHandle } from './handles.js'
import { readMetadata } from './metadata.js'
import { FilesPageSink } from './page-sink.js'
import { openPageSource } from './page-source.js'
import { COMPRESSION_CODEC, pruningProperties, TABLE_PROPERTIES } from './properties.js'
import { filesSplitManager } from './split-manager.js'
import { SummaryCache } from './summary-cache.js'
import { SeenTables } from './transactions.js'
import { writeMetadata } from './write-metadata.js'
import { FilesWrites } from './writes.js'

/**
 * The files connector: the files of a folder as tables, in the shape of Trino's Hive connector without a metastore.
 * Directories are schemas; files, folders of files and patterns are tables; `key=value` folders are partition
 * columns. Splits are read, and files written, in every thread.
 */
export const filesConnectorFactory: ConnectorFactory = {
  name: 'files',
  properties: FILES_PROPERTIES,
  create: (_catalogName, properties, context) =>
    createConnector(parseFilesConfig(properties), context),
}

function createConnector(config: FilesConfig, context: ConnectorContext): Connector<FilesTypes> {
  const summaries = new SummaryCache()
  const tables = new SeenTables(config, summaries, (name) => context.getType(name))
  const splitManager = filesSplitManager(config, tables, summaries)
  const writes = new FilesWrites()
  const pruning = pruningProperties(config.pruning)
  const end = async (transaction: number): Promise<void> => {
    tables.end(transaction)
    await writes.end(transaction)
  }
  const createSink = async (
    _transaction: number,
    _session: ConnectorSession,
    handle: FilesWriteHandle,
    sinkId: number,
    signal: AbortSignal,
  ): Promise<FilesPageSink> => {
    const { writing } = await loadFormat(handle.format)
    assert(writing !== undefined, 'a format that can be written')
    return new FilesPageSink(handle, writing, sinkId, config.partitionsPerWriterMax, signal)
  }
  return {
    isSingleStatementWritesOnly: () => true,
    distributesWrites: config.distributesWrites,
    supportsWriteRetries: true,
    beginTransaction: () => tables.begin(),
    commit: end,
    rollback: end,
    getMetadata: (_session, transaction) => ({
      ...readMetadata(config, tables, summaries, transaction),
      ...writeMetadata(config, tables, writes, transaction),
    }),
    getSplitManager: () => splitManager,
    getTableProperties: () => TABLE_PROPERTIES,
    getSessionProperties: () => [COMPRESSION_CODEC, pruning.bloomFilter, pruning.columnIndex],
    getPageSinkProvider: () => ({ createPageSink: createSink, createInsertPageSink: createSink }),
    getPageSourceProvider: () => ({
      async createPageSource(_transaction, session, split, table, columns, dynamicFilter, signal) {
        const format = await loadFormat(table.format)
        const summary =
          table.summary ?? (await summaries.inspect(format, split.file, config.text, signal))
        return openPageSource({
          format,
          summary,
          table,
          split,
          columns,
          dynamicFilter,
          pruning: {
            usesBloomFilters: session.getProperty(pruning.bloomFilter),
            usesColumnIndex: session.getProperty(pruning.columnIndex),
          },
          createArena: () => context.createArena(),
          signal,
        })
      },
    }),
  }
}
