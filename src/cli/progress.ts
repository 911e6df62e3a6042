import type { StatementStatus } from './connection/connection.js'
import {
  bytesRate,
  bytesText,
  clockText,
  countRate,
  countText,
  durationText,
  grouped,
  plural,
} from './units.js'

/** Quick statements show no progress. */
const FIRST_MILLIS = 500
const TERMINAL_MILLIS = 250
const LOG_MILLIS = 2000
const MAX_WIDTH = 100
const MIN_BAR_WIDTH = 8

const CLEAR_BELOW = '\u001b[J'
const upBy = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`)

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream
  readonly debug: boolean
}

/**
 * Shows on stderr how far a statement is, again and again until it is stopped: on a terminal in place, cleared at the end; elsewhere a
 * line every two seconds.
 */
export class Progress {
  readonly #status: () => StatementStatus
  readonly #stream: NodeJS.WriteStream
  readonly #debug: boolean
  readonly #startMillis = Date.now()
  #timer: NodeJS.Timeout | undefined
  #lineCount = 0

  constructor(status: () => StatementStatus, { stream, debug }: ProgressOptions) {
    this.#status = status
    this.#stream = stream
    this.#debug = debug
    const interval = stream.isTTY ? TERMINAL_MILLIS : LOG_MILLIS
    this.#timer = setTimeout(() => {
      this.#show()
      this.#timer = setInterval(() => this.#show(), interval)
      this.#timer.unref()
    }, FIRST_MILLIS)
    this.#timer.unref()
  }

  #show(): void {
    const millis = Date.now() - this.#startMillis
    if (!this.#stream.isTTY) {
      this.#stream.write(`${logLine(this.#status(), millis)}\n`)
      return
    }
    const lines = progressLines(this.#status(), millis, this.#stream.columns, this.#debug)
    this.#stream.write(`${upBy(this.#lineCount)}\r${CLEAR_BELOW}${lines.join('\n')}\n`)
    this.#lineCount = lines.length
  }

  /** Takes the lines off the terminal. Idempotent. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#lineCount > 0) this.#stream.write(`${upBy(this.#lineCount)}\r${CLEAR_BELOW}`)
    this.#lineCount = 0
  }
}

/** What a terminal of so many columns shows of a statement under way. */
function progressLines(
  status: StatementStatus,
  elapsedMillis: number,
  columns: number,
  debug: boolean,
): readonly string[] {
  const width = Math.min(columns, MAX_WIDTH) - 1
  const { processedRows: rows, processedBytes: bytes } = status
  // At most 99: a statement that still runs is not done.
  const percent = Math.min(99, Math.floor(status.progressPercentage ?? 0))
  const splits = `${grouped(status.completedSplits)}/${grouped(status.totalSplits)} splits`
  const memory = `${bytesText(status.memoryBytes)} memory`
  const head = fitting(
    [`Query ${status.id}`, status.state, splits, memory, plural(status.nodes, 'node')],
    ', ',
    width,
  )
  const time = clockText(elapsedMillis)
  const figures = fitting(
    [
      time,
      `[${countText(rows)} rows, ${bytesText(bytes)}]`,
      `[${countRate(rows, elapsedMillis)}, ${bytesRate(bytes, elapsedMillis)}]`,
    ],
    ' ',
    width - 5,
  )
  const barWidth = width - figures.length - ' []  99%'.length
  const bar = barWidth < MIN_BAR_WIDTH ? '' : ` [${progressBar(status, barWidth, elapsedMillis)}]`
  const lines = [head, `${figures}${bar} ${percent}%`]
  if (debug) {
    lines.push(
      fitting(
        [
          `Splits: ${grouped(status.queuedSplits)} queued`,
          `${grouped(status.runningSplits)} running`,
          `${grouped(status.completedSplits)} done`,
          `CPU ${durationText(status.cpuMillis)}s`,
        ],
        ', ',
        width,
      ),
    )
  }
  return lines
}

/** As many of the parts, in order, as fit; at least the first, cut. */
function fitting(parts: readonly string[], separator: string, width: number): string {
  let text = ''
  for (const part of parts) {
    const longer = text === '' ? part : `${text}${separator}${part}`
    if (longer.length > width) break
    text = longer
  }
  return text === '' ? (parts[0] ?? '').slice(0, Math.max(0, width)) : text
}

/** Done `=`, under way `>`; a marker that moves where nobody knows. */
function progressBar(status: StatementStatus, width: number, elapsedMillis: number): string {
  const { totalSplits, completedSplits, runningSplits } = status
  if (totalSplits === 0) {
    const range = width - 3
    const step = Math.floor(elapsedMillis / 1000) % (2 * range)
    const at = step < range ? step : 2 * range - step
    return `${' '.repeat(at)}<=>${' '.repeat(range - at)}`
  }
  const done = Math.floor((width * completedSplits) / totalSplits)
  const running = Math.min(
    width - done,
    runningSplits === 0 ? 0 : Math.max(1, Math.floor((width * runningSplits) / totalSplits)),
  )
  return `${'='.repeat(done)}${'>'.repeat(running)}`.padEnd(width)
}

/** What a log gets. */
function logLine(status: StatementStatus, elapsedMillis: number): string {
  const { processedRows: rows, processedBytes: bytes } = status
  return [
    `Query ${status.id} [${status.state}] ${clockText(elapsedMillis)}`,
    `${countText(rows)} rows ${bytesText(bytes)}`,
    `${countRate(rows, elapsedMillis)} ${bytesRate(bytes, elapsedMillis)}`,
    `splits ${status.completedSplits}/${status.totalSplits}`,
    `memory ${bytesText(status.memoryBytes)}`,
  ].join(', ')
}

/** What is told of a statement that has ended; nothing of one that ran nowhere. @source Trino CLI 476 */
export function finalLines(status: StatementStatus, debug: boolean): readonly string[] {
  if (status.nodes === 0) return []
  const { elapsedMillis, processedRows: rows, processedBytes: bytes } = status
  // What had nothing to read, such as SELECT 1, still took its time.
  if (status.totalSplits === 0) {
    const took = durationText(elapsedMillis)
    return ['', `Query ${status.id}, ${status.state}`, took, '']
  }
  const percent = ((100 * status.completedSplits) / status.totalSplits).toFixed(2)
  const lines = [
    '',
    `Query ${status.id}, ${status.state}, ${plural(status.nodes, 'node')}`,
    `Splits: ${grouped(status.totalSplits)} total, ${grouped(status.completedSplits)} done (${percent}%)`,
  ]
  if (debug) {
    const parallelism = elapsedMillis === 0 ? 0 : status.cpuMillis / elapsedMillis
    lines.push(
      `CPU Time: ${(status.cpuMillis / 1000).toFixed(1)}s total`,
      `Parallelism: ${parallelism.toFixed(1)}`,
      `Peak Memory: ${bytesText(status.peakMemoryBytes)}`,
    )
  }
  const rates = `[${countRate(rows, elapsedMillis)}, ${bytesRate(bytes, elapsedMillis)}]`
  lines.push(
    `${durationText(elapsedMillis)} [${countText(rows)} rows, ${bytesText(bytes)}] ${rates}`,
    '',
  )
  return lines
}
