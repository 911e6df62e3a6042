import { describe, expect, test } from 'vitest'
import { readJson } from '../../../src/expressions/json/json-node.js'
import { evaluatePath } from '../../../src/expressions/sql-json/evaluate-path.js'
import { jsonInput } from '../../../src/expressions/sql-json/json-input.js'
import { parseSqlJsonPath } from '../../../src/expressions/sql-json/path.js'
import { itemText } from '../../../src/expressions/sql-json/path-item.js'

function query(path: string, text: string, variables: Record<string, string> = {}): string {
  const items = evaluatePath(parseSqlJsonPath(path), {
    context: readJson(text)!,
    variables: new Map(Object.entries(variables).map(([name, value]) => [name, readJson(value)!])),
  })
  return items.map(itemText).join(' ')
}

const PATHS: readonly (readonly [path: string, text: string, items: string])[] = [
  ['lax $.a.b', '{"a": [{"b": 1}, {"b": 2}, {}]}', '1 2'],
  ['lax $.*', '{"x": 1, "a": 2}', '1 2'],
  ['lax $[0, 2 to last]', '["a", "b", "c", "d"]', '"a" "c" "d"'],
  ['lax $[last - 1]', '[1, 2, 3]', '2'],
  ['lax $[0]', '5', '5'],
  ['lax $..a', '{"a": {"a": 1}, "b": [{"a": 2}]}', '{"a":1} 1 2'],
  ['lax $[*] ? (@.n > 1 && @.s starts with "x").s', '[{"n":2,"s":"xy"},{"n":3,"s":"y"}]', '"xy"'],
  ['lax $[*] ? (!(@ == 1) || exists(@.z))', '[1, 2, "1"]', '2'],
  ['lax $[*] ? ((@ > 1) is unknown)', '[1, "a", null, [2]]', '"a"'],
  ['lax $[*] ? ((@ + 1) * 2 == 6)', '[1, 2, 3]', '2'],
  ['lax $[*] ? (@ == null)', '[null, 0, "null"]', 'null'],
  ['lax -$[*].abs()', '[1, -2.5]', '-1 -2.5'],
  ['lax $.type()', '[1]', '"array"'],
  ['lax $.keyvalue().name', '{"b": 1, "a": 2}', '"b" "a"'],
  ['lax 7 / 2 + 7 % 2', '0', '4'],
  ['strict $.a', '{"a": null}', 'null'],
  ['lax 1.50 + $', '1', '2.50'],
  ['lax $ * 2', '4294967296', '8589934592'],
  ['lax $ ? (@ < 10000000000)', '9223372036854775808', ''],
]

describe('the SQL/JSON path language', () => {
  test.each(PATHS)('%s of %s', (path, text, items) => expect(query(path, text)).toBe(items))

  test('variables are what is passed', () => {
    expect(query('lax $[*] ? (@ < $x)', '[1, 2, 3]', { x: '3' })).toBe('1 2')
    expect(parseSqlJsonPath('lax $x + $y.a').variables).toEqual(['x', 'y'])
  })

  test.each([
    ['strict $.b', '{"a": 1}', "structural error: missing member 'b' in JSON object"],
    ['strict $.a', '[{"a": 1}]', 'invalid item type. Expected: OBJECT, actual: ARRAY'],
    ['strict $[5]', '[1]', 'structural error: invalid array subscript: [5, 5] for array of size 1'],
    ['lax $ / 0', '1', 'Division by zero'],
    ['lax $ + 1', '2147483647', 'integer addition overflow: 2147483647 + 1'],
    ['lax $ - 1', '9223372036854775808', 'number beyond BIGINT: 9223372036854775808'],
    ['lax $ + 1', '"x"', 'invalid item type. Expected: NUMBER, actual: STRING'],
  ])('%s of %s fails', (path, text, message) => {
    expect(() => query(path, text)).toThrow(
      expect.objectContaining({
        code: 'PATH_EVALUATION_ERROR',
        message: `path evaluation failed: ${message}`,
      }),
    )
  })

  test.each([
    ['relaxed $', 0],
    ['lax a', 4],
    ['lax $.', 6],
    ['lax $[1', 7],
    ['lax $ ? (@ = 1)', 11],
  ])('%s is wrong at offset %i', (path, offset) => {
    expect(() => parseSqlJsonPath(path)).toThrow(expect.objectContaining({ offset }))
  })
})

describe('encodings of JSON', () => {
  test('UTF-8, UTF-16 and UTF-32, little-endian', () => {
    const bytes = (...values: number[]) => Uint8Array.from(values)
    expect(jsonInput(bytes(0x22, 0xc3, 0xa9, 0x22), 'UTF8')).toBe('é')
    expect(jsonInput(bytes(0x22, 0, 0xe9, 0, 0x22, 0), 'UTF16')).toBe('é')
    expect(jsonInput(bytes(0x31, 0, 0, 0), 'UTF32')).toBe(1n)
    const failure = expect.objectContaining({ code: 'JSON_INPUT_CONVERSION_ERROR' })
    expect(() => jsonInput(bytes(0x22, 0xff, 0x22), 'UTF8')).toThrow(failure)
    expect(() => jsonInput('{', 'JSON')).toThrow(failure)
  })
})
