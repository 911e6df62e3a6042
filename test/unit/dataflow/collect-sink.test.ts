import { expect, test } from 'vitest'
import { Driver } from '../../../src/dataflow/driver.js'
import { DriverMemory } from '../../../src/dataflow/memory/driver-memory.js'
import { CollectSink } from '../../../src/dataflow/page-sink.js'
import { type PageStream, WAIT } from '../../../src/dataflow/page-stream.js'
import { operatorMeter } from '../../../src/dataflow/stats.js'
import { Turns } from '../../../src/dataflow/turns.js'
import { BIGINT } from '../../../src/spi/index.js'
import { queryMemory } from '../../support/operator-environment.js'
import { toPage } from '../../support/operator-test.js'
import { temporaryFolder, testSpill, watchedSpill } from '../../support/spill.js'
import { createRandom } from '../kernel-support/cells.js'

const folder = temporaryFolder()

test('of a query that is cancelled meanwhile, no more pages are written to disk', () => {
  const memory = queryMemory()
  const spill = testSpill(folder, memory)
  const written: number[] = []
  const watched = watchedSpill(spill, (page) => {
    written.push(page.rowCount)
    if (written.length === 3) memory.cancel()
  })
  const types = [BIGINT]
  const own = new DriverMemory(memory, true)
  const account = own.createAccount()
  const sink = new CollectSink(account.createArena(), types, watched)
  const arena = memory.createArena()
  for (let i = 0; i < 10; i++) {
    sink.add(toPage({ types, rows: [[BigInt(i)]] }, 'flat', arena, createRandom(i)))
  }
  const nothing: PageStream = {
    next: () => undefined,
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const meters = [operatorMeter('1', 'values')]
  const turns = new Turns().taker()
  const isCancelled = () => memory.cancelled
  const driver = new Driver(nothing, [], meters, isCancelled, turns, {
    memory: own,
    accounts: [],
    reader: 'sink',
  })
  const page = toPage({ types, rows: [[10n]] }, 'flat', arena, createRandom(10))
  expect([...driver.parts(sink, account, page)].every((part) => part === WAIT)).toBe(true)
  arena.close()
  expect(written).toEqual([1, 1, 1])
  sink.close()
})
