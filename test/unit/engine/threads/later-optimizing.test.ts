import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DIST, requireBuild } from '../../../support/build.js'

const DEADLINE_MILLIS = 60_000

/** Runs through half a megabyte of bytecode: enough for V8's own threshold, not for the engine's. */
const PROGRAM = (url: string, options: string) => `
  import { Millrace } from ${JSON.stringify(url)}
  const engine = await Millrace.create(${options})
  await engine.query('SELECT 1').all()
  let sum = 0
  function addsInTurn(a, b) { return a + b }
  for (let i = 0; i < 25_000; i++) sum = addsInTurn(sum, i)
  console.log('sum', sum)
  await engine.close()
`

/** Whether V8 has found the program's function worth optimising. */
async function isOptimized(options: string, flags: readonly string[] = []): Promise<boolean> {
  const program = PROGRAM(pathToFileURL(join(DIST, 'index.js')).href, options)
  const args = ['--trace-opt', '--no-use-osr', ...flags, '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: DEADLINE_MILLIS,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
  })
  expect(stdout).toContain('sum 312487500')
  return stdout.includes('<JSFunction addsInTurn')
}

test.runIf(process.versions.v8.startsWith('11.'))(
  'V8 optimises later where there are worker threads, unless told otherwise',
  async () => {
    requireBuild()
    expect(await isOptimized('{ threads: 1 }')).toBe(false)
    expect(await isOptimized('{ threads: 0 }')).toBe(true)
    expect(await isOptimized('{ threads: 1, tunesV8: false }')).toBe(true)
    expect(await isOptimized('{ threads: 1 }', ['--interrupt-budget=135168'])).toBe(true)
  },
  DEADLINE_MILLIS,
)
