import type { Assertion, RegexpProgram } from './regexp-program.js'

/** Starts and ends of the groups, the whole match first; -1 where a group took no part. */
export type Captures = readonly number[]

/** The states of one position, most wanted first. */
interface Threads {
  readonly counters: number[]
  readonly captures: Captures[]
}

/** Counts the instructions that a search goes through. */
export interface StepCounter {
  steps: number
}

const WORD = /[\p{L}\p{M}\p{N}\p{Pc}]/u

const isWordAt = (text: string, at: number): boolean =>
  at < text.length && WORD.test(String.fromCodePoint(text.codePointAt(at)!))

/** Whether the character that ends before a place is one of a word. */
function isWordBefore(text: string, at: number): boolean {
  if (at === 0) return false
  const isPair = /[\udc00-\udfff]/.test(text[at - 1]!) && /[\ud800-\udbff]/.test(text[at - 2] ?? '')
  return isWordAt(text, at - (isPair ? 2 : 1))
}

const ASSERTIONS: Readonly<Record<Assertion, (text: string, at: number) => boolean>> = {
  start: (_, at) => at === 0,
  end: (text, at) => at === text.length,
  lineStart: (text, at) => at === 0 || text[at - 1] === '\n',
  lineEnd: (text, at) => at === text.length || text[at] === '\n',
  finalEnd: (text, at) =>
    at === text.length || (at === text.length - 1 && text.charCodeAt(at) === 10),
  boundary: (text, at) => isWordBefore(text, at) !== isWordAt(text, at),
  noBoundary: (text, at) => isWordBefore(text, at) === isWordAt(text, at),
}

/**
 * Finds the first match at or after a position, of those there the one that backtracking would find first, in at most
 * instructions times characters steps: every state is entered once a position.
 * @source R. Cox, Regular Expression Matching: the Virtual Machine Approach (Pike's machine)
 */
export function searchProgram(
  program: RegexpProgram,
  text: string,
  from: number,
  counter?: StepCounter,
): Captures | undefined {
  const { instructions } = program
  const visited = new Int32Array(instructions.length).fill(-1)
  const nothing: Captures = new Array<number>(2 * program.groupCount + 2).fill(-1)
  let current: Threads = { counters: [], captures: [] }
  let best: Captures | undefined
  let steps = 0
  const pending: number[] = []
  const pendingCaptures: Captures[] = []

  /** Follows all that reads no character; states that others reached first at this position are not entered again. */
  const enter = (threads: Threads, start: number, startCaptures: Captures, at: number): void => {
    pending.push(start)
    pendingCaptures.push(startCaptures)
    while (pending.length > 0) {
      const pc = pending.pop()!
      const captures = pendingCaptures.pop()!
      if (visited[pc] === at) continue
      visited[pc] = at
      steps++
      const instruction = instructions[pc]!
      switch (instruction.op) {
        case 'jump':
          pending.push(instruction.to)
          pendingCaptures.push(captures)
          break
        case 'split':
          pending.push(instruction.second, instruction.first)
          pendingCaptures.push(captures, captures)
          break
        case 'save':
          pending.push(pc + 1)
          pendingCaptures.push(captures.with(instruction.slot, at))
          break
        case 'assert':
          if (ASSERTIONS[instruction.kind](text, at)) {
            pending.push(pc + 1)
            pendingCaptures.push(captures)
          }
          break
        case 'char':
        case 'set':
        case 'match':
          threads.counters.push(pc)
          threads.captures.push(captures)
      }
    }
  }

  for (let at = from; ; ) {
    if (best === undefined) enter(current, 0, nothing, at)
    if (current.counters.length === 0 && best !== undefined) break
    const code = text.codePointAt(at)
    const after = at + (code !== undefined && code > 0xffff ? 2 : 1)
    const next: Threads = { counters: [], captures: [] }
    for (let i = 0; i < current.counters.length; i++) {
      const pc = current.counters[i]!
      const instruction = instructions[pc]!
      steps++
      if (instruction.op === 'match') {
        // Those after it are wanted less.
        best = current.captures[i]
        break
      }
      if (code === undefined) continue
      const isTaken =
        instruction.op === 'char'
          ? instruction.code === code
          : instruction.op === 'set' && instruction.has(code)
      if (isTaken) enter(next, pc + 1, current.captures[i]!, after)
    }
    if (code === undefined) break
    current = next
    at = after
  }
  if (counter !== undefined) counter.steps += steps
  return best
}
