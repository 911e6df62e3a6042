import type { Expression } from '../../expressions/ir.js'
import { call, cast, constant } from '../../expressions/ir-build.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { ERROR_CODES, type ErrorCode, INTEGER, type SqlType, VARCHAR } from '../../spi/index.js'

/** An expression of the type that has no value: evaluating it fails the query. */
export function failure(
  registry: FunctionRegistry,
  code: ErrorCode,
  message: string,
  type: SqlType,
): Expression {
  const fail = registry.resolve('fail', [INTEGER, VARCHAR])
  const number = constant(INTEGER, ERROR_CODES[code][0])
  return cast(call(fail, [number, constant(VARCHAR, message)]), type)
}
