import type { Expression } from '../../expressions/ir.js'
import { INTEGER } from '../../spi/index.js'
import type {
  BoundFrameBound,
  BoundFramePattern,
  BoundSortItem,
  BoundWindow,
  BoundWindowFunction,
  BoundWindowMeasure,
} from '../analyzer/bound.js'
import { windowExpressions } from '../analyzer/bound-walk.js'
import type {
  FrameBound,
  PatternFrame,
  SortItem,
  WindowFrame,
  WindowFunctionCall,
  WindowNode,
} from '../plan/node.js'
import { outputsOf } from '../plan/structure.js'
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
  const groups = new Map<string, { key: WindowKey; calls: WindowCall[] }>()
  for (const window of windows) {
    const key = windowKey(window, symbolOf)
    const text = JSON.stringify([
      key.partitionBy.map((s) => s.name),
      key.orderBy.map((o) => [o.symbol.name, o.ascending, o.nullsFirst]),
      window.frame.pattern?.key,
    ])
    const group = groups.get(text)
    if (group === undefined) groups.set(text, { key, calls: [window] })
    else group.calls.push(window)
  }
  let { plan } = projected
  for (const { key, calls } of groups.values()) {
    const { frame } = calls[0]!
    const planned = { key, calls, symbolOf }
    plan =
      frame.pattern === undefined
        ? planGroup(state, plan, planned)
        : planPatternGroup(state, plan, planned, frame.pattern)
  }
  return plan
}

type WindowCall = BoundWindowFunction | BoundWindowMeasure

/** The calls of one window. */
interface WindowGroup {
  readonly key: WindowKey
  readonly calls: readonly WindowCall[]
  readonly symbolOf: SymbolOf
}

/** Lambdas and constants that are arguments or keys need no column; distances of frames always have one. */
const keptExpressions = (window: WindowCall): readonly Expression[] =>
  [
    ...(window.kind === 'window'
      ? [...window.args, ...window.callOrderBy.map((item) => item.expression)]
      : []),
    ...window.orderBy.map((item) => item.expression),
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
function windowKey(window: BoundWindow, symbolOf: SymbolOf): WindowKey {
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

/**
 * A row pattern gives each row its measures and the distances to its match, which functions have as their frame. They are over
 * the rows as these were numbered for the pattern, since rows that the order does not tell apart must not change places.
 * @source Trino QueryPlanner.planPatternRecognition, whose node has the functions
 */
function planPatternGroup(
  state: PlannerState,
  plan: SubPlan,
  { key, calls, symbolOf }: WindowGroup,
  { inputs, spec }: BoundFramePattern,
): SubPlan {
  const distance = (name: string) => state.symbols.newSymbol(name, INTEGER)
  const frame: PatternFrame = {
    end: frameBound(calls[0]!.frame.end, symbolOf),
    position: distance('position'),
    matchStart: distance('match_start'),
    matchEnd: distance('match_end'),
  }
  const measures = spec.measures.map((m) => state.symbols.newSymbol('measure', m.expression.type))
  const matched: SubPlan = {
    node: {
      kind: 'patternRecognition',
      id: state.ids.next(),
      source: plan.node,
      ...key,
      inputs: inputs.map((input) => symbolOf(input)!),
      columns: outputsOf(plan.node),
      measures,
      spec,
      frame,
    },
    translation: withSymbols(
      plan.translation,
      calls.flatMap((call): [string, PlanSymbol][] =>
        call.kind === 'measure' ? [[call.id, measures[call.measure]!]] : [],
      ),
    ),
  }
  const functions = calls.filter((call) => call.kind === 'window')
  if (functions.length === 0) return matched
  const byPosition: WindowKey = {
    partitionBy: key.partitionBy,
    orderBy: [{ symbol: frame.position, ascending: true, nullsFirst: false }],
  }
  return planGroup(
    state,
    matched,
    { key: byPosition, calls: functions, symbolOf },
    {
      unit: 'rows',
      start: { kind: 'following', value: frame.matchStart },
      end: { kind: 'following', value: frame.matchEnd },
    },
  )
}

/** @param matchFrame the frame of all functions, where it is not the one they are written with */
function planGroup(
  state: PlannerState,
  plan: SubPlan,
  { key, calls: written, symbolOf }: WindowGroup,
  matchFrame?: WindowFrame,
): SubPlan {
  const functions = written.filter((call) => call.kind === 'window')
  const calls = functions.map(
    (window): WindowFunctionCall => ({
      symbol: state.symbols.newSymbol(window.function.name, window.function.returnType),
      function: window.function,
      args: window.args.map((arg) => {
        const symbol = symbolOf(arg)
        return symbol === undefined ? translate(arg, plan.translation) : symbolReference(symbol)
      }),
      frame: matchFrame ?? {
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
    ...key,
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
