import type { Expression } from '../../expressions/ir.js'
import type { Expression as AstExpression } from '../parser/ast/index.js'
import type { Analysis, ExpressionContext } from './analysis.js'
import { canonicalName } from './canonical-name.js'
import { functionName } from './function-analysis.js'
import {
  addInput,
  NAVIGATIONS,
  navigation,
  type PatternContext,
  type Place,
  positionOf,
} from './row-pattern-place.js'
import { semanticError } from './semantic-error.js'

/**
 * A subquery knows nothing of the match: it is computed for each row beforehand, and read at the place where a column would be.
 */
export function patternSubquery(
  node: AstExpression,
  inner: ExpressionContext,
  context: PatternContext,
  place: Place,
): Expression {
  const comparesRow = node.kind === 'inPredicate' || node.kind === 'quantifiedComparisonExpression'
  const { analysis } = context
  const beforehand: Analysis = {
    ...analysis,
    analyzeExpression(part, partContext) {
      refuseInSubqueryValue(part, context)
      return analysis.analyzeExpression(part, partContext)
    },
    analyzeQuery: (query, scope, queryPlace) =>
      analysis.analyzeQuery(query, { ...scope, forbidsOuter: true }, queryPlace),
  }
  const expression = analysis.analyzeExpression(node, { ...inner, analysis: beforehand })
  const at =
    comparesRow || place.inside?.kind === 'aggregate'
      ? positionOf('', [], place)
      : navigation([], true, true, 0, 0)
  return addInput(expression, at, context, place)
}

function refuseInSubqueryValue(node: AstExpression, context: PatternContext): void {
  const refuse = (what: string): never => {
    throw semanticError('NOT_SUPPORTED', node, `IN-PREDICATE with ${what} is not yet supported`)
  }
  if (node.kind === 'dereferenceExpression' && node.base.kind === 'identifier') {
    if (context.variables.has(canonicalName(node.base))) refuse('labeled column reference')
  }
  if (node.kind !== 'functionCall') return
  const name = functionName(node)
  const isPatternCall = NAVIGATIONS.has(name) || name === 'classifier' || name === 'match_number'
  if (isPatternCall) refuse(`${name} function`)
  if (context.analysis.registry.kinds(name).has('aggregate')) refuse('aggregate function')
}
