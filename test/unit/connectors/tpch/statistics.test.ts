import { expect, test } from 'vitest'
import type { TpchTypes } from '../../../../src/connectors/tpch/handles.js'
import type { ColumnStatistics } from '../../../../src/spi/index.js'
import { blockValues, scanPages, session, tpchConnector } from './tpch-connector.js'

async function statisticsOf(
  schema: string,
  table: string,
): Promise<{ rowCount: number; columns: Map<string, ColumnStatistics> }> {
  const metadata = (await tpchConnector()).getMetadata(session, null)
  const handle = (await metadata.getTableHandle(session, { schema, table }))!
  const { rowCount, columns } = await metadata.getTableStatistics!(session, handle)
  return {
    rowCount: rowCount!,
    columns: new Map(
      columns.map(({ column, statistics }) => [(column as TpchTypes['column']).name, statistics]),
    ),
  }
}

test.each([
  'customer',
  'lineitem',
  'nation',
  'orders',
  'part',
  'partsupp',
  'region',
  'supplier',
])('the statistics of tiny.%s are what its rows have', async (table) => {
  const { rowCount, columns } = await statisticsOf('tiny', table)
  const names = [...columns.keys()]
  const { pages } = await scanPages(await tpchConnector(), {
    schema: 'tiny',
    table,
    columns: names,
  })
  names.forEach((name, channel) => {
    const values = pages.flatMap((page) => blockValues(page.blocks[channel]!))
    const distinct = new Set(values)
    const { distinctValuesCount, dataSize, range, nullsFraction, unique } = columns.get(name)!
    expect(values).toHaveLength(rowCount)
    expect({ table, name, distinctValuesCount, nullsFraction }).toEqual({
      table,
      name,
      distinctValuesCount: distinct.size,
      nullsFraction: 0,
    })
    if (typeof values[0] === 'string') {
      expect(dataSize).toBe([...distinct].reduce((sum, text) => sum + String(text).length, 0))
      expect(range).toBeUndefined()
    } else {
      const numbers = values.map(Number)
      expect({ name, range }).toEqual({
        name,
        range: {
          min: numbers.reduce((left, right) => Math.min(left, right)),
          max: numbers.reduce((left, right) => Math.max(left, right)),
        },
      })
    }
    expect(unique !== true || distinct.size === rowCount).toBe(true)
  })
})

test('other scale factors have counts that grow and bounds that widen', async () => {
  const orders = await statisticsOf('sf100', 'orders')
  expect(orders.rowCount).toBe(150_000_000)
  expect(orders.columns.get('orderkey')).toEqual({
    nullsFraction: 0,
    distinctValuesCount: 150_000_000,
    range: { min: 1, max: 600_000_000 },
    ascending: true,
    unique: true,
  })
  expect(orders.columns.get('orderstatus')).toMatchObject({ distinctValuesCount: 3, dataSize: 3 })
  const lineitem = await statisticsOf('sf10', 'lineitem')
  expect(Math.abs(lineitem.rowCount / 59_986_052 - 1)).toBeLessThan(0.001)
  expect(lineitem.columns.get('orderkey')).toMatchObject({ ascending: true, unique: false })
  const comments = lineitem.columns.get('comment')!
  expect(comments.distinctValuesCount).toBeGreaterThan(4_580_667)
  expect(comments.distinctValuesCount).toBeLessThan(lineitem.rowCount)
  const small = await statisticsOf('sf0.001', 'supplier')
  expect(small.rowCount).toBe(10)
  expect(small.columns.get('acctbal')!.distinctValuesCount).toBe(10)
})
