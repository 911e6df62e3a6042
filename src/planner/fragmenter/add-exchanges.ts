import type { ResolvedFunction } from '../../expressions/ir.js'
import type { SqlType } from '../../spi/index.js'
import type { Estimator } from '../cost/estimator.js'
import type {
  ExchangeNode,
  PlanNode,
  PlanNodeIdAllocator,
  SortItem,
  TableReference,
  TableScanNode,
} from '../plan/node.js'
import { outputsOf, withSources } from '../plan/structure.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { type PlanVisitor, visitPlan } from '../plan/visit.js'
import { distributeAggregation } from './aggregation-exchanges.js'
import {
  type Distributed,
  type Distribution,
  hashOf,
  keepsTogether,
  rename,
  restrict,
  SINGLE,
  SPREAD,
} from './distribution.js'
import type { JoinDistributionOptions } from './join-distribution.js'
import { distributeJoin, distributeSemiJoin } from './join-exchanges.js'
import { pruneExchanges } from './prune-exchanges.js'
import type { SkewKnowledge } from './skew-sample.js'
import { distributeSort, type SortDistributionOptions } from './sort-exchanges.js'
import { distributeUnion } from './union-exchanges.js'

/** What the places of exchanges are decided by. */
export interface ExchangeOptions extends JoinDistributionOptions, SortDistributionOptions {
  readonly estimator: Estimator
  readonly ids: PlanNodeIdAllocator
  /** True where only the coordinator can read a table. */
  isCoordinatorOnly(table: TableReference): boolean
  /** How the connectors of scans partition them, by plan node. */
  readonly partitionings: ReadonlyMap<string, ScanPartitioning>
  /** Groups are states when they move, where that is possible. */
  readonly prefersPartialAggregation: boolean
  /** What comes from one task is written by all. */
  readonly redistributesWrites: boolean
  /** Absent: no key is taken to be that of most rows. */
  readonly skew?: SkewKnowledge
  /** Types of the columns in which a partial aggregation hands a call's states on. */
  stateTypes(aggregate: ResolvedFunction): readonly SqlType[]
}

/** Scans whose handles are equal have rows of equal keys in the same partition. */
export interface ScanPartitioning {
  readonly handle: string
  /** Names of the scan's outputs. */
  readonly keys: readonly string[]
}

/** What the distribution of one node needs. */
export interface ExchangeContext extends ExchangeOptions {
  plan(node: PlanNode): Distributed
  /** The same, but sorted rows may be in ranges: for what leaves rows in their order and needs no more of them. */
  planInOrder(node: PlanNode): Distributed
  /** Something relies on where the rows are: scans have to give the splits of a partition to one task. */
  keep(source: Distributed): Distributed
  /** All rows in one task, in any order or merged by one. */
  gather(source: Distributed, orderBy?: readonly SortItem[]): Distributed
  /** Rows of equal keys in one task, but for some that need not be. */
  repartition(
    source: Distributed,
    keys: readonly PlanSymbol[],
    except?: Pick<ExchangeNode, 'spreadsNulls' | 'heavyKeys'>,
  ): Distributed
  /** Of rows that are in order, each task a range of all. */
  repartitionByRange(source: Distributed, orderBy: readonly SortItem[]): Distributed
  /** Every row in every task. */
  replicate(source: Distributed): Distributed
  /** Each row in any one task. */
  spread(source: Distributed): Distributed
}

/**
 * Puts exchanges where rows have to move between the tasks of a cluster: to one task, to those of their keys' hash, or to
 * all. Aggregations, limits and top-Ns get a partial step below the exchange.
 * @returns the plan with its rows in one task, and the scans whose partitions have to stay together
 * @source Trino AddExchanges
 */
export function addExchanges(
  plan: PlanNode,
  options: ExchangeOptions,
): { readonly plan: PlanNode; readonly partitionedScans: ReadonlySet<string> } {
  const partitionedScans = new Set<string>()
  const exchange = (
    source: Distributed,
    fields: Pick<ExchangeNode, 'type'> & Partial<ExchangeNode>,
    distribution: Distribution,
  ): Distributed => ({
    node: {
      kind: 'exchange',
      id: options.ids.next(),
      scope: 'remote',
      partitionBy: [],
      source: source.node,
      ...fields,
    },
    distribution,
    isRemote: true,
  })
  const context: ExchangeContext = {
    ...options,
    plan(node) {
      const planned = context.planInOrder(node)
      return planned.distribution.kind === 'range' ? context.gather(planned) : planned
    },
    planInOrder: (node) => visitPlan(node, visitor(context)),
    keep(source) {
      const { distribution } = source
      if (distribution.kind === 'partitioned') {
        for (const scan of distribution.scans) partitionedScans.add(scan)
      }
      return source
    },
    gather(source, orderBy) {
      const { kind } = source.distribution
      if (kind === 'single') return source
      return exchange(
        source,
        {
          type: 'gather',
          ...(orderBy === undefined ? {} : { orderBy }),
          ...(kind === 'range' ? { concatenates: true } : {}),
        },
        SINGLE,
      )
    },
    repartition(source, keys, except = {}) {
      const isHashed = except.spreadsNulls === undefined && except.heavyKeys === undefined
      const fields = { type: 'repartition', partitionBy: keys, ...except } as const
      return exchange(source, fields, isHashed ? hashOf(keys) : SPREAD)
    },
    repartitionByRange: (source, orderBy) =>
      exchange(source, { type: 'repartition', orderBy }, { kind: 'range' }),
    replicate: (source) => exchange(source, { type: 'replicate' }, SPREAD),
    spread: (source) => exchange(source, { type: 'repartition' }, SPREAD),
  }
  const exchanged = pruneExchanges(context.gather(context.planInOrder(plan)).node, options.ids)
  return { plan: exchanged, partitionedScans }
}

/** How the rows of a scan lie as its splits come. */
function scanDistribution(scan: TableScanNode, context: ExchangeContext): Distribution {
  if (context.isCoordinatorOnly(scan.table)) return SINGLE
  const partitioning = context.partitionings.get(scan.id)
  if (partitioning === undefined) return SPREAD
  const { handle, keys } = partitioning
  return { kind: 'partitioned', handle, keys: keys.map((key) => [key]), scans: [scan.id] }
}

type Unary = Extract<PlanNode, { readonly source: PlanNode }>

function visitor(context: ExchangeContext): PlanVisitor<Distributed> {
  /** A node that keeps its source's rows where they are. */
  const keep = (
    node: Unary,
    change: (distribution: Distribution) => Distribution = (d) => d,
  ): Distributed => {
    const source = context.planInOrder(node.source)
    return {
      ...source,
      node: withSources(node, [source.node]),
      distribution: change(source.distribution),
    }
  }
  /** A node that needs all rows in one task. */
  const gathered = (node: Unary): Distributed => {
    const source = context.gather(context.planInOrder(node.source))
    return { ...source, node: withSources(node, [source.node]) }
  }
  /** A node that needs the rows of each partition in one task. */
  const partitioned = (node: Unary, keys: readonly PlanSymbol[]): Distributed => {
    if (keys.length === 0) return gathered(node)
    const source = context.plan(node.source)
    const placed = keepsTogether(source.distribution, keys)
      ? context.keep(source)
      : context.repartition(source, keys)
    const planned = withSources(node, [placed.node])
    return {
      ...placed,
      node: planned,
      distribution: restrict(placed.distribution, outputsOf(planned)),
    }
  }
  /** Before decorrelation, or as they are found in one node only. */
  const never = (node: PlanNode): never => {
    throw new Error(`internal error: ${node.kind} in an optimised plan`)
  }
  return {
    tableScan: (n) => ({
      node: n,
      distribution: scanDistribution(n, context),
      isRemote: false,
    }),
    values: (n) => ({ node: n, distribution: SINGLE, isRemote: false }),
    filter: (n) => keep(n),
    sample: (n) => keep(n),
    output: gathered,
    offset: gathered,
    enforceSingleRow: gathered,
    asyncCall: gathered,
    project: (n) =>
      keep(n, (distribution) => {
        const names = new Map<string, string[]>()
        for (const { symbol, expression } of n.assignments) {
          if (expression.kind !== 'symbol') continue
          names.set(expression.name, [...(names.get(expression.name) ?? []), symbol.name])
        }
        return rename(distribution, (name) => names.get(name) ?? [])
      }),
    unnest: (n) => keep(n, (distribution) => restrict(distribution, n.replicated)),
    // A set leaves keys out: rows that were together for them need not be in it.
    groupId: (n) => keep(n, (distribution) => (distribution.kind === 'single' ? SINGLE : SPREAD)),
    assignUniqueId: (n) =>
      keep(n, (distribution) =>
        distribution.kind === 'spread'
          ? { kind: 'spread', together: [...distribution.together, n.symbol.name] }
          : distribution,
      ),
    aggregation: (n) => distributeAggregation(n, context),
    markDistinct: (n) => partitioned(n, n.distinctSymbols),
    window: (n) => partitioned(n, n.partitionBy),
    rowNumber: (n) => partitioned(n, n.partitionBy),
    topNRanking: (n) => partitioned(n, n.partitionBy),
    patternRecognition: (n) => partitioned(n, n.partitionBy),
    sort: (n) => distributeSort(n, context),
    topN: (n) =>
      inTwoSteps(context.plan(n.source), n, { step: 'partial' }, { step: 'final' }, context),
    // Ties are those of the whole: the source is sorted, and a sort is gathered already.
    limit: (n) =>
      n.tiesOrderBy === undefined
        ? inTwoSteps(context.planInOrder(n.source), n, { partial: true }, {}, context)
        : gathered(n),
    // It runs where the query was planned, and gets its arguments there.
    tableFunction: (n) => {
      const sources = n.sources.map((source) => context.gather(context.plan(source)))
      return {
        node: withSources(
          n,
          sources.map((source) => source.node),
        ),
        distribution: SINGLE,
        isRemote: sources.some((source) => source.isRemote),
      }
    },
    join: (n) => distributeJoin(n, context),
    semiJoin: (n) => distributeSemiJoin(n, context),
    setOperation: (n) =>
      distributeUnion(
        n,
        n.sources.map((source) => context.plan(source)),
        context,
      ),
    // Each task writes the rows that it has, in their order.
    tableWriter: (n) => {
      const source = context.planInOrder(n.source)
      const spread =
        source.distribution.kind === 'single' && context.redistributesWrites && !isSorted(n.source)
          ? context.spread(source)
          : source
      return { ...spread, node: withSources(n, [spread.node]), distribution: SPREAD }
    },
    tableFinish: gathered,
    with: never,
    sharedScan: never,
    exchange: never,
    remoteSource: never,
    apply: never,
    correlatedJoin: never,
  }
}

/** Whether rows come in an order that is to be written. */
const isSorted = (node: PlanNode): boolean =>
  node.kind === 'sort' || (node.kind === 'project' && isSorted(node.source))

/** A node that is done in each task, and once more over what is left of all. */
function inTwoSteps<N extends Extract<PlanNode, { kind: 'topN' | 'limit' }>>(
  source: Distributed,
  node: N,
  partial: Partial<N>,
  final: Partial<N>,
  context: ExchangeContext,
): Distributed {
  if (source.distribution.kind === 'single') {
    return { ...source, node: withSources(node, [source.node]) }
  }
  const below = { ...node, ...partial, id: context.ids.next(), source: source.node } as PlanNode
  const all = context.gather({ ...source, node: below })
  return { ...all, node: { ...node, ...final, source: all.node } as PlanNode }
}
