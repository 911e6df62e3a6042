import { type RecordBatch, RecordBatchReader } from 'apache-arrow'
import { recordBatch } from '../../arrow/ipc-writer.js'
import { schemaMessage } from '../../arrow/schema-message.js'
import { assert, type Page } from '../../spi/index.js'
import type { ResultColumn } from './result-column.js'

export type { RecordBatch }

/**
 * Makes an Arrow record batch of a page, which shares nothing with it. Types that Arrow has not are written as
 * `arrowForm` says.
 */
export function toRecordBatch(page: Page, columns: readonly ResultColumn[]): RecordBatch {
  const schema = schemaMessage(columns)
  const batch = recordBatch(page, 0, page.rowCount)
  const stream = new Uint8Array(schema.length + batch.length)
  stream.set(schema)
  stream.set(batch, schema.length)
  // Its columns are views of the stream.
  const { value } = RecordBatchReader.from(stream).next()
  assert(value !== undefined && value !== null)
  return value
}
