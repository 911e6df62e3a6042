/** Answers to others that show that a node is not just busy: one may be of the moment before the connection. */
const ANSWERS = 2
/** What is left of the bound when others are first asked. */
const ASKED_FRACTION = 0.25

export interface HandshakeWatchOptions {
  /** Whether the node has answered somebody else just now. */
  isAnswering(): Promise<boolean>
  /** Since when the node says nothing, by `performance.now()`. */
  readonly silentSince: number
  /** How long it may. */
  readonly boundMillis: number
  /** Nothing will come over this connection. */
  onDead(): void
}

/**
 * Watches a connection that was accepted, but not answered. The node may be busy, for which it has long; or what has accepted the
 * connection does not lead to it, as a middlebox may that has forgotten it. A node that answers others meanwhile is not busy.
 * @returns what ends the watch
 */
export function watchHandshake(options: HandshakeWatchOptions): () => void {
  const { silentSince, boundMillis } = options
  let answers = 0
  let isOver = false
  const askMillis = (boundMillis * ASKED_FRACTION) / ANSWERS
  const ask = async (): Promise<void> => {
    const isAnswering = await options.isAnswering()
    if (isOver) return
    answers = isAnswering ? answers + 1 : 0
    if (answers > ANSWERS && performance.now() - silentSince >= boundMillis) {
      // What has come for this thread while it waited is read first.
      setImmediate(() => {
        if (!isOver) options.onDead()
      })
      return
    }
    timer = setTimeout(ask, askMillis)
  }
  const firstMillis = silentSince + boundMillis * (1 - ASKED_FRACTION) - performance.now()
  let timer = setTimeout(ask, Math.max(askMillis, firstMillis))
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
