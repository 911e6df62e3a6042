import type { Page } from '../spi/index.js'

/** A page with an owner: valid until `release`, which its last holder calls exactly once. */
export interface OwnedPage {
  readonly page: Page
  /** What holding it costs, in bytes. */
  readonly byteLength: number
  /** To which part of its reader's own output it goes, where its producer has cut that. */
  readonly partition?: number
  /** Which driver of a pipeline made it, where drivers in other threads hand pages on. */
  readonly driver?: number
  release(): void
}
