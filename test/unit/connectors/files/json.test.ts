import { expect, test } from 'vitest'
import { parseJson } from '../../../../src/connectors/files/json/parse.js'
import { filesFolder } from './folder.js'
import { randomGenerator } from './random.js'

test('nested values are ROW, ARRAY and MAP, and JSON where kinds differ', async () => {
  const names = Array.from({ length: 65 }, (_, i) => [`k${i}`, i])
  await using folder = await filesFolder({
    't.jsonl': [
      { id: 1, o: { a: 1.5 }, l: [{ x: 1 }], mixed: 1, m: Object.fromEntries(names) },
      { id: 2, o: { b: 'z' }, l: [], mixed: { b: 1, a: [true] }, m: {}, late: '2024-01-01' },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  })
  const described = (await folder.rows('DESCRIBE t')).map((row) =>
    (row as string[]).slice(0, 2).join(' '),
  )
  expect(described).toEqual([
    'id bigint',
    'o row(a double, b varchar)',
    'l array(row(x bigint))',
    'mixed json',
    'm map(varchar, bigint)',
    'late date',
  ])
  expect(
    await folder.rows("SELECT id, o.a, o.b, l[1].x, mixed, m['k64'], late FROM t WHERE id = 1"),
  ).toEqual([[1n, 1.5, null, 1n, '1', 64n, null]])
  expect(await folder.rows('SELECT mixed, late FROM t WHERE id = 2')).toEqual([
    ['{"a":[true],"b":1}', '2024-01-01'],
  ])
})

test('integers beyond 2^53 and long decimals are exact', () => {
  const text = String.raw`{"a":9007199254740993,"b":[-12345678901234567890],"c":"1234567890123456789","d":"\u0001n1","e":0.5}`
  expect(parseJson(text)).toEqual({
    a: 9007199254740993n,
    b: [-12345678901234567890n],
    c: '1234567890123456789',
    d: '\u0001n1',
    e: 0.5,
  })
})

test('an array of objects and objects over several lines are read too', async () => {
  await using folder = await filesFolder({
    'a.json': '[\n {"a": 1, "b": "]}\\""},\n {"a": 2}\n]\n',
    'b.json': '{\n "a": 1\n}\n{\n "a": 2\n}',
  })
  expect(await folder.rows('SELECT a, b FROM a')).toEqual([
    [1n, ']}"'],
    [2n, null],
  ])
  expect(await folder.rows('SELECT sum(a) FROM b')).toEqual([[3n]])
})

test('what is no JSON is an error with file and line', async () => {
  const good = '{"a":1}\n'.repeat(400)
  await using folder = await filesFolder(
    {
      'syntax.jsonl': `${good}{"a":\n`,
      'type.jsonl': `${good}{"a":"x"}\n`,
      'scalar.jsonl': `${good}7\n`,
    },
    { 'files.sample-size': '1kB' },
  )
  expect([
    await folder.failure('SELECT * FROM syntax'),
    await folder.failure('SELECT * FROM type'),
    await folder.failure('SELECT * FROM scalar'),
  ]).toEqual([
    'HIVE_BAD_DATA: Text is not JSON: /syntax.jsonl (line 401)',
    'HIVE_BAD_DATA: Value is no bigint: "x": /type.jsonl (line 401, column a)',
    'HIVE_BAD_DATA: Row is no JSON object: /scalar.jsonl (line 401)',
  ])
})

test('mutated files give rows or a coded error, never anything else', async () => {
  const seed = Date.now() % 1_000_000
  const random = randomGenerator(seed)
  const original = Buffer.from('{"a":1,"b":{"c":[1,2]},"d":"x"}\n{"a":2.5,"b":null}\n[]\n')
  await using folder = await filesFolder()
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(original)
    for (let i = 0; i <= Math.floor(random() * 3); i++) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    }
    folder.write(`f${round}.jsonl`, bytes)
    const outcome: string = await folder.rows(`SELECT * FROM f${round}`).then(
      () => 'rows',
      (error) => error.code,
    )
    expect(['rows', 'HIVE_BAD_DATA'], `seed ${seed}, round ${round}`).toContain(outcome)
  }
})
