import { canCoerce, commonSuperType } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { coerce } from '../../expressions/ir-build.js'
import { BOOLEAN, type SqlType, typeName, typesEqual, UNKNOWN } from '../../spi/index.js'
import type { Analysis, Analyzed } from './analysis.js'
import { semanticError } from './semantic-error.js'

const PARAMETER_NAME = /^@p(\d+)$/

/** The symbol of a parameter whose value is not known, while a statement is described. */
export const parameterName = (position: number): string => `@p${position}`

/** Coerces, and notes the type where the expression is a parameter that is described. */
export function coerceNoting(
  analysis: Analysis,
  expression: Expression,
  type: SqlType,
): Expression {
  if (expression.kind === 'symbol' && expression.type.kind === 'unknown') {
    const position = PARAMETER_NAME.exec(expression.name)?.[1]
    if (position !== undefined) analysis.parameterTypes.set(Number(position), type)
  }
  return coerce(expression, type)
}

/**
 * The expression as a value of `type`, by implicit coercion.
 * @throws MillraceError TYPE_MISMATCH "… must evaluate to a boolean (actual: integer)"
 */
function coerceTo(
  analysis: Analysis,
  { node, expression }: Analyzed,
  type: SqlType,
  what: string,
): Expression {
  if (!typesEqual(expression.type, type) && !canCoerce(expression.type, type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `${what} must evaluate to a ${typeName(type)} (actual: ${typeName(expression.type)})`,
    )
  }
  return coerceNoting(analysis, expression, type)
}

export const coerceToBoolean = (analysis: Analysis, operand: Analyzed, what: string): Expression =>
  coerceTo(analysis, operand, BOOLEAN, what)

/**
 * The operands coerced to their one common type.
 * @throws MillraceError TYPE_MISMATCH at the first operand that has none with those before it
 */
export function coerceToOneType(
  analysis: Analysis,
  operands: readonly Analyzed[],
  what: string,
): readonly Expression[] {
  let common: SqlType = UNKNOWN
  for (const { node, expression } of operands) {
    const next = commonSuperType(common, expression.type)
    if (next === undefined) {
      const names = [...new Set(operands.map((o) => typeName(o.expression.type)))]
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `${what}. Cannot find common type between ${typeName(common)} and ${typeName(expression.type)}, all types (without duplicates): [${names.join(', ')}]`,
      )
    }
    common = next
  }
  return operands.map(({ expression }) => coerceNoting(analysis, expression, common))
}
