import type { Page } from '../../spi/index.js'
import { JsonBuffer } from '../protocol/json-buffer.js'
import { writeRows } from '../protocol/json-encoder.js'
import { type FrameBody, FrameKind } from './frame.js'
import type { ResultFormat } from './result-format.js'

/** A message of rows is about this long; the row that passes it is the last. */
export const ROWS_MESSAGE_BYTES = 256 * 1024

/** Rows as a JSON array of arrays, the values as Trino's client protocol has them. */
export class JsonFormat implements ResultFormat {
  readonly #out = new JsonBuffer()

  begin(): Iterable<FrameBody> {
    return []
  }

  *encode(page: Page): Generator<FrameBody> {
    const out = this.#out
    for (let position = 0; position < page.rowCount; ) {
      const start = position
      out.truncate(0)
      out.ascii('[')
      position = writeRows(out, page, start, {
        maxBytes: ROWS_MESSAGE_BYTES,
        isFirst: true,
        parametricDatetime: true,
      })
      out.ascii(']')
      yield {
        kind: FrameKind.page,
        rowCount: position - start,
        number: 0,
        parametersLength: 0,
        parts: [out.take()],
      }
    }
  }
}
