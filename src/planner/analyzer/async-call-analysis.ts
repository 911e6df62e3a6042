import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import { symbol } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { typeName } from '../../spi/index.js'
import type { FunctionCall } from '../parser/ast/index.js'
import { type Analysis, type ExpressionContext, internCall } from './analysis.js'
import { coerceNoting } from './coercion-analysis.js'
import { semanticError } from './semantic-error.js'

export function isAsync({ id, kind, routine }: ResolvedFunction, { registry }: Analysis): boolean {
  // SQL routines are in no registry.
  if (kind !== 'scalar' || routine !== undefined) return false
  const { overload } = registry.find(id)
  return 'async' in overload && overload.async !== undefined
}

/**
 * Gives a call of an asynchronous function a symbol, as subqueries have one: equal calls of a query specification are one, unless
 * each may give another value.
 * @throws NOT_SUPPORTED in lambdas, row patterns and SQL functions
 */
export function analyzeAsyncCall(
  node: FunctionCall,
  resolved: ResolvedFunction,
  args: readonly Expression[],
  context: ExpressionContext,
): Expression {
  const { analysis } = context
  const place = context.lambdaDepth > 0 ? 'Lambda expression' : analysis.withoutAsyncCalls
  if (place !== undefined) {
    throw semanticError(
      'NOT_SUPPORTED',
      node,
      `${place} cannot call an asynchronous function: ${resolved.name}`,
      'Call it in the SELECT list of a subquery, and use its column here',
    )
  }
  if (!resolved.deterministic) analysis.traits.deterministic = false
  const coerced = args.map((arg, i) => coerceNoting(analysis, arg, resolved.argumentTypes[i]!))
  const id = internCall(
    context,
    'y',
    [
      'async call',
      resolved.id,
      typeName(resolved.returnType),
      coerced.map(expressionKey).join(','),
      resolved.deterministic ? '' : String(analysis.calls.size),
    ].join('|'),
    (callId) => ({ kind: 'asyncCall', id: callId, function: resolved, args: coerced }),
  )
  return symbol(id, resolved.returnType)
}
