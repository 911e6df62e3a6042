import type { Page, SqlType } from '../../spi/index.js'
import { cellReader } from '../../values/cell-reader.js'
import { type FrameBody, FrameKind } from './frame.js'
import { ROWS_MESSAGE_BYTES } from './json-format.js'
import { MsgpackWriter } from './msgpack-writer.js'
import type { ResultFormat } from './result-format.js'

/**
 * Rows as arrays in msgpack, one after another: the values of the embedded engine (docs/values.md), BIGINT always as
 * 64 bits, MAP as a map, ROW as a map by field name.
 */
export class MsgpackFormat implements ResultFormat {
  readonly #types: readonly SqlType[]
  readonly #out = new MsgpackWriter()

  constructor(types: readonly SqlType[]) {
    this.#types = types
  }

  begin(): Iterable<FrameBody> {
    return []
  }

  *encode(page: Page): Generator<FrameBody> {
    const out = this.#out
    const readers = page.blocks.map((block) => cellReader(block, 'exact'))
    const width = this.#types.length
    for (let position = 0; position < page.rowCount; ) {
      const start = position
      out.clear()
      do {
        out.array(width)
        for (let channel = 0; channel < width; channel++) out.value(readers[channel]!(position))
        position++
      } while (position < page.rowCount && out.length < ROWS_MESSAGE_BYTES)
      yield {
        kind: FrameKind.page,
        rowCount: position - start,
        number: 0,
        parametersLength: 0,
        parts: [out.written],
      }
    }
  }
}
