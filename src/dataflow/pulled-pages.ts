import type { Page } from '../spi/index.js'
import { type PageStream, WAIT } from './page-stream.js'
import type { TurnTaker } from './turns.js'

/** A stream whose pages are asked for one by one. */
export interface PulledPages extends PageStream {
  nextPage(): Promise<Page | undefined>
}

/** The event loop gets its turns also where a page is there whenever one is asked for. */
export const pulledPages = (stream: PageStream, turns: TurnTaker): PulledPages => ({
  next: () => stream.next(),
  ready: () => stream.ready(),
  close: () => stream.close(),
  async nextPage() {
    if (turns.isDue) await turns.take()
    for (;;) {
      const page = stream.next()
      if (page !== WAIT) return page
      await stream.ready()
    }
  },
})
