import { setTimeout as delay } from 'node:timers/promises'
import { Millrace } from '../../dist/index.js'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { emitConsumed } from './consumer.mjs'

const SQL = 'SELECT * FROM lineitem'
const FIRST_ROWS = 20
const SLOW_MILLIS = 4000

export async function run({ scaleFactor, threads, runs }, emit) {
  const engine = await Millrace.create({ threads, catalogs: { tpch: TPCH_CATALOG } })
  await engine.execute(`CREATE TABLE lineitem AS SELECT * FROM tpch."sf${scaleFactor}".lineitem`)
  for (const [name, consume] of Object.entries(consumers(engine))) {
    await emitConsumed(emit, 'embedded', name, 'millrace', consume, runs)
  }
  await firstRows(engine, emit)
  await slowConsumer(engine, emit)
  await engine.close()
}

const consumers = (engine) => ({
  pages: async () => {
    let rows = 0
    let bytes = 0
    for await (const page of engine.query(SQL).pages()) {
      rows += page.rowCount
      bytes += pageBytes(page)
    }
    return { rows, bytes }
  },
  'row objects': async () => {
    let rows = 0
    for await (const row of engine.query(SQL)) if (row.l_orderkey !== undefined) rows++
    return { rows }
  },
  'row objects, every value read': async () => {
    let rows = 0
    let seen = 0
    for await (const row of engine.query(SQL)) {
      for (const name in row) if (row[name] !== null) seen++
      rows++
    }
    if (seen < rows * 16) throw new Error('a value is missing')
    return { rows }
  },
  'rows as arrays': async () => {
    let rows = 0
    for await (const row of engine.query(SQL, [], { rowMode: 'array' })) rows += row.length / 16
    return { rows }
  },
  arrow: async () => {
    let rows = 0
    for await (const batch of engine.query(SQL).arrow()) rows += batch.numRows
    return { rows }
  },
})

/** All columns of a page for consumers lie in one buffer of its own. */
function pageBytes(page) {
  const buffers = new Set()
  for (const block of page.blocks) {
    for (const part of Object.values(block)) if (ArrayBuffer.isView(part)) buffers.add(part.buffer)
  }
  let bytes = 0
  for (const buffer of buffers) bytes += buffer.byteLength
  return bytes
}

/** From `query()` to the first `next()`, warm. */
async function firstRows(engine, emit) {
  const samples = []
  for (let i = 0; i <= FIRST_ROWS; i++) {
    const startedAt = performance.now()
    const rows = engine.query(SQL)[Symbol.asyncIterator]()
    await rows.next()
    if (i > 0) samples.push(performance.now() - startedAt)
    await rows.return()
  }
  emit({ group: 'first row', name: 'first row', subject: 'millrace', samples, unit: 'ms' })
}

/** What a consumer that takes ten rows a second makes the process hold. */
async function slowConsumer(engine, emit) {
  const before = process.memoryUsage.rss()
  let largest = before
  const rows = engine.query(SQL)[Symbol.asyncIterator]()
  for (const endsAt = performance.now() + SLOW_MILLIS; performance.now() < endsAt; ) {
    await rows.next()
    largest = Math.max(largest, process.memoryUsage.rss())
    await delay(100)
  }
  await rows.return()
  const samples = [(largest - before) / 1e6]
  emit({ group: 'slow consumer', name: 'memory grown', subject: 'millrace', samples, unit: 'MB' })
}
