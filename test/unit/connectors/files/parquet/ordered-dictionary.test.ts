import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { orderedDictionary } from '../../../../../src/connectors/files/parquet/ordered-dictionary.js'
import {
  BIGINT,
  type BytesBlock,
  blockOf,
  domain,
  heapArena,
  type Page,
  page,
  readValue,
  type SqlType,
  VARCHAR,
  type Value,
  valueSetOfRanges,
  varcharType,
} from '../../../../../src/spi/index.js'
import { SEED } from '../../../../support/seed.js'
import { randomGenerator } from '../random.js'
import { readParquet } from './read-file.js'
import { writeParquet } from './write-file.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-dictionary-'))
afterAll(() => rmSync(folder, { recursive: true }))

const next = randomGenerator(SEED)
const below = (limit: number): number => Math.floor(next() * limit)

function shuffled<T>(items: readonly T[]): T[] {
  const all = [...items]
  for (let i = all.length - 1; i > 0; i--) {
    const other = below(i + 1)
    ;[all[i], all[other]] = [all[other]!, all[i]!]
  }
  return all
}

const ALPHABET = ['', 'a', 'b', 'ab', 'ü', '\u0000', '😀', '\uffff', 'zz']
function distinctTexts(count: number): string[] {
  const texts = new Set<string>()
  while (texts.size < count) {
    let text = ''
    for (let left = below(12); left > 0; left--) text += ALPHABET[below(ALPHABET.length)]!
    texts.add(text)
  }
  return [...texts]
}

const entriesOf = (texts: readonly string[], type: SqlType = VARCHAR): BytesBlock =>
  blockOf(type, texts, heapArena()) as BytesBlock
const ordered = (texts: readonly string[], type?: SqlType) =>
  orderedDictionary(entriesOf(texts, type), heapArena())!
const textsOf = ({ entries }: { readonly entries: BytesBlock }): Value[] =>
  Array.from({ length: entries.rowCount }, (_, i) => readValue(entries, i))

test(`one set of entries is one dictionary in any order, seed ${SEED}`, () => {
  for (let run = 0; run < 200; run++) {
    const texts = distinctTexts(1 + below(below(4) === 0 ? 256 : 20))
    const inOrder = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const one = ordered(texts)
    const other = ordered(shuffled(texts))
    expect(textsOf(one), `run ${run}`).toEqual(inOrder)
    expect(textsOf(other), `run ${run}`).toEqual(inOrder)
    expect(other.dictionaryId).toBe(one.dictionaryId)
    expect(one.dictionaryId).toMatch(/^sha256:[0-9a-f]{36}$/)
    const { ranks } = one
    texts.forEach((text, code) => {
      expect(inOrder[ranks === undefined ? code : ranks[code]!]).toBe(text)
    })
  }
})

test('other entries, their lengths and types are other dictionaries', () => {
  const ids = [
    ordered(['a', 'bc']),
    ordered(['ab', 'c']),
    ordered(['a', 'b', 'c']),
    ordered(['', 'a', 'bc']),
    ordered(['a', 'bc'], varcharType(2)),
    ordered([]),
  ].map(({ dictionaryId }) => dictionaryId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('what is not distinct, or long, is left alone', () => {
  expect(orderedDictionary(entriesOf(['b', 'a', 'b']), heapArena())).toBeUndefined()
  expect(orderedDictionary(entriesOf(distinctTexts(257)), heapArena())).toBeUndefined()
})

const ROW_GROUPS = 4
const ROWS = 3000

test.each([
  1, 2, 15, 16, 17, 100, 256, 257,
])(`%i texts in row groups of other orders, seed ${SEED}`, async (count) => {
  const texts = distinctTexts(count)
  const rows: Value[][] = []
  const pages: Page[] = Array.from({ length: ROW_GROUPS }, () => {
    const first = shuffled(texts)
    const part: Value[][] = Array.from({ length: ROWS }, (_, i) => [
      BigInt(rows.length + i),
      first[i] ?? texts[below(count)]!,
      below(9) === 0 ? null : (first[i] ?? texts[below(count)]!),
    ])
    rows.push(...part)
    const column = (channel: number) => part.map((row) => row[channel]!)
    return page([
      blockOf(BIGINT, column(0)),
      blockOf(VARCHAR, column(1)),
      blockOf(VARCHAR, column(2)),
    ])
  })
  const path = join(folder, `${count}.parquet`)
  const columns = [
    { name: 'position', type: BIGINT },
    { name: 'text', type: VARCHAR },
    { name: 'nullable', type: VARCHAR },
  ]
  // A row group a page.
  await writeParquet(path, columns, pages, { properties: {}, blockBytes: 1 })

  const ids = new Set<string | undefined>()
  const whole = await readParquet(path, {
    onPage: ({ blocks }) => {
      const block = blocks[1]!
      if (block.encoding === 'dictionary') ids.add(block.dictionaryId)
    },
  })
  expect(whole.rows).toEqual(rows)
  expect(ids.size).toBe(count <= 256 ? 1 : ROW_GROUPS)
  expect(ids.has(undefined)).toBe(false)

  // Few rows of a row group, so that codes of the others are not placed.
  const isWanted = (row: readonly Value[]): boolean => Number(row[0]) % 17 === 3
  const wanted = rows.filter(isWanted).map((row) => row[0]!)
  const ranges = wanted.map((value) => ({
    low: value,
    lowInclusive: true,
    high: value,
    highInclusive: true,
  }))
  const few = await readParquet(path, {
    predicate: (all) => ({
      columnDomains: [{ column: all[0]!, domain: domain(valueSetOfRanges(BIGINT, ranges), false) }],
    }),
  })
  expect(few.rows.length).toBe(wanted.length)
  expect(few.rows).toEqual(rows.filter(isWanted))
})
