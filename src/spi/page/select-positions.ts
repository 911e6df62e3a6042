import { type Block, type DictionaryBlock, isValid } from './block.js'

/**
 * The given positions of a block, in their order, without copying values: a selection over a flat block, over a dictionary's entries,
 * or a shorter constant.
 * @param positions Int32Array, each in the block; a flat block's selection keeps it, so that it must not be written any more
 */
export function selectPositions(block: Block, positions: Int32Array): Block {
  const rowCount = positions.length
  switch (block.encoding) {
    case 'constant':
      return { ...block, rowCount }
    case 'flat':
      return {
        type: block.type,
        rowCount,
        encoding: 'dictionary',
        codes: positions,
        dictionary: block,
        validity: null,
      }
    case 'dictionary':
      return selectCodes(block, positions)
  }
}

function selectCodes(block: DictionaryBlock, positions: Int32Array): DictionaryBlock {
  const rowCount = positions.length
  const codes = newCodes(block.codes, rowCount)
  for (let i = 0; i < rowCount; i++) codes[i] = block.codes[positions[i]!]!
  if (block.validity === null) return { ...block, rowCount, codes }
  const validity = new Uint8Array((rowCount + 7) >> 3)
  for (let i = 0; i < rowCount; i++) {
    if (isValid(block.validity, positions[i]!)) validity[i >> 3]! |= 1 << (i & 7)
  }
  return { ...block, rowCount, codes, validity }
}

function newCodes(like: DictionaryBlock['codes'], length: number): DictionaryBlock['codes'] {
  if (like instanceof Uint8Array) return new Uint8Array(length)
  return like instanceof Uint16Array ? new Uint16Array(length) : new Int32Array(length)
}
