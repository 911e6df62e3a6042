import { monitorEventLoopDelay } from 'node:perf_hooks'

const NANOS_PER_MILLI = 1e6
const build = new URL('../../build/', import.meta.url)

/** A server with lineitem in memory: sends its address, answers 'memory' and 'delay', ends with its parent's 'stop'. */
export async function run({ scaleFactor, threads }, emit) {
  // The bundle has no entry for the server: what the compiler made is the same code.
  const [{ Engine }, { startServer }] = await Promise.all([
    import(new URL('engine/engine.js', build)),
    import(new URL('server/server.js', build)),
  ])
  const engine = await Engine.create({ threads, catalogs: { tpch: { 'connector.name': 'tpch' } } })
  await engine.ready()
  const server = await startServer(engine, { port: 0 })
  const load = engine.createRun({
    sql: `CREATE TABLE memory.default.lineitem AS SELECT * FROM tpch."sf${scaleFactor}".lineitem`,
    session: engine.defaultSession,
  })
  await load.drain()
  emit({ url: server.url })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await new Promise((resolve) => {
    process.on('message', (message) => {
      if (message === 'stop') resolve()
      else if (message === 'delay') {
        // Since it was asked for last.
        emit({ longestDelayMillis: delay.max / NANOS_PER_MILLI })
        delay.reset()
      } else emit({ rssBytes: process.memoryUsage.rss() })
    })
    process.once('disconnect', () => process.exit())
  })
  await server.close()
  await engine.close()
}
