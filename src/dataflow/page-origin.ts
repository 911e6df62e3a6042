import type { Page, PageOrigin } from '../spi/index.js'

/** A page that is to be written, and where its rows come from. */
export interface OriginatedPage extends Page {
  readonly origin: PageOrigin
}

/** Undefined where the rows have one order, in which their pages come. */
export const originOf = (page: Page): PageOrigin | undefined =>
  (page as Partial<OriginatedPage>).origin
