import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import {
  BIGINT,
  blockOf,
  compareValues,
  type Domain,
  decimalType,
  domain,
  domainIncludes,
  type Page,
  page,
  rangeEqual,
  type SqlType,
  VARCHAR,
  type Value,
  valueSetOfRanges,
} from '../../../../../src/spi/index.js'
import { SEED } from '../../../../support/seed.js'
import { readParquet } from './read-file.js'
import { writeParquet } from './write-file.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-filter-'))
afterAll(() => rmSync(folder, { recursive: true }))

const seed = SEED
console.log(`seed ${seed}`)
let state = seed
const below = (n: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return Math.floor(((state >>> 0) / 2 ** 32) * n)
}

const columns: readonly { readonly name: string; readonly type: SqlType }[] = [
  { name: 'tiny', type: BIGINT },
  { name: 'dense', type: BIGINT },
  { name: 'wide', type: BIGINT },
  { name: 'price', type: decimalType(12, 2) },
  { name: 'word', type: VARCHAR },
  { name: 'note', type: VARCHAR },
]
const row = (i: number): Value[] => [
  BigInt(below(100)),
  BigInt(i),
  BigInt(below(2 ** 31)) * 7n - 2_000_000_000n,
  BigInt(below(50)) * 100n,
  ['AIR', 'RAIL', 'SHIP', 'grün'][below(4)]!,
  `note ${below(1_000_000)}`,
]

function randomDomain(type: SqlType, values: readonly Value[]): Domain {
  const one = (): Value => values[below(values.length)]!
  const ranges = Array.from({ length: 1 + below(3) }, () => {
    if (type.kind === 'varchar' || below(3) === 0) return rangeEqual(one())
    const [low, high] = [one(), one()].sort((a, b) => compareValues(type, a, b)) as [Value, Value]
    return { low, lowInclusive: true, high, highInclusive: true }
  })
  return domain(valueSetOfRanges(type, ranges), below(2) === 1)
}

it.each([
  false,
  true,
])('leaves out only rows that no predicate wants; with nulls: %s', async (nullable) => {
  const path = join(folder, `${nullable}.parquet`)
  const rows: Value[][] = []
  const pages: Page[] = Array.from({ length: 7 }, (_, p) => {
    const part = Array.from({ length: 20_000 }, (_, i) =>
      row(p * 20_000 + i).map((value) => (nullable && below(20) === 0 ? null : value)),
    )
    rows.push(...part)
    return page(
      columns.map(({ type }, c) =>
        blockOf(
          type,
          part.map((values) => values[c]!),
        ),
      ),
    )
  })
  await writeParquet(path, columns, pages)
  let dropped = 0
  for (let run = 0; run < 8; run++) {
    const chosen = columns
      .map((column, index) => ({ ...column, index }))
      .filter(() => below(3) === 0)
    const columnDomains = chosen.map((column) => ({
      column,
      domain: randomDomain(
        column.type,
        rows
          .slice(below(rows.length))
          .slice(0, 50)
          .flatMap((values) => values[column.index] ?? []),
      ),
    }))
    const passes = (values: readonly Value[]): boolean =>
      columnDomains.every(({ column, domain: wanted }) =>
        domainIncludes(wanted, values[column.index]!),
      )
    const read = await readParquet(path, { predicate: () => ({ columnDomains }) })
    dropped += rows.length - read.rows.length
    expect(read.rows.filter(passes), `seed ${seed}, run ${run}`).toEqual(rows.filter(passes))
  }
  expect(dropped).toBeGreaterThan(0)
}, 60_000)
