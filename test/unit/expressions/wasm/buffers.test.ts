import { expect, test } from 'vitest'
import { zeroed } from '../../../../src/expressions/wasm/buffers.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'

const BYTES = 12_000

test(`exactly the bytes of a view are zeroed, in shared memory and beside it, seed ${SEED}`, () => {
  const random = createRandom(SEED)
  const arena = sharedArena()
  for (let run = 0; run < 200; run++) {
    arena.reset()
    const shared = arena.allocate(BYTES).fill(7)
    const plain = new Uint8Array(BYTES).fill(7)
    const from = random.below(BYTES + 1)
    const to = from + random.below(BYTES + 1 - from)
    for (const bytes of [shared, plain]) {
      const view = bytes.subarray(from, to)
      expect(zeroed(view)).toBe(view)
      const expected = new Uint8Array(BYTES).fill(7).fill(0, from, to)
      expect(Buffer.compare(Buffer.from(bytes), expected)).toBe(0)
    }
  }
})
