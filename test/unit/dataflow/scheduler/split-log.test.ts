import { expect, test } from 'vitest'
import { SplitLog } from '../../../../src/dataflow/scheduler/split-log.js'
import type { ConnectorSplit } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

interface NumberedSplit extends ConnectorSplit {
  readonly number: number
}

function logOf(splits: readonly NumberedSplit[]): SplitLog {
  let next = 0
  return new SplitLog(async (maxSize) => {
    await new Promise((resolve) => setImmediate(resolve))
    const taken = splits.slice(next, next + maxSize)
    next += taken.length
    return { splits: taken, noMoreSplits: next === splits.length }
  })
}

async function readAll(read: ReturnType<SplitLog['reader']>, maxSize: () => number) {
  const numbers: number[] = []
  for (;;) {
    const batch = await read(maxSize())
    numbers.push(...(batch.splits as readonly NumberedSplit[]).map(({ number }) => number))
    if (batch.noMoreSplits) return numbers
    expect(batch.splits.length).toBeGreaterThan(0)
  }
}

test(`every attempt reads the same, seed ${SEED}`, async () => {
  const random = createRandom(SEED)
  for (const count of [0, 1, 7, 500]) {
    const all = Array.from({ length: count }, (_, number): NumberedSplit => ({ number }))
    const log = logOf(all)
    const numbers = all.map(({ number }) => number)
    // One leaves early, two read at a time, one comes when all is over.
    await log.reader(true)(3)
    const size = () => 1 + random.below(20)
    const both = await Promise.all([
      readAll(log.reader(true), size),
      readAll(log.reader(true), size),
    ])
    expect(both).toEqual([numbers, numbers])
    expect(await readAll(log.reader(false), size)).toEqual(numbers)
  }
})

test('what can be read on one node only is an error on another, and is not lost', async () => {
  const log = logOf([{ number: 0, addresses: ['a'], remotelyAccessible: false }])
  await expect(log.reader(false)(10)).rejects.toMatchObject({ code: 'NO_NODES_AVAILABLE' })
  expect((await log.reader(true)(10)).splits).toHaveLength(1)
})
