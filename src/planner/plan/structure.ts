import type { PlanNode, SharedScanNode, TableArgument } from './node.js'
import type { PlanSymbol } from './symbol.js'
import { visitPlan } from './visit.js'

const one = (node: { readonly source: PlanNode }): readonly PlanNode[] => [node.source]
const none = (): readonly PlanNode[] => []

/** The direct sources of a node, in order. */
export const sourcesOf = (node: PlanNode): readonly PlanNode[] =>
  visitPlan<readonly PlanNode[]>(node, {
    tableScan: none,
    values: none,
    remoteSource: none,
    sharedScan: none,
    with: (n) => [n.main, ...n.shared.map(({ plan }) => plan)],
    join: (n) => [n.left, n.right],
    semiJoin: (n) => [n.source, n.filteringSource],
    setOperation: (n) => n.sources,
    tableFunction: (n) => n.sources,
    apply: (n) => [n.input, n.subquery],
    correlatedJoin: (n) => [n.input, n.subquery],
    filter: one,
    project: one,
    aggregation: one,
    sort: one,
    topN: one,
    limit: one,
    offset: one,
    enforceSingleRow: one,
    assignUniqueId: one,
    markDistinct: one,
    groupId: one,
    window: one,
    patternRecognition: one,
    rowNumber: one,
    topNRanking: one,
    unnest: one,
    sample: one,
    asyncCall: one,
    tableWriter: one,
    tableFinish: one,
    exchange: one,
    output: one,
  })

/** What a table function reads of an argument, besides what is only passed on. */
export const readsOfTable = (table: TableArgument): readonly PlanSymbol[] => [
  ...table.partitionBy,
  ...table.orderBy.map((item) => item.symbol),
  ...table.required,
]

type NodeOf<K extends PlanNode['kind']> = Extract<PlanNode, { kind: K }>

/** The same node over other sources; the node itself where they are identical. */
export function withSources(node: PlanNode, sources: readonly PlanNode[]): PlanNode {
  const old = sourcesOf(node)
  if (old.length === sources.length && old.every((s, i) => s === sources[i])) return node
  const [first, second] = sources as [PlanNode, PlanNode]
  const replaceOne = <K extends PlanNode['kind']>(n: NodeOf<K>): PlanNode =>
    ({ ...n, source: first }) as PlanNode
  const keep = (n: PlanNode): PlanNode => n
  return visitPlan<PlanNode>(node, {
    tableScan: keep,
    values: keep,
    remoteSource: keep,
    sharedScan: keep,
    with: (n) => ({
      ...n,
      main: first,
      shared: n.shared.map((shared, i) => ({ ...shared, plan: sources[i + 1] as PlanNode })),
    }),
    join: (n) => ({ ...n, left: first, right: second }),
    semiJoin: (n) => ({ ...n, source: first, filteringSource: second }),
    setOperation: (n) => ({ ...n, sources }),
    tableFunction: (n) => ({ ...n, sources }),
    apply: (n) => ({ ...n, input: first, subquery: second }),
    correlatedJoin: (n) => ({ ...n, input: first, subquery: second }),
    filter: replaceOne,
    project: replaceOne,
    aggregation: replaceOne,
    sort: replaceOne,
    topN: replaceOne,
    limit: replaceOne,
    offset: replaceOne,
    enforceSingleRow: replaceOne,
    assignUniqueId: replaceOne,
    markDistinct: replaceOne,
    groupId: replaceOne,
    window: replaceOne,
    patternRecognition: replaceOne,
    rowNumber: replaceOne,
    topNRanking: replaceOne,
    unnest: replaceOne,
    sample: replaceOne,
    asyncCall: replaceOne,
    tableWriter: replaceOne,
    tableFinish: replaceOne,
    exchange: replaceOne,
    output: replaceOne,
  })
}

const same = (n: { readonly source: PlanNode }): readonly PlanSymbol[] => outputsOf(n.source)
const stated = (n: { readonly outputs: readonly PlanSymbol[] }): readonly PlanSymbol[] => n.outputs

/** The symbols that row pattern recognition adds to its columns, in channel order. */
export const madeByPattern = ({
  measures,
  frame,
}: NodeOf<'patternRecognition'>): readonly PlanSymbol[] =>
  frame === undefined ? measures : [...measures, frame.position, frame.matchStart, frame.matchEnd]

/** The symbols a node outputs, in channel order. */
export const outputsOf = (node: PlanNode): readonly PlanSymbol[] =>
  visitPlan<readonly PlanSymbol[]>(node, {
    tableScan: stated,
    values: stated,
    remoteSource: stated,
    sharedScan: stated,
    with: (n) => outputsOf(n.main),
    setOperation: stated,
    output: stated,
    filter: same,
    sort: same,
    topN: same,
    limit: same,
    offset: same,
    enforceSingleRow: same,
    sample: same,
    exchange: same,
    project: (n) => n.assignments.map((a) => a.symbol),
    aggregation: (n) => [
      ...n.groupingKeys,
      ...(n.step === 'partial' || n.step === 'intermediate'
        ? (n.states ?? []).flat()
        : n.aggregations.map((a) => a.symbol)),
    ],
    join: (n) => [...n.leftOutputs, ...n.rightOutputs],
    semiJoin: (n) =>
      n.mode === 'mark' ? [...outputsOf(n.source), n.output as PlanSymbol] : outputsOf(n.source),
    assignUniqueId: (n) => [...outputsOf(n.source), n.symbol],
    markDistinct: (n) => [...outputsOf(n.source), n.marker],
    groupId: (n) => [
      ...n.groupingColumns.map((c) => c.output),
      ...n.aggregationArguments,
      n.groupIdSymbol,
    ],
    patternRecognition: (n) => [...n.columns, ...madeByPattern(n)],
    tableFunction: (n) => [...n.properOutputs, ...n.tables.flatMap((t) => t.passed)],
    window: (n) => [...outputsOf(n.source), ...n.functions.map((f) => f.symbol)],
    rowNumber: (n) => [...outputsOf(n.source), n.symbol],
    topNRanking: (n) => [...outputsOf(n.source), n.symbol],
    asyncCall: (n) => [...outputsOf(n.source), ...n.calls.map((c) => c.symbol)],
    unnest: (n) => [
      ...n.replicated,
      ...n.mappings.flatMap((m) => m.outputs),
      ...(n.ordinality === undefined ? [] : [n.ordinality]),
    ],
    apply: (n) => [...outputsOf(n.input), ...n.assignments.map((a) => a.symbol)],
    correlatedJoin: (n) => [...outputsOf(n.input), ...outputsOf(n.subquery)],
    tableWriter: (n) => [n.rowCountSymbol, n.fragmentSymbol],
    tableFinish: (n) => [n.rowCountSymbol],
  })

/** The scans of shared plans that a plan has. */
export const sharedScansOf = (node: PlanNode): readonly SharedScanNode[] =>
  node.kind === 'sharedScan' ? [node] : sourcesOf(node).flatMap(sharedScansOf)
