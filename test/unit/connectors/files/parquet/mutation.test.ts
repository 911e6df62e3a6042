import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { FileColumn } from '../../../../../src/connectors/files/format.js'
import { MillraceError, singleValueDomain, type TupleDomain } from '../../../../../src/spi/index.js'
import { SEED } from '../../../../support/seed.js'
import { readParquet } from './read-file.js'

const fixtures = join(import.meta.dirname, 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-mutation-'))
afterAll(() => rmSync(folder, { recursive: true }))

const seed = SEED
const runs = Number(process.env.MILLRACE_FUZZ_RUNS ?? 300)
console.log(`seed ${seed}`)
let state = seed
const below = (n: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return Math.floor(((state >>> 0) / 2 ** 32) * n)
}

function mutated(source: Uint8Array): Uint8Array {
  if (below(6) === 0) return source.slice(0, below(source.length))
  const bytes = source.slice()
  const footer = new DataView(bytes.buffer).getUint32(bytes.length - 8, true)
  for (let i = 1 + below(4); i > 0; i--) {
    // Half of the hits go to the footer, whose bytes matter most.
    const at =
      below(2) === 0
        ? below(bytes.length)
        : bytes.length - 8 - Math.min(bytes.length - 8, below(footer + 8))
    bytes[at] = [0, 0xff, 0x7f, 0x80, below(256), bytes[at]! ^ (1 << below(8))][below(6)]!
  }
  return bytes
}

const files = ['.', 'parquet-testing', 'pruning', 'pruning'].flatMap((directory) =>
  readdirSync(join(fixtures, directory))
    .filter((name) => name.endsWith('.parquet') && !name.startsWith('large'))
    .map((name) => join(fixtures, directory, name)),
)

/** For which page indexes and Bloom filters are read. */
const predicate = (columns: readonly FileColumn[]): TupleDomain<FileColumn> => ({
  columnDomains: columns.flatMap((column): TupleDomain<FileColumn>['columnDomains'] & {} => {
    const { type } = column
    if (type.kind === 'bigint') {
      return [{ column, domain: { ...singleValueDomain(type, 6n), nullAllowed: true } }]
    }
    return type.kind === 'integer' ? [{ column, domain: singleValueDomain(type, 2000) }] : []
  }),
})

it('damaged files end in coded errors or in rows, soon and within memory', async () => {
  let refused = 0
  for (let run = 0; run < runs; run++) {
    const source = files[below(files.length)]!
    const path = join(folder, 'damaged.parquet')
    writeFileSync(path, mutated(readFileSync(source)))
    const error = await readParquet(path, below(2) === 0 ? { predicate } : {}).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error === undefined) continue
    refused++
    const told = `seed ${seed}, run ${run}, ${source}`
    expect(error, told).toBeInstanceOf(MillraceError)
    const { code, message, cause } = error as MillraceError
    expect(['HIVE_BAD_DATA', 'NOT_SUPPORTED'], `${told}: ${message}`).toContain(code)
    // A fault of ours would be hidden under the file's name.
    const reason = (cause as Error | undefined)?.constructor.name
    expect([undefined, 'ParquetFormatError'], `${told}: ${(cause as Error)?.stack}`).toContain(
      reason,
    )
    expect(message, told).toContain(path)
  }
  expect(refused).toBeGreaterThan(runs / 10)
}, 120_000)
