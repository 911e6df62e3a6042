import { MillraceError } from '../../spi/error.js'
import { type SqlType, typeName } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { castFunction } from '../cast/cast.js'
import type { SessionContext } from '../session-context.js'
import { type PathItem, scalarOf } from './path-item.js'

export const valueError = (message: string): MillraceError =>
  new MillraceError('JSON_VALUE_RESULT_ERROR', `cannot extract SQL scalar from JSON: ${message}`)

/**
 * The one scalar a path found, as a value of a type.
 * @throws JSON_VALUE_RESULT_ERROR
 */
export function itemAsValue(
  items: readonly PathItem[],
  type: SqlType,
  session: SessionContext,
): Value {
  if (items.length > 1) throw valueError('JSON path found multiple items')
  const item = items[0]!
  if (item === null) return null
  const scalar = scalarOf(item)
  if (scalar === undefined) {
    throw valueError('JSON path found an item that cannot be converted to an SQL value')
  }
  const { type: from, value } = scalar
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
    return cast(value)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.type === 'USER_ERROR') return refuse(cause)
    throw cause
  }
}
