import { textOf as castText } from '../../expressions/cast/to-text.js'
import { valueKey } from '../../expressions/ir-walk.js'
import type { SqlType, Value } from '../../spi/index.js'

/** A value of a type as text for people: as a cast to VARCHAR writes it, nested values by their carriers. */
export function textOf(type: SqlType, value: Value): string {
  if (value instanceof Uint8Array && type.kind === 'varbinary') {
    return Buffer.from(value).toString('hex')
  }
  const text = castText(type)
  return text === undefined ? valueKey(value) : text(value)
}
