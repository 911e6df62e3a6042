import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MemoryOutputBuffer } from '../../../../src/exchange/buffer/memory-output-buffer.js'
import { loadControlCodec } from '../../../../src/exchange/protocol/control.js'
import { requestHeaders } from '../../../../src/exchange/protocol/handshake.js'
import { WebSocketChannels } from '../../../../src/exchange/websocket/websocket-channels.js'
import { BIGINT, blockOf, MillraceError, type Page, readValue } from '../../../../src/spi/index.js'
import {
  clientOf,
  type ExchangeNode,
  eventually,
  exchangeNode,
  identity,
  takeAll,
} from '../../../support/exchange-node.js'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function nodeOf(...options: Parameters<typeof exchangeNode>): Promise<ExchangeNode> {
  const node = await exchangeNode(...options)
  cleanups.push(() => node.close())
  return node
}

async function channelsOf(
  options: Partial<Parameters<typeof WebSocketChannels.create>[0]> = {},
): Promise<WebSocketChannels> {
  const channels = await WebSocketChannels.create({ node: identity('consumer'), ...options })
  cleanups.push(() => channels.close())
  return channels
}

const numbers = (from: number, count: number): Page => ({
  rowCount: count,
  blocks: [
    blockOf(
      BIGINT,
      Array.from({ length: count }, (_, i) => BigInt(from + i)),
    ),
  ],
})

function task(node: ExchangeNode, taskId: string, bufferBytesMax?: number): MemoryOutputBuffer {
  const output = new MemoryOutputBuffer({
    kind: 'partitioned',
    partitionCount: 2,
    ...(bufferBytesMax === undefined ? {} : { bufferBytesMax }),
  })
  node.buffers.register(taskId, output)
  return output
}

async function fill(output: MemoryOutputBuffer, pages: number, rows: number, partition = 0) {
  for (let i = 0; i < pages; i++) {
    if (!output.add(numbers(i * rows, rows), partition)) await output.ready()
  }
  output.finish()
}

async function sumOf(...args: Parameters<typeof clientOf>): Promise<number> {
  let sum = 0
  await takeAll(clientOf(...args), (page) => {
    for (let i = 0; i < page.rowCount; i++) sum += Number(readValue(page.blocks[0]!, i))
  })
  return sum
}

const sumTo = (count: number): number => (count * (count - 1)) / 2

test('pages arrive in order, and the producer knows when all are there', async () => {
  const node = await nodeOf()
  const channels = await channelsOf()
  const output = task(node, 't')
  const filled = fill(output, 50, 100)
  output.reader(1).abort()
  let next = 0
  await takeAll(clientOf(channels, node.uri, 't'), (page) => {
    for (let i = 0; i < page.rowCount; i++) {
      expect(Number(readValue(page.blocks[0]!, i))).toBe(next++)
    }
  })
  expect(next).toBe(5000)
  await filled
  await eventually(() => output.status().state === 'finished')
  expect(output.status()).toMatchObject({ bufferedBytes: 0, bufferedPages: 0 })
  expect(node.exchange.streamCount).toBe(0)
})

test('many streams share a connection', async () => {
  const node = await nodeOf()
  const channels = await channelsOf()
  const tasks = Array.from({ length: 20 }, (_, i) => task(node, `t${i}`, 4000))
  const filled = tasks.flatMap((output) => fill(output, 30, 200))
  const sums = await Promise.all(tasks.map((_, i) => sumOf(channels, node.uri, `t${i}`)))
  expect(sums).toEqual(tasks.map(() => sumTo(6000)))
  await Promise.all(filled)
  expect(node.exchange.connectionCount).toBe(1)
})

test('a consumer that stalls holds no more than its window, and the producer no more than its buffer', async () => {
  const node = await nodeOf()
  const channels = await channelsOf()
  const output = task(node, 't', 400_000)
  const client = clientOf(channels, node.uri, 't', 0, 200_000)
  const filled = fill(output, 200, 2000)
  await eventually(() => output.isFull && client.bufferedBytes > 0)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const pageBytes = 5000
  expect(client.bufferedBytes).toBeLessThan(200_000 + pageBytes)
  expect(output.status().bufferedBytes).toBeLessThan(400_000 + pageBytes)
  let rows = 0
  await takeAll(client, (page) => {
    rows += page.rowCount
  })
  await filled
  expect(rows).toBe(400_000)
})

test('a consumer that has enough ends the producer', async () => {
  const node = await nodeOf()
  const channels = await channelsOf()
  const output = task(node, 't', 10_000)
  output.reader(1).abort()
  const client = clientOf(channels, node.uri, 't')
  output.add(numbers(0, 100), 0)
  await client.ready()
  client.next()!.release()
  client.close()
  await eventually(() => output.isAbandoned)
  expect(output.status()).toMatchObject({ bufferedBytes: 0 })
})

test('the failure of a task reaches its consumer, and nobody else', async () => {
  const node = await nodeOf()
  const channels = await channelsOf()
  const [bad, good] = [task(node, 'bad'), task(node, 'good')]
  const failed = sumOf(channels, node.uri, 'bad')
  const sum = sumOf(channels, node.uri, 'good')
  bad.add(numbers(0, 10), 0)
  bad.fail(
    new MillraceError('DIVISION_BY_ZERO', 'Division by zero', { location: { line: 1, column: 8 } }),
  )
  await expect(failed).rejects.toMatchObject({
    code: 'DIVISION_BY_ZERO',
    message: 'Division by zero',
    location: { line: 1, column: 8 },
  })
  await fill(good, 10, 100)
  expect(await sum).toBe(sumTo(1000))
})

test('a task that the node does not have', async () => {
  const node = await nodeOf()
  const channels = await channelsOf()
  await expect(sumOf(channels, node.uri, 'none')).rejects.toMatchObject({
    code: 'REMOTE_TASK_MISMATCH',
  })
})

describe('is refused', () => {
  const cases = [
    ['with another secret', { sharedSecret: 'other' }, 'PERMISSION_DENIED'],
    ['without a secret', { sharedSecret: undefined }, 'PERMISSION_DENIED'],
    ['of another version', { version: '2' }, 'CONFIGURATION_INVALID'],
    ['of another environment', { environment: 'production' }, 'CONFIGURATION_INVALID'],
  ] as const
  for (const [name, { ...more }, code] of cases) {
    test(`a consumer ${name}`, async () => {
      const node = await nodeOf()
      const { sharedSecret: _, ...plain } = identity('consumer')
      const consumer =
        'sharedSecret' in more && more.sharedSecret === undefined
          ? plain
          : { ...identity('consumer'), ...(more as Record<string, string>) }
      const channels = await channelsOf({ node: consumer })
      task(node, 't')
      await expect(sumOf(channels, node.uri, 't')).rejects.toMatchObject({ code })
      expect(node.exchange.connectionCount).toBe(0)
    })
  }

  test('a producer that does not know the secret', async () => {
    const { sharedSecret: _, ...open } = identity('producer')
    const node = await nodeOf({ node: open })
    const channels = await channelsOf()
    await expect(sumOf(channels, node.uri, 't')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  })

  test('a header that is too large', async () => {
    const node = await nodeOf()
    const socket = connect(node.port, '127.0.0.1')
    cleanups.push(() => void socket.destroy())
    socket.write(`GET /v1/exchange HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`)
    expect(await textOf(socket)).toMatch(/^HTTP\/1.1 431/)
  })

  test('what is no upgrade of ours', async () => {
    const node = await nodeOf()
    const socket = connect(node.port, '127.0.0.1')
    cleanups.push(() => void socket.destroy())
    socket.write(
      'GET /v1/exchange HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    expect(await textOf(socket)).toMatch(/^HTTP\/1.1 401[\s\S]*PERMISSION_DENIED/)
  })
})

const textOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      text += part
    })
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })

/** A consumer that says what it likes. */
async function rawConsumer(node: ExchangeNode): Promise<{
  readonly socket: WebSocket
  readonly closed: Promise<number>
  messages: unknown[]
}> {
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}/v1/exchange`, {
    headers: requestHeaders(identity('raw')).headers,
  })
  cleanups.push(() => socket.terminate())
  const messages: unknown[] = []
  socket.on('message', (data: Buffer) => messages.push(data))
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => resolve(code))
  })
  await new Promise((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  return { socket, closed, messages }
}

describe('a consumer that breaks the protocol is cut off and disturbs nobody', () => {
  const frames: readonly (readonly [
    string,
    (codec: Awaited<ReturnType<typeof loadControlCodec>>) => Buffer | string,
  ])[] = [
    ['text', () => 'hello'],
    ['noise', () => Buffer.from('x'.repeat(60))],
    ['a short frame', () => Buffer.from([0x4d, 0x58])],
    ['a message of another form', (codec) => codec.encode({ type: 'grant' } as never)],
    ['a producer’s message', (codec) => codec.encode({ type: 'closed', stream: 1 })],
    [
      'a damaged message',
      (codec) => {
        const frame = codec.encode({ type: 'alive', streams: [1] })
        frame[frame.length - 1]! ^= 0xff
        return frame
      },
    ],
    ['a message beyond all bounds', () => Buffer.alloc(2 * 1024 * 1024)],
  ]
  for (const [name, make] of frames) {
    test(name, async () => {
      const node = await nodeOf()
      const output = task(node, 't', 4000)
      const sum = sumOf(await channelsOf(), node.uri, 't')
      const consumer = await rawConsumer(node)
      consumer.socket.send(make(await loadControlCodec()))
      expect([1008, 1009]).toContain(await consumer.closed)
      await fill(output, 20, 100)
      expect(await sum).toBe(sumTo(2000))
    })
  }

  test('a stream without credit', async () => {
    const node = await nodeOf()
    task(node, 't')
    const codec = await loadControlCodec()
    const { socket, messages } = await rawConsumer(node)
    socket.send(
      codec.encode({ type: 'open', stream: 1, taskId: 't', bufferId: 0, next: 0, limit: 0 }),
    )
    await eventually(() => messages.length > 0)
    expect(String(messages[0])).toContain('PAGE_TRANSPORT_ERROR')
  })

  test('credit that is never granted again ends the stream within the bound', async () => {
    const node = await nodeOf({ streamTimeoutMillis: 100 })
    const output = task(node, 't')
    void fill(output, 50, 1000)
    const codec = await loadControlCodec()
    const { socket, messages } = await rawConsumer(node)
    socket.send(
      codec.encode({ type: 'open', stream: 1, taskId: 't', bufferId: 0, next: 0, limit: 1 }),
    )
    await eventually(() => messages.some((data) => String(data).includes('PAGE_TRANSPORT_TIMEOUT')))
    expect(output.status().readers[0]).toMatchObject({ done: true, bufferedPages: 0 })
    expect(node.exchange.streamCount).toBe(0)
  })
})

describe('nothing is kept of a task that is gone', () => {
  async function opened(limit: number) {
    const node = await nodeOf()
    const output = task(node, 't')
    void fill(output, 5, 1000)
    const codec = await loadControlCodec()
    const consumer = await rawConsumer(node)
    consumer.socket.send(
      codec.encode({ type: 'open', stream: 1, taskId: 't', bufferId: 0, next: 0, limit }),
    )
    const forget = (): void => {
      output.destroy()
      node.buffers.unregister('t')
    }
    return { ...consumer, node, output, forget }
  }

  test('when its consumer, which had been sent all of it, is cut off after it', async () => {
    const { node, output, socket, forget } = await opened(10_000_000)
    await eventually(() => output.status().readers[0]?.sentPages === 5)
    forget()
    socket.terminate()
    await eventually(() => node.exchange.connectionCount === 0)
    expect(node.exchange.streamCount).toBe(0)
  })

  test('when its consumer has used up its credit, which is told', async () => {
    const { node, output, messages, forget } = await opened(1)
    await eventually(() => output.status().readers[0]?.sentPages === 1)
    forget()
    await eventually(() => messages.some((data) => String(data).includes('ABANDONED_TASK')))
    expect(node.exchange.streamCount).toBe(0)
  })
})

test('a consumer that is alive and slow keeps its stream', async () => {
  const node = await nodeOf({ streamTimeoutMillis: 1000 })
  const channels = await channelsOf({ reminderMillis: 20 })
  const output = task(node, 't')
  const client = clientOf(channels, node.uri, 't', 0, 1)
  void fill(output, 100, 10_000)
  await client.ready()
  await new Promise((resolve) => setTimeout(resolve, 1600))
  let rows = 0
  await takeAll(client, (page) => {
    rows += page.rowCount
  })
  expect(rows).toBe(1_000_000)
})

test('a producer that is not there fails its streams within the bound', async () => {
  const channels = await channelsOf({ errorDurationMillis: 100 })
  const gone = await exchangeNode()
  await gone.close()
  await expect(sumOf(channels, gone.uri, 't')).rejects.toMatchObject({ code: 'REMOTE_HOST_GONE' })
})

test('a host that does not answer fails the streams within the bound, however long a busy one may take', async () => {
  // A listener whose queue is full: connections to it are neither accepted nor refused.
  const listener = new Worker(
    `const { createServer } = require('node:net')
     const { parentPort } = require('node:worker_threads')
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
     })`,
    { eval: true },
  )
  const waiting: Socket[] = []
  try {
    const port = await new Promise<number>((resolve) => listener.once('message', resolve))
    for (let i = 0; i < 8; i++) waiting.push(connect(port, '127.0.0.1').on('error', () => {}))
    await eventually(() => waiting.filter((socket) => !socket.connecting).length >= 2)
    const channels = await channelsOf({
      connectMillis: 100,
      errorDurationMillis: 300,
      handshakeMillis: 60_000,
    })
    await expect(sumOf(channels, `http://127.0.0.1:${port}`, 't')).rejects.toMatchObject({
      code: 'PAGE_TRANSPORT_TIMEOUT',
    })
  } finally {
    for (const socket of waiting) socket.destroy()
    await listener.terminate()
  }
})

/** Accepts connections and says nothing, until it is told to hand them on. */
async function middlebox(port: number): Promise<{ readonly uri: string; forward(): void }> {
  const held = new Set<Socket>()
  let forwards = false
  const handOn = (socket: Socket): void => {
    const upstream = connect(port, '127.0.0.1')
    socket.pipe(upstream).pipe(socket)
    for (const end of [socket, upstream]) end.on('error', () => {})
  }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (forwards) handOn(socket)
    else held.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of held) socket.destroy()
    server.close()
  })
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forward() {
      forwards = true
      for (const socket of held) handOn(socket)
    },
  }
}

test('what accepts connections for a node and does not lead to it fails the streams within the bound', async () => {
  const node = await nodeOf()
  const { uri } = await middlebox(node.port)
  let turns = 0
  const channels = await channelsOf({
    errorDurationMillis: 200,
    turnsToOthers: async () => turns++,
  })
  await expect(sumOf(channels, uri, 't')).rejects.toMatchObject({ code: 'PAGE_TRANSPORT_TIMEOUT' })
})

test('a node that turns to nobody is busy: its streams wait, beyond the bound', async () => {
  const node = await nodeOf()
  const { uri, forward } = await middlebox(node.port)
  let asked = 0
  const channels = await channelsOf({
    errorDurationMillis: 100,
    turnsToOthers: async () => {
      asked += 1
      // It turns to others as rarely as to this one: it has accepted the connection, and not read what came.
      return Math.min(asked, 3)
    },
  })
  await fill(task(node, 't'), 1, 10)
  const sum = sumOf(channels, uri, 't')
  await eventually(() => asked >= 12)
  forward()
  expect(await sum).toBe(45)
})

test('that the consumer is busy for longer than a producer may be silent fails nothing', async () => {
  const node = await nodeOf({ pingMillis: 20, idleMillis: 100 })
  const channels = await channelsOf({ pingMillis: 20, idleMillis: 60, errorDurationMillis: 200 })
  const output = task(node, 't')
  const sum = sumOf(channels, node.uri, 't')
  output.add(numbers(0, 100), 0)
  await eventually(() => output.status().bufferedPages === 0)
  const busy = new Int32Array(new SharedArrayBuffer(4))
  for (let i = 0; i < 3; i++) {
    Atomics.wait(busy, 0, 0, 300)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  output.add(numbers(100, 100), 0)
  output.finish()
  expect(await sum).toBe(sumTo(200))
})

test('a connection that is no longer used is closed', async () => {
  const node = await nodeOf()
  const channels = await channelsOf({ unusedMillis: 20 })
  await fill(task(node, 't'), 1, 10)
  expect(await sumOf(channels, node.uri, 't')).toBe(45)
  await eventually(() => node.exchange.connectionCount === 0 && channels.connectionCount === 0)
})

test('a half-open connection is noticed, and its streams go on over another', async () => {
  const node = await nodeOf({ pingMillis: 20, idleMillis: 100 })
  // Forwards bytes, and from a moment on swallows those of the connections it has.
  const pipes = new Set<Socket>()
  const proxy = createServer((socket) => {
    const upstream = connect(node.port, '127.0.0.1')
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      pipes.add(from)
      from.on('data', (data) => pipes.has(from) && to.write(data))
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  const channels = await channelsOf({ pingMillis: 20, idleMillis: 100 })
  cleanups.push(() => void proxy.close())
  const output = task(node, 't')
  const sum = sumOf(channels, `http://127.0.0.1:${port}`, 't')
  output.add(numbers(0, 100), 0)
  await eventually(() => output.status().bufferedPages === 0)
  pipes.clear()
  output.add(numbers(100, 100), 0)
  output.finish()
  expect(await sum).toBe(sumTo(200))
  await eventually(() => node.exchange.connectionCount === 1)
})

test('a network that swallows all from a moment on fails the streams within the bound, counted from the last word', async () => {
  const node = await nodeOf()
  // Forwards bytes until it hangs; then connections to it are neither accepted nor refused.
  const hang = new Int32Array(new SharedArrayBuffer(4))
  const network = new Worker(
    `const { createServer, connect } = require('node:net')
     const { parentPort, workerData: { port, hang } } = require('node:worker_threads')
     const server = createServer((socket) => {
       const upstream = connect(port, '127.0.0.1')
       socket.pipe(upstream).pipe(socket)
       for (const end of [socket, upstream]) end.on('error', () => {})
     }).listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => parentPort.postMessage(server.address().port))
     parentPort.on('message', () => {
       parentPort.postMessage('hangs')
       Atomics.wait(hang, 0, 0)
     })`,
    { eval: true, workerData: { port: node.port, hang } },
  )
  const answer = (): Promise<unknown> => new Promise((resolve) => network.once('message', resolve))
  const waiting: Socket[] = []
  try {
    const port = Number(await answer())
    const channels = await channelsOf({
      pingMillis: 20,
      idleMillis: 100,
      connectMillis: 60_000,
      errorDurationMillis: 300,
    })
    const output = task(node, 't')
    const sum = sumOf(channels, `http://127.0.0.1:${port}`, 't')
    sum.catch(() => undefined)
    output.add(numbers(0, 100), 0)
    await eventually(() => output.status().bufferedPages === 0)
    const hangs = answer()
    network.postMessage('hang')
    await hangs
    for (let i = 0; i < 8; i++) waiting.push(connect(port, '127.0.0.1').on('error', () => {}))
    await expect(sum).rejects.toMatchObject({ code: 'PAGE_TRANSPORT_TIMEOUT' })
  } finally {
    for (const socket of waiting) socket.destroy()
    Atomics.notify(hang, 0)
    await network.terminate()
  }
})
