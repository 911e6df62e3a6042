import { expect, test } from 'vitest'
import { Turns } from '../../../../src/server/stream/turns.js'

test('those that go on side by side take turns', async () => {
  const turns = new Turns()
  const taken: number[] = []
  const results = [0, 1, 2].map(async (result) => {
    for (let page = 0; page < 500; page++) {
      await turns.take()
      taken.push(result)
    }
  })
  await Promise.all(results)
  expect(taken).toEqual(Array.from({ length: 1500 }, (_, i) => i % 3))
})
