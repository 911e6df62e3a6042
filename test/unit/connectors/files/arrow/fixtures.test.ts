import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesFolder } from '../folder.js'

const fixture = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, 'fixtures', name))

const TEXTS = ['ä', null, '', 'a text that is longer than twelve bytes']
const DECIMALS = ['1.25', null, '-9.99', '0.00']

/** By column: its type, and its values. */
const TYPES: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
  i8: ['tinyint', [1, null, -3, 127]],
  u8: ['smallint', [1, null, 200, 255]],
  u16: ['integer', [1, null, 60000, 65535]],
  u32: ['bigint', [1n, null, 4000000000n, 5n]],
  u64: ['decimal(20,0)', ['1', null, '18446744073709551615', '5']],
  i64: ['bigint', [1n, null, -9007199254740993n, 5n]],
  f16: ['real', [1.5, null, -2, 0]],
  f32: ['real', [1.5, null, -2, 0]],
  dec: ['decimal(30,2)', ['1.25', null, '-99999999999999999999.99', '0.00']],
  dec9: ['decimal(9,2)', DECIMALS],
  d32: ['decimal(9,2)', DECIMALS],
  d64: ['decimal(18,2)', DECIMALS],
  date64: ['date', ['2024-02-29', null, '1960-01-01', '1970-01-01']],
  t32: ['time(0)', ['01:02:03', null, '00:00:00', '23:59:59']],
  t64: ['time(9)', ['00:00:00.000000001', null, '23:59:59.999999999', '00:00:00.000000000']],
  ts: ['timestamp(0)', ['1970-01-01 00:00:00', null, '1969-12-31 23:59:59', '2023-11-14 22:13:20']],
  tms: [
    'timestamp(3)',
    ['1970-01-01 00:00:00.000', null, '1969-12-31 23:59:59.999', '2023-11-14 22:13:20.123'],
  ],
  tus: [
    'timestamp(6)',
    [
      '1970-01-01 00:00:00.000000',
      null,
      '1969-12-31 23:59:59.999999',
      '2023-11-14 22:13:20.123456',
    ],
  ],
  tns: [
    'timestamp(9)',
    [
      '1970-01-01 00:00:00.000000000',
      null,
      '1969-12-31 23:59:59.999999999',
      '2023-11-14 22:13:20.123456789',
    ],
  ],
  tz: [
    'timestamp(3) with time zone',
    [
      '1970-01-01 01:00:00.000 Europe/Berlin',
      null,
      '1970-01-01 00:59:59.999 Europe/Berlin',
      '2023-11-14 23:13:20.123 Europe/Berlin',
    ],
  ],
  s: ['varchar', TEXTS],
  ls: ['varchar', TEXTS],
  vs: ['varchar', TEXTS],
  vb: [
    'varbinary',
    [Uint8Array.of(0, 255), null, new Uint8Array(0), new TextEncoder().encode('0123456789abcdef')],
  ],
  fb: ['varbinary', ['ab', null, 'cd', 'ef'].map((s) => s && new TextEncoder().encode(s))],
  dict: ['varchar', ['x', null, 'y', 'x']],
  l: ['array(integer)', [[1, null], null, [], [3]]],
  ll: ['array(varchar)', [['a'], null, [], ['b', null]]],
  fl: ['array(smallint)', [[1, 2], null, [3, null], [4, 5]]],
  m: ['map(varchar, integer)', [new Map([['a', 1]]), null, new Map(), new Map([['b', null]])]],
  st: [
    'row(a bigint, b varchar)',
    [{ a: 1n, b: 'x' }, null, { a: null, b: 'y' }, { a: 2n, b: null }],
  ],
  b: ['boolean', [true, null, false, true]],
  n: ['unknown', [null, null, null, null]],
}

test.each(['uncompressed', 'lz4', 'zstd'])('every type as pyarrow writes it, %s', async (codec) => {
  await using folder = await filesFolder({ 't.arrow': fixture(`types_${codec}.arrow`) })
  const columns = (await folder.rows('DESCRIBE t')) as string[][]
  const rows = (await folder.rows('SELECT * FROM t')) as unknown[][]
  const found = columns.map(([name, type], i) => [name, [type, rows.map((row) => row[i])]])
  expect(Object.fromEntries(found)).toEqual(TYPES)
  // One column by itself, of those in the middle: only its buffers are read.
  for (const name of ['tus', 'm', 'vs', 'dict', 'b']) {
    expect(await folder.rows(`SELECT ${name} FROM t`)).toEqual(TYPES[name]![1].map((v) => [v]))
  }
  expect(await folder.rows('SELECT count(*), count(n), count(m) FROM t')).toEqual([[4n, 0n, 3n]])
})

test.each(['lz4', 'zstd'])('buffers that are really compressed, %s', async (codec) => {
  await using folder = await filesFolder({ 't.arrow': fixture(`runs_${codec}.arrow`) })
  const select = 'SELECT count(*), sum(k), count(maybe), sum(maybe), min(w), max(w) FROM t'
  expect(await folder.rows(select)).toEqual([
    [20_000n, 190_000n, 13_333n, 59_997n, 'word 0', 'word 6'],
  ])
  expect(await folder.rows('SHOW STATS FOR t')).toEqual([
    ['k', null, null, 0, null, null, null],
    ['w', null, null, 0, null, null, null],
    ['maybe', null, null, 6667 / 20_000, null, null, null],
    [null, null, null, null, 20_000, null, null],
  ])
})

test('a dictionary grows within a stream, and is put in place of another', async () => {
  await using folder = await filesFolder({ 't.arrows': fixture('deltas.arrows') })
  expect(await folder.rows('SELECT w FROM t')).toEqual(
    ['a', 'b', 'c', 'a', 'z', null].map((word) => [word]),
  )
})
