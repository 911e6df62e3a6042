import type { Page } from '../spi/index.js'

/**
 * Where a driver's pages come from. `next` is synchronous where it can be: `WAIT` says that `ready` tells when to ask
 * again, `undefined` that there are no more pages.
 */
export interface PageStream {
  next(): Page | typeof WAIT | undefined
  /** After WAIT: resolves when `next` may have something, rejects when the source failed. */
  ready(): Promise<void>
  /** Called exactly once, on every way out. */
  close(): void | Promise<void>
  /** What connectors read for it so far, as far as they tell. */
  readonly completedBytes?: number
  /** How long they took for it, as far as they tell. */
  readonly readTimeNanos?: number
}

export const WAIT = Symbol('wait')
