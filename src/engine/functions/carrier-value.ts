import { textOf } from '../../expressions/cast/to-text.js'
import { assert, type MapValue, type SqlType, type Value } from '../../spi/index.js'
import { rowFieldNames } from '../../values/cell-reader.js'
import { padChar } from '../../values/code-points.js'
import { shortestReal } from '../../values/number-text.js'
import { dateText } from '../../values/temporal-text.js'

/** Makes the JavaScript value of a carrier, as results have it (docs/values.md); null for NULL. */
export type CarrierReader = (carrier: Value) => unknown

/** Makes the reader of a type's carriers. Bytes and collections are the program's own to change. */
export function carrierReader(type: SqlType): CarrierReader {
  const read = presentReader(type)
  return (carrier) => (carrier === null ? null : read(carrier))
}

/** @param type of what is not NULL */
function presentReader(type: SqlType): CarrierReader {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'double':
    case 'varchar':
    case 'json':
    case 'color':
      return (carrier) => carrier
    case 'real':
      return (carrier) => shortestReal(carrier as number)
    case 'char':
      return (carrier) => padChar(carrier as string, type.length)
    case 'date':
      return (carrier) => dateText(carrier as number)
    case 'array': {
      const read = carrierReader(type.element)
      return (carrier) => (carrier as readonly Value[]).map(read)
    }
    case 'map': {
      const readKey = carrierReader(type.key)
      const readValue = carrierReader(type.value)
      return (carrier) => {
        const { keys, values } = carrier as MapValue
        return new Map(keys.map((key, i) => [readKey(key), readValue(values[i]!)]))
      }
    }
    case 'row': {
      const names = rowFieldNames(type)
      const readers = type.fields.map((field) => carrierReader(field.type))
      return (carrier) =>
        Object.fromEntries((carrier as readonly Value[]).map((v, i) => [names[i]!, readers[i]!(v)]))
    }
    case 'objectid':
      return copiedBytes
    default:
      return textOf(type) ?? copiedBytes
  }
}

function copiedBytes(carrier: Value): Uint8Array {
  assert(carrier instanceof Uint8Array, 'bytes')
  return Uint8Array.from(carrier)
}
