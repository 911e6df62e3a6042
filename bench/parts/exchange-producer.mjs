import { createServer } from 'node:http'
import { identity, loadExchange } from './exchange-identity.mjs'

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

/** Sends pages until a consumer has read them all. */
export async function run({ totalBytes, streams, compress }, emit) {
  const [{ ExchangeServer }, { TaskBuffers }, { MemoryOutputBuffer }] = await loadExchange([
    'websocket/exchange-server',
    'task-buffers',
    'buffer/memory-output-buffer',
  ])
  const buffers = new TaskBuffers()
  const server = createServer()
  const exchange = await ExchangeServer.create({ node: identity('producer'), buffers })
  exchange.attach(server)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  emit({ port: server.address().port })
  const stopped = new Promise((resolve) => process.once('message', resolve))
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
  await stopped
  const { user, system } = process.cpuUsage(start)
  emit({ cpuSeconds: (user + system) / 1e6 })
  exchange.close()
  server.close()
}
