import type { Expression } from '../../../expressions/ir.js'
import type {
  AggregationNode,
  ApplyNode,
  AsyncCallNode,
  CorrelatedJoinNode,
  FilterNode,
  GroupIdNode,
  JoinNode,
  PlanNode,
  ProjectNode,
  SemiJoinNode,
  SetOperationNode,
  SharedScanNode,
  TableFunctionNode,
  TableScanNode,
  UnnestNode,
  ValuesNode,
  WindowNode,
  WithNode,
} from '../../plan/node.js'
import {
  outputsOf,
  readsOfTable,
  sharedScansOf,
  sourcesOf,
  withSources,
} from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { isScalar } from '../analysis/cardinality.js'
import { readsOf, readsOfCall } from '../analysis/reads.js'
import { restrict, singleRow } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { isTrue } from '../expression/predicates.js'
import { symbolsOf } from '../expression/tree.js'

type Names = ReadonlySet<string>

/**
 * Drops every column, aggregate, window function, mark and projection that nothing above reads, in one walk from the
 * top. Nodes whose job is gone (a mark nobody reads) go with it.
 * @source Trino PruneUnreferencedOutputs
 */
export const pruneColumns = (plan: PlanNode, context: OptimizerContext): PlanNode =>
  prune(plan, new Set(), context)

/**
 * The same, and columns that only a filter reads end above it: what runs it never gathers them for the rows it keeps. Nothing
 * that looks for filters comes after this.
 * @source Trino PruneFilterColumns
 */
export const pruneFilteredColumns = (plan: PlanNode, context: OptimizerContext): PlanNode =>
  prune(plan, new Set(), { ...context, endsAboveFilters: true })

interface PruningContext extends OptimizerContext {
  readonly endsAboveFilters?: boolean
}

const has = (names: Names) => (symbol: PlanSymbol) => names.has(symbol.name)
const addNames = (names: Names, more: Iterable<string>): Names => new Set([...names, ...more])
const addExpressions = (names: Names, expressions: readonly (Expression | undefined)[]): Names =>
  addNames(
    names,
    expressions.flatMap((e) => (e === undefined ? [] : [...symbolsOf(e)])),
  )
const sameLength = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length

/** The node with at least the outputs that `required` names. */
function prune(node: PlanNode, required: Names, context: PruningContext): PlanNode {
  switch (node.kind) {
    case 'tableScan':
      return pruneScan(node, required)
    case 'values':
      return pruneValues(node, required)
    case 'project':
      return pruneProject(node, required, context)
    case 'aggregation':
      return pruneAggregation(node, required, context)
    case 'join':
      return pruneJoin(node, required, context)
    case 'semiJoin':
      return pruneSemiJoin(node, required, context)
    case 'setOperation':
      return pruneSetOperation(node, required, context)
    case 'groupId':
      return pruneGroupId(node, required, context)
    case 'window':
      return pruneWindow(node, required, context)
    case 'patternRecognition':
      return prunePatternRecognition(node, required, context)
    case 'tableFunction':
      return pruneTableFunction(node, required, context)
    case 'asyncCall':
      return pruneAsyncCall(node, required, context)
    case 'unnest':
      return pruneUnnest(node, required, context)
    case 'apply':
      return pruneApply(node, required, context)
    case 'correlatedJoin':
      return pruneCorrelatedJoin(node, required, context)
    case 'assignUniqueId':
      if (!required.has(node.symbol.name)) return prune(node.source, required, context)
      return passThrough(node, required, context)
    case 'markDistinct':
      if (!required.has(node.marker.name)) return prune(node.source, required, context)
      return passThrough(node, addNames(required, readsOf(node)), context, true)
    case 'rowNumber':
      if (!required.has(node.symbol.name) && node.maxRowsPerPartition === undefined) {
        return prune(node.source, required, context)
      }
      return passThrough(node, addNames(required, readsOf(node)), context, true)
    case 'sort':
    case 'topN':
    case 'topNRanking':
      return passThrough(node, addNames(required, readsOf(node)), context, true)
    case 'filter':
      return pruneFilter(node, required, context)
    case 'limit':
    case 'offset':
    case 'sample':
    case 'enforceSingleRow':
    case 'exchange':
      return passThrough(node, addNames(required, readsOf(node)), context)
    case 'output':
    case 'tableWriter':
      return passThrough(node, new Set(readsOf(node)), context)
    case 'with':
      return pruneWith(node, required, context)
    case 'sharedScan':
      return pruneScan(node, required)
    case 'tableFinish':
    case 'remoteSource':
      return keepAll(node, context)
  }
}

/** The measures stay: matching may fail, and they are computed only for rows that are given. */
function prunePatternRecognition(
  node: PlanNode & { kind: 'patternRecognition' },
  required: Names,
  context: PruningContext,
): PlanNode {
  const columns = node.columns.filter((c) => required.has(c.name))
  const kept = sameLength(columns, node.columns) ? node : { ...node, columns }
  return passThrough(kept, new Set(readsOf(kept)), context)
}

/** Calls whose results nobody reads are not made. */
function pruneAsyncCall(node: AsyncCallNode, required: Names, context: PruningContext): PlanNode {
  const calls = node.calls.filter((call) => required.has(call.symbol.name))
  if (calls.length === 0) return prune(node.source, required, context)
  const kept = sameLength(calls, node.calls) ? node : { ...node, calls }
  return passThrough(kept, addNames(required, readsOf(kept)), context, true)
}

/** The function gives all of its own columns, whoever reads them. */
function pruneTableFunction(
  node: TableFunctionNode,
  required: Names,
  context: PruningContext,
): PlanNode {
  const tables = node.tables.map((table) => ({
    ...table,
    passed: table.passed.filter(has(required)),
  }))
  const isSame = tables.every((table, i) => sameLength(table.passed, node.tables[i]!.passed))
  const sources = node.sources.map((source, i) => {
    const { passed } = tables[i]!
    const names = new Set([...readsOfTable(tables[i]!), ...passed].map((s) => s.name))
    return restrict(context, prune(source, names, context), outputsOf(source).filter(has(names)))
  })
  return withSources(isSame ? node : { ...node, tables }, sources)
}

const keepAll = (node: PlanNode, context: PruningContext): PlanNode =>
  withSources(
    node,
    sourcesOf(node).map((source) =>
      prune(source, new Set(outputsOf(source).map((s) => s.name)), context),
    ),
  )

/** @param holdsRows a node that keeps its input: columns it would only carry are projected away below it */
function passThrough(
  node: PlanNode & { readonly source: PlanNode },
  required: Names,
  context: PruningContext,
  holdsRows = false,
): PlanNode {
  const source = prune(node.source, required, context)
  const exact = holdsRows
    ? restrict(context, source, outputsOf(source).filter(has(required)))
    : source
  return withSources(node, [exact])
}

function pruneFilter(node: FilterNode, required: Names, context: PruningContext): PlanNode {
  const kept = passThrough(node, addNames(required, readsOf(node)), context)
  if (context.endsAboveFilters !== true) return kept
  return restrict(context, kept, outputsOf(kept).filter(has(required)))
}

/** Of a shared plan all columns stay that any of its readers reads: they come before it here. */
function pruneWith(node: WithNode, required: Names, context: PruningContext): PlanNode {
  const main = prune(node.main, required, context)
  const read = new Map<string, Set<string>>(node.shared.map(({ name }) => [name, new Set()]))
  const note = (plan: PlanNode): void => {
    for (const { name, columns } of sharedScansOf(plan)) {
      for (const column of columns) read.get(name)?.add(column.name)
    }
  }
  note(main)
  const plans = node.shared.toReversed().map(({ name, plan }) => {
    const pruned = prune(plan, read.get(name) as Names, context)
    note(pruned)
    return pruned
  })
  return withSources(node, [main, ...plans.reverse()])
}

function pruneScan(node: TableScanNode | SharedScanNode, required: Names): PlanNode {
  const kept = node.outputs.flatMap((symbol, i) => (required.has(symbol.name) ? [i] : []))
  if (sameLength(kept, node.outputs)) return node
  return {
    ...node,
    outputs: kept.map((i) => node.outputs[i] as PlanSymbol),
    columns: kept.map((i) => node.columns[i]),
  } as typeof node
}

function pruneValues(node: ValuesNode, required: Names): PlanNode {
  const kept = node.outputs.flatMap((symbol, i) => (required.has(symbol.name) ? [i] : []))
  if (sameLength(kept, node.outputs)) return node
  return {
    ...node,
    outputs: kept.map((i) => node.outputs[i] as PlanSymbol),
    rows: node.rows.map((row) => kept.map((i) => row[i] as Expression)),
  }
}

function pruneProject(node: ProjectNode, required: Names, context: PruningContext): PlanNode {
  const assignments = node.assignments.filter((a) => required.has(a.symbol.name))
  const needed = addExpressions(
    new Set(),
    assignments.map((a) => a.expression),
  )
  const { source: below } = node
  // What only a filter reads ends in the projection itself.
  const source =
    below.kind === 'filter'
      ? passThrough(below, addNames(needed, readsOf(below)), context)
      : prune(below, needed, context)
  if (sameLength(assignments, node.assignments)) return withSources(node, [source])
  return { ...node, source, assignments }
}

function pruneAggregation(
  node: AggregationNode,
  required: Names,
  context: PruningContext,
): PlanNode {
  const aggregations = node.aggregations.filter((a) => required.has(a.symbol.name))
  const global = node.groupingKeys.length === 0 && node.globalGroupingSets.length === 1
  if (global && aggregations.length === 0) return singleRow(context)
  const needed = addNames(new Set(node.groupingKeys.map((key) => key.name)), [
    ...(node.groupIdSymbol === undefined ? [] : [node.groupIdSymbol.name]),
    ...aggregations.flatMap((a) => readsOfCall(a.call)),
  ])
  const source = prune(node.source, needed, context)
  if (sameLength(aggregations, node.aggregations)) return withSources(node, [source])
  return { ...node, source, aggregations }
}

function pruneJoin(node: JoinNode, required: Names, context: PruningContext): PlanNode {
  const leftOutputs = node.leftOutputs.filter(has(required))
  const rightOutputs = node.rightOutputs.filter(has(required))
  const reads = readsOf(node)
  const left = prune(node.left, addNames(new Set(leftOutputs.map((s) => s.name)), reads), context)
  const right = prune(
    node.right,
    addNames(new Set(rightOutputs.map((s) => s.name)), reads),
    context,
  )
  if (sameLength(leftOutputs, node.leftOutputs) && sameLength(rightOutputs, node.rightOutputs)) {
    return withSources(node, [left, right])
  }
  return { ...node, left, right, leftOutputs, rightOutputs }
}

function pruneSemiJoin(node: SemiJoinNode, required: Names, context: PruningContext): PlanNode {
  if (node.mode === 'mark' && !required.has((node.output as PlanSymbol).name)) {
    return prune(node.source, required, context)
  }
  const reads = new Set(readsOf(node))
  return withSources(node, [
    prune(node.source, addNames(required, reads), context),
    prune(node.filteringSource, reads, context),
  ])
}

function pruneSetOperation(
  node: SetOperationNode,
  required: Names,
  context: PruningContext,
): PlanNode {
  // INTERSECT and EXCEPT compare whole rows.
  const kept = node.outputs.flatMap((symbol, i) =>
    node.operation !== 'union' || node.distinct || required.has(symbol.name) ? [i] : [],
  )
  const inputs = node.inputs.map((list) => kept.map((i) => list[i] as PlanSymbol))
  const sources = node.sources.map((source, s) =>
    prune(source, new Set((inputs[s] as PlanSymbol[]).map((symbol) => symbol.name)), context),
  )
  if (sameLength(kept, node.outputs)) return withSources(node, sources)
  return { ...node, sources, inputs, outputs: kept.map((i) => node.outputs[i] as PlanSymbol) }
}

function pruneGroupId(node: GroupIdNode, required: Names, context: PruningContext): PlanNode {
  const aggregationArguments = node.aggregationArguments.filter(has(required))
  const needed = new Set([
    ...node.groupingColumns.map((c) => c.input.name),
    ...aggregationArguments.map((s) => s.name),
  ])
  const source = prune(node.source, needed, context)
  if (sameLength(aggregationArguments, node.aggregationArguments))
    return withSources(node, [source])
  return { ...node, source, aggregationArguments }
}

function pruneWindow(node: WindowNode, required: Names, context: PruningContext): PlanNode {
  const functions = node.functions.filter((f) => required.has(f.symbol.name))
  if (functions.length === 0) return prune(node.source, required, context)
  const pruned: WindowNode = sameLength(functions, node.functions) ? node : { ...node, functions }
  const own = new Set(functions.map((f) => f.symbol.name))
  const fromSource = [...required].filter((name) => !own.has(name))
  return passThrough(pruned, addNames(new Set(fromSource), readsOf(pruned)), context, true)
}

function pruneUnnest(node: UnnestNode, required: Names, context: PruningContext): PlanNode {
  const replicated = node.replicated.filter(has(required))
  const ordinality =
    node.ordinality !== undefined && required.has(node.ordinality.name)
      ? node.ordinality
      : undefined
  const needed = new Set([
    ...replicated.map((s) => s.name),
    ...node.mappings.map((m) => m.input.name),
  ])
  const source = prune(node.source, needed, context)
  if (sameLength(replicated, node.replicated) && ordinality === node.ordinality) {
    return withSources(node, [source])
  }
  const { ordinality: _, ...fields } = node
  return { ...fields, source, replicated, ...(ordinality === undefined ? {} : { ordinality }) }
}

function pruneApply(node: ApplyNode, required: Names, context: PruningContext): PlanNode {
  const assignments = node.assignments.filter((a) => required.has(a.symbol.name))
  if (assignments.length === 0) return prune(node.input, required, context)
  const references = assignments.flatMap(({ set }) =>
    set.kind === 'exists' ? [] : [set.reference.name],
  )
  const values = assignments.flatMap(({ set }) => (set.kind === 'exists' ? [] : [set.value.name]))
  const correlation = node.correlation.map((s) => s.name)
  const input = prune(node.input, addNames(required, [...values, ...correlation]), context)
  const subquery = prune(node.subquery, new Set(references), context)
  if (sameLength(assignments, node.assignments)) return withSources(node, [input, subquery])
  return { ...node, input, subquery, assignments }
}

function pruneCorrelatedJoin(
  node: CorrelatedJoinNode,
  required: Names,
  context: PruningContext,
): PlanNode {
  const used = outputsOf(node.subquery).some(has(required))
  const decides = node.type === 'inner' || node.type === 'left'
  // As in Trino, a scalar subquery whose value nobody reads is not run, even if it has several rows.
  if (!used && decides && isTrue(node.filter) && isScalar(node.subquery)) {
    return prune(node.input, required, context)
  }
  const needed = addExpressions(
    addNames(
      required,
      node.correlation.map((s) => s.name),
    ),
    [node.filter],
  )
  return withSources(node, [
    prune(node.input, needed, context),
    prune(node.subquery, needed, context),
  ])
}
