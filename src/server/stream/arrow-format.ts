import { recordBatches } from '../../arrow/ipc-writer.js'
import { schemaMessage } from '../../arrow/schema-message.js'
import type { ResultColumn } from '../../engine/result/result-column.js'
import type { Page } from '../../spi/index.js'
import { type FrameBody, FrameKind } from './frame.js'
import type { ResultFormat } from './result-format.js'

/** Arrow IPC messages that any Arrow library reads: the schema, then record batches. */
export class ArrowFormat implements ResultFormat {
  readonly #columns: readonly ResultColumn[]

  constructor(columns: readonly ResultColumn[]) {
    this.#columns = columns
  }

  *begin(): Generator<FrameBody> {
    const parts = [schemaMessage(this.#columns)]
    yield { kind: FrameKind.schema, rowCount: 0, number: 0, parametersLength: 0, parts }
  }

  *encode(page: Page): Generator<FrameBody> {
    for (const { rowCount, bytes } of recordBatches(page)) {
      yield { kind: FrameKind.page, rowCount, number: 0, parametersLength: 0, parts: [bytes] }
    }
  }
}
