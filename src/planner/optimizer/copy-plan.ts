import type { Expression } from '../../expressions/ir.js'
import type {
  AggregateCall,
  FrameBound,
  PlanNode,
  SetExpression,
  SortItem,
  WindowFunctionCall,
} from '../plan/node.js'
import { madeByPattern, sourcesOf, withSources } from '../plan/structure.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { visitPlan } from '../plan/visit.js'
import type { OptimizerContext } from './context.js'
import { symbolOf } from './expression/predicates.js'
import { substitute } from './expression/tree.js'

/**
 * Copies a plan with new node ids and new names for every symbol it makes; symbols of an outer query stay.
 * @returns the copy, and the name that stands for a symbol of the original in it
 */
export function copyPlan(
  plan: PlanNode,
  context: Pick<OptimizerContext, 'symbols' | 'ids'>,
): { readonly plan: PlanNode; readonly rename: (symbol: PlanSymbol) => PlanSymbol } {
  const names = new Map<string, PlanSymbol>()
  const copy = (node: PlanNode): PlanNode => {
    const over = withSources(node, sourcesOf(node).map(copy))
    for (const symbol of madeBy(node)) {
      names.set(symbol.name, context.symbols.newSymbol(symbol.name, symbol.type))
    }
    return { ...renameNode(over, (s) => names.get(s.name) ?? s), id: context.ids.next() }
  }
  return { plan: copy(plan), rename: (symbol) => names.get(symbol.name) ?? symbol }
}

const nothing = (): readonly PlanSymbol[] => []

/** The symbols a node makes, rather than passes on. */
const madeBy = (node: PlanNode): readonly PlanSymbol[] =>
  visitPlan<readonly PlanSymbol[]>(node, {
    tableScan: (n) => n.outputs,
    values: (n) => n.outputs,
    remoteSource: (n) => n.outputs,
    sharedScan: (n) => n.outputs,
    with: nothing,
    setOperation: (n) => n.outputs,
    project: (n) =>
      n.assignments
        .filter((a) => a.expression.kind !== 'symbol' || a.expression.name !== a.symbol.name)
        .map((a) => a.symbol),
    aggregation: (n) => n.aggregations.map((a) => a.symbol),
    semiJoin: (n) => (n.output === undefined ? [] : [n.output]),
    assignUniqueId: (n) => [n.symbol],
    markDistinct: (n) => [n.marker],
    groupId: (n) => [
      ...n.groupingColumns.filter((c) => c.output.name !== c.input.name).map((c) => c.output),
      n.groupIdSymbol,
    ],
    window: (n) => n.functions.map((f) => f.symbol),
    patternRecognition: madeByPattern,
    tableFunction: (n) => n.properOutputs,
    asyncCall: (n) => n.calls.map((c) => c.symbol),
    rowNumber: (n) => [n.symbol],
    topNRanking: (n) => [n.symbol],
    unnest: (n) => [
      ...n.mappings.flatMap((m) => m.outputs),
      ...(n.ordinality === undefined ? [] : [n.ordinality]),
    ],
    apply: (n) => n.assignments.map((a) => a.symbol),
    tableWriter: (n) => [n.rowCountSymbol, n.fragmentSymbol],
    tableFinish: nothing,
    filter: nothing,
    join: nothing,
    sort: nothing,
    topN: nothing,
    limit: nothing,
    offset: nothing,
    enforceSingleRow: nothing,
    sample: nothing,
    correlatedJoin: nothing,
    exchange: nothing,
    output: nothing,
  })

type Rename = (symbol: PlanSymbol) => PlanSymbol

/** The node with every symbol renamed, its sources as they are. */
function renameNode(node: PlanNode, rename: Rename): PlanNode {
  const all = (symbols: readonly PlanSymbol[]) => symbols.map(rename)
  const maybe = (symbol: PlanSymbol | undefined) =>
    symbol === undefined ? undefined : rename(symbol)
  const expr = (e: Expression): Expression =>
    substitute(e, (name, type) => symbolOf(rename({ name, type })))
  const order = (items: readonly SortItem[]): SortItem[] =>
    items.map((item) => ({ ...item, symbol: rename(item.symbol) }))
  const criteria = (list: readonly { left: PlanSymbol; right: PlanSymbol }[]) =>
    list.map((c) => ({ left: rename(c.left), right: rename(c.right) }))
  type Filters = readonly { readonly id: string; readonly symbol: PlanSymbol }[] | undefined
  const renamed = (list: Filters) => list?.map((f) => ({ id: f.id, symbol: rename(f.symbol) }))
  const filters = (made: Filters, probe?: Filters) => ({
    ...(made === undefined ? {} : { dynamicFilters: renamed(made)! }),
    ...(probe === undefined ? {} : { probeFilters: renamed(probe)! }),
  })
  return visitPlan<PlanNode>(node, {
    tableScan: (n) => ({ ...n, outputs: all(n.outputs), ...filters(n.dynamicFilters) }),
    values: (n) => ({ ...n, outputs: all(n.outputs), rows: n.rows.map((r) => r.map(expr)) }),
    remoteSource: (n) => ({ ...n, outputs: all(n.outputs) }),
    // The columns are symbols of the shared plan, which is no part of what is renamed.
    sharedScan: (n) => ({ ...n, outputs: all(n.outputs) }),
    with: (n) => n,
    filter: (n) => ({ ...n, predicate: expr(n.predicate) }),
    project: (n) => ({
      ...n,
      assignments: n.assignments.map((a) => ({
        symbol: rename(a.symbol),
        expression: expr(a.expression),
      })),
    }),
    aggregation: (n) => ({
      ...n,
      groupingKeys: all(n.groupingKeys),
      ...(n.groupIdSymbol === undefined ? {} : { groupIdSymbol: rename(n.groupIdSymbol) }),
      aggregations: n.aggregations.map((a) => ({
        symbol: rename(a.symbol),
        call: renameCall(a.call, rename, expr, order),
      })),
      ...(n.preGroupedSymbols === undefined ? {} : { preGroupedSymbols: all(n.preGroupedSymbols) }),
    }),
    join: (n) => ({
      ...n,
      criteria: criteria(n.criteria),
      ...(n.filter === undefined ? {} : { filter: expr(n.filter) }),
      leftOutputs: all(n.leftOutputs),
      rightOutputs: all(n.rightOutputs),
      ...filters(n.dynamicFilters, n.probeFilters),
    }),
    semiJoin: (n) => ({
      ...n,
      criteria: criteria(n.criteria),
      ...(n.filter === undefined ? {} : { filter: expr(n.filter) }),
      ...(n.output === undefined ? {} : { output: rename(n.output) }),
      ...filters(n.dynamicFilters, n.probeFilters),
    }),
    sort: (n) => ({ ...n, orderBy: order(n.orderBy) }),
    topN: (n) => ({ ...n, orderBy: order(n.orderBy) }),
    limit: (n) => ({
      ...n,
      ...(n.tiesOrderBy === undefined ? {} : { tiesOrderBy: order(n.tiesOrderBy) }),
    }),
    offset: (n) => n,
    enforceSingleRow: (n) => n,
    sample: (n) => n,
    setOperation: (n) => ({ ...n, outputs: all(n.outputs), inputs: n.inputs.map(all) }),
    assignUniqueId: (n) => ({ ...n, symbol: rename(n.symbol) }),
    markDistinct: (n) => ({
      ...n,
      marker: rename(n.marker),
      distinctSymbols: all(n.distinctSymbols),
    }),
    groupId: (n) => ({
      ...n,
      groupingSets: n.groupingSets.map(all),
      groupingColumns: n.groupingColumns.map((c) => ({
        output: rename(c.output),
        input: rename(c.input),
      })),
      aggregationArguments: all(n.aggregationArguments),
      groupIdSymbol: rename(n.groupIdSymbol),
    }),
    window: (n) => ({
      ...n,
      partitionBy: all(n.partitionBy),
      orderBy: order(n.orderBy),
      functions: n.functions.map((f) => renameWindowCall(f, rename, maybe, expr)),
    }),
    patternRecognition: (n) => ({
      ...n,
      partitionBy: all(n.partitionBy),
      orderBy: order(n.orderBy),
      inputs: all(n.inputs),
      columns: all(n.columns),
      measures: all(n.measures),
      ...(n.frame === undefined
        ? {}
        : {
            frame: {
              end: renameBound(n.frame.end, maybe),
              position: rename(n.frame.position),
              matchStart: rename(n.frame.matchStart),
              matchEnd: rename(n.frame.matchEnd),
            },
          }),
    }),
    tableFunction: (n) => ({
      ...n,
      properOutputs: all(n.properOutputs),
      tables: n.tables.map((t) => ({
        ...t,
        partitionBy: all(t.partitionBy),
        orderBy: order(t.orderBy),
        required: all(t.required),
        passed: all(t.passed),
      })),
    }),
    asyncCall: (n) => ({
      ...n,
      calls: n.calls.map((c) => ({ ...c, symbol: rename(c.symbol), args: all(c.args) })),
    }),
    rowNumber: (n) => ({ ...n, partitionBy: all(n.partitionBy), symbol: rename(n.symbol) }),
    topNRanking: (n) => ({
      ...n,
      partitionBy: all(n.partitionBy),
      orderBy: order(n.orderBy),
      symbol: rename(n.symbol),
    }),
    unnest: (n) => ({
      ...n,
      replicated: all(n.replicated),
      mappings: n.mappings.map((m) => ({ input: rename(m.input), outputs: all(m.outputs) })),
      ...(n.ordinality === undefined ? {} : { ordinality: rename(n.ordinality) }),
    }),
    apply: (n) => ({
      ...n,
      correlation: all(n.correlation),
      assignments: n.assignments.map((a) => ({
        symbol: rename(a.symbol),
        set: renameSet(a.set, rename),
      })),
    }),
    correlatedJoin: (n) => ({ ...n, correlation: all(n.correlation), filter: expr(n.filter) }),
    tableWriter: (n) => ({
      ...n,
      columns: all(n.columns),
      rowCountSymbol: rename(n.rowCountSymbol),
      fragmentSymbol: rename(n.fragmentSymbol),
    }),
    tableFinish: (n) => ({ ...n, rowCountSymbol: rename(n.rowCountSymbol) }),
    exchange: (n) => ({
      ...n,
      partitionBy: all(n.partitionBy),
      ...(n.orderBy === undefined ? {} : { orderBy: order(n.orderBy) }),
    }),
    output: (n) => ({ ...n, outputs: all(n.outputs) }),
  })
}

const renameSet = (set: SetExpression, rename: Rename): SetExpression =>
  set.kind === 'exists'
    ? set
    : { ...set, value: rename(set.value), reference: rename(set.reference) }

function renameCall(
  call: AggregateCall,
  rename: Rename,
  expr: (e: Expression) => Expression,
  order: (items: readonly SortItem[]) => SortItem[],
): AggregateCall {
  return {
    ...call,
    args: call.args.map(expr),
    ...(call.filter === undefined ? {} : { filter: rename(call.filter) }),
    ...(call.mask === undefined ? {} : { mask: rename(call.mask) }),
    ...(call.orderBy === undefined ? {} : { orderBy: order(call.orderBy) }),
  }
}

function renameBound(
  b: FrameBound,
  maybe: (symbol: PlanSymbol | undefined) => PlanSymbol | undefined,
): FrameBound {
  const value = maybe(b.value)
  const sortKey = maybe(b.sortKey)
  return {
    kind: b.kind,
    ...(value === undefined ? {} : { value }),
    ...(sortKey === undefined ? {} : { sortKey }),
  }
}

function renameWindowCall(
  f: WindowFunctionCall,
  rename: Rename,
  maybe: (symbol: PlanSymbol | undefined) => PlanSymbol | undefined,
  expr: (e: Expression) => Expression,
): WindowFunctionCall {
  return {
    ...f,
    symbol: rename(f.symbol),
    args: f.args.map(expr),
    frame: {
      unit: f.frame.unit,
      start: renameBound(f.frame.start, maybe),
      end: renameBound(f.frame.end, maybe),
    },
    ...(f.orderBy === undefined
      ? {}
      : { orderBy: f.orderBy.map((item) => ({ ...item, symbol: rename(item.symbol) })) }),
    ...(f.filter === undefined ? {} : { filter: rename(f.filter) }),
  }
}
