import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

const TPCH = { 'connector.name': 'tpch', 'tpch.column-naming': 'STANDARD' }
const SOURCE = 'tpch."sf0.1".lineitem'
const COLUMNS = 'l_orderkey, l_linenumber, l_partkey, l_quantity, l_shipdate, l_shipmode, l_comment'

let one: Millrace
let two: Millrace

beforeAll(async () => {
  requireBuild()
  const { Millrace } = (await import(
    pathToFileURL(`${DIST}/index.js`).href
  )) as typeof import('../../../src/index.js')
  one = await Millrace.create({ threads: 0, catalogs: { tpch: TPCH } })
  two = await Millrace.create({ threads: 2, callingThreadMillis: 0, catalogs: { tpch: TPCH } })
}, 60_000)
afterAll(() => Promise.all([one?.close(), two?.close()]))

const rows = (engine: Millrace, sql: string) =>
  engine.query(sql, undefined, { rowMode: 'array' }).all()

/** What each page of a column has, by its least value. */
async function pageRanges(engine: Millrace, sql: string) {
  const ranges: { min: number; max: number; rowCount: number }[] = []
  for await (const { rowCount, blocks } of engine.query(sql).pages()) {
    const block = blocks[0]!
    if (block.encoding !== 'flat' || !('bounds' in block) || block.bounds === undefined) {
      throw new Error('a column of integers')
    }
    ranges.push({ ...block.bounds, rowCount })
  }
  return ranges.sort((a, b) => a.min - b.min)
}

describe('a table that two drivers have written', () => {
  test('has pages of neighbours, in the order of the source', async () => {
    await two.execute(`CREATE TABLE clustered AS SELECT ${COLUMNS} FROM ${SOURCE}`)
    const ranges = await pageRanges(two, 'SELECT l_orderkey FROM clustered')
    expect(ranges.length).toBeGreaterThan(8)
    for (const [i, { max }] of ranges.entries()) {
      expect(max).toBeLessThanOrEqual(ranges[i + 1]?.min ?? Number.POSITIVE_INFINITY)
    }
    // One driver reads pages in the order in which they are stored.
    const inOrder = await rows(
      two,
      'SELECT count(*) FROM (SELECT l_orderkey k FROM clustered LIMIT 200000) WHERE k <= 200000',
    )
    const smallest = await rows(one, `SELECT count(*) FROM ${SOURCE} WHERE l_orderkey <= 200000`)
    expect(Number(smallest[0]![0])).toBeGreaterThan(190_000)
    expect(Number(inOrder[0]![0])).toBeGreaterThan(190_000)
  })

  test('has the rows and the statistics of one that a single driver has written', async () => {
    const [expected, written] = await Promise.all(
      [one, two].map(async (engine) => {
        const filter = `WHERE l_partkey % 3 = 0`
        await engine.execute(`CREATE TABLE t AS SELECT ${COLUMNS} FROM ${SOURCE} ${filter}`)
        await engine.execute(`INSERT INTO t SELECT ${COLUMNS} FROM ${SOURCE} WHERE l_partkey < 99`)
        const [sums] = await rows(
          engine,
          `SELECT count(*), checksum(l_comment), checksum(row(${COLUMNS})) FROM t`,
        )
        const stats = await rows(engine, 'SHOW STATS FOR t')
        return { sums, stats }
      }),
    )
    expect(written).toEqual(expected)
  })

  test('can be changed and rolled back', async () => {
    const counts = () =>
      rows(
        two,
        'SELECT count(*), sum(l_quantity), sum(l_orderkey), count_if(l_linenumber = 9) FROM u',
      )
    await two.execute(`CREATE TABLE u AS SELECT ${COLUMNS} FROM ${SOURCE}`)
    const before = await counts()
    await two.execute('START TRANSACTION')
    await two.execute(`INSERT INTO u SELECT ${COLUMNS} FROM ${SOURCE}`)
    await two.execute('ROLLBACK')
    expect(await counts()).toEqual(before)
    await two.execute('UPDATE u SET l_linenumber = 9 WHERE l_orderkey % 7 = 0')
    await two.execute('DELETE FROM u WHERE l_orderkey % 5 = 0')
    const changed = await rows(
      one,
      `SELECT count(*), sum(l_quantity), sum(l_orderkey), count_if(l_orderkey % 7 = 0) FROM ${SOURCE} WHERE l_orderkey % 5 <> 0`,
    )
    expect(await counts()).toEqual(changed)
  })

  test('keeps the order that its query asks for', async () => {
    await two.execute('SET SESSION skip_redundant_sort = false')
    await two.execute(
      `CREATE TABLE sorted AS SELECT l_partkey, l_orderkey FROM ${SOURCE} ORDER BY l_partkey`,
    )
    const ranges = await pageRanges(two, 'SELECT l_partkey FROM sorted')
    for (const [i, { max }] of ranges.entries()) {
      expect(max).toBeLessThanOrEqual(ranges[i + 1]?.min ?? Number.POSITIVE_INFINITY)
    }
  })
})
