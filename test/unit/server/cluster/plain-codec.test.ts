import { expect, test } from 'vitest'
import { loadPlainCodec } from '../../../../src/server/cluster/plain-codec.js'

test('plain values come back as they were', async () => {
  const codec = await loadPlainCodec()
  const value = {
    zeros: [0, -0, new Map([['x', -0]])],
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300, -1, 0.1],
    bigints: [5n, -(2n ** 63n), 2n ** 64n, 1_700_000_000_000_000_000_000n],
    nothing: [null, undefined],
    map: new Map<unknown, unknown>([
      ['a', { b: [1] }],
      ['c', new Map()],
    ]),
    bytes: new Uint8Array([1, 2, 255]),
    doubles: new Float64Array([1.5, -0]),
    text: 'ä €𝄞',
    nested: { kind: 'constant', type: { kind: 'double' }, value: -0 },
  }
  const copy = codec.unpack(codec.pack(value)) as typeof value
  expect(copy).toEqual(value)
  expect(Object.is(copy.nested.value, -0)).toBe(true)
  expect(Object.is(copy.zeros[1], -0)).toBe(true)
  expect(copy.map).toBeInstanceOf(Map)
})
