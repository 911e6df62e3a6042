import { expect, test } from 'vitest'
import {
  type Block,
  createBlockBuilder,
  type IntegerBlock,
  page,
  type SqlType,
  type Value,
} from '../../../src/spi/index.js'
import { cellReader } from '../../../src/values/cell-reader.js'
import { cellsReader } from '../../../src/values/cells-reader.js'
import { rowReader } from '../../../src/values/row-reader.js'
import { SEED } from '../../support/seed.js'

let state = SEED
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const ROWS = 300
const text = (length: number, letters: string): string =>
  Array.from({ length }, () => letters[random(letters.length)]).join('')

/** Makers of a value, by type: each with what its reader by runs has a branch for. */
const CASES: readonly (readonly [string, SqlType, () => Value])[] = [
  ['tinyint', { kind: 'tinyint' }, () => random(256) - 128],
  ['integer', { kind: 'integer' }, () => random(2 ** 32) - 2 ** 31],
  ['bigint of a byte', { kind: 'bigint' }, () => BigInt(random(200) - 100)],
  ['bigint of 32 bits', { kind: 'bigint' }, () => BigInt(random(2 ** 31)) - 2n ** 30n],
  ['bigint from a base', { kind: 'bigint' }, () => BigInt(random(100)) - 2n ** 40n],
  ['bigint of 64 bits', { kind: 'bigint' }, () => BigInt(random(2 ** 31)) * 2n ** 32n - 2n ** 61n],
  ['double', { kind: 'double' }, () => [Math.fround(random(99) / 7), -0, Number.NaN][random(3)]!],
  ['date', { kind: 'date' }, () => random(2_000_000) - 1_000_000],
  ['varchar of ASCII', { kind: 'varchar' }, () => text(random(40), 'abc ')],
  ['varchar of long ASCII', { kind: 'varchar' }, () => text(random(400), 'abc ')],
  ['varchar', { kind: 'varchar' }, () => text(random(40), 'aé€')],
  ['varchar of few', { kind: 'varchar' }, () => text(random(2), 'ab')],
  ['decimal', { kind: 'decimal', precision: 12, scale: 2 }, () => BigInt(random(2000) - 1000)],
  ['boolean', { kind: 'boolean' }, () => random(2) === 1],
]

function blockOf(type: SqlType, make: () => Value, nulls: boolean): Block {
  const builder = createBlockBuilder(type)
  for (let i = 0; i < ROWS; i++) builder.append(nulls && random(4) === 0 ? null : make())
  return builder.build()
}

/** Positions that are null have values all the same. */
const randomValidity = (): Uint8Array =>
  Uint8Array.from({ length: Math.ceil(ROWS / 8) }, () => random(256))

/** Runs of any length, as they follow each other. */
function expectSameCells(block: Block, mode: 'exact' | 'plain'): void {
  const read = cellReader(block, mode)
  const readRun = cellsReader(block, mode)
  for (let start = 0; start < block.rowCount; ) {
    const end = Math.min(block.rowCount, start + 1 + random(120))
    const cells = readRun(start, end)
    for (let i = start; i < end; i++) {
      expect({ seed: SEED, i, cell: cells[i - start] }).toEqual({ seed: SEED, i, cell: read(i) })
    }
    start = end
  }
}

for (const mode of ['exact', 'plain'] as const) {
  test.each(CASES)(`runs have the values of their cells, ${mode}: %s`, (_name, type, make) => {
    for (const nulls of [false, true]) expectSameCells(blockOf(type, make, nulls), mode)
    const block = blockOf(type, make, false)
    if (block.encoding !== 'flat' || block.storage === 'null') return
    expectSameCells({ ...block, validity: randomValidity() }, mode)
  })
}

test('bigints beyond 32 bits of narrow storage', () => {
  const values = Int32Array.from({ length: ROWS }, () => random(2 ** 32) - 2 ** 31)
  const block: IntegerBlock = {
    encoding: 'flat',
    type: { kind: 'bigint' },
    rowCount: ROWS,
    storage: 'i32',
    values,
    base: -5_000_000_000_123,
    factor: 1000,
    validity: null,
  }
  expectSameCells(block, 'exact')
  expect(cellsReader(block, 'exact')(0, 1)[0]).toBe(
    -5_000_000_000_123n + 1000n * BigInt(values[0]!),
  )
})

const STORED = {
  i8: (): Int8Array => Int8Array.from({ length: ROWS }, () => random(256) - 128),
  i16: (): Int16Array => Int16Array.from({ length: ROWS }, () => random(2 ** 16) - 2 ** 15),
  i32: (): Int32Array => Int32Array.from({ length: ROWS }, () => random(2 ** 32) - 2 ** 31),
} as const

test('decimals of any scale and storage', () => {
  const largest = Number.MAX_SAFE_INTEGER
  for (const scale of [0, 1, 2, 9, 15, 16, 18]) {
    for (const storage of ['i8', 'i16', 'i32'] as const) {
      for (const [base, factor] of [
        [0, 1],
        [0, 100],
        [-5_000_000_000_123, 1000],
        [storage === 'i32' ? 0 : largest - 2 ** 40, 1],
        [0, storage === 'i32' ? 2 ** 21 : 1],
      ] as const) {
        const values = STORED[storage]()
        // What is shortest, what digits carry into, and both signs.
        values.set([0, 1, -1, 9, 10, -10, 99, 100, 127, -128])
        const block: IntegerBlock = {
          encoding: 'flat',
          type: { kind: 'decimal', precision: 18, scale },
          rowCount: ROWS,
          storage,
          values,
          base,
          factor,
          validity: null,
        }
        expectSameCells(block, 'exact')
        const validity = randomValidity()
        expectSameCells({ ...block, validity }, 'exact')
        expectSameCells({ ...block, type: { kind: 'bigint' }, validity }, 'exact')
      }
    }
  }
})

test('decimals have a digit before the point and all digits of the scale', () => {
  const block = createBlockBuilder({ kind: 'decimal', precision: 18, scale: 3 })
  const unscaled = [0n, 5n, -5n, 1000n, -123_456n, -2_147_483_648n]
  for (const value of unscaled) block.append(value)
  const built = block.build()
  expect(built).toMatchObject({ encoding: 'flat', storage: 'i32' })
  expect(cellsReader(built, 'exact')(0, unscaled.length)).toEqual([
    '0.000',
    '0.005',
    '-0.005',
    '1.000',
    '-123.456',
    '-2147483.648',
  ])
})

test('rows of pages whose columns change their storage, as objects and arrays', () => {
  const names = ['a', '__proto__', 'c d']
  const objects = rowReader(names, 'object', 'exact')
  const arrays = rowReader(names, 'array', 'exact')
  for (let round = 0; round < 20; round++) {
    const columns = names.map(() => CASES[random(CASES.length)]!)
    const blocks = columns.map(([, type, make]) => blockOf(type, make, random(2) === 0))
    const whole = page(blocks, ROWS)
    const [start, end] = [random(100), 100 + random(200)]
    const expected = Array.from({ length: end - start }, (_, i) =>
      blocks.map((block) => cellReader(block, 'exact')(start + i)),
    )
    expect(arrays(whole, start, end)).toEqual(expected)
    const found = objects(whole, start, end) as Record<string, unknown>[]
    expect(found.map((row) => Object.entries(row))).toEqual(
      expected.map((cells) => cells.map((cell, i) => [names[i], cell])),
    )
  }
})
