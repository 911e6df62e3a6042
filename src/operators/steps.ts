/** Rows that one step takes on, at most: a millisecond's work or so. A multiple of 8, as validity has 8 rows a byte. */
export const STEP_ROWS = 65_536

/** Long work in steps, between which the event loop may take its turn, and its result. */
export type Steps<T> = Generator<void, T, void>

/** Does all steps at once: for what is short. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** Cuts rows into parts of {@link STEP_ROWS}. */
export function* slices(
  rowCount: number,
): Generator<{ readonly from: number; readonly count: number }> {
  for (let from = 0; from < rowCount; from += STEP_ROWS) {
    yield { from, count: Math.min(STEP_ROWS, rowCount - from) }
  }
}
