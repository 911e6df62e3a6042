import { SentParts } from '../../exchange/arrow/encoded-page-decoder.js'
import { PageEncoder } from '../../exchange/arrow/page-encoder.js'
import type { Page } from '../../spi/index.js'
import { type FrameBody, FrameKind } from './frame.js'
import type { ResultFormat } from './result-format.js'

/** Pages in the widths and encodings they have, as exchanges between nodes carry them (docs/exchange.md). */
export class PagesFormat implements ResultFormat {
  readonly #encoder = new PageEncoder()
  readonly #sent = new SentParts()

  begin(): Iterable<FrameBody> {
    return []
  }

  *encode(page: Page): Generator<FrameBody> {
    for (const { needs, schema, rowCount, body } of this.#encoder.encode(page)) {
      for (const part of needs) {
        if (!this.#sent.add(part)) continue
        const { number } = part
        const { parametersLength, bytes } = part.body
        yield { kind: FrameKind[part.kind], rowCount: 0, number, parametersLength, parts: [bytes] }
      }
      const { parametersLength, bytes } = body
      yield { kind: FrameKind.page, rowCount, number: schema, parametersLength, parts: [bytes] }
    }
  }
}
