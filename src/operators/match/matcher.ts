import { MillraceError } from '../../spi/index.js'
import type { Instruction } from './program.js'

/** A match: the label of each of its rows, and which of them are excluded from the output. */
export interface Match {
  readonly labels: readonly number[]
  /** Pairs of first row and row after the last, counted from the start of the match. */
  readonly exclusions: readonly number[]
}

export interface MatcherInput {
  /** Rows of the partition. */
  readonly rowCount: number
  /** Labels of the attempt so far: entry i is that of row start + i. */
  readonly labels: number[]
  /** Whether row `row` may have the label that `labels` ends with. */
  fits(label: number, row: number): boolean
  /** A row of the attempt gets another label: what was computed from it on is void. */
  relabel(offset: number): void
  isCancelled(): boolean
}

/** What happened on the way to a thread, newest first. */
interface Trail {
  readonly kind: 'exclusion' | 'mark'
  readonly loop: number
  readonly row: number
  readonly before: Trail | undefined
}

interface Thread {
  readonly at: number
  readonly row: number
  readonly trail: Trail | undefined
}

/** Steps between looks at the cancel word. */
const CANCEL_STEPS = 4096

/**
 * Finds the preferred match that begins at a row: the first that backtracking meets. Its memory grows with the choices along
 * one attempt, at most the program's length a row.
 * @param remembers where conditions depend on the row alone, a point of the program that failed at a row fails again and is
 * not tried twice, so that an attempt takes at most program × rows steps
 */
export function findMatch(
  program: readonly Instruction[],
  start: number,
  input: MatcherInput,
  remembers: boolean,
): Match | undefined {
  const { labels } = input
  const threads: Thread[] = [{ at: 0, row: start, trail: undefined }]
  const tried = new Set<number>()
  let steps = 0
  labels.length = 0
  for (let thread = threads.pop(); thread !== undefined; thread = threads.pop()) {
    let { at, row, trail } = thread
    labels.length = row - start
    for (let alive = true; alive; ) {
      if (++steps % CANCEL_STEPS === 0 && input.isCancelled()) {
        throw new MillraceError('USER_CANCELED', 'Query was canceled')
      }
      const instruction = program[at]!
      switch (instruction.kind) {
        case 'label':
          alive = row < input.rowCount && takeRow(instruction.label, row, start, input)
          row += 1
          at += 1
          break
        case 'split': {
          if (remembers) {
            const key = row * program.length + at
            if (tried.has(key)) {
              alive = false
              break
            }
            tried.add(key)
          }
          threads.push({ at: instruction.second, row, trail })
          at = instruction.first
          break
        }
        case 'jump':
          at = instruction.target
          break
        case 'anchor':
          alive = instruction.at === 'start' ? row === 0 : row === input.rowCount
          at += 1
          break
        case 'exclusion':
          trail = { kind: 'exclusion', loop: -1, row, before: trail }
          at += 1
          break
        case 'mark':
          trail = { kind: 'mark', loop: instruction.loop, row, before: trail }
          at += 1
          break
        case 'progress':
          at = lastMark(trail, instruction.loop) === row ? instruction.exit : at + 1
          break
        case 'done':
          return { labels: labels.slice(), exclusions: exclusionsOf(trail, start) }
      }
    }
  }
  return undefined
}

function takeRow(label: number, row: number, start: number, input: MatcherInput): boolean {
  input.relabel(row - start)
  input.labels.push(label)
  return input.fits(label, row)
}

function lastMark(trail: Trail | undefined, loop: number): number {
  for (let t = trail; t !== undefined; t = t.before) {
    if (t.kind === 'mark' && t.loop === loop) return t.row
  }
  return -1
}

function exclusionsOf(trail: Trail | undefined, start: number): readonly number[] {
  const rows: number[] = []
  for (let t = trail; t !== undefined; t = t.before) {
    if (t.kind === 'exclusion') rows.push(t.row - start)
  }
  return rows.reverse()
}
