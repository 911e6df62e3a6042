/**
 * So often the node has turned to others: to accept a connection takes it one pass of its event loop, to answer what came over it
 * another, while what it has open already gets an answer in every pass.
 */
const TURNS = 4
/** Of the bound: how often is asked. */
const ASKED_FRACTION = 0.125

export interface HandshakeWatchOptions {
  /** How often the node has turned to others since some time; undefined where nobody can tell. */
  turnsToOthers(): Promise<number | undefined>
  /** Since when the node says nothing, by `performance.now()`. */
  readonly silentSince: number
  /** How long it may. */
  readonly boundMillis: number
  /** Nothing will come over this connection. */
  onDead(): void
}

/**
 * Watches a connection that was accepted, but not answered. The node may be busy, for which it has long; or what has accepted the
 * connection does not lead to it, as a middlebox may that has forgotten it. A node that turns to others meanwhile, again and again, is
 * not busy.
 * @returns what ends the watch
 */
export function watchHandshake(options: HandshakeWatchOptions): () => void {
  const { silentSince, boundMillis } = options
  let first: number | undefined
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const ask = async (): Promise<void> => {
    const turns = await options.turnsToOthers()
    if (isOver) return
    // Another count has begun, or none is known any more.
    if (turns === undefined || first === undefined || turns < first) first = turns
    else if (turns - first >= TURNS && performance.now() - silentSince >= boundMillis) {
      // What has come for this thread while it waited is read first.
      setImmediate(() => {
        if (!isOver) options.onDead()
      })
      return
    }
    timer = setTimeout(ask, boundMillis * ASKED_FRACTION)
  }
  void ask()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
