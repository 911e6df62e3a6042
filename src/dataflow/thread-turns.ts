/** Work between two turns of the event loop, so that timers and messages of the thread are never starved. */
const TURN_MILLIS = 4

/** When work began that the event loop has waited for since; undefined where it has turned. */
let workStartedAt: number | undefined
/** Who waits for a turn, in the order of asking. */
const waiting: (() => void)[] = []
let isReleasing = false

/**
 * Whether this thread has worked for so long that its event loop is due a turn. What all drivers, queries and consumers of
 * the thread do between two turns counts: many short pipelines starve timers as one long one does.
 */
export function isTurnDue(): boolean {
  const now = performance.now()
  if (workStartedAt === undefined) {
    workStartedAt = now
    setImmediate(turned)
    return false
  }
  return now - workStartedAt > TURN_MILLIS
}

/** Resolves when the event loop has run its timers and messages and no other waits since longer. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (workStartedAt === undefined) release()
  })
}

function turned(): void {
  workStartedAt = undefined
  if (waiting.length > 0) release()
}

/** Lets one go on in the next pass of the loop: in this one, its timers may not have had their time yet. */
function release(): void {
  if (isReleasing) return
  isReleasing = true
  setImmediate(() => {
    isReleasing = false
    workStartedAt = undefined
    const resolve = waiting.shift()
    if (waiting.length > 0) release()
    resolve?.()
  })
}
