import { workEstimates } from '../cost/work-estimates.js'
import { inlineAll } from '../optimizer/sharing/inline-shared.js'
import type { FragmentPartitioning, OutputPartitioning, PlanFragment } from '../plan/fragment.js'
import type { ExchangeNode, PlanNode, TableReference, TableScanNode } from '../plan/node.js'
import { planNodeIdAllocator } from '../plan/node.js'
import { outputsOf, sharedScansOf, sourcesOf, withSources } from '../plan/structure.js'
import { type SymbolAllocator, symbolAllocator } from '../plan/symbol.js'
import { addExchanges, type ExchangeOptions } from './add-exchanges.js'

export type FragmentOptions = Omit<ExchangeOptions, 'ids'>

/**
 * Cuts an optimised plan into the fragments that a cluster runs: exchanges are added where rows have to move, and each
 * becomes the border of a fragment.
 * @param plan ends in its output; where it writes, each task writes its rows
 * @returns the fragments by id; a fragment's sources come after it
 * @source Trino AddExchanges, PlanFragmenter
 */
export function fragmentPlan(plan: PlanNode, options: FragmentOptions): readonly PlanFragment[] {
  const ids = planNodeIdAllocator(1 + largestId(plan))
  const fragments: PlanFragment[] = []
  // A fragment has one reader: what would be shared is computed where it is used.
  const whole = isShared(plan) ? inlineAll(plan, { ids, symbols: symbolsBeside(plan) }) : plan
  const { plan: exchanged, partitionedScans } = addExchanges(whole, { ...options, ids })
  cut(withoutIdleRoot(exchanged), { kind: 'single' }, fragments, { ...options, partitionedScans })
  return fragments
}

/** Where a task would only hand on what it gathers, there is none: the result is read from the tasks below it. */
function withoutIdleRoot(plan: PlanNode): PlanNode {
  if (plan.kind !== 'output' || plan.source.kind !== 'exchange') return plan
  const { type, orderBy, concatenates, source } = plan.source
  const isIdle = type === 'gather' && orderBy === undefined && concatenates !== true
  return isIdle && source.kind !== 'tableWriter' ? { ...plan, source } : plan
}

const isShared = (plan: PlanNode): boolean => sharedScansOf(plan).length > 0

/** Makes symbols with names that the plan does not have yet. */
function symbolsBeside(plan: PlanNode): SymbolAllocator {
  const symbols = symbolAllocator()
  const take = (node: PlanNode): void => {
    for (const { name, type } of outputsOf(node)) symbols.newSymbol(name, type)
    for (const source of sourcesOf(node)) take(source)
  }
  take(plan)
  return symbols
}

const largestId = (node: PlanNode): number =>
  Math.max(Number(node.id), ...sourcesOf(node).map(largestId))

/** Makes the fragment of a tree and, below its exchanges, those of its sources. @returns its number */
function cut(
  tree: PlanNode,
  output: OutputPartitioning,
  fragments: (PlanFragment | undefined)[],
  options: FragmentOptions & { readonly partitionedScans: ReadonlySet<string> },
): number {
  const id = fragments.length
  fragments.push(undefined)
  const exchanges: ExchangeNode[] = []
  const root = withRemoteSources(tree, (exchange) => {
    exchanges.push(exchange)
    return cut(exchange.source, outputOf(exchange), fragments, options)
  })
  const scans = ownScans(root)
  const { nodeRows, inputBytes } = workEstimates(tree, scans, options.estimator)
  fragments[id] = {
    id,
    root,
    partitioning: hasTableFunction(root)
      ? 'coordinator'
      : partitioningOf(scans, exchanges, options),
    output,
    partitionedScans: scans
      .map((scan) => scan.id)
      .filter((scan) => options.partitionedScans.has(scan)),
    nodeRows,
    inputBytes,
  }
  return id
}

function withRemoteSources(node: PlanNode, sourceOf: (exchange: ExchangeNode) => number): PlanNode {
  if (node.kind === 'exchange') {
    return {
      kind: 'remoteSource',
      id: node.id,
      fragments: [sourceOf(node)],
      outputs: outputsOf(node),
      ...(node.orderBy === undefined ? {} : { orderBy: node.orderBy }),
      ...(node.concatenates ? { concatenates: true } : {}),
    }
  }
  return withSources(
    node,
    sourcesOf(node).map((source) => withRemoteSources(source, sourceOf)),
  )
}

const ownScans = (node: PlanNode): readonly TableScanNode[] =>
  node.kind === 'tableScan' ? [node] : sourcesOf(node).flatMap(ownScans)

const hasTableFunction = (node: PlanNode): boolean =>
  node.kind === 'tableFunction' || sourcesOf(node).some(hasTableFunction)

function outputOf(exchange: ExchangeNode): OutputPartitioning {
  switch (exchange.type) {
    case 'gather':
      return { kind: 'single' }
    case 'replicate':
      return { kind: 'broadcast' }
    case 'repartition':
      if (exchange.orderBy !== undefined) return { kind: 'range', orderBy: exchange.orderBy }
      return exchange.partitionBy.length === 0
        ? { kind: 'arbitrary' }
        : {
            kind: 'hash',
            keys: exchange.partitionBy,
            ...(exchange.spreadsNulls ? { spreadsNulls: true } : {}),
            ...(exchange.heavyKeys === undefined ? {} : { heavyKeys: exchange.heavyKeys }),
          }
  }
}

function partitioningOf(
  scans: readonly { readonly table: TableReference }[],
  exchanges: readonly ExchangeNode[],
  options: FragmentOptions,
): FragmentPartitioning {
  if (scans.some((scan) => options.isCoordinatorOnly(scan.table))) return 'coordinator'
  const isHashed = exchanges.some((e) => e.type === 'repartition' && e.partitionBy.length > 0)
  if (isHashed) return 'hash'
  if (exchanges.some((e) => e.type === 'repartition' && e.orderBy !== undefined)) return 'range'
  if (scans.length > 0) return 'source'
  return exchanges.some((e) => e.type === 'repartition') ? 'arbitrary' : 'single'
}
