import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { OutputSink } from './output-sink.js'
import type { StatementOutput } from './run-statement.js'

/** As Trino's CLI calls it: short results stay on the terminal, long lines are cut and scrolled. */
const DEFAULT_PAGER = 'less'
const LESS_FLAGS = 'FXRSn'
/** What a shell answers where there is no such program. */
const NOT_FOUND_STATUS = 127

/** The command that shows results; undefined where none is wanted. */
export function pagerCommand(option: string | undefined): string | undefined {
  const { MILLRACE_PAGER, TRINO_PAGER, PAGER } = process.env
  const command = option ?? MILLRACE_PAGER ?? TRINO_PAGER ?? PAGER ?? DEFAULT_PAGER
  return command.trim() === '' ? undefined : command
}

export interface PagerEnd {
  /** Whether the command was not found. */
  readonly isMissing: boolean
  /** Whether it ended before all was written. */
  readonly isEarly: boolean
}

/** Starts a pager that has the terminal until it ends, which `onEnd` is told. */
export function openPager(command: string, onEnd: (end: PagerEnd) => void): StatementOutput {
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: LESS_FLAGS, ...process.env },
  })
  const sink = new OutputSink(child.stdin)
  let isWritten = false
  const ended = once(child, 'close').then(([status]) =>
    onEnd({ isMissing: status === NOT_FOUND_STATUS, isEarly: !isWritten }),
  )
  // Without a reader nothing is written any more.
  child.once('exit', () => child.stdin.destroy())
  return {
    sink,
    async end() {
      isWritten = true
      if (!child.stdin.destroyed) child.stdin.end()
      await ended
    },
  }
}
