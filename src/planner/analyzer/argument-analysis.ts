import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import { lambda } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import type { ArgumentType } from '../../expressions/registry.js'
import { MillraceError, type SqlType, typeName } from '../../spi/index.js'
import type { FunctionCall, LambdaExpression } from '../parser/ast/index.js'
import {
  type Analysis,
  analyze,
  analyzed,
  type ExpressionContext,
  type MetCall,
} from './analysis.js'
import type { BoundSortItem, Field } from './bound.js'
import { coerceNoting, coerceToBoolean } from './coercion-analysis.js'
import { semanticError } from './semantic-error.js'

/** Chooses the overload, after the filter; the arguments are not coerced yet, but lambdas are bound. */
export function resolveArguments(
  node: FunctionCall,
  name: string,
  context: ExpressionContext,
): {
  readonly resolved: ResolvedFunction
  readonly args: readonly Expression[]
  readonly filter: Expression | undefined
} {
  const filter =
    node.filter === undefined
      ? undefined
      : coerceToBoolean(context.analysis, analyzed(node.filter, context), 'Filter expression')
  const args = node.arguments.map((arg) =>
    arg.kind === 'lambdaExpression' ? arg : analyze(arg, context),
  )
  const analyzeOnce = lambdaAnalyzer(context)
  const types = args.map(
    (arg): ArgumentType =>
      arg.kind === 'lambdaExpression'
        ? {
            kind: 'lambda argument',
            resolve: (parameterTypes) => analyzeOnce(arg, parameterTypes).body.type,
          }
        : arg.type,
  )
  const resolved = resolveFunction(name, types, node, context.analysis)
  const bound = args.map((arg, i): Expression => {
    if (arg.kind !== 'lambdaExpression') return arg
    const type = resolved.argumentTypes[i]!
    if (type.kind !== 'function') {
      throw semanticError('TYPE_MISMATCH', arg, `Expected ${typeName(type)} but got a lambda`)
    }
    const { parameters, body } = analyzeOnce(arg, type.argumentTypes)
    return lambda(parameters, coerceNoting(context.analysis, body, type.returnType))
  })
  return { resolved, args: bound, filter }
}

/** Calls that fit several overloads are refused at their place; operators, which Trino resolves without one, are not. */
function resolveFunction(
  name: string,
  types: readonly ArgumentType[],
  node: FunctionCall,
  { registry }: Analysis,
): ResolvedFunction {
  try {
    return registry.resolve(name, types, node.location)
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.code !== 'AMBIGUOUS_FUNCTION_CALL') throw cause
    throw semanticError('AMBIGUOUS_FUNCTION_CALL', node, cause.message)
  }
}

interface AnalyzedLambda {
  readonly parameters: readonly { readonly name: string; readonly type: SqlType }[]
  readonly body: Expression
}

/**
 * Overloads are tried one after another, each with the lambda's type: without a memory of the bodies analyzed, lambdas in
 * lambdas would take time exponential in their depth.
 */
function lambdaAnalyzer(
  context: ExpressionContext,
): (node: LambdaExpression, types: readonly SqlType[]) => AnalyzedLambda {
  const known = new Map<LambdaExpression, Map<string, AnalyzedLambda>>()
  return (node, types) => {
    let byTypes = known.get(node)
    if (byTypes === undefined) known.set(node, (byTypes = new Map()))
    const key = types.map(typeName).join(', ')
    let result = byTypes.get(key)
    if (result === undefined) byTypes.set(key, (result = analyzeLambda(node, types, context)))
    return result
  }
}

/** @throws MillraceError INVALID_PARAMETER_USAGE where the lambda has more or fewer parameters than types */
function analyzeLambda(
  node: LambdaExpression,
  types: readonly SqlType[],
  context: ExpressionContext,
): AnalyzedLambda {
  if (node.arguments.length !== types.length) {
    throw semanticError(
      'INVALID_PARAMETER_USAGE',
      node,
      `Expected a lambda that takes ${types.length} argument(s) but got ${node.arguments.length}`,
    )
  }
  const depth = context.lambdaDepth
  const fields = node.arguments.map(
    (argument, i): Field => ({
      id: `@l${depth}_${i}`,
      name: argument.name.value,
      type: types[i]!,
      hidden: false,
    }),
  )
  refuseEqualNames(node)
  const met: MetCall[] = []
  const body = analyze(node.body, {
    ...context,
    met,
    lambdaDepth: depth + 1,
    scope: { fields, parent: context.scope, isQueryBoundary: false },
  })
  if (met.length > 0) {
    throw semanticError(
      'EXPRESSION_NOT_SCALAR',
      node.body,
      `Lambda expression cannot contain aggregations, window functions or grouping operations: [${met.map((m) => m.text).join(', ')}]`,
    )
  }
  return { parameters: fields.map(({ id, type }) => ({ name: id, type })), body }
}

/** @throws MillraceError AMBIGUOUS_NAME at the first of two parameters of one name */
function refuseEqualNames({ arguments: parameters }: LambdaExpression): void {
  const names = parameters.map(({ name }) => name.value.toLowerCase())
  const wrong = parameters.find((_, i) => names.includes(names[i]!, i + 1))
  if (wrong === undefined) return
  throw semanticError('AMBIGUOUS_NAME', wrong, `Column '${wrong.name.value}' is ambiguous`)
}

export const sortItemKey = (item: BoundSortItem): string =>
  `${expressionKey(item.expression)} ${item.ascending} ${item.nullsFirst}`
