import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ThreadPool } from '../../../../src/dataflow/threads/pool.js'

/** A worker that dies of a query's end, and comes up only as often as it is told. */
const WORKER = `
import { parentPort, workerData } from 'node:worker_threads'
if (!workerData.comesUp) throw new Error("EMFILE: too many open files, open 'a module'")
parentPort.on('message', ({ kind }) => {
  if (kind === 'end') process.exit(1)
})
parentPort.postMessage({ kind: 'ready' })
`

test('a query hears of a thread that died, and of one that could not take its place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pool-'))
  const entry = join(folder, 'worker.mjs')
  await writeFile(entry, WORKER)
  let starts = 0
  const died: { thread: number; starts: number }[] = []
  const uses: string[] = []
  const pool = new ThreadPool({
    threads: 1,
    entry: pathToFileURL(entry),
    workerData: () => ({ comesUp: starts++ === 0 }),
    sharedBuffer: (_, byteLength) => new SharedArrayBuffer(byteLength),
    threadDied: (thread) => died.push({ thread, starts }),
    use: {
      threadsBegin: () => uses.push('begin'),
      threadsEnd: () => uses.push('end'),
      runsWithoutThreads: () => uses.push('without'),
    },
  })
  try {
    await pool.ready()
    const lost: { thread: number; isLost: boolean }[] = []
    await new Promise<void>((resolve) => {
      pool.listen('query', {
        message: () => {},
        threadLost(thread) {
          lost.push({ thread, isLost: pool.isLost(thread) })
          if (lost.length === 2) resolve()
        },
      })
      pool.send(0, { kind: 'end', taskId: 'query' })
    })
    pool.passOver()
    pool.unlisten('query')
    pool.unlisten('query')
    expect(uses).toEqual(['begin', 'without', 'end'])
    expect(lost).toEqual([
      { thread: 0, isLost: false },
      { thread: 0, isLost: true },
    ])
    // Before another takes its place.
    expect(died).toEqual([
      { thread: 0, starts: 1 },
      { thread: 0, starts: 2 },
    ])
    await expect(pool.ready()).rejects.toMatchObject({
      code: 'GENERIC_INTERNAL_ERROR',
      message: 'A worker thread could not be started: worker-1',
      detail: "EMFILE: too many open files, open 'a module'",
      hint: expect.stringContaining('ulimit -n'),
    })
  } finally {
    await pool.close()
    await rm(folder, { recursive: true, force: true })
  }
})
