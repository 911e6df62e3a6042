import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DIST, requireBuild } from '../../../support/build.js'

const DEADLINE_MILLIS = 60_000

/** Carries statements out, then runs through half a megabyte of bytecode: enough for V8's own threshold, not for the engine's. */
const PROGRAM = (url: string, options: string, statements: string) => `
  import { Millrace } from ${JSON.stringify(url)}
  const engine = await Millrace.create(${options})
  const small = 'SELECT 1'
  const large = 'SELECT sum(length(comment)) FROM tpch.sf1.customer'
  for (const sql of ${statements}) await engine.query(sql).all()
  let sum = 0
  function addsInTurn(a, b) { return a + b }
  for (let i = 0; i < 25_000; i++) sum = addsInTurn(sum, i)
  console.log('sum', sum)
  await engine.close()
`

/** Whether V8 has found the program's function worth optimising. */
async function isOptimized(
  options: string,
  flags: readonly string[] = [],
  statements = '[small]',
): Promise<boolean> {
  const program = PROGRAM(pathToFileURL(join(DIST, 'index.js')).href, options, statements)
  const args = ['--trace-opt', '--no-use-osr', ...flags, '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: DEADLINE_MILLIS,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
  })
  expect(stdout).toContain('sum 312487500')
  return stdout.includes('<JSFunction addsInTurn')
}

/** Bit of V8's OptimizationStatus (src/runtime/runtime.h). */
const BASELINE = 1 << 15
const CALLS = 20

/** Calls of a short function before V8 has baseline code of it; `none` where {@link CALLS} are not enough. */
async function callsToBaseline(options: string, flags: readonly string[] = []): Promise<string> {
  const program = `
    import { Millrace } from ${JSON.stringify(pathToFileURL(join(DIST, 'index.js')).href)}
    const engine = await Millrace.create(${options})
    const addsInTurn = (a, b) => a + b
    let calls = 0
    while (calls < ${CALLS} && (%GetOptimizationStatus(addsInTurn) & ${BASELINE}) === 0) addsInTurn(calls++, 1)
    console.log(calls === ${CALLS} ? 'none' : calls)
    await engine.close()
  `
  const args = ['--allow-natives-syntax', ...flags, '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: DEADLINE_MILLIS,
    killSignal: 'SIGKILL',
  })
  return stdout.trim()
}

test.runIf(process.versions.v8.startsWith('11.'))(
  'V8 compiles what is called again at once, unless told otherwise',
  async () => {
    requireBuild()
    for (const threads of [0, 1]) {
      const calls = await callsToBaseline(`{ threads: ${threads} }`)
      expect(Number(calls), calls).toBeLessThanOrEqual(3)
    }
    expect(await callsToBaseline('{ threads: 1, tunesV8: false }')).toBe('none')
    const flags = ['--baseline_batch_compilation']
    expect(await callsToBaseline('{ threads: 1 }', flags)).toBe('none')
  },
  DEADLINE_MILLIS,
)

test.runIf(process.versions.v8.startsWith('11.'))(
  'V8 optimises later while worker threads are used, unless told otherwise',
  async () => {
    requireBuild()
    expect(await isOptimized('{ threads: 1 }')).toBe(false)
    expect(await isOptimized('{ threads: 0 }')).toBe(true)
    expect(await isOptimized('{ threads: 1, tunesV8: false }')).toBe(true)
    expect(await isOptimized('{ threads: 1 }', ['--interrupt-budget=135168'])).toBe(true)
    const options = "{ threads: 1, catalogs: { tpch: { 'connector.name': 'tpch' } } }"
    const small = 'Array(100).fill(small)'
    expect(await isOptimized(options, [], small)).toBe(true)
    expect(await isOptimized(options, [], `[...${small}, large]`)).toBe(false)
  },
  DEADLINE_MILLIS,
)
