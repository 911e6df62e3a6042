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

test('text that looks like what marks integers stays text', () => {
  const big = '9007199254740993'
  const texts = [`\u0001${big}`, `\ue000${big}`, '\u0001', `\ue0011`, `\\ue002${big}`]
  const escaped = [`"\\ue000${big}"`, `"\\uE001${big}"`]
  const json = `[${big},${texts.map((text) => JSON.stringify(text)).join()},${escaped.join()}]`
  expect(parseExactJson(json)).toEqual([BigInt(big), ...texts, `\ue000${big}`, `\ue001${big}`])
})
