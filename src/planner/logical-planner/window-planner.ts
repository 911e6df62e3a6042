import type { Expression } from '../../expressions/ir.js'
import type { BoundFrameBound, BoundSortItem, BoundWindowFunction } from '../analyzer/bound.js'
import { windowExpressions } from '../analyzer/bound-walk.js'
import type { FrameBound, SortItem, WindowFunctionCall, WindowNode } from '../plan/node.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import { callsOf } from './calls.js'
import {
  type PlannerState,
  projectSymbols,
  type SubPlan,
  sortItems,
  uniqueSymbols,
} from './sub-plan.js'
import { type PlanRelation, planSubqueries } from './subquery-planner.js'
import { translate, withSymbols } from './translation.js'

const staysInCall = (expression: Expression): boolean =>
  expression.kind === 'lambda' || expression.kind === 'constant'

/**
 * Plans the window functions of expressions that are not planned yet: a node for each different window, what they read
 * projected below.
 */
export function planWindows(
  state: PlannerState,
  input: SubPlan,
  expressions: readonly Expression[],
  planRelation: PlanRelation,
): SubPlan {
  const windows = callsOf(expressions, state.calls).windows.filter(
    (w) => !input.translation.symbols.has(w.id),
  )
  if (windows.length === 0) return input
  const read = windows.flatMap(windowExpressions)
  const withInner = planSubqueries(state, input, read, planRelation)
  const kept = new Set(windows.flatMap(keptExpressions))
  const computed = read.filter((e) => !kept.has(e))
  const projected = projectSymbols(state, withInner, computed)
  const symbolOf = symbolsByExpression(computed, projected.symbols)
  const groups = new Map<string, { key: WindowKey; functions: BoundWindowFunction[] }>()
  for (const window of windows) {
    const key = windowKey(window, symbolOf)
    const text = JSON.stringify([
      key.partitionBy.map((s) => s.name),
      key.orderBy.map((o) => [o.symbol.name, o.ascending, o.nullsFirst]),
    ])
    const group = groups.get(text)
    if (group === undefined) groups.set(text, { key, functions: [window] })
    else group.functions.push(window)
  }
  let { plan } = projected
  for (const { key, functions } of groups.values()) {
    plan = planGroup(state, plan, key, functions, symbolOf)
  }
  return plan
}

/** Lambdas and constants that are arguments or keys need no column; distances of frames always have one. */
const keptExpressions = (window: BoundWindowFunction): readonly Expression[] =>
  [
    ...window.args,
    ...[...window.callOrderBy, ...window.orderBy].map((item) => item.expression),
    ...window.partitionBy,
  ].filter(staysInCall)

type SymbolOf = (expression: Expression) => PlanSymbol | undefined

function symbolsByExpression(
  expressions: readonly Expression[],
  symbols: readonly PlanSymbol[],
): SymbolOf {
  const map = new Map(expressions.map((e, i) => [e, symbols[i]!]))
  return (expression) => map.get(expression)
}

interface WindowKey {
  readonly partitionBy: readonly PlanSymbol[]
  readonly orderBy: readonly SortItem[]
}

/** Constants neither partition nor order anything. */
function windowKey(window: BoundWindowFunction, symbolOf: SymbolOf): WindowKey {
  return {
    partitionBy: uniqueSymbols(window.partitionBy.flatMap((e) => symbolOf(e) ?? [])),
    orderBy: sortSymbols(window.orderBy, symbolOf),
  }
}

function sortSymbols(orderBy: readonly BoundSortItem[], symbolOf: SymbolOf): readonly SortItem[] {
  const varying = orderBy.filter((item) => symbolOf(item.expression) !== undefined)
  return sortItems(
    varying,
    varying.map((item) => symbolOf(item.expression)!),
  )
}

function planGroup(
  state: PlannerState,
  plan: SubPlan,
  { partitionBy, orderBy }: WindowKey,
  functions: readonly BoundWindowFunction[],
  symbolOf: SymbolOf,
): SubPlan {
  const calls = functions.map(
    (window): WindowFunctionCall => ({
      symbol: state.symbols.newSymbol(window.function.name, window.function.returnType),
      function: window.function,
      args: window.args.map((arg) => {
        const symbol = symbolOf(arg)
        return symbol === undefined ? translate(arg, plan.translation) : symbolReference(symbol)
      }),
      frame: {
        unit: window.frame.unit,
        start: frameBound(window.frame.start, symbolOf),
        end: frameBound(window.frame.end, symbolOf),
      },
      ignoreNulls: window.ignoreNulls,
      ...(window.callOrderBy.length === 0
        ? {}
        : { orderBy: sortSymbols(window.callOrderBy, symbolOf) }),
      ...(window.distinct ? { distinct: true } : {}),
    }),
  )
  const node: WindowNode = {
    kind: 'window',
    id: state.ids.next(),
    source: plan.node,
    partitionBy,
    orderBy,
    functions: calls,
  }
  const symbols = functions.map((w, i): [string, PlanSymbol] => [w.id, calls[i]!.symbol])
  return { node, translation: withSymbols(plan.translation, symbols) }
}

function frameBound(bound: BoundFrameBound, symbolOf: SymbolOf): FrameBound {
  if (bound.range !== undefined) {
    return {
      kind: bound.kind,
      value: symbolOf(bound.range.boundary)!,
      sortKey: symbolOf(bound.range.sortKey)!,
    }
  }
  return bound.value === undefined
    ? { kind: bound.kind }
    : { kind: bound.kind, value: symbolOf(bound.value)! }
}
