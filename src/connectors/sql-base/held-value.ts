import { type Block, readValue, type SqlType, type Value } from '../../spi/index.js'

/** A value of a page as one of the type that the database holds it as: CHAR is text with its blanks. */
export function heldValue(type: SqlType, block: Block, position: number): Value {
  const value = readValue(block, position)
  if (type.kind !== 'char' || typeof value !== 'string') return value
  return value + ' '.repeat(Math.max(0, type.length - [...value].length))
}
