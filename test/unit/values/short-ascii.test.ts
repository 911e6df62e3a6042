import { expect, test } from 'vitest'
import { shortAscii } from '../../../src/values/short-ascii.js'

test('short texts of ASCII are made of their bytes, at any place and of any length', () => {
  const bytes = Uint8Array.from({ length: 128 }, (_, i) => i)
  for (let length = 0; length <= 30; length++) {
    for (const start of [0, 3, 128 - length]) {
      const expected = Buffer.from(bytes.subarray(start, start + length)).toString('latin1')
      expect(shortAscii(bytes, start, start + length)).toBe(length <= 24 ? expected : undefined)
    }
  }
})

test('a byte that is not ASCII is left to a decoder, wherever it is', () => {
  for (let at = 0; at < 20; at++) {
    const bytes = new Uint8Array(20).fill(97)
    bytes[at] = 0xc3
    expect(shortAscii(bytes, 0, 20)).toBeUndefined()
    expect(shortAscii(bytes, 0, at)).toBe('a'.repeat(at))
  }
})
