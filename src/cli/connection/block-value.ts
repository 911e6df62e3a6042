import { type Block, isValid } from '../../spi/index.js'
import { type CellReader, cellReader } from '../../values/cell-reader.js'

/** The value of a position of a block as the shell prints it: as the embedded API's, but a ROW is the array of its fields. */
export function shellReader(block: Block): CellReader {
  if (block.encoding === 'constant') {
    const value = shellReader(block.value)(0)
    return () => value
  }
  if (block.encoding === 'dictionary') {
    const { codes, validity } = block
    if (!isNested(block.dictionary)) return cellReader(block, 'exact')
    const read = shellReader(block.dictionary)
    return (position) => (isValid(validity, position) ? read(codes[position]!) : null)
  }
  if (!isNested(block)) return cellReader(block, 'exact')
  const read = nestedReader(block)
  const { validity } = block
  return (position) => (isValid(validity, position) ? read(position) : null)
}

type NestedBlock = Extract<Block, { storage: 'array' | 'map' | 'row' }>

const isNested = (block: Block): block is NestedBlock =>
  block.encoding === 'flat' &&
  (block.storage === 'array' || block.storage === 'map' || block.storage === 'row')

function nestedReader(block: NestedBlock): CellReader {
  switch (block.storage) {
    case 'array': {
      const { offsets } = block
      const read = shellReader(block.elements)
      return (position) => {
        const values: unknown[] = []
        for (let i = offsets[position]!; i < offsets[position + 1]!; i++) values.push(read(i))
        return values
      }
    }
    case 'map': {
      const { offsets } = block
      const readKey = shellReader(block.keys)
      const readValue = shellReader(block.mapValues)
      return (position) => {
        const map = new Map<unknown, unknown>()
        for (let i = offsets[position]!; i < offsets[position + 1]!; i++) {
          map.set(readKey(i), readValue(i))
        }
        return map
      }
    }
    case 'row': {
      const readers = block.fields.map(shellReader)
      return (position) => readers.map((read) => read(position))
    }
  }
}
