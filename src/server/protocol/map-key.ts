import { assert, type Block, type FlatBlock, isNull } from '../../spi/index.js'
import { decodeTile } from '../../values/geometry/bing-tile.js'
import { bigintReader, digitsReader } from '../../values/integer-reader.js'
import { javaDoubleText, javaRealText } from '../../values/number-text.js'
import { type TextReader, textReader, utf8Reader } from '../../values/text-reader.js'

/**
 * Makes the reader of keys of a MAP as the protocol names the fields of a JSON object: Java's toString of the value,
 * so that arrays and rows are `[1, a]`, maps `{k=v}`, bytes in base64.
 * @source Trino JsonEncodingUtils.MapEncoder, Type.getObjectValue
 */
export function mapKeyReader(block: Block): TextReader {
  const read = encodedReader(block)
  return (position) => (isNull(block, position) ? 'null' : read(position))
}

function encodedReader(block: Block): TextReader {
  switch (block.encoding) {
    case 'constant': {
      const read = mapKeyReader(block.value)
      return () => read(0)
    }
    case 'dictionary': {
      const { codes } = block
      const read = mapKeyReader(block.dictionary)
      return (position) => read(codes[position]!)
    }
    case 'flat':
      return block.storage === 'null' ? () => 'null' : flatReader(block)
  }
}

function flatReader(block: FlatBlock): TextReader {
  const { type } = block
  switch (type.kind) {
    case 'boolean': {
      assert(block.storage === 'bool')
      const { values } = block
      return (position) => (values[position] === 1 ? 'true' : 'false')
    }
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return digitsReader(block)
    case 'real':
    case 'double': {
      assert(block.storage === 'f64' || block.storage === 'f32')
      const { values, storage } = block
      return (position) =>
        storage === 'f32' ? javaRealText(values[position]!) : javaDoubleText(values[position]!)
    }
    case 'array': {
      assert(block.storage === 'array')
      const read = mapKeyReader(block.elements)
      const { offsets } = block
      return (position) => {
        const elements: string[] = []
        for (let i = offsets[position]!; i < offsets[position + 1]!; i++) elements.push(read(i))
        return `[${elements.join(', ')}]`
      }
    }
    case 'map': {
      assert(block.storage === 'map')
      const readKey = mapKeyReader(block.keys)
      const readValue = mapKeyReader(block.mapValues)
      const { offsets } = block
      return (position) => {
        const entries: string[] = []
        for (let i = offsets[position]!; i < offsets[position + 1]!; i++)
          entries.push(`${readKey(i)}=${readValue(i)}`)
        return `{${entries.join(', ')}}`
      }
    }
    case 'row': {
      assert(block.storage === 'row')
      const readers = block.fields.map(mapKeyReader)
      return (position) => `[${readers.map((read) => read(position)).join(', ')}]`
    }
    case 'color':
      return utf8Reader(block)
    case 'bingtile': {
      const read = bigintReader(block)
      return (position) => {
        const { x, y, zoom } = decodeTile(read(position))
        return `BingTile{x=${x}, y=${y}, zoom_level=${zoom}}`
      }
    }
    default:
      return textReader(block, type, false) ?? base64Reader(block)
  }
}

function base64Reader(block: FlatBlock): TextReader {
  assert(block.storage === 'bytes', `${block.type.kind} stored as ${block.storage}`)
  const { offsets, bytes } = block
  return (position) =>
    Buffer.from(bytes.subarray(offsets[position]!, offsets[position + 1]!)).toString('base64')
}
