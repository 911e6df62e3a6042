import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { DIST, requireBuild } from '../../../support/build.js'

/** How many threads of this process have a niceness. @source proc_pid_stat(5) */
const threadsOfNiceness = (niceness: number): number =>
  readdirSync('/proc/self/task').filter((task) => {
    const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]) === niceness
  }).length

test.runIf(process.platform === 'linux')(
  'worker threads come after the calling thread, which keeps its priority',
  async () => {
    requireBuild()
    const url = pathToFileURL(join(DIST, 'index.js')).href
    const { Millrace } = (await import(url)) as typeof import('../../../../src/index.js')
    const own = getPriority()
    const lower = Math.min(own + 10, 19)
    const before = threadsOfNiceness(lower)
    const engine = await Millrace.create({
      threads: 2,
      callingThreadMillis: 0,
      catalogs: { tpch: { 'connector.name': 'tpch' } },
    })
    try {
      // More than is read in the calling thread.
      await engine.query('SELECT count(*), max(comment) FROM tpch."sf0.1".orders').all()
      expect(threadsOfNiceness(lower)).toBe(before + 2)
      expect(getPriority()).toBe(own)
    } finally {
      await engine.close()
    }
  },
)
