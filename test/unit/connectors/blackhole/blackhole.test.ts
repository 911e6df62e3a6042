import { beforeEach, describe, expect, it } from 'vitest'
import { blackHoleConnectorFactory } from '../../../../src/connectors/blackhole/connector.js'
import { BIGINT, type Connector, type Properties, VARCHAR } from '../../../../src/spi/index.js'
import { ConnectorHarness, finishSink, pageOf, testContext } from '../../../support/connector.js'

let connector: Connector
let harness: ConnectorHarness
beforeEach(async () => {
  connector = await blackHoleConnectorFactory.create('blackhole', {}, testContext(2 ** 20))
  harness = new ConnectorHarness(connector)
})
const name = { schema: 'default', table: 't' }
const columns = [
  { name: 'a', type: BIGINT },
  { name: 'b', type: VARCHAR },
]
const create = (properties: Properties, table = name): Promise<void> =>
  harness.transact((m) => m.createTable!(harness.session, { table, columns, properties }, 'FAIL'))

describe('blackhole connector', () => {
  it('swallows rows', async () => {
    await create({})
    await harness.insert('default', 't', [pageOf([BIGINT, VARCHAR], [[1n, 'x']])])
    expect(await harness.scan('default', 't')).toEqual([])
  })

  it('gives the rows that its properties ask for', async () => {
    await create({ split_count: 2, pages_per_split: 3, rows_per_page: 5, field_length: 4 })
    const rows = await harness.scan('default', 't')
    expect(rows).toHaveLength(30)
    expect(new Set(rows.map((row) => JSON.stringify(row.map(String))))).toEqual(
      new Set(['["0","****"]']),
    )
    await harness.transact(async (m) => {
      const handle = await m.getTableHandle(harness.session, name)
      expect(await m.getTableStatistics!(harness.session, handle)).toMatchObject({ rowCount: 30 })
    })
  })

  it('waits before each page, and stops waiting when aborted', async () => {
    const delayed = {
      split_count: 1,
      pages_per_split: 1,
      rows_per_page: 1,
      page_processing_delay: 60_000,
    }
    await create(delayed)
    const controller = new AbortController()
    await harness.transact(async (metadata, transaction) => {
      const { handle, columns: handles, splits } = await harness.splits(metadata, transaction, name)
      const filter = {
        columnsCovered: [],
        isBlocked: async () => {},
        isComplete: () => true,
        isAwaitable: () => false,
        getCurrentPredicate: () => ({ columnDomains: [] }),
      }
      const source = await connector.getPageSourceProvider!().createPageSource(
        transaction,
        harness.session,
        splits[0]!,
        handle,
        handles,
        filter,
        controller.signal,
      )
      const next = Promise.resolve(source.getNextPage())
      controller.abort()
      await expect(next).rejects.toMatchObject({ name: 'AbortError' })
      const sink = await connector.getPageSinkProvider!().createInsertPageSink!(
        transaction,
        harness.session,
        handle,
        0,
        controller.signal,
      )
      await expect(
        finishSink(sink, [pageOf([BIGINT, VARCHAR], [[1n, 'x']])]),
      ).rejects.toMatchObject({ name: 'AbortError' })
    })
  })

  it('checks its properties', async () => {
    await expect(create({ split_count: 1 })).rejects.toMatchObject({
      code: 'INVALID_TABLE_PROPERTY',
    })
    const [splitCount] = connector.getTableProperties!()
    expect(() => splitCount!.decode(-1)).toThrow(/must not be negative: -1/)
  })

  it('is created from a query, renamed and dropped', async () => {
    await harness.transact(async (m, transaction) => {
      const { session } = harness
      const output = structuredClone(
        await m.beginCreateTable!(session, { table: name, columns }, undefined, false),
      )
      expect(await m.getTableHandle(session, name)).toBeUndefined()
      const sink = await connector.getPageSinkProvider!().createPageSink!(
        transaction,
        session,
        output,
        0,
        session.signal,
      )
      await m.finishCreateTable!(session, output, await finishSink(sink, []), [])
      const handle = await m.getTableHandle(session, name)
      await m.renameTable!(session, handle, { schema: 'default', table: 'u' })
      expect(await m.listTables(session)).toEqual([{ schema: 'default', table: 'u' }])
      await m.createSchema!(session, 's', {}, { type: 'USER', name: 'alice' })
      expect(() => m.dropSchema!(session, 'default', false)).toThrow(/not empty/)
      await m.dropSchema!(session, 'default', true)
      expect(await m.listTables(session)).toEqual([])
    })
    await expect(create({})).rejects.toMatchObject({ code: 'SCHEMA_NOT_FOUND' })
  })
})
