import type { ResultColumn } from '../../engine/result-column.js'
import {
  type BatchParts,
  batchMessageBytes,
  writeBatchMessage,
} from '../../exchange/arrow/message.js'
import type { Page } from '../../spi/index.js'
import { addColumn } from './arrow-column.js'
import { resultSchemaMessage } from './arrow-schema.js'
import { type FrameBody, FrameKind } from './frame.js'
import type { ResultFormat } from './result-format.js'

/** Ends an Arrow stream. @source Arrow columnar format, "IPC Streaming Format" */
export const ARROW_STREAM_END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** Rows of a batch, so that a message stays small enough for credit to mean something. */
const BATCH_ROWS_MAX = 16_384

/** Arrow IPC messages that any Arrow library reads: the schema, then record batches. */
export class ArrowFormat implements ResultFormat {
  readonly #columns: readonly ResultColumn[]

  constructor(columns: readonly ResultColumn[]) {
    this.#columns = columns
  }

  *begin(): Generator<FrameBody> {
    const parts = [resultSchemaMessage(this.#columns)]
    yield { kind: FrameKind.schema, rowCount: 0, number: 0, parametersLength: 0, parts }
  }

  *encode(page: Page): Generator<FrameBody> {
    for (let start = 0; start < page.rowCount; start += BATCH_ROWS_MAX) {
      const rowCount = Math.min(BATCH_ROWS_MAX, page.rowCount - start)
      const batch: BatchParts = { rowCount, nodes: [], buffers: [] }
      for (const block of page.blocks) addColumn(batch, block, start, rowCount)
      const bytes = new Uint8Array(batchMessageBytes(batch, false))
      writeBatchMessage(bytes, 0, batch)
      yield { kind: FrameKind.page, rowCount, number: 0, parametersLength: 0, parts: [bytes] }
    }
  }
}
