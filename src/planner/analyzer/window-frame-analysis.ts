import { commonSuperType } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { caseWhen, coerce, comparison, constant } from '../../expressions/ir-build.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { isInteger, isNumeric, MillraceError, type SqlType, typeName } from '../../spi/index.js'
import type { FrameBound, NodeBase, OrderBy, WindowFrame } from '../parser/ast/index.js'
import { analyze, type ExpressionContext } from './analysis.js'
import type { BoundFrame, BoundFrameBound, BoundSortItem } from './bound.js'
import { resolveCall } from './call-resolution.js'
import { failure } from './failure.js'
import { analyzeFramePattern } from './row-pattern-analysis.js'
import { semanticError } from './semantic-error.js'

export const DEFAULT_FRAME: BoundFrame = {
  unit: 'range',
  start: { kind: 'unbounded preceding' },
  end: { kind: 'current row' },
}

const BOUND_KINDS = {
  'UNBOUNDED PRECEDING': 'unbounded preceding',
  PRECEDING: 'preceding',
  'CURRENT ROW': 'current row',
  FOLLOWING: 'following',
  'UNBOUNDED FOLLOWING': 'unbounded following',
} as const

/** @source Trino ExpressionAnalyzer.analyzeWindow, the part about frames */
export function analyzeFrame(
  frame: WindowFrame,
  orderNode: OrderBy | undefined,
  orderBy: readonly BoundSortItem[],
  context: ExpressionContext,
  window: NodeBase,
): BoundFrame {
  const pattern = analyzeFramePattern(frame, context)
  checkBoundKinds(frame)
  const bound = (node: FrameBound | undefined): BoundFrameBound => {
    if (node === undefined) return { kind: 'current row' }
    const kind = BOUND_KINDS[node.type]
    if (node.value === undefined) return { kind }
    const value = analyze(node.value, context)
    return frame.type === 'RANGE'
      ? rangeBound(kind, node.value, value, { window, orderNode, orderBy, context })
      : countBound(kind, node.value, value, node === frame.start, frame, orderNode)
  }
  return {
    unit: ({ RANGE: 'range', ROWS: 'rows', GROUPS: 'groups' } as const)[frame.type],
    start: bound(frame.start),
    end: bound(frame.end),
    ...(pattern === undefined ? {} : { pattern }),
  }
}

function checkBoundKinds(frame: WindowFrame): void {
  const start = frame.start.type
  const end = frame.end?.type ?? 'CURRENT ROW'
  const refuse = (message: string): never => {
    throw semanticError('INVALID_WINDOW_FRAME', frame, message)
  }
  if (start === 'UNBOUNDED FOLLOWING') refuse('Window frame start cannot be UNBOUNDED FOLLOWING')
  if (end === 'UNBOUNDED PRECEDING') refuse('Window frame end cannot be UNBOUNDED PRECEDING')
  const impossible =
    (start === 'CURRENT ROW' && end === 'PRECEDING') ||
    (start === 'FOLLOWING' && (end === 'PRECEDING' || end === 'CURRENT ROW'))
  if (impossible) refuse(`Window frame starting from ${start} cannot end with ${end}`)
}

const NEGATIVE = 'Window frame offset value must not be negative or null'

/** The boundary where the distance may be used, else a failure. */
function checkedBoundary(
  boundary: Expression,
  distance: Expression,
  registry: FunctionRegistry,
): Expression {
  if (distance.kind === 'constant') return boundary
  const { kind } = distance.type
  const isLong = kind === 'bigint' || kind === 'decimal' || kind === 'interval day to second'
  const zero = constant(distance.type, isLong ? 0n : 0)
  return caseWhen(
    [{ condition: comparison('>=', distance, zero), result: boundary }],
    failure(registry, 'INVALID_WINDOW_FRAME', NEGATIVE, boundary.type),
  )
}

/**
 * Constant distances are checked once all else is right; others while the query runs.
 * @throws MillraceError INVALID_WINDOW_FRAME
 */
export function refuseNegativeBounds(frame: BoundFrame): void {
  refuseNegative(frame.start.value)
  refuseNegative(frame.end.value)
}

function refuseNegative(value: Expression | undefined): void {
  if (value?.kind !== 'constant') return
  const raw = value.value
  const isNegative = (typeof raw === 'number' || typeof raw === 'bigint') && raw < 0
  if (raw === null || isNegative) {
    throw new MillraceError('INVALID_WINDOW_FRAME', NEGATIVE)
  }
}

function countBound(
  kind: BoundFrameBound['kind'],
  node: NodeBase,
  value: Expression,
  isStart: boolean,
  frame: WindowFrame,
  orderNode: OrderBy | undefined,
): BoundFrameBound {
  if (frame.type === 'GROUPS' && orderNode === undefined) {
    throw semanticError(
      'MISSING_ORDER_BY',
      frame,
      'Window frame of type GROUPS PRECEDING or FOLLOWING requires ORDER BY',
    )
  }
  const isCount = isInteger(value.type) || (value.type.kind === 'decimal' && value.type.scale === 0)
  if (!isCount) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Window frame ${frame.type} ${isStart ? 'start' : 'end'} value type must be exact numeric type with scale 0 (actual ${typeName(value.type)})`,
    )
  }
  return { kind, value }
}

const TEMPORAL = /^(date|time|timestamp|interval)/

const isRangeKey = (type: SqlType): boolean => isNumeric(type) || TEMPORAL.test(type.kind)

interface RangeFrame {
  readonly window: NodeBase
  readonly orderNode: OrderBy | undefined
  readonly orderBy: readonly BoundSortItem[]
  readonly context: ExpressionContext
}

/** RANGE n PRECEDING: rows whose key is at least the current one's less n, as computed in their common type. */
function rangeBound(
  kind: BoundFrameBound['kind'],
  node: NodeBase,
  value: Expression,
  { window, orderNode, orderBy, context }: RangeFrame,
): BoundFrameBound {
  const what = 'Window frame of type RANGE PRECEDING or FOLLOWING'
  if (orderNode === undefined) {
    throw semanticError('MISSING_ORDER_BY', window, `${what} requires ORDER BY`)
  }
  const [item] = orderBy
  if (item === undefined || orderBy.length > 1) {
    throw semanticError(
      'INVALID_ORDER_BY',
      orderNode,
      `${what} requires single sort item in ORDER BY (actual: ${orderBy.length})`,
    )
  }
  const keyType = item.expression.type
  const keyNode = orderNode.sortItems[0]!.sortKey
  if (!isRangeKey(keyType)) {
    throw semanticError(
      'TYPE_MISMATCH',
      keyNode,
      `${what} requires that sort item type be numeric, datetime or interval (actual: ${typeName(keyType)})`,
    )
  }
  const mismatch = () =>
    semanticError(
      'TYPE_MISMATCH',
      node,
      `Window frame RANGE value type (${typeName(value.type)}) not compatible with sort item type (${typeName(keyType)})`,
    )
  if (isNumeric(keyType) !== isNumeric(value.type)) throw mismatch()
  const operator = (kind === 'preceding') === item.ascending ? '$subtract' : '$add'
  let boundary: Expression
  try {
    boundary = resolveCall(operator, [item.expression, value], node, context.analysis)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.code === 'TYPE_MISMATCH') throw mismatch()
    throw cause
  }
  const common = commonSuperType(boundary.type, keyType)
  if (common === undefined) throw mismatch()
  return {
    kind,
    value,
    range: {
      boundary: checkedBoundary(coerce(boundary, common), value, context.analysis.registry),
      sortKey: coerce(item.expression, common),
    },
  }
}
