import { assert } from '../assert.js'
import { MillraceError } from '../error.js'
import type { ConnectorMetadata } from '../metadata/connector-metadata.js'
import type {
  Awaitable,
  ColumnMetadata,
  SchemaTableName,
  SchemaTablePrefix,
} from '../metadata/schema.js'
import type { Block } from '../page/block.js'
import { readValue } from '../page/block-value.js'
import type { Page } from '../page/page.js'
import { selectPositions } from '../page/select-positions.js'
import type { ConnectorTypes } from './connector-types.js'
import { type ConnectorMergeSink, type ConnectorPageSink, MERGE_OPERATION } from './page-sink.js'
import type { ConnectorPageSource } from './page-source.js'
import type { ConnectorSession } from './session.js'

/** Older shapes of the contract, which the documents still show, and what makes today's of them. */

/** Metadata from before streamTableColumns. @source Trino ConnectorMetadata.listTableColumns, deprecated */
export type LegacyConnectorMetadata<T extends ConnectorTypes = ConnectorTypes> = Omit<
  ConnectorMetadata<T>,
  'streamTableColumns'
> & {
  listTableColumns(
    session: ConnectorSession,
    prefix: SchemaTablePrefix,
  ): Awaitable<
    | ReadonlyMap<SchemaTableName, readonly ColumnMetadata[]>
    | readonly (readonly [SchemaTableName, readonly ColumnMetadata[]])[]
  >
}

/** Adds to older metadata the method that took the place of listTableColumns. */
export const adaptLegacyMetadata = <T extends ConnectorTypes>(
  metadata: LegacyConnectorMetadata<T>,
): ConnectorMetadata<T> =>
  Object.assign(metadata, {
    async *streamTableColumns(session: ConnectorSession, prefix: SchemaTablePrefix) {
      for (const [table, columns] of await metadata.listTableColumns(session, prefix)) {
        yield { table, columns }
      }
    },
  })

/** A page source that also deletes and updates the rows it gave. @source Trino UpdatablePageSource, gone since 2022 */
export interface UpdatablePageSource extends ConnectorPageSource {
  deleteRows(rowIds: Block): Awaitable<void>
  /**
   * @param page the new values of the updated columns, and the row ids
   * @param columnValueAndRowIdChannels channel in `page` of each updated column, the row id's last
   */
  updateRows?(page: Page, columnValueAndRowIdChannels: readonly number[]): Awaitable<void>
  finish(): Awaitable<readonly Uint8Array[]>
  abort?(): Awaitable<void>
}

/**
 * A merge sink over an updatable page source: rows to delete and to update go to it, new rows to a page sink.
 * @param columnCount of the table: where the operation is in merge pages
 */
export function updatableMergeSink(
  source: UpdatablePageSource,
  columnCount: number,
  inserts?: ConnectorPageSink,
): ConnectorMergeSink {
  const columns = Array.from({ length: columnCount }, (_, channel) => channel)
  return {
    async storeMergedRows(page) {
      const rowId = page.blocks[columnCount + 2]
      assert(rowId !== undefined, 'a merge page: columns, operation, case, row id')
      const deleted: number[] = []
      const updated: number[] = []
      const inserted: number[] = []
      const targets: Readonly<Record<number, number[]>> = {
        [MERGE_OPERATION.insert]: inserted,
        [MERGE_OPERATION.updateInsert]: inserted,
        [MERGE_OPERATION.delete]: deleted,
        [MERGE_OPERATION.updateDelete]: deleted,
        [MERGE_OPERATION.update]: updated,
      }
      for (let position = 0; position < page.rowCount; position++) {
        const operation = readValue(page.blocks[columnCount]!, position)
        const target = targets[Number(operation)]
        assert(target !== undefined, 'an operation of a merge')
        target.push(position)
      }
      if (deleted.length > 0)
        await source.deleteRows(selectPositions(rowId, Int32Array.from(deleted)))
      if (updated.length > 0) {
        if (source.updateRows === undefined) throw unsupported()
        const picked = Int32Array.from(updated)
        const blocks = [...columns.map((c) => page.blocks[c]!), rowId].map((block) =>
          selectPositions(block, picked),
        )
        await source.updateRows({ rowCount: updated.length, blocks }, [...columns, columnCount])
      }
      if (inserted.length > 0) {
        if (inserts === undefined) throw unsupported()
        const picked = Int32Array.from(inserted)
        const blocks = columns.map((c) => selectPositions(page.blocks[c]!, picked))
        await inserts.appendPage({ rowCount: inserted.length, blocks })
      }
    },
    async finish() {
      return [...(await source.finish()), ...((await inserts?.finish()) ?? [])]
    },
    async abort() {
      await Promise.all([source.abort?.(), inserts?.abort()])
    },
  }
}

const unsupported = (): MillraceError =>
  new MillraceError('NOT_SUPPORTED', 'This connector does not support modifying table rows')
