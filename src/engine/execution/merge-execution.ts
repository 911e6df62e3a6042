import type { InsertRequest, MergeRequest } from '../../planner/metadata.js'
import {
  assert,
  type Block,
  type ConnectorMergeSink,
  type ConnectorMetadata,
  type ConnectorPageSinkProvider,
  constantOf,
  INTEGER,
  MERGE_OPERATION,
  type Page,
  type RowChangeParadigm,
  readValue,
  selectPositions,
  TINYINT,
} from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'
import { unsupported } from '../statements/unsupported.js'
import type { BegunWrite } from './write-execution.js'

/** A change that the connector carries out by itself. */
export async function pushedChange(
  operation: 'DELETE' | 'UPDATE' | 'MERGE',
  handle: unknown,
  catalog: string,
  context: QueryContext,
): Promise<BegunWrite> {
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  return {
    openSink: async () => ({ appendPage() {}, finish: () => [], abort() {} }),
    async finish() {
      const count =
        operation === 'DELETE'
          ? await metadata.executeDelete!(session, handle)
          : await metadata.executeUpdate!(session, handle)
      return count ?? null
    },
  }
}

/** Tells the connector of the refresh of a materialized view. */
export async function beginRefresh(
  request: InsertRequest,
  refresh: InsertRequest['refresh'] & object,
  context: QueryContext,
  metadata: ConnectorMetadata,
  transaction: unknown,
  sinks: ConnectorPageSinkProvider | undefined,
): Promise<BegunWrite> {
  const session = context.connectorSession(request.table.catalog)
  if (
    metadata.beginRefreshMaterializedView === undefined ||
    metadata.finishRefreshMaterializedView === undefined ||
    sinks?.createInsertPageSink === undefined
  ) {
    throw unsupported('refreshing materialized views')
  }
  const view = { schema: refresh.view.schema, table: refresh.view.name }
  const handle = await metadata.beginRefreshMaterializedView(
    session,
    view,
    request.table.handle,
    refresh.sources,
    refresh.hasForeignSources,
  )
  return {
    openSink: async () =>
      sinks.createInsertPageSink!(transaction, session, handle, 0, context.signal),
    finish: async (fragments) => {
      await metadata.finishRefreshMaterializedView!(session, view, handle, fragments, [])
      return undefined
    },
  }
}

/** Tells the connector of a DELETE, UPDATE or MERGE; its sink gets pages as the table's paradigm has them. */
export async function beginMerge(
  request: MergeRequest,
  context: QueryContext,
  metadata: ConnectorMetadata,
  transaction: unknown,
  sinks: ConnectorPageSinkProvider | undefined,
): Promise<BegunWrite> {
  const session = context.connectorSession(request.table.catalog)
  if (
    metadata.beginMerge === undefined ||
    metadata.finishMerge === undefined ||
    sinks?.createMergeSink === undefined
  ) {
    throw unsupported('modifying table rows')
  }
  const handle = await metadata.beginMerge(
    session,
    request.table.handle,
    new Map(
      Object.entries(request.updateCaseColumns).map(([number, columns]) => [
        Number(number),
        columns,
      ]),
    ),
  )
  return {
    async openSink() {
      const sink = await sinks.createMergeSink!(transaction, session, handle, 0, context.signal)
      return mergePageSink(sink, request.paradigm, request.columns.length)
    },
    finish: async (fragments) => {
      await metadata.finishMerge!(session, handle, fragments, [])
      return undefined
    },
  }
}

function mergePageSink(
  sink: ConnectorMergeSink,
  paradigm: RowChangeParadigm,
  columnCount: number,
): Awaited<ReturnType<BegunWrite['openSink']>> {
  return {
    async appendPage(page) {
      if (page.rowCount === 0) return
      const pages =
        paradigm === 'DELETE_ROW_AND_INSERT_ROW' ? deletesAndInserts(page, columnCount) : [page]
      for (const changes of pages) await sink.storeMergedRows(changes)
    },
    finish: () => sink.finish(),
    abort: () => sink.abort(),
  }
}

/**
 * A page of changes as one of deletions and one of insertions; an update is one of each.
 * @source Trino DeleteAndInsertMergeProcessor
 */
function deletesAndInserts(page: Page, columnCount: number): readonly Page[] {
  const operations = page.blocks[columnCount]!
  const deleted = new Int32Array(page.rowCount)
  const inserted = new Int32Array(page.rowCount)
  let deletedCount = 0
  let insertedCount = 0
  let updateCount = 0
  const operationAt = operationReader(operations)
  for (let position = 0; position < page.rowCount; position++) {
    const operation = operationAt(position)
    if (operation !== MERGE_OPERATION.insert) deleted[deletedCount++] = position
    if (operation !== MERGE_OPERATION.delete) inserted[insertedCount++] = position
    if (operation === MERGE_OPERATION.update) updateCount++
  }
  const deletions = deleted.subarray(0, deletedCount)
  const insertions = inserted.subarray(0, insertedCount)
  const rowId = page.blocks[columnCount + 2]!
  return [
    ...(deletedCount === 0
      ? []
      : [
          changesOf(page, columnCount, deletions, {
            isInsert: false,
            rowId: selected(rowId, deletions, page.rowCount),
            operation:
              updateCount === deletedCount
                ? MERGE_OPERATION.updateDelete
                : updateCount === 0
                  ? MERGE_OPERATION.delete
                  : undefined,
            operationAt,
          }),
        ]),
    ...(insertedCount === 0
      ? []
      : [
          changesOf(page, columnCount, insertions, {
            isInsert: true,
            rowId: constantOf(rowId.type, null, insertedCount),
            operation:
              updateCount === insertedCount
                ? MERGE_OPERATION.updateInsert
                : updateCount === 0
                  ? MERGE_OPERATION.insert
                  : undefined,
            operationAt,
          }),
        ]),
  ]
}

function operationReader(block: Block): (position: number) => number {
  if (block.encoding === 'constant') {
    const operation = Number(readValue(block, 0))
    return () => operation
  }
  if (block.encoding === 'flat' && block.storage === 'i8') {
    const { values, base, factor } = block
    return (position) => base + factor * Number(values[position]!)
  }
  return (position) => Number(readValue(block, position))
}

const selected = (block: Block, positions: Int32Array, rowCount: number): Block =>
  positions.length === rowCount ? block : selectPositions(block, positions)

function changesOf(
  page: Page,
  columnCount: number,
  positions: Int32Array,
  part: {
    readonly isInsert: boolean
    readonly rowId: Block
    /** Of all rows, where it is one. */
    readonly operation: number | undefined
    readonly operationAt: (position: number) => number
  },
): Page {
  const rowCount = positions.length
  const columns = page.blocks
    .slice(0, columnCount)
    .map((block) =>
      part.isInsert
        ? selected(block, positions, page.rowCount)
        : constantOf(block.type, null, rowCount),
    )
  const operation =
    part.operation === undefined
      ? mixedOperations(positions, part)
      : constantOf(TINYINT, part.operation, rowCount)
  const caseNumber = page.blocks[columnCount + 1]!
  assert(caseNumber.type.kind === INTEGER.kind, 'a merge page: columns, operation, case, row id')
  return {
    rowCount,
    blocks: [...columns, operation, selected(caseNumber, positions, page.rowCount), part.rowId],
  }
}

function mixedOperations(
  positions: Int32Array,
  part: { readonly isInsert: boolean; readonly operationAt: (position: number) => number },
): Block {
  const values = Int8Array.from(positions, (position) => {
    const operation = part.operationAt(position)
    if (operation !== MERGE_OPERATION.update) return operation
    return part.isInsert ? MERGE_OPERATION.updateInsert : MERGE_OPERATION.updateDelete
  })
  return {
    type: TINYINT,
    rowCount: values.length,
    encoding: 'flat',
    storage: 'i8',
    values,
    base: 0,
    factor: 1,
    validity: null,
  }
}
