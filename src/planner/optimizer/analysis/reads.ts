import type { Expression } from '../../../expressions/ir.js'
import type { AggregateCall, PlanNode, SortItem } from '../../plan/node.js'
import { readsOfTable, sourcesOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { visitPlan } from '../../plan/visit.js'
import { symbolsOf } from '../expression/tree.js'

const none = (): readonly string[] => []
const ofExpressions = (expressions: readonly (Expression | undefined)[]): string[] =>
  expressions.flatMap((e) => (e === undefined ? [] : [...symbolsOf(e)]))
const ofSymbols = (symbols: readonly (PlanSymbol | undefined)[]): string[] =>
  symbols.flatMap((symbol) => (symbol === undefined ? [] : [symbol.name]))
const ofOrder = (items: readonly SortItem[] | undefined): string[] =>
  (items ?? []).map((item) => item.symbol.name)

/** Names of the symbols an aggregate call reads. */
export const readsOfCall = (call: AggregateCall): string[] => [
  ...ofExpressions(call.args),
  ...ofSymbols([call.filter, call.mask]),
  ...ofOrder(call.orderBy),
]

/** Names of the symbols that a node itself reads (of its sources, or of an outer query), not those it passes on. */
export const readsOf = (node: PlanNode): readonly string[] =>
  visitPlan<readonly string[]>(node, {
    tableScan: none,
    remoteSource: none,
    sharedScan: none,
    with: none,
    limit: (n) => ofOrder(n.tiesOrderBy),
    offset: none,
    enforceSingleRow: none,
    assignUniqueId: none,
    sample: none,
    values: (n) => n.rows.flatMap((row) => ofExpressions(row)),
    filter: (n) => ofExpressions([n.predicate]),
    project: (n) => ofExpressions(n.assignments.map((a) => a.expression)),
    aggregation: (n) => [
      ...ofSymbols([...n.groupingKeys, n.groupIdSymbol]),
      ...((n.step === 'final' || n.step === 'intermediate') && n.states !== undefined
        ? ofSymbols(n.states.flat())
        : n.aggregations.flatMap((a) => readsOfCall(a.call))),
    ],
    join: (n) => [
      ...n.criteria.flatMap((c) => [c.left.name, c.right.name]),
      ...ofExpressions([n.filter]),
    ],
    semiJoin: (n) => [
      ...n.criteria.flatMap((c) => [c.left.name, c.right.name]),
      ...ofExpressions([n.filter]),
    ],
    sort: (n) => ofOrder(n.orderBy),
    topN: (n) => ofOrder(n.orderBy),
    setOperation: (n) => n.inputs.flatMap(ofSymbols),
    markDistinct: (n) => ofSymbols(n.distinctSymbols),
    groupId: (n) => [
      ...n.groupingColumns.map((c) => c.input.name),
      ...ofSymbols(n.aggregationArguments),
    ],
    window: (n) => [
      ...ofSymbols(n.partitionBy),
      ...ofOrder(n.orderBy),
      ...n.functions.flatMap((f) => [
        ...ofExpressions(f.args),
        ...ofOrder(f.orderBy ?? []),
        ...ofSymbols([
          f.filter,
          f.frame.start.value,
          f.frame.start.sortKey,
          f.frame.end.value,
          f.frame.end.sortKey,
        ]),
      ]),
    ],
    patternRecognition: (n) => [
      ...ofSymbols(n.partitionBy),
      ...ofOrder(n.orderBy),
      ...ofSymbols(n.inputs),
      ...ofSymbols(n.columns),
      ...ofSymbols([n.frame?.end.value]),
    ],
    tableFunction: (n) =>
      n.tables.flatMap((t) => [...ofSymbols(readsOfTable(t)), ...ofSymbols(t.passed)]),
    rowNumber: (n) => ofSymbols(n.partitionBy),
    topNRanking: (n) => [...ofSymbols(n.partitionBy), ...ofOrder(n.orderBy)],
    asyncCall: (n) => n.calls.flatMap((c) => ofSymbols(c.args)),
    unnest: (n) => [...ofSymbols(n.replicated), ...ofSymbols(n.mappings.map((m) => m.input))],
    apply: (n) => [
      ...ofSymbols(n.correlation),
      ...n.assignments.flatMap(({ set }) =>
        set.kind === 'exists' ? [] : [set.value.name, set.reference.name],
      ),
    ],
    correlatedJoin: (n) => [...ofSymbols(n.correlation), ...ofExpressions([n.filter])],
    tableWriter: (n) => ofSymbols(n.columns),
    tableFinish: none,
    exchange: (n) => [...ofSymbols(n.partitionBy), ...ofOrder(n.orderBy)],
    output: (n) => ofSymbols(n.outputs),
  })

/** Tells whether a plan reads any of these symbols, anywhere. */
export function planReadsAny(node: PlanNode, names: ReadonlySet<string>): boolean {
  for (const name of readsOf(node)) if (names.has(name)) return true
  return sourcesOf(node).some((source) => planReadsAny(source, names))
}
