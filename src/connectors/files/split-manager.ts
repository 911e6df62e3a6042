import {
  type ConnectorSplitManager,
  intersectTuples,
  lazySplitSource,
  type TupleDomain,
} from '../../spi/index.js'
import { columnsByName } from './common-columns.js'
import type { FilesConfig } from './config.js'
import { filePredicate } from './file-predicate.js'
import { mayPass } from './file-values.js'
import { loadFormat } from './formats.js'
import type { FilesColumnHandle, FilesSplit, FilesTableHandle, FilesTypes } from './handles.js'
import type { SummaryCache } from './summary-cache.js'
import type { TableDefinition } from './table-definition.js'
import type { SeenTables } from './transactions.js'

/** Cuts the files of a table into splits as they are asked for, leaving out what the predicate excludes. */
export function filesSplitManager(
  config: FilesConfig,
  tables: SeenTables,
  summaries: SummaryCache,
): ConnectorSplitManager<FilesTypes> {
  return {
    async getSplits(transaction, _session, handle, dynamicFilter, constraint, signal) {
      const definition = await tables.get(transaction, handle, signal)
      const summary = intersectTuples(handle.predicate, constraint.summary)
      return lazySplitSource(
        splitsOf(
          definition,
          handle,
          () => intersectTuples(summary, dynamicFilter.getCurrentPredicate()),
          signal,
        ),
      )
    },
  }

  async function* splitsOf(
    definition: TableDefinition,
    handle: FilesTableHandle,
    predicate: () => TupleDomain<FilesColumnHandle>,
    signal: AbortSignal,
  ): AsyncGenerator<FilesSplit> {
    const format = await loadFormat(handle.format)
    const { partitionColumns } = definition
    for (const { file, partition } of definition.files) {
      const now = predicate()
      if (!mayPass(now, { file, partition }, partitionColumns)) continue
      const summary = handle.summary ?? (await summaries.inspect(format, file, config.text, signal))
      const parts = format.splits({
        file,
        summary,
        predicate: filePredicate(now, columnsByName(summary.columns)),
        targetBytes: config.splitBytesMax,
        signal,
      })
      for await (const part of Symbol.asyncIterator in parts ? parts : await parts) {
        yield {
          file,
          partition,
          partitionColumns,
          part,
          ...(part.estimatedRows === undefined ? {} : { estimatedRows: part.estimatedRows }),
          ...(part.estimatedBytes === undefined ? {} : { estimatedBytes: part.estimatedBytes }),
        }
      }
    }
  }
}
