import { MemoryOutputBuffer } from '../../src/exchange/buffer/memory-output-buffer.js'
import type { SqlType } from '../../src/spi/index.js'
import { heapArena } from '../../src/spi/index.js'
import { createRandom } from '../unit/kernel-support/cells.js'
import { exchangeNode } from './exchange-node.js'
import { randomPage, randomTypes } from './random-page.js'

/** What the producing process is to send: the pages of a seed, the same wherever they are made. */
export interface ProducerOrder {
  readonly seed: number
  readonly tasks: number
  readonly pages: number
  readonly bufferBytesMax: number
  readonly compress: boolean
}

/** The pages of one task. */
export function* pagesOf({ seed, pages }: ProducerOrder, task: number) {
  const random = createRandom(seed + task)
  const types: readonly SqlType[] = randomTypes(random, 6)
  for (let i = 0; i < pages; i++) {
    yield randomPage(random, types, random.pick([0, 1, 100, 1000]), heapArena())
  }
}

/** The producing process: says its address, then what its buffers hold at most, and at the end how they are. */
async function produce(order: ProducerOrder): Promise<void> {
  const node = await exchangeNode()
  let peakBytes = 0
  const outputs = Array.from({ length: order.tasks }, (_, task) => {
    const output = new MemoryOutputBuffer({ kind: 'partitioned', partitionCount: 1, ...order })
    node.buffers.register(`t${task}`, output)
    return output
  })
  process.send!({ uri: node.uri })
  await Promise.all(
    outputs.map(async (output, task) => {
      for (const page of pagesOf(order, task)) {
        const hasRoom = output.add(page, 0)
        peakBytes = Math.max(peakBytes, output.status().bufferedBytes)
        if (!hasRoom) await output.ready()
      }
      output.finish()
      await new Promise<void>((resolve) => {
        output.onState((state) => state === 'finished' && resolve())
      })
    }),
  )
  process.send!({ peakBytes, streams: node.exchange.streamCount })
  process.disconnect()
  await node.close()
}

if (process.env.EXCHANGE_ORDER !== undefined) {
  await produce(JSON.parse(process.env.EXCHANGE_ORDER))
}
