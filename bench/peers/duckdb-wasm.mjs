import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { Millrace } from '../../dist/index.js'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { TABLES } from '../tpch/tables.mjs'
import { packageVersion } from './plain-tables.mjs'
import { servePeer } from './serve.mjs'

const require = createRequire(import.meta.url)
/** A table goes in by ranges of its key, so that no Arrow stream is larger than what the module can take. */
const SLICES = 8n

/** In Node it has one thread, and its Parquet reader is an extension to be downloaded: tables go in as Arrow. */
let connection
servePeer({
  async load({ scaleFactor, source }) {
    if (source === 'parquet') throw new Error('reads no Parquet without a download')
    const duckdb = require('@duckdb/duckdb-wasm/blocking')
    const file = (name) => join(dirname(require.resolve('@duckdb/duckdb-wasm')), name)
    const bundles = {
      mvp: { mainModule: file('duckdb-mvp.wasm') },
      eh: { mainModule: file('duckdb-eh.wasm') },
    }
    const database = await duckdb.createDuckDB(
      bundles,
      new duckdb.VoidLogger(),
      duckdb.NODE_RUNTIME,
    )
    await database.instantiate(() => undefined)
    database.open({ query: { castDecimalToDouble: true, castBigIntToDouble: true } })
    connection = database.connect()
    const engine = await Millrace.create({ threads: 1, catalogs: { tpch: TPCH_CATALOG } })
    for (const table of Object.keys(TABLES))
      await insert(engine, `tpch."sf${scaleFactor}".${table}`, table)
    await engine.close()
    return packageVersion('@duckdb/duckdb-wasm')
  },
  query(sql) {
    const result = connection.query(sql)
    const dates = result.schema.fields.map((field) => /^Date/.test(String(field.type)))
    return result
      .toArray()
      .map((row) =>
        [...row].map(([, value], i) =>
          dates[i] && value !== null ? new Date(Number(value)) : value,
        ),
      )
  },
})

async function insert(engine, from, table) {
  const [key] = Object.keys(TABLES[table])
  const [{ low, high }] = await engine
    .query(`SELECT min(${key}) AS low, max(${key}) AS high FROM ${from}`)
    .all()
  const width = (high - low) / SLICES + 1n
  for (let slice = 0n; slice < SLICES; slice++) {
    const start = low + slice * width
    const chunks = []
    const sink = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    await engine
      .query(`SELECT * FROM ${from} WHERE ${key} >= ${start} AND ${key} < ${start + width}`)
      .pipeTo(sink, 'arrow')
    connection.insertArrowFromIPCStream(Buffer.concat(chunks), {
      name: table,
      create: slice === 0n,
    })
  }
}
