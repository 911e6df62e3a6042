import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  BIGINT,
  type ConnectorPageSource,
  DOUBLE,
  decimalType,
  InMemoryRecordSet,
  type Page,
  PageSourceCursor,
  pageSourceOfReadable,
  pageSourceProviderOf,
  REAL,
  type RecordCursor,
  RecordPageSource,
  type RecordSet,
  RowCursor,
  readableOfPages,
  readableOfRecords,
  type SqlType,
  timestampType,
  UUID,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { column, scalarType } from '../../../support/arbitrary.js'
import { pageOf, readRows, rowsOf } from '../../../support/connector.js'
import fc from '../../../support/fast-check.js'

/** A page source over given pages that counts what is asked of it. */
function tracked(pages: readonly Page[]): ConnectorPageSource & { given: number; closed: number } {
  return {
    given: 0,
    closed: 0,
    completedBytes: 0,
    readTimeNanos: 0,
    memoryUsage: 0,
    async getNextPage() {
      return pages[this.given++]
    },
    close() {
      this.closed++
    },
  }
}

/** A cursor that has the getters of Trino's carriers and no getObject where another is right. */
function strictCursor(
  types: readonly SqlType[],
  rows: readonly Value[][],
  closed: { count: number },
): RecordCursor {
  const inner = new RowCursor(types, rows)
  const only = (field: number, kinds: readonly string[]): void => {
    const { kind } = types[field]!
    if (!kinds.includes(kind)) throw new Error(`wrong getter for ${kind}`)
  }
  return {
    getCompletedBytes: () => 12,
    getReadTimeNanos: () => 34,
    getType: (field) => types[field]!,
    advanceNextPosition: () => inner.advanceNextPosition(),
    getBoolean: (field) => inner.getBoolean(field),
    getLong: (field) => inner.getLong(field),
    getDouble: (field) => {
      only(field, ['double'])
      return inner.getDouble(field)
    },
    getSlice: (field) => inner.getSlice(field),
    getObject: (field) => {
      only(field, [
        'decimal',
        'timestamp',
        'timestamp with time zone',
        'time with time zone',
        'array',
        'map',
        'row',
      ])
      return inner.getObject(field)
    },
    isNull: (field) => inner.isNull(field),
    close: () => {
      closed.count++
    },
  }
}

const rowsOfColumns = (columns: readonly { readonly values: readonly Value[] }[]): Value[][] =>
  Array.from({ length: Math.min(...columns.map((c) => c.values.length)) }, (_, i) =>
    columns.map((c) => c.values[i]!),
  )

describe('record sets', () => {
  it('give their rows as pages, through the getters of each type', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(column(), { minLength: 1, maxLength: 3 }), async (columns) => {
        const types = columns.map((c) => c.type)
        const rows = rowsOfColumns(columns)
        const closed = { count: 0 }
        const set: RecordSet = {
          getColumnTypes: () => types,
          cursor: () => strictCursor(types, rows, closed),
        }
        const source = new RecordPageSource(set)
        expect(await readRows(source)).toEqual(rows)
        expect(closed.count).toBe(1)
        expect([source.completedBytes, source.readTimeNanos]).toEqual([12, 34])
      }),
      { numRuns: 200 },
    )
  })

  it('come back out of pages by a cursor', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(column(scalarType), { minLength: 1, maxLength: 3 }),
        async (columns) => {
          const types = columns.map((c) => c.type)
          const rows = rowsOfColumns(columns)
          const source = tracked([
            pageOf(types, rows),
            pageOf(types, []),
            pageOf(types, rows.slice(0, 1)),
          ])
          const set: RecordSet = {
            getColumnTypes: () => types,
            cursor: () => new PageSourceCursor(types, source),
          }
          expect(await readRows(new RecordPageSource(set))).toEqual([...rows, ...rows.slice(0, 1)])
          expect(source.closed).toBe(1)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('are built in memory and read more than once', async () => {
    const set = InMemoryRecordSet.builder([BIGINT, VARCHAR])
      .addRow(1n, 'a')
      .addRow(null, null)
      .build()
    for (let i = 0; i < 2; i++) {
      expect(await readRows(new RecordPageSource(set))).toEqual([
        [1n, 'a'],
        [null, null],
      ])
    }
  })

  it('have the getters of the documents', () => {
    const types = [
      BIGINT,
      REAL,
      DOUBLE,
      decimalType(5, 2),
      decimalType(30, 0),
      timestampType(3),
      UUID,
      VARCHAR,
    ]
    const uuid = new Uint8Array(16).fill(7)
    const cursor = new InMemoryRecordSet(types, [
      [5n, 1.5, 2.5, 150n, 10n ** 25n, 2_000_000n, uuid, 'é'],
    ]).cursor()
    expect(cursor.advanceNextPosition()).toBe(true)
    expect(cursor.getLong(0)).toBe(5n)
    expect(cursor.getLong(1)).toBe(0x3fc00000n)
    expect(cursor.getDouble(1)).toBe(1.5)
    expect(cursor.getDouble(2)).toBe(2.5)
    expect(cursor.getLong(3)).toBe(150n)
    expect(cursor.getObject(4)).toBe(10n ** 25n)
    expect(cursor.getLong(5)).toBe(2n)
    expect(cursor.getSlice(6)).toEqual(uuid)
    expect(Buffer.from(cursor.getSlice(7)).toString()).toBe('é')
    expect(cursor.advanceNextPosition()).toBe(false)
    expect(() => cursor.getLong(0)).toThrow(/record/)
  })

  it('take strings for slices and numbers for longs', async () => {
    const base = new RowCursor(
      [BIGINT, VARCHAR],
      [
        [1n, 'a'],
        [2n, 'b'],
      ],
    )
    const cursor: RecordCursor = Object.assign(base, {
      getLong: () => 41,
      getSlice: () => 'text',
    })
    const set = { getColumnTypes: () => [BIGINT, VARCHAR], cursor: () => cursor }
    expect(await readRows(new RecordPageSource(set))).toEqual([
      [41n, 'text'],
      [41n, 'text'],
    ])
  })

  it('pass records on one by one where they have to be waited for', async () => {
    const closed = { count: 0 }
    const rows = [[1n], [2n], [3n]]
    const inner = strictCursor([BIGINT], rows, closed)
    let next = 0
    const cursor: RecordCursor = {
      ...inner,
      advanceNextPosition: () =>
        next++ === 0
          ? inner.advanceNextPosition()
          : wait(5).then(() => inner.advanceNextPosition()),
    }
    const source = new RecordPageSource({ getColumnTypes: () => [BIGINT], cursor: () => cursor })
    const pages: Value[][][] = []
    for (let page = await source.getNextPage(); page; page = await source.getNextPage())
      pages.push(rowsOf(page))
    await source.close()
    expect(pages).toEqual([[[1n]], [[2n]], [[3n]]])
    expect(closed.count).toBe(1)
  })

  it('stand in for page sources', async () => {
    const connector = {
      getMetadata: () => expect.fail(),
      getRecordSetProvider: () => ({
        getRecordSet: async () => new InMemoryRecordSet([BIGINT], [[9n]]),
      }),
    }
    const provider = pageSourceProviderOf(connector)
    const filter = {
      columnsCovered: [],
      isBlocked: async () => {},
      isComplete: () => true,
      isAwaitable: () => false,
      getCurrentPredicate: () => ({ columnDomains: [] }),
    }
    const { signal } = new AbortController()
    const session = JSON.parse('{}')
    expect(
      await readRows(await provider.createPageSource(null, session, {}, null, [], filter, signal)),
    ).toEqual([[9n]])
    expect(() => pageSourceProviderOf({ getMetadata: () => expect.fail() })).toThrow(
      /does not support reading/,
    )
  })
})

describe('readable streams', () => {
  const pages = (): Page[] => [1, 2, 3].map((n) => pageOf([BIGINT], [[BigInt(n)]]))

  it('are pulled page by page and closed at the end', async () => {
    const source = tracked(pages())
    const seen: Value[][] = []
    for await (const page of readableOfPages(source)) {
      // highWaterMark 1: at most one page waits beside the one in hand.
      expect(source.given).toBeLessThanOrEqual(seen.length + 3)
      seen.push(...rowsOf(page))
    }
    expect(seen).toEqual([[1n], [2n], [3n]])
    expect(source.closed).toBe(1)
  })

  it('close their source when destroyed and when it fails', async () => {
    const source = tracked(pages())
    const stream = readableOfPages(source)
    for await (const _ of stream) break
    expect(source.closed).toBe(1)
    const failing = {
      ...tracked([]),
      getNextPage: () => Promise.reject(new Error('lost')),
      closed: 0,
      close() {
        this.closed++
      },
    }
    const second = readableOfPages(failing)
    second.resume()
    await expect(finished(second)).rejects.toThrow('lost')
    expect(failing.closed).toBe(1)
  })

  it('turn cursors into records and back', async () => {
    const types = [BIGINT, VARCHAR]
    const rows: Value[][] = [
      [1n, 'a'],
      [2n, null],
    ]
    const stream = readableOfRecords(new InMemoryRecordSet(types, rows).cursor(), types)
    const set: RecordSet = {
      getColumnTypes: () => types,
      cursor: () => new RowCursor(types, stream),
    }
    expect(await readRows(new RecordPageSource(set))).toEqual(rows)
  })

  it('are page sources too, which own them', async () => {
    expect(await readRows(pageSourceOfReadable(readableOfPages(tracked(pages()))))).toEqual([
      [1n],
      [2n],
      [3n],
    ])
    const stream = Readable.from(pages())
    const source = pageSourceOfReadable(stream)
    expect(rowsOf((await source.getNextPage())!)).toEqual([[1n]])
    await source.close()
    expect(stream.destroyed).toBe(true)
    let returned = 0
    const waiting = pageSourceOfReadable({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned++
          return { done: true, value: undefined }
        },
      }),
    })
    void waiting.getNextPage()
    await waiting.close()
    expect(returned).toBe(1)
  })
})
