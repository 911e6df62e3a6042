import type { Estimator } from '../../cost/estimator.js'
import { sharedValues } from '../../cost/join-statistics.js'
import { type SymbolStatistics, symbolStatistics } from '../../cost/statistics.js'
import type {
  JoinCriterion,
  JoinNode,
  PlanNode,
  SemiJoinNode,
  TableScanNode,
} from '../../plan/node.js'
import { outputsOf, sourcesOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import type { OptimizerContext } from '../context.js'

type Consumer = NonNullable<TableScanNode['dynamicFilters']>[0]
type Targets = ReadonlyMap<string, readonly string[]>

/**
 * Gives ids to the dynamic filters that joins and semi-joins make of their build keys, and names the scans of the
 * probe side whose rows they may drop: through everything that neither makes the key nor depends on the rows dropped.
 * A filter no scan can use is not made.
 * @source Trino AddDynamicFilterSource, DynamicFilterService; it passes semi- and anti-joins too
 */
export function addDynamicFilters(plan: PlanNode, context: OptimizerContext): PlanNode {
  if (!context.session.enableDynamicFiltering) return plan
  const state: State = { next: 0, used: new Set(), estimator: context.estimator }
  return dropUnused(assign(plan, new Map(), state), state.used)
}

interface State {
  readonly estimator: Estimator
  next: number
  /** Ids that a scan uses. */
  readonly used: Set<string>
}

/** @param filters ids of the filters that may drop rows by a symbol of this node */
function assign(node: PlanNode, filters: Targets, state: State): PlanNode {
  switch (node.kind) {
    case 'tableScan': {
      const dynamicFilters: Consumer[] = node.outputs.flatMap((symbol) =>
        (filters.get(symbol.name) ?? []).map((id) => ({ id, symbol })),
      )
      for (const { id } of dynamicFilters) state.used.add(id)
      return dynamicFilters.length === 0 ? node : { ...node, dynamicFilters }
    }
    case 'join': {
      // The right side of a LEFT join matters where the left one has its keys.
      const first =
        node.type === 'left' ? readFirst(node.criteria, node.left, node.right, state) : []
      // Rows without a partner are dropped of the left side by inner and right joins.
      const makes = node.type === 'inner' || node.type === 'right'
      const made = makes ? makeFilters(node.criteria, node.left, node.right, state) : []
      const both = node.type === 'inner'
      const across = both ? acrossCriteria(filters, node.criteria) : filters
      const left = node.type === 'inner' || node.type === 'left'
      const right = node.type === 'inner' || node.type === 'right'
      const toLeft = add(left ? restrictTo(across, node.left) : new Map(), made)
      const toRight = add(right ? restrictTo(across, node.right) : new Map(), first)
      const over = withSources(node, [
        assign(node.left, toLeft, state),
        assign(node.right, toRight, state),
      ]) as typeof node
      return withFilters(over, made, first)
    }
    case 'semiJoin':
      return assignSemiJoin(node, filters, state)
    case 'project': {
      const below = new Map<string, readonly string[]>()
      for (const { symbol, expression } of node.assignments) {
        const ids = filters.get(symbol.name)
        if (ids === undefined || expression.kind !== 'symbol') continue
        below.set(expression.name, [...(below.get(expression.name) ?? []), ...ids])
      }
      return withSources(node, [assign(node.source, below, state)])
    }
    case 'setOperation': {
      const sources = node.sources.map((source, s) => {
        const below = new Map<string, readonly string[]>()
        if (node.operation === 'union') {
          node.outputs.forEach((symbol, i) => {
            const ids = filters.get(symbol.name)
            const input = node.inputs[s]?.[i]
            if (ids === undefined || input === undefined) return
            below.set(input.name, [...(below.get(input.name) ?? []), ...ids])
          })
        }
        return assign(source, below, state)
      })
      return withSources(node, sources)
    }
    case 'aggregation':
      return pass(node, node.globalGroupingSets.length > 0 ? [] : node.groupingKeys, filters, state)
    case 'window':
    case 'patternRecognition':
    case 'rowNumber':
    case 'topNRanking':
      return pass(node, node.partitionBy, filters, state)
    case 'markDistinct':
      return pass(node, node.distinctSymbols, filters, state)
    case 'unnest':
      return pass(node, node.replicated, filters, state)
    case 'filter':
    case 'sort':
    case 'assignUniqueId':
    case 'asyncCall':
    case 'exchange':
      return pass(node, outputsOf(node.source), filters, state)
    default:
      return withSources(
        node,
        sourcesOf(node).map((source) => assign(source, new Map(), state)),
      )
  }
}

function assignSemiJoin(node: SemiJoinNode, filters: Targets, state: State): PlanNode {
  const { criteria, source, filteringSource } = node
  // A filtering row matters only to source rows with its key, unless a null or the lack of any row does.
  const keysOnly = !node.nullAware || node.mode === 'semi'
  const reversed = keysOnly ? readFirst(criteria, source, filteringSource, state) : []
  const across = keysOnly
    ? restrictTo(acrossCriteria(filters, criteria), filteringSource)
    : new Map<string, readonly string[]>()
  const filtering = assign(filteringSource, add(across, reversed), state)
  const first = reversed.filter(({ id }) => state.used.has(id))
  // What is read first is not filtered by what is read later.
  const made =
    node.mode === 'semi' && first.length === 0
      ? makeFilters(criteria, source, filteringSource, state)
      : []
  const toSource = add(restrictTo(filters, source), made)
  const over = withSources(node, [assign(source, toSource, state), filtering]) as SemiJoinNode
  return withFilters(over, made, first)
}

/** A side that is read first must have so many times fewer rows than the other one, and that one so many. */
const FIRST_TIMES_FEWER = 4
const FIRST_OTHER_ROWS_MIN = 100_000

/**
 * Filters of the probe side's keys for the build side, where it has far fewer rows: it is collected before the other side is
 * scanned, and then looked up.
 */
function readFirst(
  criteria: readonly JoinCriterion[],
  probe: PlanNode,
  build: PlanNode,
  state: State,
): readonly Made[] {
  const probed = state.estimator.of(probe)
  const built = state.estimator.of(build)
  const pays =
    probed.known &&
    built.known &&
    built.rowCount >= FIRST_OTHER_ROWS_MIN &&
    probed.rowCount * FIRST_TIMES_FEWER <= built.rowCount
  if (!pays) return []
  const reversed = criteria.map(({ left, right }) => ({ left: right, right: left }))
  return makeFilters(reversed, build, probe, state)
}

function pass(
  node: PlanNode & { readonly source: PlanNode },
  symbols: readonly PlanSymbol[],
  filters: Targets,
  state: State,
): PlanNode {
  const names = new Set(symbols.map((s) => s.name))
  const below = new Map([...filters].filter(([name]) => names.has(name)))
  return withSources(node, [assign(node.source, below, state)])
}

function restrictTo(filters: Targets, source: PlanNode): Map<string, readonly string[]> {
  const names = new Set(outputsOf(source).map((s) => s.name))
  return new Map([...filters].filter(([name]) => names.has(name)))
}

/** A filter on one side of an equality holds for the other side too. */
function acrossCriteria(filters: Targets, criteria: readonly JoinCriterion[]): Targets {
  const all = new Map(filters)
  for (const { left, right } of criteria) {
    const ids = [...new Set([...(all.get(left.name) ?? []), ...(all.get(right.name) ?? [])])]
    if (ids.length === 0) continue
    all.set(left.name, ids)
    all.set(right.name, ids)
  }
  return all
}

/** A filter must promise to drop this share of the probe side's keys, where both sides are known. */
const DROPPED_AT_LEAST = 0.1

/**
 * A filter for each criterion, unless the build side has (nearly) all values of the probe side for every one: execution
 * looks the keys of a join up together.
 */
function makeFilters(
  criteria: readonly JoinCriterion[],
  probe: PlanNode,
  build: PlanNode,
  state: State,
): readonly Made[] {
  const probed = state.estimator.of(probe)
  const built = state.estimator.of(build)
  const promises = criteria.some(({ left, right }) => {
    const probeKeys = symbolStatistics(probed, left.name)
    const buildKeys = symbolStatistics(built, right.name)
    const useless =
      probed.known &&
      built.known &&
      sharedValues(probed, probeKeys, built, buildKeys) >= 1 - DROPPED_AT_LEAST &&
      keysWithin(buildKeys, probeKeys) >= probeKeys.distinct * (1 - DROPPED_AT_LEAST) &&
      buildKeys.low <= probeKeys.low &&
      buildKeys.high >= probeKeys.high
    return !useless
  })
  if (!promises) return []
  return criteria.map(({ left, right }) => ({
    id: `df_${state.next++}`,
    symbol: right,
    probe: left,
  }))
}

/**
 * How many of the build side's keys to expect between the bounds of the probe side's, if they are spread evenly: a year's dates
 * of a century need not be those of the decade that the other table has, though they are as many.
 */
function keysWithin(build: SymbolStatistics, probe: SymbolStatistics): number {
  const share = (probe.high - probe.low + 1) / (build.high - build.low + 1)
  return share < 1 ? build.distinct * share : build.distinct
}

type Made = Consumer & { readonly probe: PlanSymbol }

/** A node that makes filters for scans of its first source, and of its second. */
function withFilters<N extends JoinNode | SemiJoinNode>(
  node: N,
  made: readonly Consumer[],
  first: readonly Consumer[],
): N {
  const { dynamicFilters: _, probeFilters: __, ...fields } = node
  return {
    ...fields,
    ...(made.length === 0 ? {} : { dynamicFilters: made.map(named) }),
    ...(first.length === 0 ? {} : { probeFilters: first.map(named) }),
  } as N
}

const named = ({ id, symbol }: Consumer): Consumer => ({ id, symbol })

function add(filters: Map<string, readonly string[]>, made: readonly Made[]): Targets {
  for (const { id, probe } of made) {
    filters.set(probe.name, [...(filters.get(probe.name) ?? []), id])
  }
  return filters
}

function dropUnused(node: PlanNode, used: ReadonlySet<string>): PlanNode {
  const over = withSources(
    node,
    sourcesOf(node).map((source) => dropUnused(source, used)),
  )
  if (over.kind !== 'join' && over.kind !== 'semiJoin') return over
  const isUsed = ({ id }: Consumer): boolean => used.has(id)
  const { dynamicFilters = [], probeFilters = [] } = over
  const made = dynamicFilters.filter(isUsed)
  const first = probeFilters.filter(isUsed)
  const isSame = made.length === dynamicFilters.length && first.length === probeFilters.length
  return isSame ? over : withFilters(over, made, first)
}
