import { MillraceError } from '../../spi/error.js'
import { BIGINT, BOOLEAN, DOUBLE, type SqlType, typeName, VARCHAR } from '../../spi/type.js'
import type { Value } from '../../spi/value.js'
import { castFunction } from '../cast/cast.js'
import type { JsonNode } from '../json/json-node.js'
import type { SessionContext } from '../session-context.js'

export const valueError = (message: string): MillraceError =>
  new MillraceError('JSON_VALUE_RESULT_ERROR', `cannot extract SQL scalar from JSON: ${message}`)

const typeOfItem = (item: string | bigint | number | boolean): SqlType => {
  switch (typeof item) {
    case 'string':
      return VARCHAR
    case 'bigint':
      return BIGINT
    case 'number':
      return DOUBLE
    default:
      return BOOLEAN
  }
}

/**
 * The one scalar a path found, as a value of a type.
 * @throws JSON_VALUE_RESULT_ERROR
 */
export function itemAsValue(
  items: readonly JsonNode[],
  type: SqlType,
  session: SessionContext,
): Value {
  if (items.length > 1) throw valueError('JSON path found multiple items')
  const item = items[0]!
  if (item === null) return null
  if (Array.isArray(item) || item instanceof Map) {
    throw valueError('JSON path found an item that cannot be converted to an SQL value')
  }
  const from = typeOfItem(item)
  const refuse = (cause?: unknown): never => {
    const message = `Cannot cast value of type ${typeName(from)} to declared return type of function JSON_VALUE: ${typeName(type)}`
    throw new MillraceError(
      'JSON_VALUE_RESULT_ERROR',
      `cannot extract SQL scalar from JSON: ${message}`,
      { cause },
    )
  }
  const cast = castFunction(from, type, session)
  if (cast === undefined) return refuse()
  try {
    return cast(item)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.type === 'USER_ERROR') return refuse(cause)
    throw cause
  }
}
