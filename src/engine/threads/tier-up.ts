import { setFlagsFromString } from 'node:v8'
import type { ThreadUse } from '../../dataflow/threads/pool.js'

/** The V8 of Node 20, of which this is measured. Later ones have a compiler in between, which takes a tenth of the time. */
const V8_VERSION = /^11\./
/**
 * V8 looks at a function each time that it has run 67,584 units of bytecode, and optimises it when it has looked so often: a number, one more
 * for so many units of its length, at once where it is shorter than that. What has been counted counts when these change.
 */
const OPTIMIZE_AS_EVER = [
  '--ticks-before-optimization=3',
  '--bytecode-size-allowance-per-tick=150',
  '--max-bytecode-size-for-early-opt=81',
]
/** Fifteen times as late. */
const OPTIMIZE_LATER = [
  '--ticks-before-optimization=45',
  '--bytecode-size-allowance-per-tick=10',
  '--max-bytecode-size-for-early-opt=0',
]
/** Who sets one of these has a plan of their own. */
const OPTIMIZING_FLAGS = ['--interrupt-budget', ...OPTIMIZE_LATER]
/** V8's own: eight times a function's length, and a queue. */
const BASELINE_SOONER = [
  '--interrupt-budget-factor-for-feedback-allocation=1',
  '--no-baseline-batch-compilation',
]

/** Statements in a row, none of them for worker threads, after which V8 optimises as early as ever. */
const STATEMENTS_WITHOUT_THREADS = 64

/** Where V8 stays as it is. */
export const UNTOUCHED: ThreadUse = { threadsBegin() {}, threadsEnd() {}, runsWithoutThreads() {} }

/**
 * V8's threshold for all engines with threads of a process. What compiles in the background would take its time from threads at work;
 * statements of a tenth of a millisecond have nothing but JavaScript, and while only they run, processors are free to compile it.
 */
class SharedThreshold implements ThreadUse {
  #enginesAtWork = 0
  #withoutThreads = 0
  #isLater = true

  constructor() {
    setFlags(OPTIMIZE_LATER)
  }

  threadsBegin(): void {
    this.#enginesAtWork++
    this.#withoutThreads = 0
    if (this.#isLater) return
    this.#isLater = true
    setFlags(OPTIMIZE_LATER)
  }

  threadsEnd(): void {
    this.#enginesAtWork--
  }

  runsWithoutThreads(): void {
    if (!this.#isLater || this.#enginesAtWork > 0) return
    if (++this.#withoutThreads < STATEMENTS_WITHOUT_THREADS) return
    this.#isLater = false
    setFlags(OPTIMIZE_AS_EVER)
  }
}

let shared: SharedThreshold | undefined

/**
 * Tells V8, in the whole process, when JavaScript moves to a faster tier. Interpreted code without inline caches is what a query's first
 * runs spend most of their JavaScript in, so a function gets both caches and baseline code with its second call or so. Optimised
 * code comes later where worker threads work: what compiles in the background takes its time from them, and each thread has its own copy of
 * each function compiled. The engine's own hot loops are WebAssembly.
 * A flag that the program was started with stays.
 *
 * @param startFlags of V8 and Node
 * @returns what is to be told of threads at work
 * @see docs/adr/0014-tier-up.md
 */
export function tuneTierUp(
  hasThreads: boolean,
  startFlags: readonly string[] = process.execArgv,
): ThreadUse {
  if (!V8_VERSION.test(process.versions.v8)) return UNTOUCHED
  const given = new Set(startFlags.map(flagName))
  setFlags(BASELINE_SOONER.filter((flag) => !given.has(flagName(flag))))
  if (!hasThreads || OPTIMIZING_FLAGS.some((flag) => given.has(flagName(flag)))) return UNTOUCHED
  shared ??= new SharedThreshold()
  return shared
}

function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag)
}

/** The flag that is set or unset: V8 takes `_` for `-`. */
const flagName = (flag: string): string =>
  flag
    .replace(/=.*/, '')
    .replace(/_/g, '-')
    .replace(/^--no-?/, '--')
