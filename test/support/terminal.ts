import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './build.js'

/** Whether there is what a pseudo-terminal takes. */
export const hasTerminals = (): boolean => spawnSync('python3', ['-c', 'import pty']).status === 0

const WAIT_MILLIS = 20_000

/** A program on a pseudo-terminal. */
export class Terminal {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  #output = ''
  #seen = 0
  #onOutput: (() => void) | undefined

  constructor(
    command: readonly string[],
    options: {
      readonly columns?: number
      readonly env?: NodeJS.ProcessEnv
      readonly cwd?: string
    } = {},
  ) {
    const program = join(ROOT, 'test/support/terminal.py')
    this.#child = spawn('python3', [program, '24', String(options.columns ?? 80), ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...options.env },
    })
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#onOutput?.()
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        resolve(code)
        this.#onOutput?.()
      })
    })
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys)
  }

  /** Waits until what the terminal got since the last such wait has a text; gives it up to and with that. */
  async until(wanted: string | RegExp): Promise<string> {
    const deadline = Date.now() + WAIT_MILLIS
    for (;;) {
      const rest = this.#output.slice(this.#seen)
      const match = typeof wanted === 'string' ? rest.indexOf(wanted) : rest.search(wanted)
      if (match >= 0) {
        const length = typeof wanted === 'string' ? wanted.length : wanted.exec(rest)![0].length
        this.#seen += match + length
        return rest.slice(0, match + length)
      }
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`The terminal never got ${String(wanted)}, but ${JSON.stringify(rest)}`)
      }
      await this.#more(deadline - Date.now())
    }
  }

  #more(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, millis)
      this.#onOutput = () => {
        clearTimeout(timer)
        this.#onOutput = undefined
        resolve()
      }
    })
  }

  /** The program's exit code. */
  exit(): Promise<number | null> {
    return this.#exited
  }

  /** Ends the program if it still runs. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
