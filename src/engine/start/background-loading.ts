/** What an engine does of its own accord once it has been made. */
export interface BackgroundLoading {
  /** Begins nothing further; resolves when nothing of it is under way. */
  stop(): Promise<void>
}

/**
 * Does one step after the other while the program goes on, a turn of the event loop before each, and holds the process for none. A
 * step that fails is the last: whoever needs what it makes asks for that itself, and hears why it can't be had.
 */
export function loadInBackground(steps: readonly (() => unknown)[]): BackgroundLoading {
  let underWay: Promise<unknown> = Promise.resolve()
  let isStopped = false
  let turn: NodeJS.Immediate | undefined
  const take = (index: number): void => {
    const step = steps[index]
    if (isStopped || step === undefined) return
    turn = setImmediate(() => {
      underWay = (async () => step())().then(
        () => take(index + 1),
        () => undefined,
      )
    }).unref()
  }
  take(0)
  return {
    async stop() {
      isStopped = true
      clearImmediate(turn)
      await underWay
    },
  }
}
