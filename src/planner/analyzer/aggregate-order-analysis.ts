import type { Expression } from '../../expressions/ir.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { isOrderable, typeName } from '../../spi/index.js'
import type { FunctionCall, OrderBy } from '../parser/ast/index.js'
import { analyze, type ExpressionContext } from './analysis.js'
import type { BoundSortItem } from './bound.js'
import { semanticError } from './semantic-error.js'

/**
 * With DISTINCT the values are ordered by what they are.
 * @throws MillraceError EXPRESSION_NOT_IN_DISTINCT
 */
export function checkDistinctOrder(
  node: FunctionCall,
  args: readonly Expression[],
  orderBy: readonly BoundSortItem[],
): void {
  const keys = new Set(args.map(expressionKey))
  const wrong = orderBy.findIndex((item) => !keys.has(expressionKey(item.expression)))
  if (wrong < 0) return
  throw semanticError(
    'EXPRESSION_NOT_IN_DISTINCT',
    node.orderBy!.sortItems[wrong]!.sortKey,
    'For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments',
  )
}

/** The ORDER BY inside of a call. @throws MillraceError TYPE_MISMATCH */
export function analyzeAggregateOrder(
  orderBy: OrderBy | undefined,
  context: ExpressionContext,
): readonly BoundSortItem[] {
  return (orderBy?.sortItems ?? []).map((item) => {
    const expression = analyze(item.sortKey, context)
    if (!isOrderable(expression.type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        item.sortKey,
        `ORDER BY can only be applied to orderable types (actual: ${typeName(expression.type)})`,
      )
    }
    return {
      expression,
      ascending: item.ordering === 'ASCENDING',
      nullsFirst: item.nullOrdering === 'FIRST',
    }
  })
}
