import type { ResultColumn } from '../../engine/result/result-column.js'
import type { Page } from '../../spi/index.js'
import { ArrowFormat } from './arrow-format.js'
import type { FrameBody } from './frame.js'
import { JsonFormat } from './json-format.js'
import type { StreamFormat } from './messages.js'
import { MsgpackFormat } from './msgpack-format.js'
import { PagesFormat } from './pages-format.js'

/** Makes the binary messages of one result. Bodies are copies: the page is borrowed until the generator ends. */
export interface ResultFormat {
  /** What comes before the first page. */
  begin(): Iterable<FrameBody>
  encode(page: Page): Iterable<FrameBody>
}

type Create = (columns: readonly ResultColumn[]) => ResultFormat

const FORMATS: { readonly [F in StreamFormat]: Create } = {
  pages: () => new PagesFormat(),
  arrow: (columns) => new ArrowFormat(columns),
  msgpack: (columns) => new MsgpackFormat(columns.map((column) => column.type)),
  json: () => new JsonFormat(),
}

export const createFormat = (
  format: StreamFormat,
  columns: readonly ResultColumn[],
): ResultFormat => FORMATS[format](columns)
