import { describe, expect, it } from 'vitest'
import {
  adaptLegacyMetadata,
  BIGINT,
  type Block,
  type ConnectorPageSink,
  codedError,
  connectorFactoriesOf,
  INTEGER,
  type LegacyConnectorMetadata,
  MERGE_OPERATION,
  MillraceError,
  type Page,
  readValue,
  TINYINT,
  toMillraceError,
  type UpdatablePageSource,
  updatableMergeSink,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { pageOf, rowsOf, testSession } from '../../../support/connector.js'

describe('older metadata', () => {
  it('streams what listTableColumns gave, keeping its own this', async () => {
    class Older implements LegacyConnectorMetadata {
      readonly #name = { schema: 's', table: 't' }
      listSchemaNames = () => ['s']
      listTables = () => [this.#name]
      getTableHandle = () => this.#name
      getTableMetadata = () => ({ table: this.#name, columns: [] })
      getColumnHandles = () => new Map()
      getColumnMetadata = () => ({ name: 'a', type: BIGINT })
      async listTableColumns() {
        return new Map([[this.#name, [{ name: 'a', type: BIGINT }]]])
      }
    }
    const metadata = adaptLegacyMetadata(new Older())
    const streamed: unknown[] = []
    for await (const table of metadata.streamTableColumns(testSession(), {})) streamed.push(table)
    expect(streamed).toEqual([
      { table: { schema: 's', table: 't' }, columns: [{ name: 'a', type: BIGINT }] },
    ])
    expect(await metadata.listTables(testSession())).toEqual([{ schema: 's', table: 't' }])
  })
})

describe('errors of another copy of the SPI', () => {
  it('keep their codes', () => {
    const foreign = Object.assign(new Error('no such thing'), {
      name: 'MillraceError',
      code: 'TABLE_NOT_FOUND',
      number: 46,
      type: 'USER_ERROR',
      hint: 'look elsewhere',
    })
    const coded = codedError(foreign)
    expect(coded).toBeInstanceOf(MillraceError)
    expect(coded).toMatchObject({
      code: 'TABLE_NOT_FOUND',
      number: 46,
      type: 'USER_ERROR',
      message: 'no such thing',
      hint: 'look elsewhere',
      stack: foreign.stack,
    })
    expect(toMillraceError(foreign).code).toBe('TABLE_NOT_FOUND')
    expect(codedError(new Error('plain'))).toBeUndefined()
    expect(toMillraceError(new Error('plain'))).toMatchObject({ code: 'GENERIC_INTERNAL_ERROR' })
  })
})

describe('plugins', () => {
  const factory = { name: 'x', create: () => expect.fail(), getHandleResolver: () => ({}) }
  it('give their factories in either form', () => {
    expect(connectorFactoriesOf({ getConnectorFactories: () => [factory] })).toEqual([factory])
    expect(connectorFactoriesOf({ getConnectorFactory: () => factory })).toEqual([factory])
    expect(connectorFactoriesOf({})).toEqual([])
  })
  it('are refused without name or create', () => {
    const broken = { getConnectorFactories: () => [JSON.parse('{"name":"x"}')] }
    expect(() => connectorFactoriesOf(broken)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })
})

describe('updatable page sources', () => {
  const types = [BIGINT, VARCHAR, TINYINT, INTEGER, BIGINT]
  const values = (block: Block) =>
    Array.from({ length: block.rowCount }, (_, i) => readValue(block, i))
  const calls: unknown[] = []
  const source: UpdatablePageSource = {
    completedBytes: 0,
    readTimeNanos: 0,
    memoryUsage: 0,
    getNextPage: () => undefined,
    close() {},
    deleteRows: async (ids) => void calls.push(['delete', values(ids)]),
    updateRows: (page, channels) => void calls.push(['update', rowsOf(page), channels]),
    finish: () => [Uint8Array.of(1)],
    abort: () => void calls.push(['abort']),
  }
  const inserts: ConnectorPageSink = {
    completedBytes: 0,
    memoryUsage: 0,
    appendPage: (page: Page) => void calls.push(['insert', rowsOf(page)]),
    finish: () => [Uint8Array.of(2)],
    abort: () => void calls.push(['abort inserts']),
  }
  const { insert, delete: remove, update, updateInsert, updateDelete } = MERGE_OPERATION
  const page = pageOf(types, [
    [1n, 'a', insert, 0, null],
    [2n, 'b', remove, 0, 12n],
    [3n, 'c', update, 0, 13n],
    [4n, 'd', updateDelete, 0, 14n],
    [5n, 'e', updateInsert, 0, null],
  ])

  it('take the changes of a merge', async () => {
    calls.length = 0
    const sink = updatableMergeSink(source, 2, inserts)
    await sink.storeMergedRows(page)
    expect(calls).toEqual([
      ['delete', [12n, 14n]],
      ['update', [[3n, 'c', 13n]], [0, 1, 2]],
      [
        'insert',
        [
          [1n, 'a'],
          [5n, 'e'],
        ],
      ],
    ])
    expect(await sink.finish()).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
    calls.length = 0
    await sink.abort()
    expect(calls).toEqual([['abort'], ['abort inserts']])
  })

  it('refuse what they cannot do', async () => {
    const sink = updatableMergeSink({ ...source, updateRows: undefined } as UpdatablePageSource, 2)
    await expect(sink.storeMergedRows(page)).rejects.toBeInstanceOf(MillraceError)
  })
})
