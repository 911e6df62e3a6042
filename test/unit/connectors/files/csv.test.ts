import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { RecordBounds } from '../../../../src/connectors/files/csv/record-bounds.js'
import { CsvTokenizer } from '../../../../src/connectors/files/csv/tokenizer.js'
import { filesFolder } from './folder.js'
import { randomGenerator } from './random.js'

const typesOf = async (folder: Awaited<ReturnType<typeof filesFolder>>, table: string) =>
  (await folder.rows(`DESCRIBE ${table}`)).map((row) => (row as string[]).slice(0, 2).join(' '))

test('types are inferred: the narrowest that holds all values of a column', async () => {
  await using folder = await filesFolder({
    't.csv':
      'i,big,d,b,day,at,zoned,zip,mixed,none\n' +
      '1,123456789012345678901234,1.5,true,2024-02-29,2024-01-01 10:00:00.123456,2024-01-01T10:00:00Z,01234,1,\n' +
      '-9223372036854775808,2,1e3,FALSE,1582-10-15,2024-01-01,2024-01-01 10:00:00+02:00,5,x,\n',
  })
  expect(await typesOf(folder, 't')).toEqual([
    'i bigint',
    'big decimal(38,0)',
    'd double',
    'b boolean',
    'day date',
    'at timestamp(6)',
    'zoned timestamp(3) with time zone',
    'zip varchar',
    'mixed varchar',
    'none varchar',
  ])
  expect(await folder.rows('SELECT * FROM t ORDER BY i')).toEqual([
    [
      -9223372036854775808n,
      '2',
      1000,
      false,
      '1582-10-15',
      '2024-01-01 00:00:00.000000',
      '2024-01-01 10:00:00.000 +02:00',
      '5',
      'x',
      null,
    ],
    [
      1n,
      '123456789012345678901234',
      1.5,
      true,
      '2024-02-29',
      '2024-01-01 10:00:00.123456',
      '2024-01-01 10:00:00.000 UTC',
      '01234',
      '1',
      null,
    ],
  ])
})

test('an unquoted empty field is NULL, a quoted one the empty text, and NULL where the type has none', async () => {
  await using folder = await filesFolder({ 't.csv': 'a,b\n"",""\n,1\n"x ""y""\n,z",2\n' })
  expect(await folder.rows('SELECT a, b FROM t')).toEqual([
    ['', null],
    [null, 1n],
    ['x "y"\n,z', 2n],
  ])
})

test.each([
  ['semicolons', 'a;b\n1,5;x\n2,5;y\n'],
  ['tabs', 'a\tb\n1,5\tx\n2,5\ty\n'],
  ['pipes and CR LF', 'a|b\r\n1,5|x\r\n2,5|y\r\n'],
  ['lone CR', 'a;b\r1,5;x\r2,5;y\r'],
  ['no newline at the end, blank lines', 'a;b\n\n1,5;x\n\n\n2,5;y'],
])('dialect is found out: %s', async (_, text) => {
  await using folder = await filesFolder({ 't.csv': text })
  expect(await folder.rows('SELECT a, b FROM t')).toEqual([
    ['1,5', 'x'],
    ['2,5', 'y'],
  ])
})

test('a file without a header has its columns numbered, by the types of its first row', async () => {
  await using folder = await filesFolder({ 't.csv': '1,x\n2,y\n' })
  expect(await folder.rows('SELECT _col1, _col0 FROM t')).toEqual([
    ['x', 1n],
    ['y', 2n],
  ])
})

test('names of columns are lower case, and made unique', async () => {
  await using folder = await filesFolder({ 't.csv': 'Name,NAME,"Total Sum"\nx,y,1\n' })
  expect(await typesOf(folder, 't')).toEqual(['name varchar', 'name_1 varchar', 'total sum bigint'])
})

test('header, delimiter and NULL can be set', async () => {
  await using folder = await filesFolder(
    { 't.csv': 'a~b\nNA~"NA"\n' },
    { 'files.csv.header': 'false', 'files.csv.delimiter': '~', 'files.csv.null': 'NA' },
  )
  expect(await folder.rows('SELECT * FROM t')).toEqual([
    ['a', 'b'],
    [null, 'NA'],
  ])
})

const TEXT = 'name,n\nÄpfel,1\n日本,2\n'
const utf16 = (text: string, big: boolean): Uint8Array => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return big ? bytes.swap16() : bytes
}
test.each([
  ['UTF-8 with a mark', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16LE', utf16(TEXT, false)],
  ['UTF-16BE', utf16(TEXT, true)],
])('encoding is found out: %s', async (_, bytes) => {
  await using folder = await filesFolder({ 't.csv': bytes })
  expect(await folder.rows('SELECT name, n FROM t')).toEqual([
    ['Äpfel', 1n],
    ['日本', 2n],
  ])
})

test('what is not UTF-8 is ISO-8859-1', async () => {
  await using folder = await filesFolder({ 't.csv': Buffer.from('name,n\nÄpfel,1\n', 'latin1') })
  expect(await folder.rows('SELECT name FROM t')).toEqual([['Äpfel']])
})

/** `x,y\n1,2\n` as one raw block in a zstd frame. @source RFC 8878 */
const zstdRaw = (text: string): Uint8Array => {
  const content = Buffer.from(text)
  const size = Buffer.alloc(3)
  size.writeUIntLE((content.length << 3) | 1, 0, 3)
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length]), size, content])
}

test('files of one table may have an encoding each', async () => {
  await using folder = await filesFolder({
    't/1.csv': 'a,b\n1,ä\n',
    't/2.csv': utf16('a,b\n2,ä\n', false),
    't/3.csv': utf16('a,b\n3,ä\n', true),
    't/4.csv': Buffer.from('a,b\n4,ä\n', 'latin1'),
  })
  expect(await folder.rows('SELECT * FROM t ORDER BY a')).toEqual(
    [1n, 2n, 3n, 4n].map((a) => [a, 'ä']),
  )
})

test('gzip and zstd are taken off', async () => {
  await using folder = await filesFolder({
    'a.csv.gz': gzipSync('x,y\n1,2\n'),
    'b.csv.zst': zstdRaw('x,y\n1,2\n'),
  })
  expect(await folder.rows('SELECT * FROM a UNION ALL SELECT * FROM b')).toEqual([
    [1n, 2n],
    [1n, 2n],
  ])
})

test('what is no CSV is an error with file and line', async () => {
  await using folder = await filesFolder(
    {
      'width.csv': 'a,b\n1,"x\ny"\n3\n',
      'quote.csv': 'a,b\n1,"x\n',
      'after.csv': 'a,b\n1,"x"y\n',
      'type.csv': `a,b\n${'1,2\n'.repeat(400)}1,oops\n`,
      'utf8.csv': Buffer.concat([
        Buffer.from(`a,b\n${'ä,2\n'.repeat(400)}`),
        Buffer.from([0xff, 0x2c, 0x31, 0x0a]),
      ]),
      'cut.csv.gz': gzipSync(`a,b\n${'1,2\n'.repeat(5000)}`).subarray(0, 40),
      'empty.csv': '',
    },
    { 'files.sample-size': '1kB' },
  )
  const failures = await Promise.all(
    ['width', 'quote', 'after', 'type', 'utf8', 'cut', 'empty'].map((table) =>
      folder.failure(`SELECT * FROM ${table}`),
    ),
  )
  expect(failures).toEqual([
    'HIVE_BAD_DATA: Row has 1 fields instead of 2: /width.csv (line 4)',
    'HIVE_BAD_DATA: Quote is not closed: /quote.csv (line 2)',
    'HIVE_BAD_DATA: Closing quote is not at the end of its field: /after.csv (line 2)',
    "HIVE_BAD_DATA: Value is no bigint: 'oops': /type.csv (line 402, column b)",
    'HIVE_BAD_DATA: Text is not valid UTF-8: /utf8.csv (line 402)',
    'HIVE_BAD_DATA: Compressed data is corrupt or ends early: /cut.csv.gz',
    'HIVE_BAD_DATA: File is empty, so that it has no columns: /empty.csv',
  ])
})

test('parts of a file together have the rows of the whole, wherever quotes and newlines are', async () => {
  const seed = Date.now() % 1_000_000
  const random = randomGenerator(seed)
  const field = (): string => {
    const texts = ['', '"a\nb"', '"""\n"', 'x"y', '12345', '"a,b"', '""', 'ä']
    return texts[Math.floor(random() * texts.length)]!
  }
  for (let round = 0; round < 200; round++) {
    const rows = Array.from({ length: 1 + Math.floor(random() * 30) }, () => [field(), field()])
    const text = Buffer.from(`${rows.map((row) => row.join(',')).join('\n')}\n`)
    const dialect = { delimiter: 0x2c, newline: 0x0a, quote: 0x22, escape: 0x22, hasHeader: false }
    const tokens = new CsvTokenizer(dialect, new Int32Array([0, 1]), 1000)
    const starts = new Set([0])
    let at = 0
    while (at < text.length) {
      const before = new CsvTokenizer(dialect, new Int32Array([0, 1]), 1)
      at = before.read(text, at, text.length, true)
      starts.add(at)
    }
    const bounds = new RecordBounds(dialect, 0)
    const wanted = Math.floor(random() * text.length)
    const size = 1 + Math.floor(random() * 9)
    let found: number | undefined
    for (let p = 0; p < text.length && found === undefined; p += size) {
      found = bounds.next(text.subarray(p, p + size), wanted)
    }
    const expected = [...starts].find((start) => start > wanted)
    expect(found, `seed ${seed}, round ${round}: ${JSON.stringify(String(text))}`).toBe(expected)
    tokens.read(text, 0, text.length, true)
    expect(tokens.rowCount).toBe(rows.length)
  }
})

test('a large file is read in several splits, each row once', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `${i},"line\n${i}"`)
  await using folder = await filesFolder(
    { 't.csv': `a,b\n${lines.join('\n')}\n` },
    { 'files.max-split-size': '64kB' },
  )
  expect(
    await folder.rows('SELECT count(*), sum(a), count(DISTINCT b), min(length(b)) FROM t'),
  ).toEqual([[20_000n, 199_990_000n, 20_000n, 6n]])
})

test('mutated files give rows or a coded error, never anything else', async () => {
  const seed = Date.now() % 1_000_000
  const random = randomGenerator(seed)
  const original = Buffer.from(
    'id,name,at\n1,"a ""b""\nc",2024-01-01\n22,ä,2024-02-01 10:00:00\n,,\n',
  )
  await using folder = await filesFolder()
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(original)
    for (let i = 0; i <= Math.floor(random() * 4); i++) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    }
    const cut = random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length
    folder.write(`f${round}.csv`, bytes.subarray(0, cut))
    const outcome: string = await folder.rows(`SELECT * FROM f${round}`).then(
      () => 'rows',
      (error) =>
        error.code === 'HIVE_BAD_DATA'
          ? error.code
          : `${error.code} ${error.message} ${JSON.stringify(String(bytes))}`,
    )
    expect(['rows', 'HIVE_BAD_DATA'], `seed ${seed}, round ${round}`).toContain(outcome)
  }
})
