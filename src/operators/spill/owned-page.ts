import { copyBlock } from '../../expressions/wasm/import.js'
import type { Arena, Block, Page } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'

/** Copies a page; a dictionary that is longer than the page is decoded instead of copied. */
export const ownedPage = (page: Page, arena: Arena): Page => ({
  ...page,
  blocks: page.blocks.map((block) => ownedBlock(block, arena)),
})

function ownedBlock(block: Block, arena: Arena): Block {
  if (block.encoding !== 'dictionary' || block.dictionary.rowCount * 2 <= block.rowCount) {
    return copyBlock(block, arena)
  }
  const flat = flattenBlock(block, arena)
  const isNested = flat.storage === 'array' || flat.storage === 'map' || flat.storage === 'row'
  return isNested ? copyBlock(flat, arena) : flat
}
