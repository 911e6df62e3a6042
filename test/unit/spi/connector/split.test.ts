import { expect, test } from 'vitest'
import { lazySplitSource } from '../../../../src/spi/index.js'

interface Numbered {
  readonly number: number
}

test('splits are handed over before those that take long are found', async () => {
  let find = (): void => {}
  const found = new Promise<void>((resolve) => {
    find = resolve
  })
  const source = lazySplitSource(
    (async function* (): AsyncGenerator<Numbered> {
      yield { number: 1 }
      yield { number: 2 }
      await found
      yield { number: 3 }
    })(),
  )
  const first = await source.getNextBatch(1000)
  expect(first).toEqual({ splits: [{ number: 1 }, { number: 2 }], noMoreSplits: false })
  find()
  expect(await source.getNextBatch(1)).toEqual({ splits: [{ number: 3 }], noMoreSplits: false })
  expect(await source.getNextBatch(1)).toEqual({ splits: [], noMoreSplits: true })
  await source.close()
})

test('what fails later is told by the next batch, once', async () => {
  let fail = (_: Error): void => {}
  const failed = new Promise<void>((_, reject) => {
    fail = reject
  })
  const source = lazySplitSource(
    (async function* (): AsyncGenerator<Numbered> {
      yield { number: 1 }
      await failed
    })(),
  )
  expect((await source.getNextBatch(1000)).splits).toHaveLength(1)
  fail(new Error('the disk is gone'))
  await new Promise((resolve) => setImmediate(resolve))
  await expect(source.getNextBatch(1000)).rejects.toThrow('the disk is gone')
  await source.close()
})

test('splits that are known are one batch', async () => {
  const source = lazySplitSource([{ number: 1 }, { number: 2 }])
  expect(await source.getNextBatch(1000)).toEqual({
    splits: [{ number: 1 }, { number: 2 }],
    noMoreSplits: true,
  })
  await source.close()
})
