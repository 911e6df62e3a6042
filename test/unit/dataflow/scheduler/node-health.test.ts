import { expect, test } from 'vitest'
import { NodeHealth } from '../../../../src/dataflow/scheduler/node-health.js'

const [A, B] = [{ uri: 'http://a' }, { uri: 'http://b' }]

test('a node that fails often is left out for a while, as long as there are others', () => {
  let now = 0
  const health = new NodeHealth(() => now)
  health.failed(A.uri)
  health.failed(A.uri)
  expect(health.wellOf([A, B])).toEqual([A, B])
  now = 59_999
  health.failed(A.uri)
  expect(health.wellOf([A, B])).toEqual([B])
  expect(health.wellOf([A])).toEqual([A])
  for (let i = 0; i < 3; i++) health.failed(B.uri)
  expect(health.wellOf([A, B])).toEqual([A, B])
  now += 30_000
  expect(health.wellOf([A, B])).toEqual([A, B])
  expect(health.isLeftOut(A.uri)).toBe(false)
})

test('failures that are long ago do not count', () => {
  let now = 0
  const health = new NodeHealth(() => now)
  for (let i = 0; i < 10; i++) {
    health.failed(A.uri)
    now += 31_000
  }
  expect(health.wellOf([A, B])).toEqual([A, B])
})
