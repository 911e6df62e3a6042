import {
  Bool,
  DateDay,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  makeBuilder,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { expect, test } from 'vitest'
import { filesFolder } from '../folder.js'
import { randomGenerator } from '../random.js'

function sample(): Table {
  const lists = makeBuilder({
    type: new List(new Field('item', new Int32(), true)),
    nullValues: [null],
  })
  lists.append([1, null])
  lists.append(null)
  lists.append([])
  return new Table({
    i: vectorFromArray([1, null, 3], new Int32()),
    big: vectorFromArray([9007199254740993n, null, -1n], new Int64()),
    f: vectorFromArray([1.5, Number.NaN, null], new Float64()),
    s: vectorFromArray(['ä', null, ''], new Utf8()),
    word: vectorFromArray(['x', 'y', 'x'], new Dictionary(new Utf8(), new Int32())),
    b: vectorFromArray([true, false, null], new Bool()),
    d: vectorFromArray([new Date('2024-02-29'), null, new Date(0)], new DateDay()),
    at: vectorFromArray([1000.5, null, -1], new TimestampMicrosecond()),
    l: new Vector([lists.finish().flush()]),
  })
}

const ROWS = [
  [
    1,
    9007199254740993n,
    1.5,
    'ä',
    'x',
    true,
    '2024-02-29',
    '1970-01-01 00:00:01.000500',
    [1, null],
  ],
  [null, null, Number.NaN, null, 'y', false, null, null, null],
  [3, -1n, null, '', 'x', null, '1970-01-01', '1969-12-31 23:59:59.999000', []],
]

test.each(['file', 'stream'] as const)('Arrow %s', async (kind) => {
  await using folder = await filesFolder({ 't.arrow': tableToIPC(sample(), kind) })
  expect(await folder.rows('SELECT * FROM t')).toEqual(ROWS)
  expect(await folder.rows('SELECT s, i FROM t WHERE i = 3')).toEqual([['', 3]])
  expect(await folder.rows('SELECT count(*) FROM t')).toEqual([[3n]])
})

test('damaged files are coded errors', async () => {
  const bytes = tableToIPC(sample(), 'file')
  await using folder = await filesFolder({
    'none.arrow': 'this is no Arrow file',
    'cut.arrow': bytes.subarray(0, bytes.length / 2),
    'empty.arrow': '',
  })
  for (const [table, place] of [
    ['none', 'a message of another length'],
    ['cut', 'it ends before its footer'],
    ['empty', 'it is empty'],
  ]) {
    expect(await folder.failure(`SELECT * FROM ${table}`)).toBe(
      `HIVE_BAD_DATA: File is no Arrow file or is damaged: /${table}.arrow (${place})`,
    )
  }
})

test('a file cut anywhere gives rows or a coded error, never anything else', async () => {
  const seed = Date.now() % 1_000_000
  const random = randomGenerator(seed)
  await using folder = await filesFolder()
  for (const kind of ['file', 'stream'] as const) {
    const original = tableToIPC(sample(), kind)
    for (let round = 0; round < 40; round++) {
      const name = `${kind}${round}`
      folder.write(`${name}.arrow`, original.subarray(0, Math.floor(random() * original.length)))
      const outcome: string = await folder.rows(`SELECT * FROM ${name}`).then(
        () => 'rows',
        (error) => error.code,
      )
      expect(['rows', 'HIVE_BAD_DATA'], `seed ${seed}, ${name}`).toContain(outcome)
    }
  }
})
