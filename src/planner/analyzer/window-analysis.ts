import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import { symbol } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { isComparable, isOrderable, typeName } from '../../spi/index.js'
import type {
  FunctionCall,
  NodeBase,
  OrderBy,
  Window,
  WindowOperation,
} from '../parser/ast/index.js'
import { analyzeAggregateOrder, checkDistinctOrder } from './aggregate-order-analysis.js'
import {
  analyze,
  type ExpressionContext,
  internCall,
  type MetCall,
  type ResolvedWindow,
} from './analysis.js'
import { resolveArguments, sortItemKey } from './argument-analysis.js'
import type { BoundFrame, BoundSortItem, BoundWindow, BoundWindowFunction } from './bound.js'
import { canonicalName } from './canonical-name.js'
import { coerceNoting } from './coercion-analysis.js'
import { expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'
import { analyzeFrame, DEFAULT_FRAME, refuseNegativeBounds } from './window-frame-analysis.js'

/** Functions that IGNORE NULLS changes. */
const VALUE_FUNCTIONS = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value'])
/** Functions that need an order and take no frame. */
const FRAMELESS_FUNCTIONS = new Set([
  'lag',
  'lead',
  'rank',
  'dense_rank',
  'percent_rank',
  'cume_dist',
  'ntile',
  'row_number',
])
const ORDERED_FUNCTIONS = new Set(['lag', 'lead'])

/**
 * Follows the references of a window specification.
 * @throws MillraceError INVALID_WINDOW_REFERENCE, INVALID_PARTITION_BY, INVALID_ORDER_BY
 * @source Trino StatementAnalyzer.resolveWindowSpecification
 */
export function resolveWindow(
  window: Window,
  windows: ReadonlyMap<string, ResolvedWindow> | undefined,
): ResolvedWindow {
  const name = window.kind === 'windowReference' ? window.name : window.existingWindowName
  const referenced = name === undefined ? undefined : windows?.get(name.value.toLowerCase())
  if (name !== undefined && referenced === undefined) {
    throw semanticError(
      'INVALID_WINDOW_REFERENCE',
      name,
      `Cannot resolve WINDOW name ${name.value}`,
    )
  }
  if (window.kind === 'windowReference') return referenced!
  if (referenced === undefined) {
    return { partitionBy: window.partitionBy, orderBy: window.orderBy, frame: window.frame }
  }
  const [partition] = window.partitionBy
  if (partition !== undefined) {
    throw semanticError(
      'INVALID_PARTITION_BY',
      partition,
      'WINDOW specification with named WINDOW reference cannot specify PARTITION BY',
    )
  }
  if (window.orderBy !== undefined && referenced.orderBy !== undefined) {
    throw semanticError(
      'INVALID_ORDER_BY',
      window.orderBy,
      'Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY',
    )
  }
  if (referenced.frame !== undefined) {
    throw semanticError(
      'INVALID_WINDOW_REFERENCE',
      name!,
      'Cannot reference named WINDOW containing frame specification',
    )
  }
  return {
    partitionBy: referenced.partitionBy,
    orderBy: window.orderBy ?? referenced.orderBy,
    frame: window.frame,
  }
}

/** Analyzes what a window says; aggregations in it count as those of the context. */
export function analyzeWindow(
  window: ResolvedWindow,
  context: ExpressionContext,
  node: NodeBase,
): BoundWindow {
  const inner: ExpressionContext = { ...context, met: [] }
  const partitionBy = window.partitionBy.map((n) => {
    const expression = analyze(n, inner)
    if (isComparable(expression.type)) return expression
    throw semanticError(
      'TYPE_MISMATCH',
      n,
      `${typeName(expression.type)} is not comparable, and therefore cannot be used in window function PARTITION BY`,
    )
  })
  const orderBy = analyzeWindowOrder(window.orderBy, inner)
  const frame =
    window.frame === undefined
      ? DEFAULT_FRAME
      : analyzeFrame(window.frame, window.orderBy, orderBy, inner, node)
  refuseNestedWindow(inner.met, 'window specification', node)
  context.met.push(...inner.met)
  return { partitionBy, orderBy, frame }
}

/** Notes where the keys of a window stand. */
const writtenBy = (window: Window, resolved: ResolvedWindow, bound: BoundWindow): BoundWindow => ({
  ...bound,
  keyNodes: {
    byName: window.kind === 'windowReference',
    partitionBy: resolved.partitionBy,
    orderBy: resolved.orderBy?.sortItems.map((item) => item.sortKey) ?? [],
  },
})

function analyzeWindowOrder(
  orderBy: OrderBy | undefined,
  context: ExpressionContext,
): readonly BoundSortItem[] {
  return (orderBy?.sortItems ?? []).map((item) => {
    const expression = analyze(item.sortKey, context)
    if (!isOrderable(expression.type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        item.sortKey,
        `${typeName(expression.type)} is not orderable, and therefore cannot be used in window function ORDER BY`,
      )
    }
    return {
      expression,
      ascending: item.ordering === 'ASCENDING',
      nullsFirst: item.nullOrdering === 'FIRST',
    }
  })
}

function refuseNestedWindow(met: readonly MetCall[], where: string, fallback: NodeBase): void {
  const nested = met.find((m) => m.kind === 'window')
  if (nested === undefined) return
  throw semanticError(
    'NESTED_WINDOW',
    nested.node ?? fallback,
    `Cannot nest window functions or row pattern measures inside ${where}`,
  )
}

export function analyzeWindowFunction(
  node: FunctionCall,
  window: Window,
  name: string,
  context: ExpressionContext,
): Expression {
  const { analysis } = context
  const resolvedWindow = resolveWindow(window, context.windows)
  const bound = writtenBy(window, resolvedWindow, analyzeWindow(resolvedWindow, context, window))
  const inner: ExpressionContext = { ...context, met: [] }
  const { resolved, args } = resolveArguments(node, name, inner)
  const callOrderBy = analyzeAggregateOrder(node.orderBy, inner)
  if (node.distinct) checkDistinctOrder(node, args, callOrderBy)
  context.met.push(...inner.met)
  const check = () => {
    refuseNestedWindow(inner.met, 'window function arguments', node)
    checkWindowCall(node, name, resolved.kind, resolvedWindow, window, context)
    refuseNegativeBounds(bound.frame)
  }
  const fields: Omit<BoundWindowFunction, 'id'> = {
    kind: 'window',
    function: resolved,
    args: args.map((arg, i) => coerceNoting(analysis, arg, resolved.argumentTypes[i]!)),
    ignoreNulls: node.nullTreatment === 'IGNORE',
    distinct: node.distinct,
    callOrderBy,
    ...bound,
  }
  if (context.deferred === undefined) check()
  else context.deferred.push(check)
  const id = internCall(context, 'w', callKey(fields), (callId) => ({ ...fields, id: callId }))
  context.met.push({ id, kind: 'window', node, text: expressionText(node) })
  return symbol(id, resolved.returnType)
}

/**
 * `measure OVER window`.
 * @throws MillraceError INVALID_WINDOW_MEASURE, AMBIGUOUS_NAME, and what the window throws
 * @source Trino ExpressionAnalyzer.visitWindowOperation
 */
export function analyzeWindowMeasure(
  node: WindowOperation,
  context: ExpressionContext,
): Expression {
  const window = resolveWindow(node.window, context.windows)
  const name = canonicalName(node.name)
  const measures = window.frame?.measures ?? []
  const measure = measures.findIndex((m) => canonicalName(m.name) === name)
  if (measure < 0) {
    throw semanticError(
      'INVALID_WINDOW_MEASURE',
      node,
      `Measure ${node.name.value} is not defined in the corresponding window`,
    )
  }
  if (measures.findLastIndex((m) => canonicalName(m.name) === name) !== measure) {
    throw semanticError(
      'AMBIGUOUS_NAME',
      node,
      `Measure ${node.name.value} is defined more than once`,
    )
  }
  const bound = writtenBy(node.window, window, analyzeWindow(window, context, node.window))
  refuseNegativeBounds(bound.frame)
  const { type } = bound.frame.pattern!.spec.measures[measure]!.expression
  const key = ['measure', measure, ...windowKey(bound)].join('|')
  const id = internCall(context, 'w', key, (callId) => ({
    kind: 'measure',
    id: callId,
    name: node.name.value,
    type,
    measure,
    ...bound,
  }))
  context.met.push({ id, kind: 'window', node, text: expressionText(node) })
  return symbol(id, type)
}

function checkWindowCall(
  node: FunctionCall,
  name: string,
  kind: ResolvedFunction['kind'],
  resolved: ResolvedWindow,
  window: Window,
  context: ExpressionContext,
): void {
  const specification = context.specification ?? node
  if (node.filter !== undefined) {
    throw semanticError(
      'NOT_SUPPORTED',
      specification,
      'FILTER is not yet supported for window functions',
    )
  }
  if (ORDERED_FUNCTIONS.has(name) && resolved.orderBy === undefined) {
    throw semanticError(
      'MISSING_ORDER_BY',
      window,
      `${name} function requires an ORDER BY window clause`,
    )
  }
  if (FRAMELESS_FUNCTIONS.has(name) && resolved.frame !== undefined) {
    throw semanticError(
      'INVALID_WINDOW_FRAME',
      resolved.frame,
      `Cannot specify window frame for ${name} function`,
    )
  }
  if (node.nullTreatment !== undefined && !VALUE_FUNCTIONS.has(name)) {
    throw semanticError(
      'NULL_TREATMENT_NOT_ALLOWED',
      node,
      `Cannot specify null treatment clause for ${name} function`,
    )
  }
  if (kind === 'scalar') {
    throw semanticError('FUNCTION_NOT_WINDOW', specification, `Not a window function: ${name}`)
  }
  if (node.orderBy !== undefined && kind !== 'aggregate') {
    throw semanticError(
      'NOT_SUPPORTED',
      node,
      'Only aggregation window functions with ORDER BY are supported',
    )
  }
}

const frameKey = (frame: BoundFrame): string =>
  [frame.start, frame.end]
    .map((b) => `${b.kind} ${b.value === undefined ? '' : expressionKey(b.value)}`)
    .concat(frame.pattern?.key ?? '')
    .join(' ')

const windowKey = (w: BoundWindow): readonly string[] => [
  w.partitionBy.map(expressionKey).join(','),
  w.orderBy.map(sortItemKey).join(','),
  w.frame.unit,
  frameKey(w.frame),
]

const callKey = (w: Omit<BoundWindowFunction, 'id'>): string =>
  [
    'window',
    w.function.id,
    typeName(w.function.returnType),
    String(w.ignoreNulls),
    String(w.distinct),
    w.args.map(expressionKey).join(','),
    w.callOrderBy.map(sortItemKey).join(','),
    ...windowKey(w),
  ].join('|')
