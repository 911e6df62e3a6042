import { expect, test } from 'vitest'
import { partsOf } from '../../../../../src/connectors/files/parquet/parts.js'

const MB = 1 << 20
const sizes = (parts: readonly number[][]): number[] => parts.map((part) => part.length)

test('each row group is in one part, in order', () => {
  for (const count of [0, 1, 2, 7, 13, 49, 1000]) {
    for (const bytes of [1, 10_000, 4 * MB, 100 * MB]) {
      const parts = partsOf(
        Array.from({ length: count }, () => bytes),
        64 * MB,
      )
      expect(parts.flat()).toEqual(Array.from({ length: count }, (_, i) => i))
      expect(parts.every((part) => part.length > 0)).toBe(true)
    }
  }
})

test('a small file is still divided among threads', () => {
  expect(sizes(partsOf([10 * MB, 2 * MB], 64 * MB))).toEqual([1, 1])
  expect(sizes(partsOf([500, 500, 500, 500, 500], 64 * MB))).toEqual([5])
  expect(sizes(partsOf([MB, MB, MB, MB, MB], 64 * MB))).toEqual([1, 1, 1, 1, 1])
})

test('parts are large first, and end in single row groups', () => {
  const found = sizes(
    partsOf(
      Array.from({ length: 49 }, () => 4.2 * MB),
      64 * MB,
    ),
  )
  expect(found[0]).toBe(3)
  expect(found.slice(-8)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  expect([...found].sort((a, b) => b - a)).toEqual(found)
})

test('parts of many tiny row groups take at most an eighth of the file', () => {
  const found = sizes(
    partsOf(
      Array.from({ length: 10_000 }, () => 1000),
      64 * MB,
    ),
  )
  expect(found[0]).toBe(1250)
  expect(found.length).toBeLessThan(30)
})

test('parts are not larger than splits are wanted', () => {
  const found = partsOf(
    Array.from({ length: 100 }, () => MB),
    2 * MB,
  )
  expect(Math.max(...sizes(found))).toBe(2)
})
