import type { Expression } from '../planner/parser/ast/index.js'
import type { Translation } from './translation.js'
import { call, filled } from './tree.js'

/** Operands that are no strings join as their text. */
export function concatenation(operands: readonly Expression[], t: Translation): Expression {
  const texts = operands.map((operand) => asText(operand, t))
  const [only, another] = texts
  if (another === undefined) return only!
  return call('concat', texts, t.location)
}

export const asText = (operand: Expression, t: Translation): Expression =>
  operand.kind === 'stringLiteral'
    ? operand
    : filled(`"$dialect_text"('${t.dialect.arithmetic}', _1)`, [operand], operand.location)
