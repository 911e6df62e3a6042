import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import {
  Decimal,
  Field,
  Float32,
  Int32,
  List,
  makeVector,
  Struct,
  Table,
  Timestamp,
  TimeUnit,
  tableFromArrays,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  createInlineConnector,
  InlineTables,
  type InlineTables as Tables,
} from '../../../../src/connectors/inline/connector.js'
import type { InlineSource } from '../../../../src/connectors/inline/inline-table.js'
import {
  arrayType,
  BIGINT,
  type ConnectorPageSource,
  DOUBLE,
  decimalType,
  EMPTY_DYNAMIC_FILTER,
  INTEGER,
  REAL,
  rowType,
  type SqlType,
  timestampType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { ConnectorHarness, readRows, rowsOf } from '../../../support/connector.js'

let tables: Tables
let harness: ConnectorHarness

beforeEach(() => {
  tables = new InlineTables()
  harness = new ConnectorHarness(createInlineConnector(tables))
})

const scan = (columns?: readonly string[]): Promise<Value[][]> =>
  harness.scan('default', 't', columns === undefined ? {} : { columns })
const columnsOf = (): Promise<[string, SqlType][]> =>
  harness.transact(async (metadata) => {
    const handle = await metadata.getTableHandle(harness.session, { schema: 'default', table: 't' })
    const { columns } = await metadata.getTableMetadata(harness.session, handle)
    return columns.map(({ name, type }) => [name, type])
  })
const open = (): Promise<ConnectorPageSource> =>
  harness.transact(async (metadata, transaction) => {
    const name = { schema: 'default', table: 't' }
    const { handle, columns, splits } = await harness.splits(metadata, transaction, name)
    return harness.connector.getPageSourceProvider!().createPageSource(
      transaction,
      harness.session,
      splits[0]!,
      handle,
      columns,
      EMPTY_DYNAMIC_FILTER,
      harness.session.signal,
    )
  })

const OBJECTS = [
  { id: 1, Name: 'a', score: 1 },
  { id: 2, score: 2.5 },
  { id: null, Name: 'c' },
]
const ROWS: Value[][] = [
  [1n, 'a', 1],
  [2n, null, 2.5],
  [null, 'c', null],
]
async function* asynchronously<T>(rows: Iterable<T>): AsyncGenerator<T> {
  for (const row of rows) yield row
}

describe('sources', () => {
  const KINDS: readonly (readonly [string, () => InlineSource, isOneShot: boolean])[] = [
    ['an array', () => OBJECTS, false],
    ['an iterable', () => new Set(OBJECTS), false],
    ['a generator', () => OBJECTS.values(), true],
    ['an async generator', () => asynchronously(OBJECTS), true],
    ['a Readable', () => Readable.from(OBJECTS), true],
    [
      'a web stream',
      () =>
        new ReadableStream({
          start(c) {
            for (const row of OBJECTS) c.enqueue(row)
            c.close()
          },
        }),
      true,
    ],
    ['a function that makes one', () => () => asynchronously(OBJECTS), false],
    ['a function that makes one later', () => async () => OBJECTS.values(), false],
  ]

  it.each(KINDS)('%s', async (_, source, isOneShot) => {
    tables.register('T', source())
    // Of an array all rows are seen; elsewhere a fraction may still come.
    const isWhole = Array.isArray(source())
    expect(await columnsOf()).toEqual([
      ['id', isWhole ? BIGINT : DOUBLE],
      ['name', VARCHAR],
      ['score', DOUBLE],
    ])
    const read = await scan()
    expect(
      isWhole
        ? read
        : read.map(([id, ...rest]) => [id === null ? null : BigInt(id as number), ...rest]),
    ).toEqual(ROWS)
    if (isOneShot) {
      await expect(scan()).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        hint: 'Register a function that makes the source',
      })
    } else expect(await scan(['score'])).toEqual([[1], [2.5], [null]])
  })

  it.each(KINDS)('%s with declared columns', async (_, source) => {
    const columns = [
      { name: 'ID', type: INTEGER },
      { name: 'name', type: VARCHAR },
      { name: 'missing', type: DOUBLE },
    ]
    tables.register('t', source(), { columns })
    expect(await scan()).toEqual([
      [1, 'a', null],
      [2, null, null],
      [null, 'c', null],
    ])
  })

  it('take arrays and plain values as rows', async () => {
    tables.register('t', [
      [1, 'x'],
      [2, 'y'],
    ])
    expect(await columnsOf()).toEqual([
      ['_col0', BIGINT],
      ['_col1', VARCHAR],
    ])
    expect(await scan(['_col1'])).toEqual([['x'], ['y']])
    tables.register('t', [1, 2.5])
    expect(await columnsOf()).toEqual([['value', DOUBLE]])
    tables.register('t', [new Date(0)])
    expect(await scan()).toEqual([[0n]])
    tables.register('t', ['a', null], { columns: [{ name: 'text', type: VARCHAR }] })
    expect(await scan()).toEqual([['a'], [null]])
  })

  it('count rows without columns', async () => {
    tables.register('t', asynchronously(OBJECTS), { columns: [{ name: 'id', type: BIGINT }] })
    expect(await scan([])).toHaveLength(3)
  })

  it('fill many pages', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => ({ i }))
    for (const source of [rows, () => asynchronously(rows)]) {
      tables.register('t', source, { columns: [{ name: 'i', type: BIGINT }] })
      const read = await scan()
      expect(read).toHaveLength(100_000)
      expect(read.every(([value], i) => value === BigInt(i))).toBe(true)
    }
  })

  it('are replaced, and taken away', async () => {
    tables.register('t', [1])
    tables.register('T', ['a'])
    expect(await scan()).toEqual([['a']])
    expect(tables.unregister('t')).toBe(true)
    expect(tables.unregister('t')).toBe(false)
    await expect(scan()).rejects.toThrow('no table')
  })
})

describe('Arrow tables', () => {
  it('keep their types', async () => {
    const table = new Table({
      i: makeVector(Int32Array.of(1, 2)),
      d: vectorFromArray([1.5, null]),
      s: vectorFromArray(['a', 'b']),
      big: makeVector(BigInt64Array.of(2n ** 62n, -1n)),
      f: vectorFromArray([1.25, 2.5], new Float32()),
      ts: vectorFromArray([new Date(1500), new Date(-1)], new Timestamp(TimeUnit.MILLISECOND)),
      list: vectorFromArray([[1], null], new List(new Field('item', new Int32()))),
      struct: vectorFromArray(
        [
          { x: 1, y: 'q' },
          { x: 2, y: null },
        ],
        new Struct([new Field('x', new Int32()), new Field('y', new Utf8())]),
      ),
      dec: makeVector({
        type: new Decimal(2, 10),
        data: Uint32Array.of(150, 0, 0, 0, 0xffffff6a, 0xffffffff, 0xffffffff, 0xffffffff),
        length: 2,
        nullCount: 0,
      }),
    })
    tables.register('t', table)
    expect(await columnsOf()).toEqual([
      ['i', INTEGER],
      ['d', DOUBLE],
      ['s', VARCHAR],
      ['big', BIGINT],
      ['f', REAL],
      ['ts', timestampType(3)],
      ['list', arrayType(INTEGER)],
      [
        'struct',
        rowType([
          { name: 'x', type: INTEGER },
          { name: 'y', type: VARCHAR },
        ]),
      ],
      ['dec', decimalType(10, 2)],
    ])
    expect(await scan()).toEqual([
      [1, 1.5, 'a', 2n ** 62n, 1.25, 1_500_000_000_000n, [1], [1, 'q'], 150n],
      [2, null, 'b', -1n, 2.5, -1_000_000_000n, null, [2, null], -150n],
    ])
  })
  it('are scanned again, also out of a function', async () => {
    tables.register('t', () => tableFromArrays({ x: Int32Array.of(5, 6) }))
    expect(await scan()).toEqual([[5], [6]])
    expect(await scan()).toEqual([[5], [6]])
  })
})

describe('streams', () => {
  it('flow row by row when rows come one by one', async () => {
    const stream = new Readable({ objectMode: true, read() {} })
    tables.register('t', stream, { columns: [{ name: 'n', type: BIGINT }] })
    const source = await open()
    for (let n = 0; n < 3; n++) {
      const next = source.getNextPage()
      stream.push({ n })
      expect(rowsOf((await next)!)).toEqual([[BigInt(n)]])
    }
    const batch = source.getNextPage()
    for (const n of [7, 8, 9]) stream.push({ n })
    expect(rowsOf((await batch)!)).toEqual([[7n], [8n], [9n]])
    stream.push(null)
    expect(await source.getNextPage()).toBeUndefined()
    await source.close()
  })

  it('let timers fire while rows keep coming', async () => {
    let made = 0
    tables.register(
      't',
      async function* () {
        for (;;) yield { n: made++ }
      },
      { columns: [{ name: 'n', type: BIGINT }], unbounded: true },
    )
    const source = await open()
    const timer = once(new EventTarget(), 'never', { signal: AbortSignal.timeout(20) }).catch(
      () => 'fired',
    )
    let fired = false
    timer.then(() => {
      fired = true
    })
    let rows = 0
    while (!fired) {
      const page = await source.getNextPage()
      rows += page!.rowCount
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(rows).toBeGreaterThan(0)
    await source.close()
    const after = made
    await wait(5)
    expect(made).toBe(after)
  })

  it('ask for no row before a page is asked for', async () => {
    let asked = 0
    tables.register(
      't',
      () => ({
        async *[Symbol.asyncIterator]() {
          for (;;) {
            asked++
            await wait(1)
            yield { n: 1 }
          }
        },
      }),
      { columns: [{ name: 'n', type: BIGINT }] },
    )
    const source = await open()
    await wait(10)
    expect(asked).toBe(0)
    await source.getNextPage()
    const before = asked
    await wait(20)
    // One row may be under way when the page goes out.
    expect(asked).toBeLessThanOrEqual(before + 1)
    await source.close()
  })

  it('are stopped by close, while a row is waited for too', async () => {
    let returned = 0
    const source: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned++
          return { done: true, value: undefined }
        },
      }),
    }
    tables.register('t', source, { columns: [{ name: 'n', type: BIGINT }] })
    const reading = await open()
    const next = Promise.resolve(reading.getNextPage())
    await reading.close()
    await expect(next).rejects.toMatchObject({ code: 'USER_CANCELED' })
    expect(returned).toBe(1)

    const stream = new Readable({ objectMode: true, read() {} })
    tables.register('t', stream, { columns: [{ name: 'n', type: BIGINT }] })
    const second = await open()
    const pending = Promise.resolve(second.getNextPage())
    await second.close()
    await expect(pending).rejects.toMatchObject({ code: 'USER_CANCELED' })
    expect(stream.destroyed).toBe(true)
  })

  it('give out the rows before an error, then the error', async () => {
    tables.register(
      't',
      async function* () {
        yield { n: 1 }
        throw new Error('connection lost')
      },
      { columns: [{ name: 'n', type: BIGINT }] },
    )
    const source = await open()
    expect(rowsOf((await source.getNextPage())!)).toEqual([[1n]])
    await expect(Promise.resolve(source.getNextPage())).rejects.toMatchObject({
      code: 'SOURCE_ERROR',
      type: 'EXTERNAL',
      message: 'Source failed: connection lost',
    })
    await source.close()
    tables.register(
      't',
      (function* () {
        yield { n: 1 }
        throw new Error('sync')
      })(),
      { columns: [{ name: 'n', type: BIGINT }] },
    )
    await expect(scan()).rejects.toMatchObject({ code: 'SOURCE_ERROR' })
  })

  it('infer columns from the first rows without losing them', async () => {
    const stream = new Readable({ objectMode: true, read() {} })
    tables.register('t', stream)
    const columns = columnsOf()
    stream.push({ a: 1 })
    expect(await columns).toEqual([['a', DOUBLE]])
    stream.push({ a: 2 })
    stream.push(null)
    expect(await scan()).toEqual([[1], [2]])
  })

  it('are closed with the connector when they were only looked at', async () => {
    const stream = Readable.from(OBJECTS)
    tables.register('t', stream)
    await columnsOf()
    await harness.connector.shutdown!()
    expect(stream.destroyed).toBe(true)
    const other = Readable.from(OBJECTS)
    tables.register('t', other)
    await columnsOf()
    tables.register('t', [1])
    expect(other.destroyed).toBe(true)
  })
})

describe('what is wrong with a source', () => {
  it.each<[string, () => InlineSource, string, RegExp]>([
    ['no rows', () => [], 'TABLE_HAS_NO_COLUMNS', /no row/],
    ['two kinds of rows', () => [[1], { a: 1 }], 'TYPE_MISMATCH', /array and object/],
    [
      'two types',
      () => [{ a: 1 }, { a: 'x' }],
      'TYPE_MISMATCH',
      /Column 'a' has values of two types: bigint and varchar/,
    ],
    ['functions as values', () => [{ a: () => 1 }], 'TYPE_MISMATCH', /no SQL type/],
    ['names that differ in case', () => [{ a: 1, A: 2 }], 'DUPLICATE_COLUMN_NAME', /a$/],
    ['a stream of nulls', () => Readable.from([{ a: null }]), 'COLUMN_TYPE_UNKNOWN', /a$/],
    ['a function of nothing', () => () => JSON.parse('5'), 'TYPE_MISMATCH', /rows/],
  ])('%s', async (_, source, code, message) => {
    tables.register('t', source())
    await expect(columnsOf()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  it('is told with the column', async () => {
    tables.register('t', Readable.from([{ a: 1 }, { a: 1.5 }]), {
      columns: [{ name: 'a', type: BIGINT }],
    })
    await expect(scan()).rejects.toMatchObject({
      code: 'TYPE_MISMATCH',
      message: "Column 'a': Value is no bigint: 1.5",
    })
    expect(() => tables.register('t', JSON.parse('5'))).toThrow(/A source is/)
  })
})

it('reads rows by a helper of the tests', async () => {
  tables.register('t', [1])
  expect(await readRows(await open())).toEqual([[1n]])
})
