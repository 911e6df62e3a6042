import { orElse, symbolStatistics } from '../../cost/statistics.js'
import type { JoinCriterion, JoinNode, PlanNode, SemiJoinNode } from '../../plan/node.js'
import { outputsOf, sourcesOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import type { OptimizerContext } from '../context.js'
import { namesOf } from '../expression/predicates.js'

/** By symbol, the number of its values that joins above look up. */
type Wanted = ReadonlyMap<string, number>
interface Setting {
  readonly uses: ReadonlySet<PlanNode>
  readonly context: OptimizerContext
}
const ALL: Wanted = new Map()
/** Before joins are ordered, what they drop is guessed too low: reading too much is worse than reading twice. */
const UNFORESEEN = 0.5

/**
 * Estimates what share of some nodes' rows is left by dynamic filters, which joins above make of their other sides: each
 * node, computed where it stands, reads only that much, but what is shared is computed whole.
 * @param uses nodes of the plan
 * @returns by node, from 0 to 1
 */
export function wantedShares(
  plan: PlanNode,
  uses: ReadonlySet<PlanNode>,
  context: OptimizerContext,
): ReadonlyMap<PlanNode, number> {
  const shares = new Map<PlanNode, number>()
  const visit = (node: PlanNode, wanted: Wanted): void => {
    if (uses.has(node)) {
      const rows = context.estimator.of(node)
      const list = [...wanted].flatMap(([name, count]) => {
        // What it leaves out itself is no gain of what is wanted above.
        const read = Math.min(
          valuesRead(node, name, context),
          orElse(symbolStatistics(rows, name).distinct, rows.rowCount),
        )
        return read > 0 ? [Math.min(1, count / read)] : []
      })
      shares.set(node, Math.min(1, ...list))
      return
    }
    sourcesOf(node).forEach((source, i) => {
      visit(source, wantedOf(node, i, wanted, { uses, context }))
    })
  }
  visit(plan, ALL)
  return shares
}

/** What is wanted of a source. @source as AddDynamicFilters hands filters down */
function wantedOf(node: PlanNode, place: number, wanted: Wanted, setting: Setting): Wanted {
  switch (node.kind) {
    case 'join':
      return wantedOfSide(node, place === 0, wanted, setting)
    case 'semiJoin':
      return wantedOfSemiJoin(node, place === 0, wanted, setting)
    case 'project':
    case 'setOperation':
    case 'aggregation':
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
    case 'filter':
    case 'sort':
    case 'assignUniqueId':
      return new Map(
        [...wanted].flatMap(([name, count]) => {
          const below = passedOn(node, place, name)
          return below === undefined ? [] : [[below, count] as const]
        }),
      )
    default:
      return ALL
  }
}

function wantedOfSide(node: JoinNode, isLeft: boolean, wanted: Wanted, setting: Setting): Wanted {
  const kept = isLeft ? 'left' : 'right'
  const passes = node.type === 'inner' || node.type === kept
  // Rows without a partner are dropped by the joins that do not keep them.
  const isLookedUp = node.type === 'inner' || node.type !== kept
  const found = new Map(passes ? wanted : ALL)
  if (!isLookedUp || node.type === 'full') return found
  const criteria = isLeft ? node.criteria : node.criteria.map(turned)
  const other = isLeft ? node.right : node.left
  lookUp(criteria, other, node.type === 'inner' ? wanted : ALL, found, setting)
  return found
}

function wantedOfSemiJoin(
  node: SemiJoinNode,
  isSource: boolean,
  wanted: Wanted,
  setting: Setting,
): Wanted {
  const found = new Map(isSource ? wanted : ALL)
  const { source, filteringSource, criteria } = node
  if (isSource && node.mode === 'semi') {
    lookUp(criteria, filteringSource, ALL, found, setting)
  }
  if (!isSource && (!node.nullAware || node.mode === 'semi')) {
    lookUp(criteria.map(turned), source, wanted, found, setting)
  }
  return found
}

const turned = ({ left, right }: JoinCriterion): JoinCriterion => ({ left: right, right: left })

/** Adds how many values the right sides have, or are wanted of them, for the left sides. */
function lookUp(
  criteria: readonly JoinCriterion[],
  other: PlanNode,
  wanted: Wanted,
  found: Map<string, number>,
  { uses, context }: Setting,
): void {
  const rows = context.estimator.of(other)
  if (!rows.known) return
  const factor = isRestricted(other, uses) ? UNFORESEEN : 1
  for (const { left, right } of criteria) {
    const { distinct } = symbolStatistics(rows, right.name)
    const own = factor * Math.min(orElse(distinct, rows.rowCount), rows.rowCount)
    // What else is known to be wanted is no guess.
    const others = [wanted.get(right.name) ?? own, found.get(left.name) ?? own]
    found.set(left.name, Math.min(own, ...others))
  }
}

/** Whether anything but the uses themselves drops rows of a plan. */
const isRestricted = (node: PlanNode, uses: ReadonlySet<PlanNode>): boolean =>
  !uses.has(node) &&
  (RESTRICTS.has(node.kind) || sourcesOf(node).some((source) => isRestricted(source, uses)))
const RESTRICTS: ReadonlySet<PlanNode['kind']> = new Set(['filter', 'semiJoin', 'limit', 'topN'])

const among = (symbols: readonly PlanSymbol[], name: string): string | undefined =>
  namesOf(symbols).has(name) ? name : undefined

/** The name under which a source gives what a node gives on unchanged, and whose rows it can do without. */
function passedOn(node: PlanNode, place: number, name: string): string | undefined {
  switch (node.kind) {
    case 'project': {
      const made = node.assignments.find((a) => a.symbol.name === name)?.expression
      return made?.kind === 'symbol' ? made.name : undefined
    }
    case 'setOperation': {
      const i = node.outputs.findIndex((symbol) => symbol.name === name)
      return node.operation === 'union' ? node.inputs[place]?.[i]?.name : undefined
    }
    case 'aggregation':
      return node.globalGroupingSets.length > 0 ? undefined : among(node.groupingKeys, name)
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
      return among(node.partitionBy, name)
    case 'join':
    case 'semiJoin':
    case 'filter':
    case 'sort':
    case 'assignUniqueId':
      return among(outputsOf(sourcesOf(node)[place] as PlanNode), name)
    default:
      return undefined
  }
}

/** How many values of a column of a node its scans read; none where no scan can leave rows out by it. */
function valuesRead(node: PlanNode, name: string, context: OptimizerContext): number {
  if (node.kind === 'tableScan') {
    const rows = context.estimator.of(node)
    return rows.known && among(node.outputs, name) !== undefined
      ? symbolStatistics(rows, name).distinct || 0
      : 0
  }
  return sourcesOf(node).reduce((most, source, place) => {
    const below = passedOn(node, place, name)
    return below === undefined ? most : Math.max(most, valuesRead(source, below, context))
  }, 0)
}
