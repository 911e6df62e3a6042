import { describe, expect, test } from 'vitest'
import { pageBytes } from '../../../src/dataflow/page-bytes.js'
import { MemoryOutputBuffer } from '../../../src/exchange/buffer/memory-output-buffer.js'
import type { ChannelListener } from '../../../src/exchange/channel/channel.js'
import { localChannels } from '../../../src/exchange/channel/local-channel.js'
import { ExchangeClient } from '../../../src/exchange/exchange-client.js'
import type { OutputBufferKind } from '../../../src/exchange/output-buffer.js'
import type { OwnedPage } from '../../../src/exchange/owned-page.js'
import { TaskBuffers } from '../../../src/exchange/task-buffers.js'
import { BIGINT, blockOf, MillraceError, type Page, readValue } from '../../../src/spi/index.js'

const pageOf = (...values: number[]): Page => ({
  rowCount: values.length,
  blocks: [blockOf(BIGINT, values.map(BigInt))],
})
const valuesOf = (page: Page): number[] =>
  Array.from({ length: page.rowCount }, (_, i) => Number(readValue(page.blocks[0]!, i)))

const ownPage = (page: Page, release: () => void): OwnedPage => ({
  page,
  byteLength: pageBytes(page),
  release,
})

const NODE = 'http://here'
const client = (buffers: TaskBuffers): ExchangeClient =>
  new ExchangeClient({ channels: localChannels(buffers) })

async function drain(exchange: ExchangeClient): Promise<number[]> {
  const values: number[] = []
  for (;;) {
    const owned = exchange.next()
    if (owned !== undefined) {
      values.push(...valuesOf(owned.page))
      owned.release()
    } else if (exchange.isEnded) return values
    else await exchange.ready()
  }
}

const buffer = (kind: OutputBufferKind, bufferBytesMax?: number): MemoryOutputBuffer =>
  new MemoryOutputBuffer({
    kind,
    partitionCount: 2,
    ...(bufferBytesMax === undefined ? {} : { bufferBytesMax }),
  })

describe('pages of one process', () => {
  test('reach the reader of their partition, from every task', async () => {
    const buffers = new TaskBuffers()
    const tasks = ['a', 'b'].map((taskId) => ({ taskId, output: buffer('partitioned') }))
    const clients = [0, 1].map(() => client(buffers))
    for (const { taskId } of tasks) {
      clients.forEach((exchange, bufferId) => {
        exchange.addSource({ nodeUri: NODE, taskId, bufferId })
      })
    }
    for (const exchange of clients) exchange.noMoreSources()
    const results = clients.map(drain)
    // The clients came first: they wait for the tasks.
    for (const { taskId, output } of tasks) buffers.register(taskId, output)
    tasks.forEach(({ output }, task) => {
      for (let i = 0; i < 100; i++) expect(output.add(pageOf(task * 1000 + i), i % 2)).toBe(true)
      output.finish()
    })
    for (const [partition, values] of (await Promise.all(results)).entries()) {
      const expected = [0, 1000].flatMap((from) =>
        Array.from({ length: 50 }, (_, i) => from + 2 * i + partition),
      )
      expect(values.sort((a, b) => a - b)).toEqual(expected)
    }
    for (const { output } of tasks) {
      expect(output.status()).toMatchObject({
        state: 'finished',
        bufferedBytes: 0,
        bufferedPages: 0,
      })
    }
  })

  test('are not copied when they are handed over', () => {
    const output = buffer('partitioned')
    const page = pageOf(1, 2)
    let released = 0
    output.addOwned(
      ownPage(page, () => released++),
      0,
    )
    const taken = output.reader(0).next()!
    expect(taken.page).toBe(page)
    expect(released).toBe(0)
    output.reader(0).abort()
    expect(released).toBe(0)
    taken.release()
    expect(released).toBe(1)
  })

  test('borrowed ones are copied', () => {
    const output = buffer('broadcast')
    output.setReaders([0], true)
    const values = new Int32Array([7, 8])
    const block = blockOf(BIGINT, [0n, 0n])
    output.add({
      rowCount: 2,
      blocks: [{ ...block, storage: 'i32', values, base: 0, factor: 1 } as never],
    })
    values.fill(0)
    expect(valuesOf(output.reader(0).next()!.page)).toEqual([7, 8])
  })

  test('broadcast reaches readers that are named late, once each', async () => {
    const buffers = new TaskBuffers()
    const output = buffer('broadcast')
    buffers.register('t', output)
    output.setReaders([0], false)
    output.add(pageOf(1))
    output.add(pageOf(2))
    output.setReaders([0, 1], true)
    output.add(pageOf(3))
    output.finish()
    for (const bufferId of [0, 1]) {
      const exchange = client(buffers)
      exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId })
      exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId })
      exchange.noMoreSources()
      expect(await drain(exchange)).toEqual([1, 2, 3])
    }
    expect(output.status().state).toBe('finished')
  })

  test('arbitrary gives each page to one reader', async () => {
    const buffers = new TaskBuffers()
    const output = buffer('arbitrary')
    buffers.register('t', output)
    const results = [0, 1, 2].map((bufferId) => {
      output.setReaders([bufferId], bufferId === 2)
      const exchange = client(buffers)
      exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId })
      exchange.noMoreSources()
      return drain(exchange)
    })
    for (let i = 0; i < 50; i++) {
      output.add(pageOf(i))
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    output.finish()
    const all = (await Promise.all(results)).flat().sort((a, b) => a - b)
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(output.status()).toMatchObject({ state: 'finished', bufferedPages: 0 })
  })
})

describe('an output buffer', () => {
  test('tells when it is full and takes pages again when readers have released some', async () => {
    const output = buffer('partitioned', 4000)
    const reader = output.reader(0)
    let added = 0
    while (output.add(pageOf(1, 2, 3, 4, 5, 6, 7, 8), 0)) added++
    expect(output.isFull).toBe(true)
    let room = false
    const ready = output.ready().then(() => {
      room = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(room).toBe(false)
    for (let i = 0; i <= added; i++) reader.next()!.release()
    await ready
    expect(output.add(pageOf(1), 0)).toBe(true)
  })

  test('is abandoned when every reader left', async () => {
    const output = buffer('partitioned', 1)
    output.add(pageOf(1), 0)
    const ready = output.ready()
    output.reader(0).abort()
    expect(output.isAbandoned).toBe(false)
    output.reader(1).abort()
    await ready
    expect(output.isAbandoned).toBe(true)
    output.add(pageOf(2), 0)
    expect(output.status().bufferedPages).toBe(0)
    output.finish()
    expect(output.status().state).toBe('finished')
  })

  test('that failed gives its error to readers and gives pages back', async () => {
    const buffers = new TaskBuffers()
    const output = buffer('partitioned')
    buffers.register('t', output)
    let released = 0
    output.addOwned(
      ownPage(pageOf(1), () => released++),
      0,
    )
    const exchange = client(buffers)
    exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId: 0 })
    output.fail(new MillraceError('DIVISION_BY_ZERO', 'Division by zero'))
    await expect(drain(exchange)).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' })
    expect(released).toBe(1)
    expect(output.status()).toMatchObject({ state: 'failed', bufferedBytes: 0 })
  })

  test('that was destroyed ends readers with ABANDONED_TASK', async () => {
    const buffers = new TaskBuffers()
    const output = buffer('broadcast')
    buffers.register('t', output)
    output.setReaders([0], true)
    const exchange = client(buffers)
    exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId: 0 })
    const result = drain(exchange)
    output.destroy()
    await expect(result).rejects.toMatchObject({ code: 'ABANDONED_TASK' })
  })
})

describe('bounds grow where pages are taken fast, and nowhere else', () => {
  const MIB = 2 ** 20
  const large = (): OwnedPage => ({ page: pageOf(1), byteLength: MIB, release() {} })

  test('of an output buffer', () => {
    const output = buffer('partitioned')
    const reader = output.reader(0)
    const fill = (): number => {
      while (!output.isFull) output.addOwned(large(), 0)
      return output.status().bufferedPages
    }
    expect(fill()).toBe(8)
    for (let i = 0; i < 500; i++) {
      reader.next()!.release()
      expect(fill()).toBeLessThanOrEqual(8)
    }
    const sizes = Array.from({ length: 30 }, () => {
      for (let page = reader.next(); page !== undefined; page = reader.next()) page.release()
      return fill()
    })
    expect([...new Set(sizes)]).toEqual([16, 32])
  })

  test('of a client', () => {
    const arrived: OwnedPage[] = []
    let listener: ChannelListener | undefined
    const exchange = new ExchangeClient({
      channels: {
        open(address, heard) {
          listener = heard
          return {
            address,
            next: () => arrived.shift(),
            isEnded: false,
            bufferedBytes: 0,
            close() {},
          }
        },
      },
    })
    exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId: 0 })
    const window = () => listener!.windowBytes() / MIB
    const take = (): void => {
      arrived.push(large())
      listener!.readable()
      exchange.next()!.release()
    }
    expect(window()).toBe(8)
    // There is always another page.
    arrived.push(large())
    for (let i = 0; i < 500; i++) take()
    expect(window()).toBe(8)
    expect(exchange.next()).toBeDefined()
    for (const bound of [16, 32, 32]) {
      for (let i = 0; i < 128; i++) take()
      expect(exchange.next()).toBe(undefined)
      expect(window()).toBeLessThanOrEqual(bound)
    }
    expect(window()).toBe(32)
  })
})

test('a task that never comes is an error within the bound', async () => {
  const exchange = client(new TaskBuffers(20))
  exchange.addSource({ nodeUri: NODE, taskId: 'x', bufferId: 0 })
  await expect(drain(exchange)).rejects.toMatchObject({ code: 'REMOTE_TASK_MISMATCH' })
})

test('a client that closes leaves its sources', () => {
  const buffers = new TaskBuffers()
  const output = buffer('partitioned')
  buffers.register('t', output)
  output.add(pageOf(1), 0)
  const exchange = client(buffers)
  exchange.addSource({ nodeUri: NODE, taskId: 't', bufferId: 0 })
  exchange.close()
  expect(exchange.isEnded).toBe(true)
  expect(output.status().readers[0]).toMatchObject({ done: true, bufferedPages: 0 })
})
