import { beforeEach, describe, expect, it } from 'vitest'
import { memoryConnectorFactory } from '../../../../src/connectors/memory/connector.js'
import type { MemorySplit } from '../../../../src/connectors/memory/handles.js'
import {
  BIGINT,
  type Connector,
  DATE,
  DOUBLE,
  decimalType,
  multipleValuesDomain,
  type Page,
  type SqlType,
  TRUE_EXPRESSION,
  tupleDomain,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { column } from '../../../support/arbitrary.js'
import {
  ConnectorHarness,
  finishSink,
  pageOf,
  type testContext as TestContext,
  testContext,
} from '../../../support/connector.js'
import fc from '../../../support/fast-check.js'

let context: ReturnType<typeof TestContext>
let connector: Connector
let harness: ConnectorHarness

beforeEach(async () => {
  context = testContext()
  connector = await memoryConnectorFactory.create('memory', {}, context)
  harness = new ConnectorHarness(connector)
})

const name = { schema: 'default', table: 't' }
const createTable = (types: readonly SqlType[]): Promise<void> =>
  harness.transact((metadata) =>
    metadata.createTable!(
      harness.session,
      { table: name, columns: types.map((type, i) => ({ name: `c${i}`, type })) },
      'FAIL',
    ),
  )
const statistics = () =>
  harness.transact(async (metadata) => {
    const handle = await metadata.getTableHandle(harness.session, name)
    return metadata.getTableStatistics!(harness.session, handle)
  })
const columnStatistics = async (index: number) => (await statistics()).columns[index]!.statistics
const numbers = (count: number, value: (i: number) => bigint | null): Page =>
  pageOf(
    [BIGINT],
    Array.from({ length: count }, (_, i) => [value(i)]),
  )

describe('memory connector', () => {
  it('gives back rows of every type, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(column(), { minLength: 1, maxLength: 4 }), async (columns) => {
        connector = await memoryConnectorFactory.create('memory', {}, context)
        harness = new ConnectorHarness(connector)
        const types = columns.map((c) => c.type)
        const rowCount = Math.min(...columns.map((c) => c.values.length))
        const rows = Array.from({ length: rowCount }, (_, i) => columns.map((c) => c.values[i]!))
        await createTable(types)
        await harness.insert('default', 't', [pageOf(types, rows), pageOf(types, rows.slice(1))])
        await harness.insert('default', 't', [pageOf(types, rows)])
        expect(await harness.scan('default', 't')).toEqual([...rows, ...rows.slice(1), ...rows])
        await connector.shutdown?.()
      }),
      { numRuns: 60 },
    )
    expect(context.allocator.usedBytes).toBe(0)
  })

  it('cuts pages of 65,536 rows and reads chosen columns', async () => {
    const types = [BIGINT, VARCHAR]
    await createTable(types)
    const make = (from: number, count: number): Page =>
      pageOf(
        types,
        Array.from({ length: count }, (_, i) => [BigInt(from + i), `v${(from + i) % 10}`]),
      )
    const pages = Array.from({ length: 15 }, (_, i) => make(i * 10_000, 10_000))
    await harness.insert('default', 't', pages)
    await harness.transact(async (metadata, transaction) => {
      const { splits } = await harness.splits(metadata, transaction, name)
      expect(splits.map((split) => split.estimatedRows)).toEqual([65_536, 65_536, 18_928])
    })
    const texts = await harness.scan('default', 't', { columns: ['c1'] })
    expect(texts).toHaveLength(150_000)
    expect(texts.every(([text], i) => text === `v${i % 10}`)).toBe(true)
    expect(await harness.scan('default', 't', { columns: [] })).toHaveLength(150_000)
  })

  it('keeps repeating strings in one dictionary and others flat', async () => {
    const types = [VARCHAR, VARCHAR]
    await createTable(types)
    const rows = (offset: number): Value[][] =>
      Array.from({ length: 100 }, (_, i) => [
        i % 9 === 0 ? null : `k${(i + offset) % 7}`,
        `u${offset}.${i}`,
      ])
    await harness.insert('default', 't', [pageOf(types, rows(0))])
    await harness.insert('default', 't', [pageOf(types, rows(5))])
    const pages = await harness.transact(async (metadata, transaction) => {
      const { handle, columns, splits } = await harness.splits(metadata, transaction, name)
      const source = await connector.getPageSourceProvider!().createPageSource(
        transaction,
        harness.session,
        splits[0]!,
        handle,
        columns,
        {
          columnsCovered: [],
          isBlocked: async () => {},
          isComplete: () => true,
          isAwaitable: () => false,
          getCurrentPredicate: () => ({ columnDomains: [] }),
        },
        harness.session.signal,
      )
      return [await source.getNextPage(), await source.getNextPage()]
    })
    const ids = pages.map((p) => {
      expect(p!.blocks[0]).toMatchObject({ encoding: 'dictionary' })
      expect(p!.blocks[1]).toMatchObject({ encoding: 'flat', storage: 'bytes', ascii: true })
      return p!.blocks[0]!.encoding === 'dictionary' ? p!.blocks[0].dictionaryId : undefined
    })
    expect(ids[0]).toBeDefined()
    expect(ids[1]).toBe(ids[0])
    expect(await harness.scan('default', 't')).toEqual([...rows(0), ...rows(5)])
  })

  it('gives a dictionary up when strings stop repeating, and keeps the rows right', async () => {
    await createTable([VARCHAR])
    const repeating = pageOf(
      [VARCHAR],
      Array.from({ length: 65_536 }, (_, i) => [`r${i % 50}`]),
    )
    const distinct = pageOf(
      [VARCHAR],
      Array.from({ length: 65_536 * 2 }, (_, i) => [i === 3 ? null : `d${i}`]),
    )
    await harness.insert('default', 't', [repeating, distinct, repeating])
    const rows = await harness.scan('default', 't')
    expect(rows).toHaveLength(65_536 * 4)
    expect(rows[65_536 + 3]).toEqual([null])
    expect(rows[65_536 * 2]).toEqual(['d65536'])
    expect(rows[65_536 * 3 + 51]).toEqual(['r1'])
    const { distinctValuesCount } = await columnStatistics(0)
    expect(distinctValuesCount! / 131_121).toBeGreaterThan(0.95)
    expect(distinctValuesCount! / 131_121).toBeLessThan(1.05)
  })

  describe('statistics', () => {
    it('are exact for integers of a dense range', async () => {
      const types = [BIGINT, BIGINT, decimalType(12, 2), DATE, DOUBLE]
      await createTable(types)
      const rows = Array.from({ length: 1000 }, (_, i): Value[] => [
        BigInt(i * 4),
        i % 10 === 0 ? null : BigInt(i % 7),
        BigInt(100 + i),
        9000 + Math.floor(i / 3),
        i / 2,
      ])
      await harness.insert('default', 't', [pageOf(types, rows)])
      const { rowCount, columns } = await statistics()
      expect(rowCount).toBe(1000)
      const [key, small, decimal, date, double] = columns.map((c) => c.statistics)
      expect(key).toEqual({
        nullsFraction: 0,
        distinctValuesCount: 1000,
        dataSize: 8000,
        range: { min: 0, max: 3996 },
        unique: true,
        ascending: true,
      })
      expect(small).toMatchObject({
        nullsFraction: 0.1,
        distinctValuesCount: 7,
        unique: false,
        ascending: false,
      })
      expect(decimal).toMatchObject({ range: { min: 1, max: 10.99 }, unique: true })
      expect(date).toMatchObject({
        distinctValuesCount: 334,
        ascending: true,
        unique: false,
        range: { min: 9000, max: 9333 },
      })
      expect(double).toMatchObject({ range: { min: 0, max: 499.5 }, ascending: false })
      expect(Math.abs(double!.distinctValuesCount! - 1000)).toBeLessThan(50)
    })

    it('prove uniqueness of values in any order, and do not where one repeats', async () => {
      await createTable([BIGINT])
      const shuffled = numbers(20_000, (i) => BigInt((i * 7919) % 20_011))
      await harness.insert('default', 't', [shuffled])
      expect(await columnStatistics(0)).toMatchObject({
        unique: true,
        ascending: false,
        distinctValuesCount: 20_000,
      })
      await harness.insert('default', 't', [numbers(1, () => 5n)])
      expect(await columnStatistics(0)).toMatchObject({ unique: false })
    })

    it('stay proven over inserts that follow each other', async () => {
      await createTable([BIGINT])
      await harness.insert('default', 't', [numbers(10, (i) => BigInt(i))])
      await harness.insert('default', 't', [numbers(10, (i) => BigInt(i + 10))])
      expect(await columnStatistics(0)).toMatchObject({
        unique: true,
        ascending: true,
        distinctValuesCount: 20,
      })
      await harness.insert('default', 't', [numbers(10, (i) => BigInt(i + 100) << 50n)])
      expect(await columnStatistics(0)).toMatchObject({ unique: false })
    })

    it('estimate values spread over 64 bits', async () => {
      await createTable([BIGINT])
      await harness.insert('default', 't', [
        numbers(50_000, (i) => BigInt.asIntN(64, BigInt(i % 25_000) * 0x9e3779b97f4a7c15n)),
      ])
      const { distinctValuesCount, unique, ascending } = await columnStatistics(0)
      expect(Math.abs(distinctValuesCount! / 25_000 - 1)).toBeLessThan(0.06)
      expect({ unique, ascending }).toEqual({ unique: false, ascending: false })
    })
  })

  describe('scans', () => {
    beforeEach(async () => {
      await createTable([BIGINT])
      await harness.insert('default', 't', [numbers(200_000, (i) => BigInt(i))])
    })

    const below = (limit: bigint) =>
      tupleDomain([
        {
          column: { name: 'c0', type: BIGINT, channel: 0 },
          domain: multipleValuesDomain(BIGINT, [limit]),
        },
      ])

    it('skip pages by their bounds', async () => {
      const rows = await harness.scan('default', 't', { predicate: below(70_000n) })
      expect(rows[0]).toEqual([65_536n])
      expect(rows).toHaveLength(65_536)
      expect(await harness.scan('default', 't', { predicate: below(-1n) })).toEqual([])
    })

    it('are expected to read the pages that a filter leaves', async () => {
      const counts = (limit: bigint) =>
        harness.transact(async (metadata) => {
          const handle = await metadata.getTableHandle(harness.session, name)
          const filtered = await metadata.applyFilter!(harness.session, handle, {
            summary: below(limit),
            expression: TRUE_EXPRESSION,
            assignments: {},
          })
          return metadata.getTableStatistics!(harness.session, filtered!.handle)
        })
      expect(await counts(70_000n)).toMatchObject({ rowCount: 200_000, scannedRowCount: 65_536 })
      expect(await counts(199_999n)).toMatchObject({ scannedRowCount: 200_000 - 65_536 * 3 })
      expect(await counts(-1n)).toMatchObject({ rowCount: 200_000, scannedRowCount: 0 })
      expect(await statistics()).not.toHaveProperty('scannedRowCount')
    })

    it('skip pages by dynamic filters that come late', async () => {
      let asked = 0
      const dynamicFilter = {
        columnsCovered: [],
        isBlocked: async () => {},
        isComplete: () => asked > 1,
        isAwaitable: () => false,
        getCurrentPredicate: () => (asked++ === 0 ? { columnDomains: [] } : below(199_999n)),
      }
      const rows = await harness.scan('default', 't', { dynamicFilter })
      expect(rows).toHaveLength(200_000 - 65_536 * 3)
    })

    it('stop at a limit', async () => {
      for (const limit of [0, 5, 65_536, 70_000, 300_000]) {
        const rows = await harness.scan('default', 't', {
          pushdown: (metadata, handle) => {
            const result = metadata.applyLimit!(harness.session, handle, limit)
            if (result === undefined || result instanceof Promise) throw new Error('no answer')
            expect(result.limitGuaranteed).toBe(true)
            expect(metadata.applyLimit!(harness.session, result.handle, limit)).toBeUndefined()
            return result.handle
          },
        })
        expect(rows.map(([v]) => v)).toEqual(
          Array.from({ length: Math.min(limit, 200_000) }, (_, i) => BigInt(i)),
        )
      }
    })

    it('see one version of the table in a transaction, whatever others do', async () => {
      const count = await harness.transact(async (metadata, transaction) => {
        await harness.scanIn(metadata, transaction, name)
        const { handle, columns, splits } = await harness.splits(metadata, transaction, name)
        await harness.insert('default', 't', [numbers(10, () => 1n)])
        const again = await harness.scanIn(metadata, transaction, name)
        await harness.transact(async (other) =>
          other.dropTable!(harness.session, await other.getTableHandle(harness.session, name)),
        )
        // The pages that the splits name must still be there.
        let rows = 0
        for (const split of splits) {
          const source = await connector.getPageSourceProvider!().createPageSource(
            transaction,
            harness.session,
            split,
            handle,
            columns,
            {
              columnsCovered: [],
              isBlocked: async () => {},
              isComplete: () => true,
              isAwaitable: () => false,
              getCurrentPredicate: () => ({ columnDomains: [] }),
            },
            harness.session.signal,
          )
          for (let next = await source.getNextPage(); next; next = await source.getNextPage())
            rows += next.rowCount
        }
        expect(context.allocator.usedBytes).toBeGreaterThan(0)
        return [again.length, rows]
      })
      expect(count).toEqual([200_000, 200_000])
      expect(context.allocator.usedBytes).toBe(0)
    })
  })

  describe('writes', () => {
    it('show nothing before they finish and nothing when aborted', async () => {
      await createTable([BIGINT])
      await expect(
        harness.transact(async (metadata, transaction) => {
          const handle = await metadata.getTableHandle(harness.session, name)
          const columns = [...(await metadata.getColumnHandles(harness.session, handle)).values()]
          const write = await metadata.beginInsert!(harness.session, handle, columns)
          const provider = connector.getPageSinkProvider!()
          const { session } = harness
          const finished = await provider.createInsertPageSink!(
            transaction,
            session,
            write,
            0,
            session.signal,
          )
          await finishSink(finished, [numbers(70_000, (i) => BigInt(i))])
          const open = await provider.createInsertPageSink!(
            transaction,
            session,
            write,
            1,
            session.signal,
          )
          await open.appendPage(numbers(70_000, (i) => BigInt(i)))
          expect(await harness.scan('default', 't')).toEqual([])
          await open.abort()
          throw new Error('the query fails')
        }),
      ).rejects.toThrow('the query fails')
      expect(await harness.scan('default', 't')).toEqual([])
      expect(context.allocator.usedBytes).toBe(0)
    })

    it('create a table with its rows', async () => {
      const ctas = (rows: number, replace: boolean): Promise<void> =>
        harness.transact(async (metadata, transaction) => {
          const { session } = harness
          const output = await metadata.beginCreateTable!(
            session,
            { table: name, columns: [{ name: 'x', type: BIGINT }] },
            undefined,
            replace,
          )
          expect((await metadata.getTableHandle(session, name)) === undefined).toBe(!replace)
          const sink = await connector.getPageSinkProvider!().createPageSink!(
            transaction,
            session,
            output,
            0,
            session.signal,
          )
          await metadata.finishCreateTable!(
            session,
            output,
            await finishSink(sink, [numbers(rows, (i) => BigInt(i))]),
            [],
          )
        })
      await ctas(3, false)
      expect(await harness.scan('default', 't')).toEqual([[0n], [1n], [2n]])
      await ctas(1, true)
      expect(await harness.scan('default', 't')).toEqual([[0n]])
    })

    it('change the version that plans are kept by', async () => {
      await createTable([BIGINT])
      const version = () =>
        harness.transact(async (m) =>
          m.getTableVersion!(harness.session, await m.getTableHandle(harness.session, name)),
        )
      const before = await version()
      expect(await version()).toBe(before)
      await harness.insert('default', 't', [numbers(1, () => 1n)])
      expect(await version()).not.toBe(before)
    })

    it('join the small pages of many inserts, under the eyes of a scan', async () => {
      const types = [BIGINT, VARCHAR]
      await createTable(types)
      const row = (i: number): Value[] => [BigInt(i), i % 5 === 0 ? null : `t${i % 3}`]
      const rows = Array.from({ length: 150 }, (_, i) => row(i))
      for (const one of rows.slice(0, 20))
        await harness.insert('default', 't', [pageOf(types, [one])])
      await harness.transact(async (metadata, transaction) => {
        expect(await harness.scanIn(metadata, transaction, name)).toEqual(rows.slice(0, 20))
        for (const one of rows.slice(20)) {
          await harness.insert('default', 't', [pageOf(types, [one])])
        }
        // This transaction began before the pages were joined and still sees those it saw first.
        expect(await harness.scanIn(metadata, transaction, name)).toEqual(rows.slice(0, 20))
      })
      expect(await harness.scan('default', 't')).toEqual(rows)
      const pageCount = await harness.transact(async (metadata, transaction) => {
        const { splits } = await harness.splits(metadata, transaction, name)
        return splits.flatMap((split) => (split as MemorySplit).pages).length
      })
      expect(pageCount).toBeLessThan(64)
      expect((await statistics()).rowCount).toBe(150)
      expect(await columnStatistics(0)).toMatchObject({ unique: true, ascending: true })
      await harness.connector.shutdown!()
      expect(context.allocator.usedBytes).toBe(0)
    })

    it('stop at memory.max-data-per-node', async () => {
      connector = await memoryConnectorFactory.create(
        'memory',
        { 'memory.max-data-per-node': '100kB' },
        context,
      )
      harness = new ConnectorHarness(connector)
      await createTable([BIGINT])
      const wide = numbers(65_536, (i) => BigInt(i) << 40n)
      await expect(harness.insert('default', 't', [wide])).rejects.toMatchObject({
        code: 'MEMORY_LIMIT_EXCEEDED',
        type: 'EXTERNAL',
      })
      expect(context.allocator.usedBytes).toBe(0)
      await expect(async () =>
        memoryConnectorFactory.create('memory', { 'memory.max-data': '1GB' }, context),
      ).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
    })
  })
})
