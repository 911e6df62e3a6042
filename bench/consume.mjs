// Measures what a program that embeds the engine gets: `node bench/consume.mjs [rows|point|memory|start] [--sf 1] [--threads 2]`, after
// `npm run build`. Each part is a process of its own.
//   rows    CTAS of TPC-H's lineitem, then rows a second by pages, row objects, arrays, Arrow and /v1/statement; first row of a warm
//           query; DuckDB's figures beside them where its package is installed
//   point   SELECT 1 and a point lookup in lineitem's orders
//   memory  largest resident memory while `SELECT * FROM tpch.sfN.lineitem` is read by pages
//   start   import and create: median of 20 processes, less that of bare Node
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : process.argv[at + 1]
}
const scale = argument('--sf', '1')
const threads = Number(argument('--threads', '2'))
const repeats = Number(argument('--repeats', '5'))
const NAMES = ['rows', 'point', 'memory', 'start']
const chosen = process.argv.slice(2).filter((name) => NAMES.includes(name))

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const print = (name, text) => console.log(`${name.padEnd(40)} ${text}`)
const rate = (rows, millis, cpu) =>
  `${(rows / millis / 1000).toFixed(2).padStart(7)} M rows/s  ${millis.toFixed(0).padStart(6)} ms  ${cpu.toFixed(0).padStart(6)} ms of CPU`
/** Of all threads, so far: what a busy machine does not lengthen as it does the time that passes. */
const cpuMillis = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function createEngine() {
  const { Millrace } = await import('../dist/index.js')
  return Millrace.create({ threads, catalogs: { tpch: { 'connector.name': 'tpch' } } })
}

/** The quickest of some runs, each of which returns its rows. */
async function measure(name, consume) {
  let best = Number.POSITIVE_INFINITY
  let leastCpu = Number.POSITIVE_INFINITY
  let rows = 0
  for (let i = 0; i < repeats; i++) {
    const started = performance.now()
    const cpuStarted = cpuMillis()
    rows = await consume()
    best = Math.min(best, performance.now() - started)
    leastCpu = Math.min(leastCpu, cpuMillis() - cpuStarted)
  }
  print(name, rate(rows, best, leastCpu))
}

async function rows() {
  const engine = await createEngine()
  const started = performance.now()
  const cpuStarted = cpuMillis()
  await engine.execute(`CREATE TABLE lineitem AS SELECT * FROM tpch."sf${scale}".lineitem`)
  const count = Math.round(6_001_215 * Number(scale))
  print('CREATE TABLE AS', rate(count, performance.now() - started, cpuMillis() - cpuStarted))
  await measure('CREATE TABLE AS of the memory table', async () => {
    await engine.execute('DROP TABLE IF EXISTS copied')
    await engine.execute('CREATE TABLE copied AS SELECT * FROM lineitem')
    return count
  })
  await engine.execute('DROP TABLE copied')
  const sql = 'SELECT * FROM lineitem'
  await measure('pages', async () => {
    let count = 0
    for await (const page of engine.query(sql).pages()) count += page.rowCount
    return count
  })
  await measure('row objects, for await', async () => {
    let count = 0
    for await (const row of engine.query(sql)) if (row.orderkey !== undefined) count++
    return count
  })
  await measure('row objects, every value read', async () => {
    let count = 0
    let sum = 0
    for await (const row of engine.query(sql)) {
      sum += row.comment.length + row.shipdate.length + row.extendedprice + row.linenumber
      count++
    }
    return sum > 0 ? count : 0
  })
  await measure('rows as arrays', async () => {
    let count = 0
    for await (const row of engine.query(sql, [], { rowMode: 'array' })) count += row.length / 16
    return count
  })
  await measure('readable()', async () => {
    let count = 0
    for await (const row of engine.query(sql).readable()) if (row !== undefined) count++
    return count
  })
  await measure('arrow', async () => {
    let count = 0
    for await (const batch of engine.query(sql).arrow()) count += batch.numRows
    return count
  })
  const firsts = []
  for (let i = 0; i < 20; i++) {
    const begun = performance.now()
    for await (const row of engine.query(sql)) {
      if (row !== undefined) firsts.push(performance.now() - begun)
      break
    }
  }
  print('first row of a warm query', `${median(firsts).toFixed(2)} ms`)
  const pages = []
  for (let i = 0; i < 10; i++) {
    const begun = performance.now()
    for await (const page of engine.query(`SELECT * FROM tpch."sf${scale}".lineitem`).pages()) {
      if (page.rowCount > 0) pages.push(performance.now() - begun)
      break
    }
  }
  print('first page of tpch.lineitem, warm', `${median(pages).toFixed(2)} ms`)
  await engine.close()
  await statement()
  await duckdb()
}

/** /v1/statement, whose bytes are counted and not parsed beyond where to go on. */
async function statement() {
  const build = new URL('../build/', import.meta.url)
  const [{ Engine }, { startServer }] = await Promise.all([
    import(new URL('engine/engine.js', build)),
    import(new URL('server/server.js', build)),
  ])
  const engine = await Engine.create({
    threads,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  await engine.ready()
  const server = await startServer(engine, { port: 0 })
  const run = engine.createRun({
    sql: `CREATE TABLE memory.default.lineitem AS SELECT * FROM tpch."sf${scale}".lineitem`,
    session: engine.defaultSession,
  })
  await run.drain()
  const count = Math.round(6_001_215 * Number(scale))
  await measure('/v1/statement, unparsed', async () => {
    let text = await (
      await fetch(`${server.url}/v1/statement`, {
        method: 'POST',
        headers: { 'X-Trino-User': 'bench' },
        body: 'SELECT * FROM memory.default.lineitem',
      })
    ).text()
    for (;;) {
      const next = /"nextUri":"([^"]+)"/.exec(text.slice(0, 2000))
      if (next === null) break
      text = await (await fetch(next[1], { headers: { 'X-Trino-User': 'bench' } })).text()
    }
    if (!text.includes('"state":"FINISHED"')) throw new Error(text.slice(0, 500))
    return count
  })
  await server.close()
  await engine.close()
}

async function duckdb() {
  const api = await import('@duckdb/node-api').catch(() => undefined)
  if (api === undefined) return
  const instance = await api.DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()
  const file = argument('--duckdb-parquet')
  if (file === undefined) return print('DuckDB', 'needs --duckdb-parquet FILE of the same table')
  await connection.run(`CREATE TABLE lineitem AS SELECT * FROM '${file}'`)
  await measure('DuckDB: chunks', async () => {
    const result = await connection.stream('SELECT * FROM lineitem')
    let count = 0
    for (let chunk = await result.fetchChunk(); chunk?.rowCount > 0; ) {
      count += chunk.rowCount
      chunk = await result.fetchChunk()
    }
    return count
  })
  await measure('DuckDB: row objects', async () => {
    const result = await connection.stream('SELECT * FROM lineitem')
    let count = 0
    for await (const some of result.yieldRowObjectJs()) count += some.length
    return count
  })
}

async function point() {
  const engine = await createEngine()
  await engine.execute(
    `CREATE TABLE lineitem AS SELECT orderkey, linenumber, shipdate, comment FROM tpch."sf${scale}".lineitem`,
  )
  const each = async (name, count, run) => {
    const times = []
    for (let i = 0; i < count; i++) {
      const started = performance.now()
      await run(i)
      times.push(performance.now() - started)
    }
    const half = times.slice(count >> 1)
    print(
      name,
      `${median(half).toFixed(3)} ms (largest of the second half ${Math.max(...half).toFixed(2)})`,
    )
  }
  await each('SELECT 1', 2000, () => engine.query('SELECT 1').all())
  await each('point lookup, a parameter', 300, async (i) => {
    const key = ((i * 7919) % 187_500) * 32 + 1
    const found = await engine.query('SELECT * FROM lineitem WHERE orderkey = ?', [key]).all()
    if (found.length === 0) throw new Error(`no order ${key}`)
  })
  await each('point lookup, a literal of its own', 300, async (i) => {
    const key = ((i * 7919) % 187_500) * 32 + 1
    const found = await engine.query(`SELECT * FROM lineitem WHERE orderkey = ${key}`).all()
    if (found.length === 0) throw new Error(`no order ${key}`)
  })
  await engine.close()
}

async function memory() {
  const engine = await createEngine()
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50)
  print('resident after create', `${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`)
  for (let i = 0; i < 2; i++) {
    const started = performance.now()
    const cpuStarted = cpuMillis()
    let count = 0
    for await (const page of engine.query(`SELECT * FROM tpch."sf${scale}".lineitem`).pages()) {
      count += page.rowCount
    }
    print(
      `tpch.lineitem by pages, ${threads} threads`,
      `${rate(count, performance.now() - started, cpuMillis() - cpuStarted)}, at most ${(peak / 1e6).toFixed(0)} MB`,
    )
  }
  clearInterval(timer)
  await engine.close()
}

async function start() {
  const index = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  const timed = (code) => {
    const times = []
    for (let i = 0; i < 20; i++) {
      const started = performance.now()
      execFileSync(process.execPath, ['--input-type=module', '-e', code])
      times.push(performance.now() - started)
    }
    return median(times)
  }
  const bare = timed('')
  const imported = timed(`await import('${index}')`)
  const created = timed(
    `const { Millrace } = await import('${index}'); await Millrace.create({ threads: ${threads} }); process.exit()`,
  )
  print('import', `${(imported - bare).toFixed(1)} ms`)
  print('import and create', `${(created - bare).toFixed(1)} ms (bare node ${bare.toFixed(1)} ms)`)
}

if (process.env.MILLRACE_BENCH_PART !== undefined) {
  await { rows, point, memory, start }[process.env.MILLRACE_BENCH_PART]()
} else {
  for (const part of chosen.length === 0 ? NAMES : chosen) {
    const { status } = spawnSync(process.execPath, process.argv.slice(1), {
      env: { ...process.env, MILLRACE_BENCH_PART: part },
      stdio: 'inherit',
    })
    if (status !== 0) process.exitCode = 1
  }
}
