import type { Expression } from '../../expressions/ir.js'
import { symbol } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { BIGINT, INTEGER, MillraceError } from '../../spi/index.js'
import type { Expression as AstExpression, GroupingOperation } from '../parser/ast/index.js'
import { analyze, type ExpressionContext, internCall } from './analysis.js'
import { expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'

const MAX_ARGUMENTS_INTEGER = 31
const MAX_ARGUMENTS_BIGINT = 63

/** @throws MillraceError what its analysis throws; COLUMN_NOT_FOUND without a place, as in Trino */
function analyzeColumn(node: AstExpression, context: ExpressionContext): Expression {
  try {
    return analyze(node, { ...context, inside: 'grouping' })
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'COLUMN_NOT_FOUND') throw error
    throw new MillraceError(error.code, error.message, { hint: error.hint })
  }
}

/** GROUPING(a, b); that the arguments are grouping keys is checked when the keys are known. */
export function analyzeGroupingOperation(
  node: GroupingOperation,
  context: ExpressionContext,
): Expression {
  if (node.groupingColumns.length === 0 || node.groupingColumns.length > MAX_ARGUMENTS_BIGINT) {
    throw semanticError(
      node.groupingColumns.length === 0 ? 'INVALID_ARGUMENTS' : 'TOO_MANY_ARGUMENTS',
      node,
      `GROUPING supports 1 to ${MAX_ARGUMENTS_BIGINT} column arguments`,
    )
  }
  const args = node.groupingColumns.map((column) => analyzeColumn(column, context))
  const type = args.length <= MAX_ARGUMENTS_INTEGER ? INTEGER : BIGINT
  const key = `grouping ${args.map(expressionKey).join(',')}`
  const id = internCall(context, 'g', key, (callId) => ({
    kind: 'grouping',
    id: callId,
    type,
    arguments: args,
    node,
  }))
  context.met.push({ id, kind: 'grouping', node, text: expressionText(node) })
  return symbol(id, type)
}
