import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { MemoryOutputBuffer } from '../../../src/exchange/buffer/memory-output-buffer.js'
import { localChannels } from '../../../src/exchange/channel/local-channel.js'
import { ExchangeClient } from '../../../src/exchange/exchange-client.js'
import type { PageOutput } from '../../../src/exchange/output-buffer.js'
import { spoolAddress, spoolChannels } from '../../../src/exchange/spool/spool-channel.js'
import { SpoolDirectory } from '../../../src/exchange/spool/spool-directory.js'
import { SpooledOutputBuffer } from '../../../src/exchange/spool/spooled-output-buffer.js'
import { TaskBuffers } from '../../../src/exchange/task-buffers.js'
import { clearRings, pageRingBytes, RING_PAGES } from '../../../src/exchange/threads/page-ring.js'
import { ThreadChannels, threadAddress } from '../../../src/exchange/threads/thread-channel.js'
import { ThreadOutput } from '../../../src/exchange/threads/thread-output.js'
import { WebSocketChannels } from '../../../src/exchange/websocket/websocket-channels.js'
import { blockOf, DOUBLE, MillraceError, type Page, readValue } from '../../../src/spi/index.js'
import { exchangeNode, identity } from '../../support/exchange-node.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

/** What every kind of channel has to do, whatever lies between the producers and the consumer. */

const ROWS = 1000
/** What the buffers of each kind may hold. */
const BOUND_BYTES = 64 * 1024

const pageOf = (first: number): Page => ({
  rowCount: ROWS,
  blocks: [
    blockOf(
      DOUBLE,
      Array.from({ length: ROWS }, (_, i) => first + i),
    ),
  ],
})

interface Exchange {
  readonly outputs: readonly PageOutput[]
  /** Reads all outputs; of files once these are complete. */
  client(): Promise<ExchangeClient>
  /** The producers' thread, process or disk is gone. */
  lose(): Promise<void>
  close(): Promise<void>
}

interface ChannelKind {
  readonly name: string
  open(producers: number): Promise<Exchange>
  /** Pages that a producer may be ahead of a consumer that takes none; Infinity: everything is kept. */
  readonly pagesAhead: number
  /** What a consumer reads of a producer that failed, or was lost. */
  readonly failed: string
  readonly lost: string
  /** Nothing is read before all is written. */
  readonly readsWhole?: true
}

const clientOf = (
  channels: ConstructorParameters<typeof ExchangeClient>[0]['channels'],
  addresses: readonly Parameters<ExchangeClient['addSource']>[0][],
): ExchangeClient => {
  const client = new ExchangeClient({ channels, bufferBytesMax: BOUND_BYTES })
  for (const address of addresses) client.addSource(address)
  client.noMoreSources()
  return client
}

const memoryOutputs = (buffers: TaskBuffers, producers: number): MemoryOutputBuffer[] =>
  Array.from({ length: producers }, (_, i) => {
    const output = new MemoryOutputBuffer({
      kind: 'partitioned',
      partitionCount: 1,
      bufferBytesMax: BOUND_BYTES,
    })
    buffers.register(`t${i}`, output)
    return output
  })

const addressesOf = (outputs: readonly unknown[], nodeUri: string) =>
  outputs.map((_, i) => ({ nodeUri, taskId: `t${i}`, bufferId: 0 }))

async function sameThread(producers: number): Promise<Exchange> {
  const buffers = new TaskBuffers(300)
  const outputs = memoryOutputs(buffers, producers)
  return {
    outputs,
    client: async () => clientOf(localChannels(buffers), addressesOf(outputs, 'here')),
    async lose() {
      for (const output of outputs) output.destroy()
    },
    async close() {
      buffers.close()
    },
  }
}

/** Both ends in one thread, with what they would tell each other by message told a turn later. */
async function betweenThreads(producers: number): Promise<Exchange> {
  // A word to hold the page by, and the words of the page.
  const slotBytes = (ROWS + 2) * 8
  const ringBytes = Math.ceil(pageRingBytes(producers) / 8) * 8
  const memory = new SharedArrayBuffer(8 + ringBytes + producers * RING_PAGES * slotBytes)
  new Int32Array(memory).fill(-1)
  clearRings(memory, 8, producers)
  const outputs: ThreadOutput[] = []
  const channels = new ThreadChannels({
    memory,
    address: 8,
    readPage: (words) => ({
      rowCount: words.length,
      blocks: [blockOf(DOUBLE, [...words])],
    }),
    wakeProducer: (driver) => setImmediate(() => outputs[driver]!.wake()),
  })
  for (let driver = 0; driver < producers; driver++) {
    outputs.push(
      new ThreadOutput({
        memory,
        address: 8,
        driver,
        pages: {
          place(page, slot) {
            const holds = 8 + ringBytes + (driver * RING_PAGES + slot) * slotBytes
            const address = holds + 8
            const words = new Float64Array(memory, address, page.rowCount)
            for (let i = 0; i < page.rowCount; i++) words[i] = Number(readValue(page.blocks[0]!, i))
            return { address, wordCount: page.rowCount, byteLength: slotBytes, holds }
          },
          pagesMax: RING_PAGES,
          giveBack() {},
          close() {},
        },
        wakeReader: () => setImmediate(() => channels.arrived()),
        onFinish: () => setImmediate(() => channels.ended(driver)),
        onFailure: (error) => setImmediate(() => channels.failed(error)),
      }),
    )
  }
  return {
    outputs,
    client: async () =>
      clientOf(
        channels,
        outputs.map((_, driver) => threadAddress(`q.0.0.0.worker-${driver + 1}`, driver)),
      ),
    async lose() {
      channels.failed(new MillraceError('GENERIC_INTERNAL_ERROR', 'A worker thread died'))
    },
    async close() {
      for (const output of outputs) output.abandon()
    },
  }
}

async function betweenNodes(producers: number): Promise<Exchange> {
  const node = await exchangeNode()
  const outputs = memoryOutputs(node.buffers, producers)
  const channels = await WebSocketChannels.create({
    node: identity('consumer'),
    errorDurationMillis: 500,
  })
  return {
    outputs,
    client: async () => clientOf(channels, addressesOf(outputs, node.uri)),
    lose: () => node.close(),
    async close() {
      channels.close()
      await node.close()
    },
  }
}

async function throughFiles(producers: number): Promise<Exchange> {
  const base = mkdtempSync(join(tmpdir(), 'millrace-channels-'))
  const directory = new SpoolDirectory([base])
  await directory.createQuery('q')
  const outputs = await Promise.all(
    Array.from({ length: producers }, (_, i) =>
      SpooledOutputBuffer.create({
        kind: 'partitioned',
        partitionCount: 1,
        directory,
        queryId: 'q',
        task: `q.0.${i}`,
        attempt: 0,
        bufferBytesMax: BOUND_BYTES,
      }),
    ),
  )
  return {
    outputs,
    async client() {
      await Promise.all(
        outputs.map(
          (output) =>
            new Promise<void>((resolve) => {
              output.onState((state) => {
                if (state !== 'open' && state !== 'flushing') resolve()
              })
            }),
        ),
      )
      return clientOf(
        spoolChannels,
        outputs.map((_, i) => spoolAddress(directory.taskPath('q', `q.0.${i}`), `q.0.${i}`, 0)),
      )
    },
    async lose() {
      for (const output of outputs) output.destroy()
      rmSync(base, { recursive: true })
    },
    async close() {
      for (const output of outputs) output.destroy()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

const PAGE_BYTES = ROWS * 8
const KINDS: readonly ChannelKind[] = [
  {
    name: 'in one thread',
    open: sameThread,
    pagesAhead: BOUND_BYTES / PAGE_BYTES + 1,
    failed: 'DIVISION_BY_ZERO',
    lost: 'ABANDONED_TASK',
  },
  {
    name: 'between threads',
    open: betweenThreads,
    pagesAhead: RING_PAGES,
    failed: 'DIVISION_BY_ZERO',
    lost: 'GENERIC_INTERNAL_ERROR',
  },
  {
    name: 'between nodes',
    open: betweenNodes,
    pagesAhead: BOUND_BYTES / PAGE_BYTES + (128 * 1024) / PAGE_BYTES + 2,
    failed: 'DIVISION_BY_ZERO',
    lost: 'REMOTE_HOST_GONE',
  },
  {
    name: 'through files',
    open: throughFiles,
    pagesAhead: Number.POSITIVE_INFINITY,
    failed: 'REMOTE_TASK_MISMATCH',
    lost: 'REMOTE_TASK_MISMATCH',
    readsWhole: true,
  },
]

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, millis))

/** Gives an output pages as it takes them. @returns how many it took */
async function produce(output: PageOutput, from: number, pages: number): Promise<number> {
  for (let i = 0; i < pages; i++) {
    if (output.isFull) await output.ready()
    if (output.isAbandoned) return i
    output.add(pageOf((from + i) * ROWS), 0)
  }
  output.finish()
  return pages
}

/** The first values of the pages that come, each checked to be whole when it is given back, up to `held` pages later. */
async function consume(client: ExchangeClient, held = 0, wait = () => turn()): Promise<number[]> {
  const firsts: number[] = []
  const open: { readonly first: number; give(): void }[] = []
  for (;;) {
    const owned = client.next()
    if (owned !== undefined) {
      const { page } = owned
      const first = Number(readValue(page.blocks[0]!, 0))
      firsts.push(first)
      open.push({
        first,
        give() {
          expect(Number(readValue(page.blocks[0]!, ROWS - 1))).toBe(first + ROWS - 1)
          owned.release()
        },
      })
      // Given back in another order than they came in.
      if (open.length > held) open.splice(open.length >> 1, 1)[0]!.give()
      await wait()
    } else if (client.isEnded) {
      for (const { give } of open) give()
      return firsts
    } else await client.ready()
  }
}

const open: Exchange[] = []
afterEach(async () => {
  for (const exchange of open.splice(0)) await exchange.close()
})

describe.each(KINDS)('a channel $name', (kind) => {
  const opened = async (producers: number): Promise<Exchange> => {
    const exchange = await kind.open(producers)
    open.push(exchange)
    return exchange
  }

  test(`gives the pages of each producer in order, each once; seed ${SEED}`, async () => {
    const random = createRandom(SEED)
    const counts = [random.below(40), 0, 30 + random.below(40)]
    const { outputs, client } = await opened(counts.length)
    const producing = outputs.map((output, p) => produce(output, p * 1000, counts[p]!))
    const wait = () => (random.chance(0.2) ? pause(random.below(3)) : turn())
    const firsts = await consume(await client(), random.below(3), wait)
    expect(await Promise.all(producing)).toEqual(counts)
    counts.forEach((count, p) => {
      const own = firsts.filter((first) => Math.floor(first / ROWS / 1000) === p)
      expect(own).toEqual(Array.from({ length: count }, (_, i) => (p * 1000 + i) * ROWS))
    })
    expect(firsts).toHaveLength(counts.reduce((sum, count) => sum + count, 0))
  })

  test('holds a producer back whose pages nobody takes, and lets it go on', async () => {
    const pages = 100
    const exchange = await opened(1)
    const output = exchange.outputs[0]!
    let taken = 0
    const add = output.add.bind(output)
    output.add = (page, partition) => {
      taken += 1
      return add(page, partition)
    }
    const producing = produce(output, 0, pages)
    const client = await exchange.client()
    await pause(50)
    expect(taken).toBeLessThanOrEqual(kind.pagesAhead)
    // One page may be over.
    expect(client.bufferedBytes).toBeLessThanOrEqual(2 * BOUND_BYTES + 2 * PAGE_BYTES)
    expect(await consume(client)).toHaveLength(pages)
    expect(await producing).toBe(pages)
    expect(client.bufferedBytes).toBe(0)
  })

  test.skipIf(kind.readsWhole)('tells a producer that its reader has left', async () => {
    const exchange = await opened(1)
    const output = exchange.outputs[0]!
    const producing = produce(output, 0, 1000)
    const client = await exchange.client()
    while (client.next() === undefined) await client.ready()
    client.close()
    expect(await producing).toBeLessThan(1000)
    expect(client.next()).toBeUndefined()
    expect(client.isEnded).toBe(true)
  })

  test('gives a producer’s failure to its reader', async () => {
    const exchange = await opened(2)
    exchange.outputs[0]!.add(pageOf(0), 0)
    for (const output of exchange.outputs) {
      output.fail(new MillraceError('DIVISION_BY_ZERO', 'Division by zero'))
    }
    await expect(exchange.client().then((client) => consume(client))).rejects.toMatchObject({
      code: kind.failed,
    })
  })

  test('fails where the producer is gone, within its bound', async () => {
    const exchange = await opened(2)
    exchange.outputs[0]!.add(pageOf(0), 0)
    const finished = kind.readsWhole === true
    if (finished) for (const output of exchange.outputs) output.finish()
    else {
      const client = await exchange.client()
      while (client.next() === undefined) await client.ready()
      const reading = consume(client)
      await exchange.lose()
      await expect(reading).rejects.toMatchObject({ code: kind.lost })
      return
    }
    await exchange.client()
    await exchange.lose()
    await expect(exchange.client().then((client) => consume(client))).rejects.toMatchObject({
      code: kind.lost,
    })
  })
})
