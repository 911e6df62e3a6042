import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIST, ROOT, requireBuild } from '../support/build.js'
import { type ServerProcess, startServerProcess } from '../support/server-process.js'
import { documentPages, type Example, examplesOf } from './pages.js'

/** Where pages say that the server is. */
const SERVER_HOST = '127.0.0.1:8080'
const EXAMPLES = documentPages().flatMap(examplesOf)
/** Where examples find the system's temporary folder: they leave what they make for their reader to look at. */
const scratch = mkdtempSync(join(tmpdir(), 'millrace-examples-'))
let server: ServerProcess

beforeAll(async () => {
  requireBuild()
  server = await startServerProcess({ tpch: { 'connector.name': 'tpch' } })
})
afterAll(async () => {
  await server?.stop()
  rmSync(scratch, { recursive: true, force: true })
})

const run = (program: string, args: readonly string[], input = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, TMPDIR: scratch }
    const child = execFile(program, args, { cwd: ROOT, env }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${stderr}\n${stdout}`)),
    )
    child.stdin!.end(input)
  })

/** What an example prints: programs import `millrace` as one that has it installed would. */
function outputOf({ language, code, needsServer }: Example): Promise<string> {
  const program = needsServer ? code.replaceAll(SERVER_HOST, new URL(server.url).host) : code
  if (language === 'js') return run(process.execPath, ['--input-type=module'], program)
  const command = `'${process.execPath}' '${join(DIST, 'cli/main.js')}'`
  return run('sh', ['-c', program.replaceAll('npm start --', command)])
}

describe('examples of the documentation', () => {
  it('are found', () => {
    expect(EXAMPLES.length).toBeGreaterThan(5)
  })
  it.each(
    EXAMPLES.map((example) => [example.title, example] as const),
  )('%s prints what it says', async (_, example) => {
    // What RFC 4180 ends its lines with shows no different.
    const output = await outputOf(example)
    expect(output.replaceAll('\r\n', '\n')).toBe(example.output)
  })
})
