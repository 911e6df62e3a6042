import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const CLIENTS = process.env.MILLRACE_CLIENTS ?? join(cache, 'millrace', 'clients')

export const PYTHON = join(CLIENTS, 'venv', 'bin', 'python')
export const JDBC_JAR = join(CLIENTS, 'trino-jdbc-476.jar')
export const CLI_JAR = join(CLIENTS, 'trino-cli-476-executable.jar')

/** The catalogs of the servers that clients are tried on. */
export const CATALOGS = {
  tpch: { 'connector.name': 'tpch' },
  memory: { 'connector.name': 'memory' },
}

const runs = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

const installHint = 'npm run test:clients installs it'

/** Why Python's clients can't be tried; undefined where they can. */
export const pythonMissing = (): string | undefined =>
  existsSync(join(CLIENTS, 'venv', 'installed')) ? undefined : `not installed, ${installHint}`

/** Why a jar can't be tried; undefined where it can. */
export function jarMissing(jar: string, command: 'java' | 'javac'): string | undefined {
  if (!existsSync(jar)) return `not installed, ${installHint}`
  return runs(command) ? undefined : `no ${command}`
}

export interface ProcessResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const RUN_MILLIS = 240_000

/** Runs a program to its end, or kills it after four minutes; `signalAfter` sends it a signal once its output matches. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: {
    readonly input?: string
    readonly signalAfter?: { readonly output: RegExp; readonly signal: NodeJS.Signals }
  } = {},
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'pipe',
      timeout: RUN_MILLIS,
      killSignal: 'SIGKILL',
    })
    const { signalAfter } = options
    let stdout = ''
    let stderr = ''
    let isSignalled = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (signalAfter !== undefined && !isSignalled && signalAfter.output.test(stdout)) {
        isSignalled = true
        child.kill(signalAfter.signal)
      }
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(options.input ?? '')
  })
}

interface Check {
  readonly check: string
  /** What was wrong; null: nothing. */
  readonly error: string | null
}

/**
 * Makes a test of each check that a session in another language reports, one JSON object a line on its standard
 * output: `{"check": name, "error": null | text}`, and at its end `{"checks": count}`.
 */
export function reportSession(name: string, result: ProcessResult): void {
  const lines = result.stdout.split('\n').filter((line) => line.startsWith('{'))
  const reports = lines.map((line) => JSON.parse(line) as Check | { readonly checks: number })
  const checks = reports.filter((report): report is Check => 'check' in report)
  describe(name, () => {
    for (const { check, error } of checks) {
      test(check, () => {
        expect(error).toBeNull()
      })
    }
    test('the session runs to its end', () => {
      expect(result, result.stderr).toMatchObject({ code: 0 })
      expect(reports.at(-1)).toEqual({ checks: checks.length })
      expect(checks.length).toBeGreaterThan(0)
    })
  })
}

/** A test that is skipped, with the reason in its name. */
export const skipClient = (name: string, reason: string): void => {
  test.skip(`${name}: ${reason}`, () => {})
}
