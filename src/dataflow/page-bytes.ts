import type { Block, Page } from '../spi/index.js'

/**
 * Bytes that the rows of a page take. Entries of a dictionary count for as many rows as there are, so that a table's
 * dictionary doesn't count whole with every page. O(blocks).
 */
export function pageBytes(page: Page): number {
  let bytes = 0
  for (const block of page.blocks) bytes += blockBytes(block)
  return bytes
}

function blockBytes(block: Block): number {
  if (block.encoding === 'constant') return blockBytes(block.value)
  const validity = block.validity === null ? 0 : block.validity.byteLength
  if (block.encoding === 'dictionary') {
    const { codes, dictionary, rowCount } = block
    const entries =
      blockBytes(dictionary) * Math.min(1, rowCount / Math.max(1, dictionary.rowCount))
    return validity + codes.byteLength + Math.round(entries)
  }
  switch (block.storage) {
    case 'bytes':
      return validity + block.offsets.byteLength + textBytes(block.offsets)
    case 'array':
      return validity + block.offsets.byteLength + blockBytes(block.elements)
    case 'map':
      return (
        validity + block.offsets.byteLength + blockBytes(block.keys) + blockBytes(block.mapValues)
      )
    case 'row':
      return block.fields.reduce((sum, field) => sum + blockBytes(field), validity)
    case 'null':
      return validity
    default:
      return validity + block.values.byteLength
  }
}

const textBytes = (offsets: Int32Array): number => offsets[offsets.length - 1]! - offsets[0]!
