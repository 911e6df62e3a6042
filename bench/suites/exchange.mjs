import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { text } from '../commands/options.mjs'
import { identity, loadExchange } from '../parts/exchange-identity.mjs'
import { Report } from '../report/report.mjs'

export const summary =
  'pages between two processes over loopback: MB a second, and a second of processor time'
export const options = {
  megabytes: text('MB of page data', '4000'),
  streams: text('streams at once', '4'),
  compress: { type: 'boolean', default: false, about: 'compress pages' },
}

const DEADLINE_MILLIS = 300_000

export async function run(values) {
  const settings = {
    totalBytes: Number(values.megabytes) * 1e6,
    streams: Number(values.streams),
    compress: values.compress,
  }
  const report = new Report({
    suite: 'exchange',
    title: `Exchange between two processes, ${settings.streams} streams`,
    settings,
  })
  const child = fileURLToPath(new URL('../parts/child.mjs', import.meta.url))
  const producer = fork(child, ['exchange-producer', JSON.stringify(settings)])
  const timer = setTimeout(() => producer.kill('SIGKILL'), DEADLINE_MILLIS)
  const ended = new Promise((_, reject) => {
    producer.once('exit', (code) => reject(new Error(`the producer ended with ${code}`)))
  })
  ended.catch(() => undefined)
  const message = () =>
    Promise.race([new Promise((resolve) => producer.once('message', resolve)), ended])
  try {
    const { port } = await message()
    const { bytes, rows, seconds, cpuSeconds } = await consume(port, settings.streams)
    producer.send('stop')
    const other = await message()
    const rate = (time) => [bytes / 1e6 / time]
    const options = { unit: 'MB/s', better: 'higher' }
    report.add('wall', { millrace: rate(seconds) }, { ...options, note: `${rows} rows` })
    report.add('a core of the producer', { millrace: rate(other.cpuSeconds) }, options)
    report.add('a core of the consumer', { millrace: rate(cpuSeconds) }, options)
    report.add('both cores', { millrace: rate(cpuSeconds + other.cpuSeconds) }, options)
  } finally {
    clearTimeout(timer)
    producer.kill('SIGKILL')
  }
  report.finish(values)
  return 0
}

async function consume(port, streams) {
  const [{ WebSocketChannels }, { ExchangeClient }] = await loadExchange([
    'websocket/websocket-channels',
    'exchange-client',
  ])
  const channels = await WebSocketChannels.create({ node: identity('consumer') })
  const client = new ExchangeClient({ channels })
  const startedAt = performance.now()
  const start = process.cpuUsage()
  for (let i = 0; i < streams; i++) {
    client.addSource({ nodeUri: `http://127.0.0.1:${port}`, taskId: `task${i}`, bufferId: 0 })
  }
  client.noMoreSources()
  let bytes = 0
  let rows = 0
  for (;;) {
    const owned = client.next()
    if (owned !== undefined) {
      bytes += owned.byteLength
      rows += owned.page.rowCount
      owned.release()
    } else if (client.isEnded) break
    else await client.ready()
  }
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(start)
  channels.close()
  return { bytes, rows, seconds, cpuSeconds: (user + system) / 1e6 }
}
