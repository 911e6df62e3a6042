/**
 * How many drivers of a pipeline have begun: a word in shared memory, below 0 once no more may. Another driver may have done all there
 * was to do before a thread comes to its own; then nobody waits for that one.
 */

/** @returns whether a driver may begin */
export function beginsDriver(words: Int32Array, index: number): boolean {
  for (;;) {
    const begun = Atomics.load(words, index)
    if (begun < 0) return false
    if (Atomics.compareExchange(words, index, begun, begun + 1) === begun) return true
  }
}

/** Lets no more drivers begin. @returns how many have */
export function closeGate(words: Int32Array, index: number): number {
  for (;;) {
    const begun = Atomics.load(words, index)
    if (begun < 0) return -1 - begun
    if (Atomics.compareExchange(words, index, begun, -1 - begun) === begun) return begun
  }
}
