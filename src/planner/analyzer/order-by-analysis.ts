import type { Expression } from '../../expressions/ir.js'
import { expressionKey, isDeterministic, replaceSymbols } from '../../expressions/ir-walk.js'
import { isOrderable, typeName } from '../../spi/index.js'
import type { OrderBy, SortItem } from '../parser/ast/index.js'
import { type Analysis, analyze, type ExpressionContext, type QueryPlace } from './analysis.js'
import type { BoundRowLimits, BoundSortItem, Field } from './bound.js'
import { fieldReference } from './column-analysis.js'
import { expressionText } from './expression-text.js'
import type { Limited } from './row-limit-analysis.js'
import { semanticError } from './semantic-error.js'

/** A column of the result: its field and what it is computed by. */
export interface OrderByOutput {
  readonly field: Field
  readonly expression: Expression
}

/**
 * ORDER BY items: positions, names of the result's columns, or expressions over these and the context's scope.
 * What equals a column of the result is written as that column.
 */
export function analyzeOrderBy(
  orderBy: OrderBy | undefined,
  outputs: readonly OrderByOutput[],
  context: ExpressionContext,
): readonly BoundSortItem[] {
  if (orderBy === undefined) return []
  const byKey = new Map(
    outputs
      .filter(({ expression }) => isDeterministic(expression))
      .map((output) => [expressionKey(output.expression), output.field]),
  )
  return orderBy.sortItems.map((item) => {
    const expression = asOutput(sortKey(item, outputs, context), outputs, byKey)
    if (!isOrderable(expression.type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        context.specification ?? orderBy,
        `Type ${typeName(expression.type)} is not orderable, and therefore cannot be used in ORDER BY: ${expressionText(item.sortKey)}`,
      )
    }
    return {
      expression,
      ascending: item.ordering === 'ASCENDING',
      nullsFirst: item.nullOrdering === 'FIRST',
    }
  })
}

function sortKey(
  item: SortItem,
  outputs: readonly OrderByOutput[],
  context: ExpressionContext,
): Expression {
  const node = item.sortKey
  if (node.kind !== 'longLiteral') return analyze(node, context)
  const output = outputs[Number(node.value) - 1]
  if (output !== undefined) return fieldReference(output.field)
  throw semanticError(
    'INVALID_COLUMN_REFERENCE',
    node,
    `ORDER BY position ${node.value} is not in select list`,
  )
}

/**
 * Whether ORDER BY decides anything: which rows there are, or how the result comes. Warns where Trino does.
 * @source Trino StatementAnalyzer.visitQuery, visitQuerySpecification
 */
export function keepsOrder(
  node: Limited,
  limits: BoundRowLimits,
  place: QueryPlace,
  analysis: Analysis,
): boolean {
  if (limits.limit !== undefined || limits.offset !== undefined) return true
  const isPlain = node.limit === undefined && node.offset === undefined
  if (node.orderBy !== undefined && isPlain && place.isTop !== true) {
    analysis.warn({
      code: 'REDUNDANT_ORDER_BY',
      message: 'ORDER BY in subquery may have no effect',
    })
  }
  return place.isRoot === true || analysis.session.keepsRedundantSorts === true
}

/** Puts what the output fields stand for in their place. */
export function withoutOutputs(
  expression: Expression,
  outputs: readonly OrderByOutput[],
): Expression {
  const byId = new Map(outputs.map((output) => [output.field.id, output.expression]))
  return replaceSymbols(expression, (symbol) => byId.get(symbol.name) ?? symbol)
}

function asOutput(
  expression: Expression,
  outputs: readonly OrderByOutput[],
  byKey: ReadonlyMap<string, Field>,
): Expression {
  if (expression.kind === 'symbol' && outputs.some((o) => o.field.id === expression.name)) {
    return expression
  }
  const field = byKey.get(expressionKey(withoutOutputs(expression, outputs)))
  return field === undefined ? expression : fieldReference(field)
}
