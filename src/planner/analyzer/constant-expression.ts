import type { ConstantExpression } from '../../expressions/ir.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import type { PlannerSession } from '../metadata.js'
import type { Expression } from '../parser/ast/index.js'
import { analyze, expressionContext, type ParameterValue } from './analysis.js'
import { newAnalysis } from './analyzer.js'
import { refuseCalls } from './clause-check.js'
import { evaluateConstant } from './constant-evaluation.js'
import { NO_METADATA } from './metadata-collection.js'
import { rootScope } from './scope.js'

export interface ConstantOptions {
  readonly session: PlannerSession
  readonly registry: FunctionRegistry
  readonly parameters?: readonly ParameterValue[]
}

/**
 * The value of an expression that stands outside of queries: session and table properties, arguments of CALL.
 * @throws MillraceError COLUMN_NOT_FOUND, EXPRESSION_NOT_SCALAR, EXPRESSION_NOT_CONSTANT; what its evaluation throws
 */
export function analyzeConstant(node: Expression, options: ConstantOptions): ConstantExpression {
  const analysis = newAnalysis({
    ...options,
    metadata: NO_METADATA,
    parameters: options.parameters ?? [],
  })
  const context = expressionContext(analysis, rootScope)
  const expression = analyze(node, context)
  refuseCalls(context.met, node, 'Constant')
  return evaluateConstant(expression, analysis, node)
}
