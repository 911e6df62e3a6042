import { setFlagsFromString } from 'node:v8'

/** The V8 of Node 20, of which this is measured. Later ones have a compiler in between, which takes a tenth of the time. */
const V8_VERSION = /^11\./
/** V8 counts in bytecode that was run. Its own values: 67,584 (of each of two ticks) and eight times a function's length. */
const OPTIMIZE_LATER = '--interrupt-budget=1000000'
const BASELINE_SOONER = [
  '--interrupt-budget-factor-for-feedback-allocation=1',
  '--no-baseline-batch-compilation',
]

/**
 * Tells V8, in the whole process, when JavaScript moves to a faster tier. Interpreted code without inline caches is what a query's first
 * runs spend most of their JavaScript in, so a function gets both caches and baseline code with its second call or so. Optimised
 * code comes later where there are worker threads: what compiles in the background takes its time from them, and each thread has its own copy of
 * each function compiled. The engine's own hot loops are WebAssembly.
 * A flag that the program was started with stays.
 *
 * @param startFlags of V8 and Node
 * @see docs/adr/0014-tier-up.md
 */
export function tuneTierUp(
  hasThreads: boolean,
  startFlags: readonly string[] = process.execArgv,
): void {
  if (!V8_VERSION.test(process.versions.v8)) return
  const given = new Set(startFlags.map(flagName))
  for (const flag of hasThreads ? [...BASELINE_SOONER, OPTIMIZE_LATER] : BASELINE_SOONER) {
    if (!given.has(flagName(flag))) setFlagsFromString(flag)
  }
}

/** The flag that is set or unset: V8 takes `_` for `-`. */
const flagName = (flag: string): string =>
  flag
    .replace(/=.*/, '')
    .replace(/_/g, '-')
    .replace(/^--no-?/, '--')
