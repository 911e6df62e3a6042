import {
  assert,
  type ConnectorMergeSink,
  type ConnectorPageSink,
  MERGE_OPERATION,
  type Page,
  readValue,
} from '../../spi/index.js'
import type { RowSet } from './row-id.js'

/**
 * Takes the changes of DELETE, UPDATE and MERGE: rows to delete are noted, new ones written to pages that nobody sees yet. The pages
 * that it gets are all deletions or all insertions, as `DELETE_ROW_AND_INSERT_ROW` has them.
 */
export function memoryMergeSink(
  columnCount: number,
  deleted: RowSet,
  inserts: ConnectorPageSink,
): ConnectorMergeSink {
  return {
    storeMergedRows(page: Page) {
      const operation = Number(readValue(page.blocks[columnCount]!, 0))
      switch (operation) {
        case MERGE_OPERATION.insert:
        case MERGE_OPERATION.updateInsert:
          return inserts.appendPage({ ...page, blocks: page.blocks.slice(0, columnCount) })
        case MERGE_OPERATION.delete:
        case MERGE_OPERATION.updateDelete:
          deleted.add(page.blocks[columnCount + 2]!)
          return
        default:
          assert(false, `an operation of the memory connector's paradigm, not ${operation}`)
      }
    },
    finish: () => inserts.finish(),
    abort: () => inserts.abort(),
  }
}
