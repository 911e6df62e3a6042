import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIST, requireBuild } from './build.js'

export interface ServerProcess {
  readonly url: string
  /** Ends it and waits until it has; gives its exit code, null if it had to be killed. */
  stop(): Promise<number | null>
}

const START_MILLIS = 30_000
const STOP_MILLIS = 30_000

/** Starts `millrace server` on a free port with the given catalogs, in a process of its own. */
export async function startServerProcess(
  catalogs: Readonly<Record<string, Readonly<Record<string, string>>>>,
  config: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  requireBuild()
  const etcDir = mkdtempSync(join(tmpdir(), 'millrace-etc-'))
  mkdirSync(join(etcDir, 'catalog'))
  const write = (file: string, properties: Readonly<Record<string, string>>) =>
    writeFileSync(
      join(etcDir, file),
      Object.entries(properties)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
  write('config.properties', config)
  for (const [name, properties] of Object.entries(catalogs)) {
    write(join('catalog', `${name}.properties`), properties)
  }
  const child = spawn(
    process.execPath,
    [join(DIST, 'cli/main.js'), 'server', '--etc-dir', etcDir, '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await listening(child, exited)
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLIS)
      const code = await exited
      clearTimeout(timer)
      rmSync(etcDir, { recursive: true, force: true })
      return code
    },
  }
}

function listening(child: ChildProcess, exited: Promise<number | null>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(
      () => reject(new Error(`server did not start: ${output}`)),
      START_MILLIS,
    )
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const match = /^millrace: (http:\S+)$/m.exec(output)
      if (match !== null) {
        clearTimeout(timer)
        resolve(match[1]!)
      }
    })
    exited.then((code) => {
      clearTimeout(timer)
      reject(new Error(`server ended with ${code}: ${output}`))
    })
  })
}
