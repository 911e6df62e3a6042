import { describe, expect, test, vi } from 'vitest'
import { parseTpchConfig } from '../../../../src/connectors/tpch/config.js'
import type { TpchTypes } from '../../../../src/connectors/tpch/handles.js'
import { schemaScaleFactor } from '../../../../src/connectors/tpch/handles.js'
import type { DynamicFilter, Range, TupleDomain } from '../../../../src/spi/index.js'
import {
  BIGINT,
  EMPTY_DYNAMIC_FILTER,
  TRUE_EXPRESSION,
  typeName,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { blockValues, scanPages, session, tpchConnector } from './tpch-connector.js'

type Column = TpchTypes['column']

/** The table's columns as SHOW COLUMNS has them, hidden ones too. */
async function columnsOf(properties: Record<string, string>, table: string): Promise<string[]> {
  const metadata = (await tpchConnector(properties)).getMetadata(session, null)
  const handle = await metadata.getTableHandle(session, { schema: 'sf1', table })
  const { columns } = await metadata.getTableMetadata(session, handle!)
  return columns.map(
    ({ name, type, hidden }) => `${name} ${typeName(type)}${hidden ? ' hidden' : ''}`,
  )
}

describe('configuration', () => {
  test('has Trino’s defaults and values', () => {
    expect(parseTpchConfig({})).toMatchObject({
      columnNaming: 'SIMPLIFIED',
      doubleTypeMapping: 'DOUBLE',
      splitsPerNode: undefined,
      rowsPerPageMax: 65_536,
    })
    expect(
      parseTpchConfig({
        'tpch.column-naming': 'standard',
        'tpch.double-type-mapping': 'DECIMAL',
        'tpch.splits-per-node': '4',
        'tpch.max-rows-per-page': '1000000',
      }),
    ).toMatchObject({
      columnNaming: 'STANDARD',
      doubleTypeMapping: 'DECIMAL',
      splitsPerNode: 4,
      rowsPerPageMax: 65_536,
    })
  })

  test.each([
    ['tpch.column-naming', 'LONG', 'Invalid value of property tpch.column-naming: LONG'],
    ['tpch.splits-per-node', '0', 'Invalid value of property tpch.splits-per-node: 0'],
    ['tpch.partitioning-enabled', 'on', 'Invalid value of property tpch.partitioning-enabled: on'],
    ['tpch.column-name', 'x', 'Configuration property was not used: tpch.column-name'],
    ['tpch.produce-pages', 'true', 'Defunct property cannot be configured: tpch.produce-pages'],
  ])('%s=%s is refused', (property, value, message) => {
    const parse = () => parseTpchConfig({ [property]: value })
    expect(parse).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', message }))
  })
})

describe('metadata', () => {
  test('any scale factor is a schema', () => {
    expect(schemaScaleFactor('tiny')).toBe(0.01)
    expect(schemaScaleFactor('sf1')).toBe(1)
    expect(schemaScaleFactor('sf0.05')).toBe(0.05)
    expect(schemaScaleFactor('sf2.5e1')).toBe(25)
    for (const name of ['sf', 'sf0', 'sf-1', 'sfx', 'small', 'sf1x', '']) {
      expect(schemaScaleFactor(name)).toBeUndefined()
    }
  })

  test('lists schemas and tables', async () => {
    const metadata = (await tpchConnector()).getMetadata(session, null)
    expect(await metadata.listSchemaNames(session)).toEqual(
      'tiny sf1 sf100 sf300 sf1000 sf3000 sf10000 sf30000 sf100000'.split(' '),
    )
    expect((await metadata.listTables(session, 'sf7')).map(({ table }) => table)).toEqual(
      'customer lineitem nation orders part partsupp region supplier'.split(' '),
    )
    expect(await metadata.listTables(session, 'x')).toEqual([])
    expect(await metadata.listTables(session)).toHaveLength(72)
    const columns = []
    for await (const entry of metadata.streamTableColumns(session, {
      schema: 'tiny',
      table: 'region',
    })) {
      columns.push(entry)
    }
    expect(columns.map(({ table, columns }) => [table.table, columns?.length])).toEqual([
      ['region', 4],
    ])
  })

  test('an unknown table or schema has no handle', async () => {
    const metadata = (await tpchConnector()).getMetadata(session, null)
    expect(await metadata.getTableHandle(session, { schema: 'sf1', table: 'x' })).toBeUndefined()
    expect(await metadata.getTableHandle(session, { schema: 'x', table: 'orders' })).toBeUndefined()
  })

  test('columns are named and typed as configured', async () => {
    expect(await columnsOf({}, 'orders')).toEqual([
      'orderkey bigint',
      'custkey bigint',
      'orderstatus varchar(1)',
      'totalprice double',
      'orderdate date',
      'orderpriority varchar(15)',
      'clerk varchar(15)',
      'shippriority integer',
      'comment varchar(79)',
      'row_number bigint hidden',
    ])
    const standard = { 'tpch.column-naming': 'STANDARD', 'tpch.double-type-mapping': 'DECIMAL' }
    expect(await columnsOf(standard, 'partsupp')).toEqual([
      'ps_partkey bigint',
      'ps_suppkey bigint',
      'ps_availqty integer',
      'ps_supplycost decimal(12,2)',
      'ps_comment varchar(199)',
      'row_number bigint hidden',
    ])
  })

  test('scans are redirected where configured', async () => {
    const connector = await tpchConnector({ 'tpch.table-scan-redirection-catalog': 'hive' })
    const metadata = connector.getMetadata(session, null)
    const handle = await metadata.getTableHandle(session, { schema: 'sf1', table: 'region' })
    const result = await metadata.applyTableScanRedirect!(session, handle!)
    expect(result!.table).toEqual({ catalog: 'hive', schema: 'sf1', table: 'region' })
    expect(result!.columns.map(({ name }) => name)).toEqual([
      'regionkey',
      'name',
      'comment',
      'row_number',
    ])
    const plain = (await tpchConnector()).getMetadata(session, null)
    expect(await plain.applyTableScanRedirect!(session, handle!)).toBeUndefined()
  })
})

describe('pages', () => {
  test('have few rows while they are the first and while they take long, then more', async () => {
    const sizesAt = async (millisPerPage: number, connector = tpchConnector()) => {
      let now = 0
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += millisPerPage))
      const scan = { schema: 'sf1', table: 'part', columns: ['partkey', 'size'] }
      const { pages } = await scanPages(await connector, scan)
      clock.mockRestore()
      const keys = pages.flatMap((page) => blockValues(page.blocks[0]!))
      expect(keys).toEqual(Array.from({ length: 200_000 }, (_, i) => i + 1))
      return pages.map((page) => page.rowCount)
    }
    const connector = tpchConnector()
    const first = await sizesAt(1, connector)
    expect(first.slice(0, 5)).toEqual([2048, 4096, 8192, 16_384, 32_768])
    expect(Math.max(...first)).toBe(65_536)
    const again = await sizesAt(1, connector)
    expect(again[0]).toBe(65_536)
    expect(again).toHaveLength(4)
    expect(Math.max(...(await sizesAt(20)))).toBe(2048)
  })

  test('cover a table once, in pages of the size configured', async () => {
    const connector = await tpchConnector({
      'tpch.max-rows-per-page': '1000',
      'tpch.splits-per-node': '7',
    })
    const columns = ['orderkey', 'linenumber', 'row_number']
    const { pages, splits } = await scanPages(connector, {
      schema: 'tiny',
      table: 'lineitem',
      columns,
    })
    expect(splits).toHaveLength(7)
    expect(Math.max(...pages.map((page) => page.rowCount))).toBeLessThanOrEqual(1000)
    const [keys, numbers, rowNumbers] = columns.map((_, channel) =>
      pages.flatMap((page) => blockValues(page.blocks[channel]!).map(Number)),
    )
    expect(keys!).toHaveLength(60_175)
    for (let i = 1; i < keys!.length; i++) {
      const sameOrder = keys![i] === keys![i - 1]
      expect(numbers![i]).toBe(sameOrder ? numbers![i - 1]! + 1 : 1)
      expect(rowNumbers![i]).toBe(rowNumbers![i - 1]! + (sameOrder ? 0 : 1))
    }
    expect(rowNumbers!.at(-1)).toBe(15_000)
  })

  test('of no columns have a row count only', async () => {
    const { pages } = await scanPages(await tpchConnector(), {
      schema: 'tiny',
      table: 'partsupp',
      columns: [],
    })
    expect(pages.map(({ blocks }) => blocks)).toEqual([[], [], []])
    expect(pages.map(({ rowCount }) => rowCount)).toEqual([2048, 4096, 1856])
  })

  test('have doubles or narrow decimals, and dictionaries with an id', async () => {
    const scan = { schema: 'tiny', table: 'lineitem' }
    const columns = ['quantity', 'extendedprice', 'discount', 'shipmode', 'shipdate']
    const doubles = await scanPages(await tpchConnector(), { ...scan, columns })
    const first = doubles.pages[0]!.blocks
    expect(first.map((block) => blockValues(block)[0])).toEqual([
      17,
      24710.35,
      0.04,
      'TRUCK',
      Date.parse('1996-03-13') / 86_400_000,
    ])
    expect(first[3]).toMatchObject({ encoding: 'dictionary', dictionaryId: 'tpch.shipmode' })

    const decimals = await scanPages(
      await tpchConnector({ 'tpch.double-type-mapping': 'DECIMAL' }),
      { ...scan, columns: columns.slice(0, 3) },
    )
    const blocks = decimals.pages[0]!.blocks
    expect(blocks.map((block) => blockValues(block)[0])).toEqual([1700, 2_471_035, 4])
    expect(blocks[0]).toMatchObject({
      storage: 'i8',
      factor: 100,
      bounds: { min: 100, max: 5000 },
    })
    expect(blocks[1]).toMatchObject({ storage: 'i32', factor: 1 })
    expect(blocks[2]).toMatchObject({ storage: 'i8', bounds: { min: 0, max: 10 } })
  })

  test('of keys are ascending and within their bounds', async () => {
    const { pages } = await scanPages(await tpchConnector(), {
      schema: 'sf1',
      table: 'supplier',
      columns: ['suppkey', 'nationkey', 'phone'],
    })
    const [keys, nations, phones] = pages[0]!.blocks
    expect(phones).toMatchObject({ storage: 'bytes', ascii: true })
    expect(keys).toMatchObject({ ascending: true, bounds: { min: 1, max: pages[0]!.rowCount } })
    expect(nations).toMatchObject({ storage: 'i8', bounds: { min: 0, max: 24 }, ascending: false })
    expect(pages.flatMap(({ blocks }) => blockValues(blocks[0]!))).toEqual(
      Array.from({ length: 10_000 }, (_, i) => i + 1),
    )
  })
})

describe('a predicate on the ordering key', () => {
  const column = (field: string): Column => ({ name: field, field, type: BIGINT })
  const keysIn = (field: string, ranges: readonly Range[]): TupleDomain<Column> => ({
    columnDomains: [
      {
        column: column(field),
        domain: { nullAllowed: false, values: { kind: 'ranges', type: BIGINT, ranges } },
      },
    ],
  })
  const matches = (ranges: readonly Range[], key: number) =>
    ranges.some(
      ({ low, lowInclusive, high, highInclusive }) =>
        (low === undefined || (lowInclusive ? key >= Number(low) : key > Number(low))) &&
        (high === undefined || (highInclusive ? key <= Number(high) : key < Number(high))),
    )

  test('loses no row that passes, whatever its ranges', async () => {
    const connector = await tpchConnector()
    const seed = SEED
    let state = seed
    const random = (limit: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 8) % limit
    }
    for (const [table, key, keyMax] of [
      ['orders', 'orderkey', 60_000],
      ['lineitem', 'orderkey', 60_000],
      ['partsupp', 'partkey', 2000],
      ['nation', 'nationkey', 24],
    ] as const) {
      const scan = { schema: 'tiny', table, columns: [key] }
      const keysOf = (pages: Awaited<ReturnType<typeof scanPages>>['pages']) =>
        pages.flatMap((page) => blockValues(page.blocks[0]!).map(Number))
      const all = keysOf((await scanPages(connector, scan)).pages)
      for (let round = 0; round < 20; round++) {
        const low = random(keyMax + 40) - 20
        const ranges: Range[] = [
          { high: BigInt(low - 9), lowInclusive: false, highInclusive: random(2) === 0 },
          {
            low: BigInt(low),
            lowInclusive: random(2) === 0,
            high: BigInt(low + 1 + random(60)),
            highInclusive: random(2) === 0,
          },
          { low: BigInt(low + 1000), lowInclusive: random(2) === 0, highInclusive: false },
        ].slice(random(3), 3)
        const predicate = keysIn(key, ranges)
        const { pages, splits } = await scanPages(connector, { ...scan, predicate })
        const expected = all.filter((value) => matches(ranges, value))
        expect({ seed, ranges, keys: keysOf(pages) }).toEqual({ seed, ranges, keys: expected })
        expect(expected.length > 0 || splits.length === 0).toBe(true)
      }
    }
  })

  test('that is applied narrows the handle and stays with the engine', async () => {
    const connector = await tpchConnector()
    const metadata = connector.getMetadata(session, null)
    const table = (await metadata.getTableHandle(session, { schema: 'tiny', table: 'orders' }))!
    const apply = (handle: typeof table, summary: TupleDomain<Column>) =>
      metadata.applyFilter!(session, handle, {
        summary,
        expression: TRUE_EXPRESSION,
        assignments: {},
      })
    const upTo = (high: bigint) =>
      keysIn('orderkey', [{ lowInclusive: false, high, highInclusive: true }])
    const first = (await apply(table, upTo(32n)))!
    expect(first.remainingFilter).toEqual(upTo(32n))
    expect(await apply(first.handle, upTo(40n))).toBeUndefined()
    expect(await apply(table, keysIn('custkey', []))).toBeUndefined()
    const rowsOf = async (handle: typeof table) => {
      const source = await connector.getSplitManager!().getSplits(
        null,
        session,
        structuredClone(handle),
        EMPTY_DYNAMIC_FILTER,
        { summary: { columnDomains: [] }, expression: TRUE_EXPRESSION, assignments: {} },
        session.signal,
      )
      const { splits } = await source.getNextBatch(100)
      return splits.map(({ startRow, endRow }) => [startRow, endRow])
    }
    expect(await rowsOf(first.handle)).toEqual([[0, 8]])
    const second = (await apply(first.handle, upTo(5n)))!
    expect(await rowsOf(second.handle)).toEqual([[0, 5]])
    const off = await tpchConnector({ 'tpch.predicate-pushdown-enabled': 'false' })
    expect(
      await off.getMetadata(session, null).applyFilter!(session, table, {
        summary: upTo(5n),
        expression: TRUE_EXPRESSION,
        assignments: {},
      }),
    ).toBeUndefined()
  })

  test('reads one order of 150 billion', async () => {
    const key = { low: 600_000_000_000n, high: 600_000_000_000n }
    const { pages, splits } = await scanPages(await tpchConnector(), {
      schema: 'sf100000',
      table: 'orders',
      columns: ['orderkey', 'orderstatus'],
      predicate: keysIn('orderkey', [{ ...key, lowInclusive: true, highInclusive: true }]),
    })
    expect(splits).toHaveLength(1)
    expect(pages.map((page) => page.rowCount)).toEqual([1])
    expect(blockValues(pages[0]!.blocks[0]!)).toEqual([600_000_000_000])
  })

  test('that no row passes has no splits; other columns do not matter', async () => {
    const connector = await tpchConnector()
    const scan = { schema: 'tiny', table: 'customer', columns: [] }
    const none = await scanPages(connector, { ...scan, predicate: { columnDomains: null } })
    expect(none.splits).toEqual([])
    const other = keysIn('nationkey', [{ low: 99n, lowInclusive: true, highInclusive: false }])
    expect((await scanPages(connector, { ...scan, predicate: other })).pages).toHaveLength(1)
  })

  test('that a join has learnt skips rows, also while the scan runs', async () => {
    let predicate: TupleDomain<Column> = { columnDomains: [] }
    let asked = 0
    const ranges = [{ low: 1900n, lowInclusive: true, highInclusive: false }]
    const dynamicFilter: DynamicFilter<Column> = {
      columnsCovered: [column('partkey')],
      isBlocked: () => Promise.resolve(),
      isComplete: () => false,
      isAwaitable: () => true,
      getCurrentPredicate() {
        // Asked when splits are made, and before each page: the first page is read in full.
        predicate = asked++ === 2 ? keysIn('partkey', ranges) : predicate
        return predicate
      },
    }
    const { pages } = await scanPages(await tpchConnector({ 'tpch.max-rows-per-page': '100' }), {
      schema: 'tiny',
      table: 'part',
      columns: ['partkey'],
      dynamicFilter,
    })
    const keys = pages.map((page) => blockValues(page.blocks[0]!).map(Number))
    expect(keys.map((page) => [page[0], page.at(-1)])).toEqual([
      [1, 100],
      [1900, 1999],
      [2000, 2000],
    ])
  })
})
