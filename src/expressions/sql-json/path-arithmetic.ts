import { MillraceError } from '../../spi/error.js'
import { type SqlType, typeName, typesEqual } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { castFunction } from '../cast/cast.js'
import { abs } from '../functions/math/abs.js'
import { ceiling } from '../functions/math/ceiling.js'
import { floor } from '../functions/math/floor.js'
import { add } from '../functions/operator/add.js'
import { divide } from '../functions/operator/divide.js'
import { modulus } from '../functions/operator/modulus.js'
import { multiply } from '../functions/operator/multiply.js'
import { negation } from '../functions/operator/negation.js'
import { subtract } from '../functions/operator/subtract.js'
import { createRegistry } from '../registry.js'
import { DEFAULT_SESSION } from '../session-context.js'
import { type SqlItem, sqlItem } from './path-item.js'

export type NumberFunction =
  | '$add'
  | '$subtract'
  | '$multiply'
  | '$divide'
  | '$modulus'
  | '$negation'
  | 'abs'
  | 'ceiling'
  | 'floor'

const registry = createRegistry([
  add,
  subtract,
  multiply,
  divide,
  modulus,
  negation,
  abs,
  ceiling,
  floor,
])

interface Operation {
  readonly returnType: SqlType
  readonly evaluate: (...args: Value[]) => Value
}

/** By function and types, of which there are few. */
const operations = new Map<string, Operation>()
const OPERATIONS_MAX = 1000

function operationOf(name: NumberFunction, types: readonly SqlType[]): Operation {
  const key = `${name}(${types.map(typeName).join()})`
  const known = operations.get(key)
  if (known !== undefined) return known
  const { id, argumentTypes, returnType } = registry.resolve(name, types)
  const registered = registry.find(id)
  if (registered.kind !== 'scalar') {
    throw new MillraceError('FUNCTION_IMPLEMENTATION_MISSING', `No function: ${id}`)
  }
  const { bind, evaluate: unbound } = registered.overload
  const evaluator = (bind?.({ argumentTypes, returnType, session: DEFAULT_SESSION }) ??
    unbound!) as (...args: Value[]) => Value
  const casts = types.map((type, i) =>
    typesEqual(type, argumentTypes[i]!)
      ? undefined
      : castFunction(type, argumentTypes[i]!, DEFAULT_SESSION),
  )
  const operation: Operation = {
    returnType,
    evaluate: (...args) => evaluator(...args.map((arg, i) => casts[i]?.(arg) ?? arg)),
  }
  if (operations.size >= OPERATIONS_MAX) operations.clear()
  operations.set(key, operation)
  return operation
}

/**
 * Calls a function of numbers as SQL does, with its types, rounding and limits.
 * @throws MillraceError what SQL's function throws; TYPE_MISMATCH or FUNCTION_NOT_FOUND for what are no numbers
 */
export function callNumber(name: NumberFunction, args: readonly SqlItem[]): SqlItem {
  const { returnType, evaluate } = operationOf(
    name,
    args.map((a) => a.type),
  )
  return sqlItem(returnType, evaluate(...args.map((a) => a.value))!)
}
