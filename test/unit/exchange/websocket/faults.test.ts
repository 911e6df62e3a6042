import { afterEach, describe, expect, test } from 'vitest'
import { MemoryOutputBuffer } from '../../../../src/exchange/buffer/memory-output-buffer.js'
import { ExchangeClient } from '../../../../src/exchange/exchange-client.js'
import { WebSocketChannels } from '../../../../src/exchange/websocket/websocket-channels.js'
import { heapArena } from '../../../../src/spi/index.js'
import { eventually, exchangeNode, identity, takeAll } from '../../../support/exchange-node.js'
import { exchangeProxy, type ProxyFaults } from '../../../support/exchange-proxy.js'
import { pageText, randomPage, randomTypes } from '../../../support/random-page.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const seed = SEED

const FAULTS: Readonly<Record<string, ProxyFaults>> = {
  none: { cuts: 0, repeats: 0, damages: 0, delays: 0 },
  cuts: { cuts: 0.03, repeats: 0, damages: 0, delays: 0 },
  repeats: { cuts: 0, repeats: 0.5, damages: 0, delays: 0 },
  damages: { cuts: 0, repeats: 0, damages: 0.03, delays: 0 },
  all: { cuts: 0.02, repeats: 0.2, damages: 0.01, delays: 0.1 },
}

describe(`nothing is lost or doubled, seed ${seed}`, () => {
  for (const [name, faults] of Object.entries(FAULTS)) {
    for (const kind of ['partitioned', 'broadcast', 'arbitrary'] as const) {
      test(`${kind}, faults: ${name}`, { timeout: 30_000 }, () => run(kind, name, faults))
    }
  }
})

async function run(
  kind: 'partitioned' | 'broadcast' | 'arbitrary',
  name: string,
  faults: ProxyFaults,
): Promise<void> {
  const random = createRandom(seed)
  const node = await exchangeNode()
  cleanups.push(() => node.close())
  const proxy = await exchangeProxy(node.uri, createRandom(seed + 1), faults)
  cleanups.push(() => proxy.close())
  const channels = await WebSocketChannels.create({ node: identity('consumer') })
  cleanups.push(() => channels.close())
  const outputs = [0, 1, 2].map((i) => {
    const output = new MemoryOutputBuffer({ kind, partitionCount: 2, bufferBytesMax: 100_000 })
    if (kind !== 'partitioned') output.setReaders([0, 1], true)
    node.buffers.register(`t${i}`, output)
    return output
  })
  const sent: string[][] = [[], []]
  const received: string[][] = [[], []]
  const consumers = [0, 1].map((bufferId) => {
    const client = new ExchangeClient({ channels, bufferBytesMax: 200_000 })
    for (let i = 0; i < outputs.length; i++) {
      client.addSource({ nodeUri: proxy.uri, taskId: `t${i}`, bufferId })
    }
    client.noMoreSources()
    return takeAll(client, (page) => {
      received[bufferId]!.push(...pageText(page))
    })
  })
  const types = randomTypes(random, 6)
  const producers = outputs.map(async (output) => {
    for (let i = 0; i < 20; i++) {
      const page = randomPage(random, types, random.pick([1, 10, 400]), heapArena())
      const partition = random.below(2)
      for (const reader of kind === 'broadcast' ? [0, 1] : [partition]) {
        sent[reader]!.push(...pageText(page))
      }
      output.add(page, partition)
      if (output.isFull) await output.ready()
      else if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    output.finish()
  })
  await Promise.all([...producers, ...consumers])
  if (kind === 'arbitrary') {
    expect(received.flat().sort()).toEqual(sent.flat().sort())
  } else expect(received.map((rows) => rows.sort())).toEqual(sent.map((rows) => rows.sort()))
  await eventually(() => outputs.every((output) => output.status().state === 'finished'))
  for (const output of outputs) expect(output.status().bufferedBytes).toBe(0)
  expect(node.exchange.streamCount).toBe(0)
  // The faults did happen.
  if (name === 'all') expect(proxy.counts.cuts + proxy.counts.repeats).toBeGreaterThan(0)
}
