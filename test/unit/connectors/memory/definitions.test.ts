import { beforeEach, describe, expect, it } from 'vitest'
import { memoryConnectorFactory } from '../../../../src/connectors/memory/connector.js'
import {
  BIGINT,
  type Connector,
  type ConnectorMetadata,
  type ConnectorViewDefinition,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { ConnectorHarness, pageOf, testContext } from '../../../support/connector.js'

let connector: Connector
let harness: ConnectorHarness
const { session } = new ConnectorHarness({ getMetadata: () => expect.fail() })

beforeEach(async () => {
  connector = await memoryConnectorFactory.create('memory', {}, testContext())
  harness = new ConnectorHarness(connector, session)
})

const name = { schema: 'default', table: 't' }
const owner = { type: 'USER', name: 'alice' } as const
const withTable = <R>(action: (metadata: ConnectorMetadata, handle: unknown) => R | Promise<R>) =>
  harness.transact(async (metadata) =>
    action(metadata, await metadata.getTableHandle(session, name)),
  )
const create = (table = name, columns = [{ name: 'a', type: BIGINT }]) =>
  harness.transact((m) => m.createTable!(session, { table, columns, comment: 'first' }, 'FAIL'))
const view: ConnectorViewDefinition = {
  originalSql: 'SELECT 1 x',
  columns: [{ name: 'x', type: 'integer' }],
  runAsInvoker: true,
}

describe('schemas', () => {
  it('are created, renamed with what they hold, and dropped', async () => {
    await harness.transact((m) => m.createSchema!(session, 's', {}, owner))
    await create({ schema: 's', table: 't' })
    await harness.transact((m) =>
      m.createView!(session, { schema: 's', table: 'v' }, view, {}, false),
    )
    await harness.transact((m) => m.renameSchema!(session, 's', 'r'))
    await harness.transact(async (m) => {
      expect(await m.listSchemaNames(session)).toEqual(['default', 'r'])
      expect(await m.listTables(session, 'r')).toEqual([
        { schema: 'r', table: 't' },
        { schema: 'r', table: 'v' },
      ])
    })
    await expect(harness.transact((m) => m.dropSchema!(session, 'r', false))).rejects.toMatchObject(
      {
        code: 'SCHEMA_NOT_EMPTY',
      },
    )
    await harness.transact((m) => m.dropSchema!(session, 'r', true))
    await harness.transact(async (m) => expect(await m.listTables(session)).toEqual([]))
  })
  it('are checked', async () => {
    const twice = harness.transact((m) => m.createSchema!(session, 'default', {}, owner))
    await expect(twice).rejects.toMatchObject({ code: 'SCHEMA_ALREADY_EXISTS' })
    await expect(create({ schema: 'nope', table: 't' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('tables', () => {
  it('are renamed, commented and dropped', async () => {
    await create()
    await expect(create()).rejects.toMatchObject({ code: 'TABLE_ALREADY_EXISTS' })
    await withTable((m, h) => m.setTableComment!(session, h, 'second'))
    await withTable((m, h) =>
      expect(m.getTableMetadata(session, h)).toMatchObject({ comment: 'second' }),
    )
    await withTable((m, h) => m.renameTable!(session, h, { schema: 'default', table: 'u' }))
    await withTable((_, h) => expect(h).toBeUndefined())
    await harness.transact(async (m) => {
      const handle = await m.getTableHandle(session, { schema: 'default', table: 'u' })
      await m.dropTable!(session, handle)
      expect(() => m.getTableMetadata(session, handle)).toThrow(/dropped/)
    })
  })

  it('get columns added, renamed and made nullable', async () => {
    await create(name, [{ name: 'a', type: BIGINT }])
    await harness.insert('default', 't', [pageOf([BIGINT], [[1n], [2n]])])
    await withTable((m, h) =>
      m.addColumn!(session, h, { name: 'b', type: VARCHAR }, { kind: 'last' }),
    )
    await harness.insert('default', 't', [pageOf([BIGINT, VARCHAR], [[3n, 'x']])])
    expect(await harness.scan('default', 't')).toEqual([
      [1n, null],
      [2n, null],
      [3n, 'x'],
    ])
    await withTable(async (m, h) => {
      const b = (await m.getColumnHandles(session, h)).get('b')
      await m.renameColumn!(session, h, b, 'c')
      await m.setColumnComment!(session, h, b, 'a note')
    })
    expect(await harness.scan('default', 't', { columns: ['c'] })).toEqual([[null], [null], ['x']])
    await withTable(async (m, h) => {
      expect(m.getTableMetadata(session, h)).toMatchObject({
        columns: [{ name: 'a' }, { name: 'c', comment: 'a note' }],
      })
      const { columns } = await m.getTableStatistics!(session, h)
      expect(columns[1]!.statistics.nullsFraction).toBeCloseTo(2 / 3)
      await expect(
        m.addColumn!(session, h, { name: 'd', type: BIGINT, nullable: false }, { kind: 'last' }),
      ).rejects.toThrow(/NOT NULL/)
      await m.dropNotNullConstraint!(session, h, (await m.getColumnHandles(session, h)).get('a'))
      expect(m.getTableMetadata(session, h)).toMatchObject({ columns: [{ nullable: true }, {}] })
    })
    await withTable((m, h) =>
      m.addColumn!(session, h, { name: 'd', type: BIGINT }, { kind: 'first' }),
    )
    expect(await harness.scan('default', 't')).toEqual([
      [null, 1n, null],
      [null, 2n, null],
      [null, 3n, 'x'],
    ])
  })

  it('are truncated', async () => {
    await create()
    await harness.insert('default', 't', [pageOf([BIGINT], [[1n]])])
    await withTable((m, h) => m.truncateTable!(session, h))
    expect(await harness.scan('default', 't')).toEqual([])
    await withTable((m, h) =>
      expect(m.getTableStatistics!(session, h)).toMatchObject({ rowCount: 0 }),
    )
    await harness.insert('default', 't', [pageOf([BIGINT], [[7n]])])
    expect(await harness.scan('default', 't')).toEqual([[7n]])
  })

  it('have no versions to ask for', async () => {
    await create()
    const asOf = { pointerType: 'TARGET_ID', type: BIGINT, value: 1n } as const
    await harness.transact((m) =>
      expect(() => m.getTableHandle(session, name, undefined, asOf)).toThrow(
        'This connector does not support versioned tables',
      ),
    )
  })

  it('stream their columns and comments', async () => {
    await create()
    await harness.transact((m) =>
      m.createView!(session, { schema: 'default', table: 'v' }, view, {}, false),
    )
    await harness.transact(async (m) => {
      expect([
        ...(m.streamTableColumns(session, { schema: 'default' }) as Iterable<unknown>),
      ]).toEqual([{ table: name, columns: [{ name: 'a', type: BIGINT }] }])
      expect([...(m.streamRelationComments!(session) as Iterable<unknown>)]).toEqual([
        { name, comment: 'first' },
        { name: { schema: 'default', table: 'v' } },
      ])
    })
  })
})

describe('views', () => {
  const v = { schema: 'default', table: 'v' }
  it('are created, replaced, commented, renamed and dropped', async () => {
    await harness.transact(async (m) => {
      await m.createView!(session, v, view, {}, false)
      expect(() => m.createView!(session, v, view, {}, false)).toThrow(
        'View already exists: default.v',
      )
      await m.createView!(session, v, { ...view, originalSql: 'SELECT 2 x' }, {}, true)
      await m.setViewComment!(session, v, 'note')
      await m.setViewColumnComment!(session, v, 'x', 'column note')
      expect(await m.getView!(session, v)).toMatchObject({
        originalSql: 'SELECT 2 x',
        comment: 'note',
        columns: [{ name: 'x', comment: 'column note' }],
      })
      await m.renameView!(session, v, { schema: 'default', table: 'w' })
      expect(await m.listViews!(session)).toEqual([{ schema: 'default', table: 'w' }])
      expect(await m.getViews!(session, { schema: 'default', table: 'w' })).toHaveLength(1)
      await m.dropView!(session, { schema: 'default', table: 'w' })
      expect(() => m.dropView!(session, v)).toThrow(/does not exist/)
    })
  })
  it('never take the place of a table', async () => {
    await create()
    await harness.transact((m) => {
      expect(() => m.createView!(session, name, view, {}, true)).toThrow(
        'Table already exists: default.t',
      )
    })
  })
})
