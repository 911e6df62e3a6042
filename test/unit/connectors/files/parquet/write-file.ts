import { closeSync, openSync, writeSync } from 'node:fs'
import type { WriteOptions } from '../../../../../src/connectors/files/format.js'
import { parquetFormat } from '../../../../../src/connectors/files/parquet/format.js'
import type { Page, SqlType } from '../../../../../src/spi/index.js'

/** Writes a file as the connector does. */
export async function writeParquet(
  path: string,
  columns: readonly { readonly name: string; readonly type: SqlType }[],
  pages: Iterable<Page>,
  options: WriteOptions = { properties: {} },
): Promise<void> {
  const file = openSync(path, 'w')
  let position = 0
  try {
    const writer = await parquetFormat.writing!.createWriter({
      columns: columns.map((column, index) => ({ ...column, index })),
      output: {
        write: async (bytes) => {
          position += writeSync(file, bytes)
        },
        get position() {
          return position
        },
      },
      options,
      signal: new AbortController().signal,
    })
    for (const page of pages) await writer.append(page)
    await writer.finish()
  } finally {
    closeSync(file)
  }
}
