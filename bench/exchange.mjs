// Measures the exchange between two processes on loopback: `node bench/exchange.mjs [MB] [streams] [--compress]`, after
// `npm run build`. Prints MB of page data a second, and a second of each process's CPU time.
import { fork } from 'node:child_process'
import { createServer } from 'node:http'

const build = new URL('../build/', import.meta.url)
const load = (name) => import(new URL(`exchange/${name}.js`, build))
const options = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const compress = process.argv.includes('--compress')
const totalBytes = Number(options[0] ?? 4000) * 1e6
const streams = Number(options[1] ?? 4)
const identity = (nodeId) => ({
  nodeId,
  instanceId: nodeId,
  version: 'bench',
  environment: 'bench',
  sharedSecret: 'bench',
})

/** A page of lineitem's shape: narrow integers, doubles and text, 16,384 rows. */
function samplePage() {
  const rowCount = 16_384
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true }).buffer
  let next = 0
  const allocate = (Type, length) => {
    const array = new Type(memory, next, length)
    next = (next + array.byteLength + 15) & ~15
    return array
  }
  const flat = { encoding: 'flat', rowCount, validity: null }
  const integers = (Type, storage) => {
    const values = allocate(Type, rowCount)
    for (let i = 0; i < rowCount; i++) values[i] = (i * 7919) % 120
    return { ...flat, storage, type: { kind: 'bigint' }, values, base: 0, factor: 1 }
  }
  const doubles = () => {
    const values = allocate(Float64Array, rowCount)
    for (let i = 0; i < rowCount; i++) values[i] = i / 100
    return { ...flat, storage: 'f64', type: { kind: 'double' }, values }
  }
  const offsets = allocate(Int32Array, rowCount + 1)
  for (let i = 0; i <= rowCount; i++) offsets[i] = i * 27
  const bytes = allocate(Uint8Array, rowCount * 27)
  for (let i = 0; i < bytes.length; i++) bytes[i] = 97 + ((i * i) % 26)
  const text = { ...flat, storage: 'bytes', type: { kind: 'varchar' }, offsets, bytes, ascii: true }
  const columns = [
    integers(Int32Array, 'i32'),
    integers(Int32Array, 'i32'),
    integers(Int16Array, 'i16'),
    integers(Int8Array, 'i8'),
    doubles(),
    doubles(),
    doubles(),
    doubles(),
    text,
  ]
  return { rowCount, blocks: columns }
}

async function produce() {
  const [{ ExchangeServer }, { TaskBuffers }, { MemoryOutputBuffer }] = await Promise.all(
    ['websocket/exchange-server', 'task-buffers', 'buffer/memory-output-buffer'].map(load),
  )
  const buffers = new TaskBuffers()
  const server = createServer()
  const exchange = await ExchangeServer.create({ node: identity('producer'), buffers })
  exchange.attach(server)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.send({ port: server.address().port })
  const page = samplePage()
  const start = process.cpuUsage()
  await Promise.all(
    Array.from({ length: streams }, async (_, i) => {
      const output = new MemoryOutputBuffer({ kind: 'partitioned', partitionCount: 1, compress })
      buffers.register(`task${i}`, output)
      let sent = 0
      while (sent < totalBytes / streams) {
        sent = output.status().totalBytes
        if (!output.add(page, 0)) await output.ready()
      }
      output.finish()
    }),
  )
  process.once('message', () => {
    const { user, system } = process.cpuUsage(start)
    process.send({ cpuSeconds: (user + system) / 1e6 })
    process.disconnect()
    exchange.close()
    server.close()
  })
}

async function consume() {
  const [{ WebSocketChannels }, { ExchangeClient }] = await Promise.all(
    ['websocket/websocket-channels', 'exchange-client'].map(load),
  )
  const producer = fork(new URL(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, EXCHANGE_BENCH: 'producer' },
  })
  const message = () => new Promise((resolve) => producer.once('message', resolve))
  const { port } = await message()
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
  const cpu = (user + system) / 1e6
  producer.send('stop')
  const { cpuSeconds } = await message()
  channels.close()
  const megabytes = bytes / 1e6
  const rate = (time) => `${(megabytes / time).toFixed(0)} MB/s`
  console.log(
    `${megabytes.toFixed(0)} MB, ${rows} rows, ${streams} streams in ${seconds.toFixed(2)} s`,
  )
  console.log(`wall ${rate(seconds)}`)
  console.log(`a core of the producer ${rate(cpuSeconds)}`)
  console.log(`a core of the consumer ${rate(cpu)}`)
  console.log(`both cores ${rate(cpu + cpuSeconds)}`)
}

await (process.env.EXCHANGE_BENCH === 'producer' ? produce() : consume())
