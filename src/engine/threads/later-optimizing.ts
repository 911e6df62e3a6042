import { setFlagsFromString } from 'node:v8'

/** The V8 of Node 20, of which this is measured. Later ones have a compiler in between, which takes a tenth of the time. */
const V8_VERSION = /^11\./
const FLAG = /^--interrupt[-_]budget=/
/** How much bytecode a function has to run through before V8 sees whether it is worth optimising; V8's own is 132 KB. */
const BUDGET_BYTES = 1_000_000

/**
 * Has V8 optimise JavaScript later, in the whole process: with a thread for each processor, what compiles in the background takes
 * its time from them, and each thread has its own copy of each function compiled. The engine's own hot loops are WebAssembly.
 * A flag that the program was started with stays.
 *
 * @param startFlags of V8 and Node
 * @see docs/adr/0014-later-optimizing.md
 */
export function optimizeLater(startFlags: readonly string[] = process.execArgv): void {
  if (!V8_VERSION.test(process.versions.v8)) return
  if (startFlags.some((flag) => FLAG.test(flag))) return
  setFlagsFromString(`--interrupt-budget=${BUDGET_BYTES}`)
}
