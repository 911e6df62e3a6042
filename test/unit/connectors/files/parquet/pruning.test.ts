import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  compareValues,
  type Domain,
  domain,
  domainIncludes,
  multipleValuesDomain,
  onlyNull,
  type SqlType,
  type Value,
  valueSetOfRanges,
} from '../../../../../src/spi/index.js'
import { SEED } from '../../../../support/seed.js'
import { type ReadFile, readParquet } from './read-file.js'

const fixture = (name: string): string =>
  join(import.meta.dirname, 'fixtures', 'pruning', `${name}.parquet`)

console.log(`seed ${SEED}`)
let state = SEED
const below = (n: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return Math.floor(((state >>> 0) / 2 ** 32) * n)
}

/** Values between those of the columns, which no row has. */
function absent(type: SqlType, value: Value): Value | undefined {
  switch (type.kind) {
    case 'bigint':
    case 'decimal':
      return (value as bigint) + 1n
    case 'integer':
    case 'date':
    case 'double':
      return (value as number) + 1
    case 'timestamp':
      return (value as bigint) + (type.precision === 9 ? 1000n : 1_000_000n)
    case 'timestamp with time zone':
      return { picos: (value as { picos: bigint }).picos + 1_000_000_000n, zone: 'UTC' }
    case 'varchar':
      return `${value as string}x`
    default:
      return undefined
  }
}

const equalTo = (name: string, wanted: (type: SqlType) => Domain) => ({
  predicate: (columns: ReadFile['columns']) => ({
    columnDomains: columns.flatMap((column) =>
      column.name === name ? [{ column, domain: wanted(column.type) }] : [],
    ),
  }),
})

it.each([
  'pyarrow_v1',
  'pyarrow_v2',
])('reads no rows of %s where its Bloom filters have none of the values', async (name) => {
  const { columns, rows } = await readParquet(fixture(name))
  let asked = 0
  let read = 0
  for (const [index, column] of columns.entries()) {
    const middle = rows[1000]![index] ?? rows.find((row) => row[index] !== null)![index]!
    const value = absent(column.type, middle)
    if (value === undefined) continue
    asked++
    const some = multipleValuesDomain(column.type, [value, absent(column.type, value)!].slice(0, 1))
    const { pages } = await readParquet(
      fixture(name),
      equalTo(column.name, () => some),
    )
    read += pages.reduce((sum, { rowCount }) => sum + rowCount, 0)
    const present = await readParquet(
      fixture(name),
      equalTo(column.name, (type) => multipleValuesDomain(type, [value, middle])),
    )
    expect(present.rows.length, column.name).toBeGreaterThan(0)
  }
  expect(asked).toBe(10)
  // One filter in a hundred answers maybe: of the page that may have the value.
  expect(read).toBeLessThanOrEqual(256)
})

it('asks the Bloom filters that DuckDB writes', async () => {
  const { rows } = await readParquet(fixture('duckdb'))
  for (const [index, name] of ['k', 'id', 'name', 'double'].entries()) {
    for (const value of [rows[7]![index]!, rows[4000]![index]!]) {
      const found = await readParquet(
        fixture('duckdb'),
        equalTo(name, (type) => multipleValuesDomain(type, [value])),
      )
      const all = rows.filter((row) => row[index] === value)
      expect(found.rows.filter((row) => row[index] === value)).toEqual(all)
    }
  }
  const none = await readParquet(
    fixture('duckdb'),
    equalTo('name', (type) => multipleValuesDomain(type, ['w101'])),
  )
  expect(none.pages).toEqual([])
  const whole = await readParquet(fixture('duckdb'))
  expect(none.byteCount).toBeLessThan(whole.byteCount / 10)
})

it('reads the bytes of the pages that its page index leaves', async () => {
  const whole = await readParquet(fixture('wide'))
  expect(whole.rows).toHaveLength(4096)
  const part = await readParquet(
    fixture('wide'),
    equalTo('k', (type) => multipleValuesDomain(type, [2000])),
  )
  expect(part.rows.some(([k]) => k === 2000)).toBe(true)
  expect(part.pages.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBeLessThanOrEqual(256)
  expect(part.byteCount).toBeLessThan(whole.byteCount / 8)
  const ends = await readParquet(
    fixture('wide'),
    equalTo('k', (type) => multipleValuesDomain(type, [3, 4095])),
  )
  expect(ends.rows.filter(([k]) => k === 3 || k === 4095)).toEqual([
    whole.rows[3]!,
    whole.rows[4095]!,
  ])
  expect(ends.byteCount).toBeLessThan(whole.byteCount / 4)
})

it('tells pages of NULLs', async () => {
  const { rows } = await readParquet(fixture('pyarrow_v1'), { columns: ['sparse', 'k', 'list'] })
  const present = await readParquet(fixture('pyarrow_v1'), {
    columns: ['sparse', 'k', 'list'],
    ...equalTo('sparse', (type) => domain(valueSetOfRanges(type, [ALL]), false)),
  })
  const total = present.pages.reduce((sum, { rowCount }) => sum + rowCount, 0)
  expect(total).toBeLessThanOrEqual(256)
  const [sparse] = [present.columns.findIndex(({ name }) => name === 'sparse')]
  const has = (row: readonly Value[]): boolean => row[sparse] !== null
  expect(present.rows.filter(has)).toEqual(rows.filter(has))
  const nulls = await readParquet(fixture('pyarrow_v1'), {
    columns: ['sparse', 'k', 'list'],
    ...equalTo('sparse', onlyNull),
  })
  expect(nulls.rows.filter((row) => !has(row))).toEqual(rows.filter((row) => !has(row)))
})

const ALL = { lowInclusive: false, highInclusive: false }

function randomDomain(type: SqlType, values: readonly Value[]): Domain {
  const one = (): Value => {
    const value = values[below(values.length)]!
    return below(3) === 0 ? (absent(type, value) ?? value) : value
  }
  const nullAllowed = below(4) === 0
  if (below(2) === 0) {
    const some = multipleValuesDomain(type, Array.from({ length: 1 + below(3) }, one))
    return { ...some, nullAllowed }
  }
  const [low, high] = [one(), one()].sort((a, b) => compareValues(type, a, b)) as [Value, Value]
  const range = { low, lowInclusive: below(2) === 0, high, highInclusive: true }
  return domain(valueSetOfRanges(type, [range]), nullAllowed)
}

const near = (values: readonly Value[]): readonly Value[] => {
  const from = below(values.length)
  return values.slice(from, from + 300)
}

it.each([
  'pyarrow_v1',
  'pyarrow_v2',
  'duckdb',
])('finds in %s the rows of random predicates as without indexes', async (name) => {
  const { columns, rows } = await readParquet(fixture(name))
  const usable = columns.flatMap((column, index) =>
    column.name === 'list' ? [] : [{ ...column, at: index }],
  )
  let left = 0
  for (let run = 0; run < 25; run++) {
    const chosen = usable.filter(() => below(usable.length) === 0)
    const columnDomains = chosen.map(({ at, ...column }) => {
      const own = rows.flatMap((row) => (row[at] === null ? [] : [row[at]!]))
      const values = own.filter((value) => !Number.isNaN(value))
      return { column, domain: randomDomain(column.type, near(values)) }
    })
    const passes = (row: readonly Value[]): boolean =>
      columnDomains.every(({ column, domain: wanted }) =>
        domainIncludes(wanted, row[usable.find(({ name: own }) => own === column.name)!.at]!),
      )
    const read = await readParquet(fixture(name), { predicate: () => ({ columnDomains }) })
    left += rows.length - read.rows.length
    expect(read.rows.filter(passes), `seed ${SEED}, run ${run}`).toEqual(rows.filter(passes))
  }
  expect(left).toBeGreaterThan(0)
})
