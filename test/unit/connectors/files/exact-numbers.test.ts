import { expect, test } from 'vitest'
import { ExactNumber, parseJson } from '../../../../src/connectors/files/json/parse.js'

test('numbers keep all their digits, wherever the point is', () => {
  for (const text of ['12345678901234.5678', '1.234567890123456789', '123456789012345678.9']) {
    expect(parseJson(`{"v":${text}}`)).toEqual({ v: new ExactNumber(text) })
  }
  expect(parseJson('[1.5, 12345678901234567]')).toEqual([1.5, 12345678901234567n])
})
