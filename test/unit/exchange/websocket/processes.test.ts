import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ExchangeClient } from '../../../../src/exchange/exchange-client.js'
import { WebSocketChannels } from '../../../../src/exchange/websocket/websocket-channels.js'
import { ROOT } from '../../../support/build.js'
import { identity, takeAll } from '../../../support/exchange-node.js'
import { type ProducerOrder, pagesOf } from '../../../support/exchange-producer.js'
import { pageText } from '../../../support/random-page.js'
import { SEED } from '../../../support/seed.js'

const seed = SEED
let folder: string
let program: string

beforeAll(async () => {
  // Beside node_modules, so that packages are found.
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  folder = mkdtempSync(join(ROOT, 'build/exchange-test-'))
  program = join(folder, 'producer.mjs')
  const bundle = await rolldown({
    input: join(ROOT, 'test/support/exchange-producer.ts'),
    platform: 'node',
    external: [/^[^./]/],
  })
  await bundle.write({ file: program, format: 'esm', codeSplitting: false })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(order: ProducerOrder): {
  readonly child: ChildProcess
  message<T>(): Promise<T>
} {
  const child = fork(program, {
    env: { ...process.env, EXCHANGE_ORDER: JSON.stringify(order) },
    execArgv: [],
  })
  const messages: unknown[] = []
  let wake = (): void => {}
  child.on('message', (message) => {
    messages.push(message)
    wake()
  })
  return {
    child,
    async message<T>() {
      while (messages.length === 0) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve
          child.once('exit', (code) => reject(new Error(`the producer ended: ${code}`)))
        })
      }
      return messages.shift() as T
    },
  }
}

const ORDER: ProducerOrder = { seed, tasks: 3, pages: 40, bufferBytesMax: 200_000, compress: false }
/** No page of these orders is longer. */
const PAGE_BYTES_MAX = 400_000

for (const compress of [false, true]) {
  test(`pages of another process, compressed: ${compress}, seed ${seed}`, async () => {
    const order = { ...ORDER, compress }
    const { child, message } = start(order)
    const channels = await WebSocketChannels.create({ node: identity('consumer') })
    try {
      const { uri } = await message<{ uri: string }>()
      for (let task = 0; task < order.tasks; task++) {
        const client = new ExchangeClient({ channels, bufferBytesMax: 300_000 })
        client.addSource({ nodeUri: uri, taskId: `t${task}`, bufferId: 0 })
        client.noMoreSources()
        if (task === 0) {
          // The consumer stalls: neither side holds more than its bound and a page.
          await client.ready()
          await new Promise((resolve) => setTimeout(resolve, 200))
          expect(client.bufferedBytes).toBeLessThan(300_000 + PAGE_BYTES_MAX)
        }
        const received: string[] = []
        await takeAll(client, (page) => {
          received.push(...pageText(page))
        })
        expect(received).toEqual([...pagesOf(order, task)].flatMap(pageText))
      }
      const { peakBytes, streams } = await message<{ peakBytes: number; streams: number }>()
      expect(peakBytes).toBeLessThan(order.bufferBytesMax + PAGE_BYTES_MAX)
      expect(streams).toBe(0)
    } finally {
      channels.close()
      child.kill()
    }
  })
}

test('a producer that is killed fails its consumer within the bound', async () => {
  const { child, message } = start({ ...ORDER, pages: 100_000 })
  const channels = await WebSocketChannels.create({
    node: identity('consumer'),
    errorDurationMillis: 200,
  })
  try {
    const { uri } = await message<{ uri: string }>()
    const client = new ExchangeClient({ channels })
    client.addSource({ nodeUri: uri, taskId: 't0', bufferId: 0 })
    let pages = 0
    const taken = takeAll(client, () => {
      pages += 1
      if (pages === 5) child.kill('SIGKILL')
    })
    await expect(taken).rejects.toMatchObject({ code: 'REMOTE_HOST_GONE' })
  } finally {
    channels.close()
    child.kill()
  }
})
