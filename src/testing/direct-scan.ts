import {
  type Connector,
  type ConnectorMetadata,
  type ConnectorPageSource,
  type ConnectorSession,
  type ConnectorSplit,
  EMPTY_DYNAMIC_FILTER,
  type Page,
  type PropertyMetadata,
  RecordPageSource,
  readValue,
  type SchemaTableName,
  type SqlType,
  TRUE_EXPRESSION,
  TUPLE_DOMAIN_ALL,
  valueKey,
} from '../spi/index.js'
import { ConnectorFailure } from './subject.js'

/** A session of nobody in particular, in UTC, with every property at its default. */
const kitSession = (signal: AbortSignal = new AbortController().signal): ConnectorSession => ({
  queryId: '20240229_120000_00000_kitkt',
  identity: { user: 'kit', groups: [] },
  user: 'kit',
  timeZone: 'UTC',
  locale: 'en-US',
  startMillis: Date.UTC(2024, 1, 29, 12),
  signal,
  getProperty: <T>(property: PropertyMetadata<T>): T => property.defaultValue,
})

/** A connector in one transaction. */
export interface DirectSession {
  readonly connector: Connector
  readonly metadata: ConnectorMetadata
  readonly session: ConnectorSession
  readonly transaction: unknown
}

/** Calls the connector as the engine does, in a transaction that is rolled back: nothing is written. */
export async function directly<R>(
  connector: Connector,
  action: (direct: DirectSession) => Promise<R>,
  signal?: AbortSignal,
): Promise<R> {
  const session = kitSession(signal)
  const transaction =
    (await connector.beginTransaction?.({
      isolationLevel: 'READ UNCOMMITTED',
      readOnly: true,
      autoCommit: true,
    })) ?? null
  try {
    const metadata = connector.getMetadata(session, transaction)
    return await action({ connector, metadata, session, transaction })
  } finally {
    await connector.rollback?.(transaction)
  }
}

export interface DirectTable {
  readonly name: SchemaTableName
  readonly handle: unknown
  /** All columns, hidden ones at the end. */
  readonly columns: readonly DirectColumn[]
}
export interface DirectColumn {
  readonly name: string
  readonly type: SqlType
  readonly handle: unknown
  readonly hidden: boolean
}

/** @throws ConnectorFailure where there is no such table, or a column without a handle */
export async function directTable(
  { metadata, session }: DirectSession,
  name: SchemaTableName,
): Promise<DirectTable> {
  const handle = await metadata.getTableHandle(session, name)
  if (handle === undefined) throw new ConnectorFailure(`No table ${name.schema}.${name.table}`)
  const handles = await metadata.getColumnHandles(session, handle)
  const { columns } = await metadata.getTableMetadata(session, handle)
  return {
    name,
    handle,
    columns: columns.map((column) => {
      const found = handles.get(column.name)
      if (found === undefined) {
        throw new ConnectorFailure(`getColumnHandles has none for the column ${column.name}`)
      }
      return {
        name: column.name,
        type: column.type,
        handle: found,
        hidden: column.hidden ?? false,
      }
    }),
  }
}

/** `schema.table` as SQL writes it. */
export function tableName(text: string): SchemaTableName {
  const parts = [...text.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(
    ([, quotedName, plain]) => quotedName?.replaceAll('""', '"') ?? plain!.toLowerCase(),
  )
  const [schema, table] = parts
  if (schema === undefined || table === undefined || parts.length > 2) {
    throw new ConnectorFailure(`A table is named schema.table: ${text}`)
  }
  return { schema, table }
}

/** All splits of a scan of a table. */
export async function directSplits(
  { connector, session, transaction }: DirectSession,
  table: DirectTable,
  batchSize: number,
): Promise<readonly ConnectorSplit[]> {
  const manager = connector.getSplitManager?.()
  if (manager === undefined) throw new ConnectorFailure('A connector with tables has splits')
  const source = await manager.getSplits(
    transaction,
    session,
    table.handle,
    EMPTY_DYNAMIC_FILTER,
    { summary: TUPLE_DOMAIN_ALL, expression: TRUE_EXPRESSION, assignments: {} },
    session.signal,
  )
  const splits: ConnectorSplit[] = []
  try {
    for (let isLast = false; !isLast; ) {
      const batch = await source.getNextBatch(batchSize)
      splits.push(...batch.splits)
      isLast = batch.noMoreSplits
    }
  } finally {
    await source.close()
  }
  return splits
}

/** Opens a split as the engine does, also of a connector that has record sets. */
export async function openSplit(
  { connector, session, transaction }: DirectSession,
  table: DirectTable,
  split: ConnectorSplit,
  columns: readonly DirectColumn[],
): Promise<ConnectorPageSource> {
  const handles = columns.map((column) => column.handle)
  const pages = connector.getPageSourceProvider?.()
  if (pages !== undefined) {
    return pages.createPageSource(
      transaction,
      session,
      split,
      table.handle,
      handles,
      EMPTY_DYNAMIC_FILTER,
      session.signal,
    )
  }
  const records = connector.getRecordSetProvider?.()
  if (records === undefined) {
    throw new ConnectorFailure('A connector has a page source or a record set provider')
  }
  return new RecordPageSource(
    await records.getRecordSet(transaction, session, split, table.handle, handles, session.signal),
  )
}

/** Rows of splits as keys of their values, by column. */
export async function directRows(
  direct: DirectSession,
  table: DirectTable,
  splits: readonly ConnectorSplit[],
  columns: readonly DirectColumn[],
  eachPage: (page: Page) => void = () => {},
): Promise<string[][]> {
  const rows: string[][] = []
  for (const split of splits) {
    const source = await openSplit(direct, table, split, columns)
    try {
      for (let page = await source.getNextPage(); page; page = await source.getNextPage()) {
        eachPage(page)
        for (let i = 0; i < page.rowCount; i++) {
          rows.push(page.blocks.map((block, c) => valueKey(columns[c]!.type, readValue(block, i))))
        }
      }
    } finally {
      await source.close()
    }
  }
  return rows
}
