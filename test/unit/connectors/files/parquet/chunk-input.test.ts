import { expect, test } from 'vitest'
import type { FileReader } from '../../../../../src/connectors/files/file-reader.js'
import {
  ChunkInput,
  preloadTogether,
} from '../../../../../src/connectors/files/parquet/chunk-input.js'
import { KernelMemory } from '../../../../../src/connectors/files/parquet/kernels/kernel-memory.js'
import { ReadBuffers } from '../../../../../src/connectors/files/parquet/read-buffers.js'
import { SEED } from '../../../../support/seed.js'
import { randomGenerator } from '../random.js'

/** A file whose reads are answered at once or not, as it comes. */
function readerOf(content: Uint8Array, isQuick: () => boolean): FileReader {
  const copy = (target: Uint8Array, offset: number): void =>
    target.set(content.subarray(offset, offset + target.length))
  return {
    file: { path: 'random', size: content.length, modifiedMillis: 0 },
    completedBytes: 0,
    readTimeNanos: 0,
    get answersAtOnce() {
      return isQuick()
    },
    readNow(target, offset) {
      if (!isQuick()) return false
      copy(target, offset)
      return true
    },
    async readWhole(target, offset) {
      await Promise.resolve()
      copy(target, offset)
    },
    read: () => Promise.reject(new Error('not for chunks')),
    readInto: () => Promise.reject(new Error('not for chunks')),
    close: () => Promise.resolve(),
  }
}

const QUICK = [1, 0, 0.5, 0.95]

test.each(
  QUICK,
)(`bytes in order, with %f of the reads from the system's cache, seed ${SEED}`, async (share) => {
  const next = randomGenerator(SEED)
  const random = (limit: number): number => Math.floor(next() * limit)
  const content = Uint8Array.from({ length: 12 << 20 }, () => random(256))
  for (let run = 0; run < 20; run++) {
    const memory = new KernelMemory()
    const buffers = new ReadBuffers()
    const reader = readerOf(content, () => next() < share)
    const start = random(1 << 20)
    const end = start + 1 + random(run % 4 === 0 ? content.length - start : 1 << 20)
    const input = new ChunkInput(reader, memory, buffers, [{ start, end }])
    const shared: Uint8Array<ArrayBuffer>[] = []
    await preloadTogether(reader, buffers, [input], (buffer) => shared.push(buffer))
    for (let at = start; at < end; ) {
      const wanted = 1 + random(random(4) === 0 ? 2 << 20 : 8192)
      if (input.peek(at, wanted) === undefined) await input.fill(at, wanted)
      // Others of the thread take kernel memory in between, which may grow.
      if (random(3) === 0) memory.allocate(random(1 << 20))
      const until = Math.min(end, at + wanted)
      const place = `seed ${SEED}, run ${run}, ${at}`
      expect(Buffer.compare(input.peek(at, wanted)!, content.subarray(at, until)), place).toBe(0)
      at = until
    }
    await input.close()
    for (const buffer of shared) buffers.give(buffer)
    expect(input.heldBytes).toBe(0)
  }
})
