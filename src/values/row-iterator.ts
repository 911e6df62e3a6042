/** Rows that come some at a time. */
export interface SlicedRows {
  /** The next rows; none at the end. */
  next(): Promise<readonly unknown[]>
  /** Ends what the rows come from. */
  close(): Promise<void>
}

/**
 * Rows one by one, in their order even where several are asked for at once. A consumer that breaks off closes them.
 * @param open called when the first row is asked for
 */
export function rowIterator<T>(open: () => SlicedRows): AsyncIterator<T> {
  let rows: SlicedRows | undefined
  let slice: readonly unknown[] = []
  let next = 0
  /** Settles with what was asked for last, while that waits. */
  let waiting: Promise<unknown> | undefined
  const end = { done: true, value: undefined } as const
  const load = async (): Promise<IteratorResult<T>> => {
    // Of several that were asked for at once, the ones before may have left rows.
    if (next === slice.length) {
      rows ??= open()
      slice = await rows.next()
      next = 0
      if (slice.length === 0) return end
    }
    return { done: false, value: slice[next++] as T }
  }
  const loadInTurn = (): Promise<IteratorResult<T>> => {
    const loaded = waiting === undefined ? load() : waiting.then(load, load)
    const settled = (): void => {
      if (waiting === loaded) waiting = undefined
    }
    waiting = loaded
    loaded.then(settled, settled)
    return loaded
  }
  return {
    // No async function: most rows are there, and a promise of one is all that they cost.
    next: () =>
      waiting === undefined && next < slice.length
        ? Promise.resolve({ done: false, value: slice[next++] as T })
        : loadInTurn(),
    return: async () => {
      slice = []
      next = 0
      await rows?.close()
      return end
    },
  }
}
