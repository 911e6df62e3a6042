import { expect, test } from 'vitest'
import { parseExactJson } from '../../../src/client/exact-json.js'

test('integers beyond 2^53 are bigints, other numbers stay numbers', () => {
  const text =
    '[9007199254740993, -9223372036854775808, 9007199254740991, 0.0499852958383976141, 1.2345678901234567E10, "12345678901234567890"]'
  expect(parseExactJson(text)).toEqual([
    9007199254740993n,
    -9223372036854775808n,
    9007199254740991,
    0.049985295838397614,
    12345678901.234568,
    '12345678901234567890',
  ])
})
