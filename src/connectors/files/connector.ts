import type { Connector, ConnectorContext, ConnectorFactory } from '../../spi/index.js'
import { type FilesConfig, parseFilesConfig } from './config.js'
import { loadFormat } from './formats.js'
import type { FilesTypes } from './handles.js'
import { readMetadata } from './metadata.js'
import { openPageSource } from './page-source.js'
import { filesSplitManager } from './split-manager.js'
import { SummaryCache } from './summary-cache.js'
import { SeenTables } from './transactions.js'

/**
 * The files connector: the files of a folder as tables, in the shape of Trino's Hive connector without a metastore.
 * Directories are schemas; files, folders of files and patterns are tables; `key=value` folders are partition
 * columns. Splits are read, and files written, in every thread.
 */
export const filesConnectorFactory: ConnectorFactory = {
  name: 'files',
  create: (_catalogName, properties, context) =>
    createConnector(parseFilesConfig(properties), context),
}

function createConnector(config: FilesConfig, context: ConnectorContext): Connector<FilesTypes> {
  const summaries = new SummaryCache()
  const tables = new SeenTables(config, summaries, (name) => context.getType(name))
  const splitManager = filesSplitManager(config, tables, summaries)
  return {
    isSingleStatementWritesOnly: () => true,
    beginTransaction: () => tables.begin(),
    commit: (transaction) => tables.end(transaction),
    rollback: (transaction) => tables.end(transaction),
    getMetadata: (_session, transaction) => readMetadata(config, tables, summaries, transaction),
    getSplitManager: () => splitManager,
    getPageSourceProvider: () => ({
      async createPageSource(_transaction, _session, split, table, columns, dynamicFilter, signal) {
        const format = await loadFormat(table.format)
        const summary =
          table.summary ?? (await summaries.inspect(format, split.file, { ...config.text }, signal))
        return openPageSource({
          format,
          summary,
          table,
          split,
          columns,
          dynamicFilter,
          createArena: () => context.createArena(),
          signal,
        })
      },
    }),
  }
}
