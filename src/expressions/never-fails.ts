import { isInteger, type SqlType } from '../spi/index.js'
import type { CallExpression, CastExpression, ComparisonOperator, Expression } from './ir.js'
import { childrenOf } from './ir-walk.js'
import type { FunctionRegistry } from './registry.js'

const isFloat = ({ kind }: SqlType): boolean => kind === 'double' || kind === 'real'

/** Whether each value of a type is one of the other, or has a nearest one there. */
function widens(from: SqlType, to: SqlType): boolean {
  if (isFloat(to)) return isInteger(from) || from.kind === 'decimal' || isFloat(from)
  if (to.kind === 'bigint') return isInteger(from)
  return to.kind === 'varchar' && from.kind === 'varchar'
}

const castNeverFails = ({ safe, arg, type }: CastExpression): boolean =>
  safe || widens(arg.type, type)

/** Structures have no order where something inside of them is NULL. */
const isOrdered = ({ kind }: SqlType): boolean => kind !== 'array' && kind !== 'row'

const ORDER_OPERATORS: ReadonlySet<ComparisonOperator> = new Set(['<', '<=', '>', '>='])

function callNeverFails(
  { function: fn, args }: CallExpression,
  registry: FunctionRegistry,
): boolean {
  if (fn.routine !== undefined) return false
  const found = registry.find(fn.id)
  if (found.kind !== 'scalar') return false
  const { neverFails = false } = found.overload
  if (typeof neverFails !== 'function') return neverFails
  const constants = args.map((arg) => (arg.kind === 'constant' ? arg.value : undefined))
  return neverFails(fn.returnType, constants)
}

/**
 * Whether an expression has a value whatever its columns hold, so that it may be evaluated for rows for which the query would
 * not evaluate it. A function says so in its definition.
 */
export function neverFails(e: Expression, registry: FunctionRegistry): boolean {
  if (e.kind === 'lambda') return false
  if (e.kind === 'call' && !callNeverFails(e, registry)) return false
  if (e.kind === 'cast' && !castNeverFails(e)) return false
  if (e.kind === 'between' && !isOrdered(e.value.type)) return false
  if (e.kind === 'comparison' && ORDER_OPERATORS.has(e.operator) && !isOrdered(e.left.type)) {
    return false
  }
  return childrenOf(e).every((child) => neverFails(child, registry))
}
