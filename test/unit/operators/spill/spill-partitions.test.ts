import { expect, test } from 'vitest'
import { SpillPartitions } from '../../../../src/operators/spill/spill-partitions.js'
import { BIGINT } from '../../../../src/spi/index.js'
import { operatorContext, queryMemory } from '../../../support/operator-environment.js'
import { toPage } from '../../../support/operator-test.js'
import { temporaryFolder, testSpill, watchedSpill } from '../../../support/spill.js'
import { createRandom } from '../../kernel-support/cells.js'

const folder = temporaryFolder()

test('once the query is cancelled, neither the rest of a page nor the next ones are divided', () => {
  const memory = queryMemory()
  let written = 0
  const spill = watchedSpill(testSpill(folder, memory), () => {
    written += 1
    if (written === 20) memory.cancel()
  })
  const partitions = new SpillPartitions(operatorContext(memory, { spill }), [0], 0)
  const arena = memory.createArena()
  const rows = Array.from({ length: 1000 }, (_, i) => [BigInt(i)])
  const page = toPage({ types: [BIGINT], rows }, 'flat', arena, createRandom(1))
  partitions.append(page)
  // All of the parts have rows.
  expect(written).toBe(16)
  for (let i = 0; i < 3; i++) partitions.append(page)
  expect(written).toBe(20)
  partitions.close()
  arena.close()
})
