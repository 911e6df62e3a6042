import type { Block, FlatBlock, Page } from '../../spi/index.js'

/** The first rows of a page, without copying. */
export const headOfPage = (page: Page, rowCount: number): Page => ({
  rowCount,
  blocks: page.blocks.map((block) => headOfBlock(block, rowCount)),
})

function headOfBlock(block: Block, rowCount: number): Block {
  switch (block.encoding) {
    case 'flat':
      return headOfFlat(block, rowCount)
    case 'constant':
      return { ...block, rowCount }
    case 'dictionary':
      return { ...block, rowCount, codes: block.codes.subarray(0, rowCount) }
  }
}

/** Bounds and flags of the whole hold for its head. */
function headOfFlat(block: FlatBlock, rowCount: number): FlatBlock {
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
    case 'bool':
      return { ...block, rowCount, values: block.values.subarray(0, rowCount) } as FlatBlock
    case 'f32':
    case 'f64':
      return { ...block, rowCount, values: block.values.subarray(0, rowCount) }
    case 'fixed16':
      return { ...block, rowCount, values: block.values.subarray(0, rowCount * 16) }
    case 'bytes':
    case 'array':
    case 'map':
      return { ...block, rowCount, offsets: block.offsets.subarray(0, rowCount + 1) }
    case 'row':
      return {
        ...block,
        rowCount,
        fields: block.fields.map((field) => headOfBlock(field, rowCount)),
      }
    case 'null':
      return { ...block, rowCount }
  }
}
