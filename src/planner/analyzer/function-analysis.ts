import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import { symbol } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { isComparable, typeName } from '../../spi/index.js'
import type { Expression as AstExpression, FunctionCall } from '../parser/ast/index.js'
import { analyzeAggregateOrder, checkDistinctOrder } from './aggregate-order-analysis.js'
import { analyze, type ExpressionContext, internCall, type MetCall } from './analysis.js'
import { resolveArguments, sortItemKey } from './argument-analysis.js'
import { analyzeAsyncCall, isAsync } from './async-call-analysis.js'
import type { BoundAggregate } from './bound.js'
import { callWith } from './call-resolution.js'
import { coerceNoting } from './coercion-analysis.js'
import { dialectForm } from './dialect-form.js'
import { expressionListText, expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'
import { sessionFunction } from './session-analysis.js'
import { analyzeWindowFunction } from './window-analysis.js'

/** The name the registry knows a function by: functions of the language may be qualified with system.builtin. */
export function functionName(node: FunctionCall): string {
  const parts = node.name.parts.map((part) => part.value.toLowerCase())
  const isBuiltin = parts.length === 3 && parts[0] === 'system' && parts[1] === 'builtin'
  return isBuiltin ? parts[2]! : parts.join('.')
}

export function analyzeFunctionCall(node: FunctionCall, context: ExpressionContext): Expression {
  const { analysis } = context
  const name = functionName(node)
  if (node.processingMode !== undefined) {
    throw semanticError(
      'INVALID_PROCESSING_MODE',
      node.processingMode,
      `${node.processingMode.mode} semantics is not supported out of pattern recognition context`,
    )
  }
  const form = dialectForm(name)
  if (form !== undefined) return form(node, context)
  if (node.window !== undefined) return analyzeWindowFunction(node, node.window, name, context)
  const session = node.arguments.length === 0 ? sessionFunction(name, analysis) : undefined
  if (session !== undefined) return session
  const kinds = analysis.registry.kinds(name)
  if (kinds.has('window') && !kinds.has('aggregate')) {
    if (node.distinct) throw distinctNotAggregate(node)
    resolveArguments(node, name, context)
    throw semanticError(
      'MISSING_OVER',
      node,
      `Window function system.builtin.${name} requires an OVER clause`,
    )
  }
  if (kinds.has('aggregate')) return analyzeAggregate(node, name, context)
  if (node.distinct) throw distinctNotAggregate(node)
  const { resolved, args } = resolveArguments(node, name, context)
  analyzeAggregateOrder(node.orderBy, context)
  refuseAggregateClauses(node, context)
  return isAsync(resolved, analysis)
    ? analyzeAsyncCall(node, resolved, args, context)
    : callWith(resolved, args, analysis)
}

const distinctNotAggregate = (node: FunctionCall) =>
  semanticError(
    'FUNCTION_NOT_AGGREGATE',
    node,
    'DISTINCT is not supported for non-aggregation functions',
  )

/** Refuses what only aggregations can have: in a query specification once all else is right. */
function refuseAggregateClauses(node: FunctionCall, { deferred }: ExpressionContext): void {
  const clause = node.filter !== undefined ? 'Filter' : node.orderBy && 'ORDER BY'
  if (clause !== undefined) {
    const check = () => {
      const message = `${clause} is only valid for aggregation functions`
      throw semanticError('FUNCTION_NOT_AGGREGATE', node, message)
    }
    if (deferred === undefined) check()
    else deferred.push(check)
  }
  if (node.nullTreatment !== undefined) {
    throw semanticError(
      'NULL_TREATMENT_NOT_ALLOWED',
      node,
      `Cannot specify null treatment clause for ${node.name.parts.at(-1)!.value} function`,
    )
  }
}

function analyzeAggregate(
  node: FunctionCall,
  name: string,
  context: ExpressionContext,
): Expression {
  const { analysis } = context
  const inner: ExpressionContext = { ...context, met: [], inside: 'aggregate' }
  if (node.nullTreatment !== undefined) {
    throw semanticError(
      'NULL_TREATMENT_NOT_ALLOWED',
      node,
      `Cannot specify null treatment clause for ${name} function`,
    )
  }
  if (name === 'listagg') checkListagg(node, inner)
  const { resolved, args, filter } = resolveArguments(node, name, inner)
  if (!resolved.deterministic) analysis.traits.deterministic = false
  if (resolved.kind !== 'aggregate') {
    if (node.distinct) throw distinctNotAggregate(node)
    refuseAggregateClauses(node, context)
    context.met.push(...inner.met)
    return callWith(resolved, args, analysis)
  }
  if (node.distinct) checkDistinct(node, args)
  const orderBy = analyzeAggregateOrder(node.orderBy, inner)
  if (node.distinct) checkDistinctOrder(node, args, orderBy)
  const bound: Omit<BoundAggregate, 'id'> = {
    kind: 'aggregate',
    function: resolved,
    args: args.map((arg, i) => coerceNoting(analysis, arg, resolved.argumentTypes[i]!)),
    distinct: node.distinct,
    ...(filter === undefined ? {} : { filter }),
    orderBy: isOrderSensitive(resolved, context) ? orderBy : [],
  }
  const id = internCall(context, 'a', aggregateKey(bound), (callId) => ({ ...bound, id: callId }))
  const check = () => refuseNested(name, node, inner.met)
  context.met.push({ id, kind: 'aggregate', node, text: expressionText(node), check })
  return symbol(id, resolved.returnType)
}

/** Whether an ORDER BY in the call is obeyed; elsewhere it is only checked. @source Trino PruneOrderByInAggregation */
function isOrderSensitive(resolved: ResolvedFunction, { analysis }: ExpressionContext): boolean {
  const { kind, overload } = analysis.registry.find(resolved.id)
  return kind === 'aggregate' && overload.orderSensitive === true
}

const aggregateKey = (a: Omit<BoundAggregate, 'id'>): string =>
  [
    'aggregate',
    a.function.id,
    typeName(a.function.returnType),
    String(a.distinct),
    a.args.map(expressionKey).join(','),
    a.filter === undefined ? '' : expressionKey(a.filter),
    a.orderBy.map(sortItemKey).join(','),
  ].join('|')

function checkListagg(node: FunctionCall, context: ExpressionContext): void {
  const [value] = node.arguments
  if (value === undefined) return
  const { type } = analyze(value, { ...context, met: [] })
  if (type.kind === 'varchar' || type.kind === 'unknown') return
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `Expected expression of varchar, but '${expressionText(value)}' has ${typeName(type)} type`,
  )
}

function checkDistinct(node: FunctionCall, args: readonly Expression[]): void {
  const wrong = args.find((arg) => !isComparable(arg.type))
  if (wrong === undefined) return
  throw semanticError(
    'TYPE_MISMATCH',
    node,
    `DISTINCT can only be applied to comparable types (actual: ${typeName(wrong.type)})`,
  )
}

function refuseNested(name: string, node: AstExpression, met: readonly MetCall[]): void {
  const text = (kind: MetCall['kind']) =>
    expressionListText(met.filter((m) => m.kind === kind).map((m) => m.text))
  if (met.some((m) => m.kind === 'aggregate')) {
    throw semanticError(
      'NESTED_AGGREGATION',
      node,
      `Cannot nest aggregations inside aggregation '${name}': ${text('aggregate')}`,
    )
  }
  if (met.some((m) => m.kind === 'window')) {
    throw semanticError(
      'NESTED_WINDOW',
      node,
      `Cannot nest window functions or row pattern measures inside aggregation '${name}': ${text('window')}`,
    )
  }
  if (met.some((m) => m.kind === 'grouping')) {
    throw semanticError(
      'INVALID_ARGUMENTS',
      node,
      `Cannot nest GROUPING operations inside aggregation '${name}': ${text('grouping')}`,
    )
  }
}
