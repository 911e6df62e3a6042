import { expect, test } from 'vitest'
import { Driver } from '../../../src/dataflow/driver.js'
import type { PageStream } from '../../../src/dataflow/page-stream.js'
import { operatorMeter } from '../../../src/dataflow/stats.js'
import { Turns } from '../../../src/dataflow/turns.js'
import type { Operator } from '../../../src/operators/operator.js'
import type { Page } from '../../../src/spi/index.js'

test('a page whose making outlasted its query goes through no operator', async () => {
  let cancelled = false
  const page: Page = { rowCount: 1, blocks: [] }
  let made = 0
  const source: PageStream = {
    next() {
      made += 1
      cancelled = made === 3
      return page
    },
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const calls: string[] = []
  const operator: Operator = {
    finished: false,
    process(input) {
      calls.push('process')
      return [input]
    },
    finish() {
      calls.push('finish')
      return []
    },
    close: () => void calls.push('close'),
  }
  const meters = [operatorMeter('1', 'values'), operatorMeter('2', 'filterProject')]
  const turns = new Turns().taker()
  const driver = new Driver(source, [operator], meters, () => cancelled, turns)
  for (const expected of [page, page, undefined]) expect(await driver.nextPage()).toBe(expected)
  await driver.close()
  expect(calls).toEqual(['process', 'process', 'close'])
})
