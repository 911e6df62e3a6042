import { writeAll } from '../../dataflow/task/sink-pages.js'
import type {
  AnalyzeRequest,
  CreateTableRequest,
  InsertRequest,
  MergeRequest,
} from '../../planner/metadata.js'
import type { TableWriterNode } from '../../planner/plan/node.js'
import {
  assert,
  BIGINT,
  blockOf,
  type ConnectorMetadata,
  type ConnectorPageSink,
  type ConnectorPageSinkProvider,
  type ConnectorTableMetadata,
  MillraceError,
  type Page,
  page,
  readValue,
} from '../../spi/index.js'
import type { PlanExecution } from '../services.js'
import type { QueryContext } from '../session/query-context.js'
import type { TaskWrite } from './cluster.js'
import { withWrittenBytes } from './execution-info.js'
import { beginMerge, beginRefresh, pushedChange } from './merge-execution.js'
import { beginStatistics } from './statistics-collection.js'

/** A write that a connector has been told of. */
export interface BegunWrite {
  /** How other nodes carry it out; absent: only this one can. */
  readonly task?: TaskWrite
  openSink(): Promise<
    Pick<ConnectorPageSink, 'appendPage' | 'finish' | 'abort'> &
      Partial<Pick<ConnectorPageSink, 'completedBytes'>>
  >
  /** @returns the rows that the connector changed by itself, `null` where it doesn't tell; undefined: those that the sink got */
  finish(fragments: readonly Uint8Array[]): Promise<number | null | undefined>
}

const rowsPage = (rowCount: number | null): Page =>
  page([blockOf(BIGINT, [rowCount === null ? null : BigInt(rowCount)])])

/** The page that a write answers with, and no other after it. */
function once(write: () => Promise<Page>): PlanExecution['nextPage'] {
  let isWritten = false
  return async () => {
    if (isWritten) return undefined
    isWritten = true
    return write()
  }
}

/**
 * Puts the rows of a plan into a page sink, in the calling thread and a page at a time, and answers with their number.
 * The sink's pace is the query's.
 */
export function writeExecution(
  source: PlanExecution,
  begin: () => Promise<BegunWrite>,
): PlanExecution {
  let sink: Awaited<ReturnType<BegunWrite['openSink']>> | undefined
  let isEnded = false
  let writtenBytes = 0
  const write = async (): Promise<Page> => {
    const begun = await begin()
    const opened = await begun.openSink()
    if (isEnded) {
      // Its end has passed: nobody else would close the sink.
      await opened.abort()
      throw new MillraceError('USER_CANCELED', 'Query was canceled')
    }
    sink = opened
    const { rowCount, fragments } = await writeAll(source, opened)
    writtenBytes = opened.completedBytes ?? 0
    sink = undefined
    const changed = await begun.finish(fragments)
    return rowsPage(changed === undefined ? rowCount : changed)
  }
  return {
    ...source,
    nextPage: once(write),
    info: () => withWrittenBytes(source.info(), sink?.completedBytes ?? writtenBytes),
    async end() {
      isEnded = true
      const open = sink
      sink = undefined
      const outcomes = await Promise.allSettled([open?.abort(), source.end()])
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    },
  }
}

/**
 * Has the rows of a plan written by the tasks that make them, and answers with their number. The connector is told of the write
 * before a task begins, and of its end once all are done.
 * @param start makes the execution, whose pages are as {@link partsWritten} has them
 */
export function partsExecution(
  start: (begin: () => Promise<TaskWrite>) => PlanExecution,
  begin: () => Promise<BegunWrite>,
): PlanExecution {
  let begun: BegunWrite | undefined
  const source = start(async () => {
    begun = await begin()
    assert(begun.task !== undefined, 'a write that nodes can carry out')
    return begun.task
  })
  const write = async (): Promise<Page> => {
    const fragments: Uint8Array[] = []
    let rowCount = 0
    for (let part = await source.nextPage(); part !== undefined; part = await source.nextPage()) {
      for (let row = 0; row < part.rowCount; row++) {
        rowCount += Number(readValue(part.blocks[0]!, row))
        const fragment = readValue(part.blocks[1]!, row)
        // The page is lent.
        if (fragment !== null) fragments.push((fragment as Uint8Array).slice())
      }
    }
    assert(begun !== undefined, 'a plan begins before it ends')
    const changed = await begun.finish(fragments)
    return rowsPage(changed === undefined ? rowCount : changed)
  }
  return {
    ...source,
    nextPage: once(write),
  }
}

/** Tells the connector of the write that a plan's writer describes. */
export async function beginWrite(
  writer: TableWriterNode,
  context: QueryContext,
  tableMetadata: (request: CreateTableRequest) => ConnectorTableMetadata,
): Promise<BegunWrite> {
  const { target } = writer
  const { catalog } = target
  await context.transaction.checkWrite(catalog)
  const { connector, handle: transaction } = await context.transaction.join(catalog)
  const metadata = await context.metadata(catalog)
  const sinks = connector.getPageSinkProvider?.()
  switch (target.kind) {
    case 'insert': {
      const request = target.handle as InsertRequest
      return request.refresh === undefined
        ? beginInsert(request, context, metadata, transaction, sinks)
        : beginRefresh(request, request.refresh, context, metadata, transaction, sinks)
    }
    case 'create': {
      const request = target.handle as CreateTableRequest
      const table = tableMetadata(request)
      return beginCreate(table, request, context, metadata, transaction, sinks)
    }
    case 'statistics':
      return beginStatistics(target.handle as AnalyzeRequest, context, metadata)
    case 'merge':
      if (target.pushed !== undefined) {
        return pushedChange(target.operation, target.pushed.handle, catalog, context)
      }
      return beginMerge(target.handle as MergeRequest, context, metadata, transaction, sinks)
  }
}

async function beginInsert(
  request: InsertRequest,
  context: QueryContext,
  metadata: ConnectorMetadata,
  transaction: unknown,
  sinks: ConnectorPageSinkProvider | undefined,
): Promise<BegunWrite> {
  const session = context.connectorSession(request.name.catalog)
  if (
    metadata.beginInsert === undefined ||
    metadata.finishInsert === undefined ||
    sinks?.createInsertPageSink === undefined
  ) {
    throw new MillraceError('NOT_SUPPORTED', 'This connector does not support inserts')
  }
  const handle = await metadata.beginInsert(
    session,
    request.table.handle,
    request.columns.map((column) => column.handle),
  )
  return {
    task: { kind: 'insert', catalog: request.name.catalog, handle },
    openSink: async () =>
      sinks.createInsertPageSink!(transaction, session, handle, 0, context.signal),
    finish: async (fragments) => {
      await metadata.finishInsert!(session, handle, fragments, [])
      return undefined
    },
  }
}

async function beginCreate(
  table: ConnectorTableMetadata,
  request: CreateTableRequest,
  context: QueryContext,
  metadata: ConnectorMetadata,
  transaction: unknown,
  sinks: ConnectorPageSinkProvider | undefined,
): Promise<BegunWrite> {
  const session = context.connectorSession(request.name.catalog)
  if (
    metadata.beginCreateTable === undefined ||
    metadata.finishCreateTable === undefined ||
    sinks?.createPageSink === undefined
  ) {
    throw new MillraceError(
      'NOT_SUPPORTED',
      'This connector does not support creating tables with data',
    )
  }
  const layout = await metadata.getNewTableLayout?.(session, table)
  const handle = await metadata.beginCreateTable(
    session,
    table,
    layout,
    request.saveMode === 'REPLACE',
  )
  return {
    task: { kind: 'create', catalog: request.name.catalog, handle },
    openSink: async () => sinks.createPageSink!(transaction, session, handle, 0, context.signal),
    finish: async (fragments) => {
      await metadata.finishCreateTable!(session, handle, fragments, [])
      return undefined
    },
  }
}
