import type { Expression } from '../../../expressions/ir.js'
import { isInteger, type SqlType } from '../../../spi/index.js'

const isFloat = ({ kind }: SqlType): boolean => kind === 'double' || kind === 'real'

/** Of floating point operands these have a value for all: an infinity or NaN where there is no other. */
const FLOAT_ARITHMETIC = new Set(['$add', '$subtract', '$multiply', '$divide', '$negation'])

/** Digits with which a DECIMAL has room for everything that its operands' types allow. */
const CAPPED_PRECISION = 38

function callMayFail({ function: fn, type }: Extract<Expression, { kind: 'call' }>): boolean {
  if (fn.name === '$like') return false
  if (!FLOAT_ARITHMETIC.has(fn.name)) return true
  if (isFloat(type)) return false
  return type.kind !== 'decimal' || type.precision >= CAPPED_PRECISION || fn.name === '$divide'
}

/** Whether each value of a type is one of the other, or has a nearest one there. */
const widens = (from: SqlType, to: SqlType): boolean =>
  isFloat(to)
    ? isInteger(from) || from.kind === 'decimal' || from.kind === 'real'
    : to.kind === 'bigint' && isInteger(from)

/** Whether an expression could raise an error: it may not be evaluated for rows that the query would not evaluate it for. */
export function mayFail(e: Expression): boolean {
  switch (e.kind) {
    case 'constant':
    case 'symbol':
      return false
    case 'comparison':
      return mayFail(e.left) || mayFail(e.right)
    case 'in':
      return mayFail(e.value) || e.list.some(mayFail)
    case 'between':
      return mayFail(e.value) || mayFail(e.min) || mayFail(e.max)
    case 'isNull':
    case 'not':
      return mayFail(e.arg)
    case 'logical':
      return e.terms.some(mayFail)
    case 'cast':
      return !widens(e.arg.type, e.type) || mayFail(e.arg)
    case 'call':
      return callMayFail(e) || e.args.some(mayFail)
    default:
      return true
  }
}
