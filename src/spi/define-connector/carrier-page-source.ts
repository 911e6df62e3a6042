import { type BlockBuilder, createBlockBuilder } from '../page/block-builder.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import { type ColumnFiller, FilledPageSource } from './filled-page-source.js'
import type { RowReader } from './row-reader.js'

/** Fills pages with rows of carriers (value.ts). */
export class CarrierPageSource extends FilledPageSource {
  /** @param columns where in a row each block's values are */
  constructor(
    reader: RowReader,
    columns: readonly { readonly index: number; readonly type: SqlType }[],
  ) {
    super(
      reader,
      columns.map(({ index, type }) => carrierFiller(index, createBlockBuilder(type))),
    )
  }
}

const carrierFiller = (index: number, builder: BlockBuilder): ColumnFiller => ({
  get byteLength() {
    return builder.byteLength
  },
  append(rows) {
    for (const row of rows as readonly (readonly Value[])[]) builder.append(row[index] ?? null)
  },
  build: () => builder.build(),
})
