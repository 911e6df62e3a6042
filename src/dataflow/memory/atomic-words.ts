/** Stores a value in the place of what other threads store meanwhile, as long as that is to be replaced. */
export function replaceWhile(
  words: Int32Array,
  index: number,
  value: number,
  isReplaced: (known: number) => boolean,
): void {
  let known = Atomics.load(words, index)
  while (isReplaced(known)) {
    const found = Atomics.compareExchange(words, index, known, value)
    if (found === known) return
    known = found
  }
}

/**
 * Adds to a word what leaves it at most at `limit`; no thread ever sees it above, and takes that for its own failure.
 * @returns the sum; undefined where it would be more
 */
export function addUpTo(
  words: Int32Array,
  index: number,
  value: number,
  limit: number,
): number | undefined {
  let known = Atomics.load(words, index)
  for (;;) {
    const sum = known + value
    if (sum > limit) return undefined
    const found = Atomics.compareExchange(words, index, known, sum)
    if (found === known) return sum
    known = found
  }
}
