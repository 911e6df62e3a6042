import type { Expression } from '../../../expressions/ir.js'
import { scansOf, tableKey } from '../../cost/table-statistics.js'
import type { PlanNode, SharedPlan, SharedScanNode, WithNode } from '../../plan/node.js'
import { outputsOf, sharedScansOf, sourcesOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { type Counterparts, rename } from '../analysis/same-plan.js'
import { filterOver, restrict } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { wantedShares } from './dropped-rows.js'
import { fuse } from './fuse.js'
import { type Fused, symbolsRead } from './fused.js'

/** Work that sharing must save, in rows read: below that, keeping rows costs as much. */
const SAVED_MIN = 1000
/** What must be saved for each row that is kept. */
const SAVED_A_KEPT_ROW = 2
/** The same for a part of joins: taken out, it can't be joined in another order any more. */
const SAVED_A_KEPT_ROW_OF_JOINS = 8
/** Grouping a row, or bringing it into its partition, is about as much work as reading some. */
const HASHED_ROW = 2
/** What is kept may be larger than is estimated, and not every query may spill. */
const KEPT_BYTES_MAX = 256 * 1024 * 1024

/**
 * Finds parts of a plan that are computed several times, as a WITH query that is used twice is, and has each computed once:
 * its rows are kept, and read where it stood. Uses may read different columns of it, and one may keep fewer rows than the
 * others. Only where the rows kept are far fewer than those that need not be read again.
 * @source Bruno et al., Computation Reuse via Fusion in Amazon Athena (ICDE 2022); PostgreSQL's and DuckDB's CTE scans
 */
export async function shareSubplans(plan: PlanNode, context: OptimizerContext): Promise<PlanNode> {
  if (!context.session.shareSubplans || !readsTwice(plan)) return plan
  await context.tables.load(plan)
  return aboveWriter(plan, (rows) => {
    let parts: Parts = { main: rows, shared: [] }
    for (;;) {
      const next = shareLargest(parts, context)
      if (next === undefined) break
      parts = next
    }
    if (parts.shared.length === 0) return rows
    return { kind: 'with', id: context.ids.next(), ...parts } satisfies WithNode
  })
}

type Parts = Pick<WithNode, 'main' | 'shared'>

/** Most queries don't: they are left alone at once. */
function readsTwice(plan: PlanNode): boolean {
  const seen = new Set<string>()
  return scansOf(plan).some(({ table }) => seen.size === seen.add(tableKey(table)).size)
}

/** Rewrites the rows that a plan gives or writes. */
function aboveWriter(plan: PlanNode, rewrite: (rows: PlanNode) => PlanNode): PlanNode {
  const { kind } = plan
  if (kind !== 'output' && kind !== 'tableFinish' && kind !== 'tableWriter') return rewrite(plan)
  return withSources(plan, [aboveWriter(plan.source, rewrite)])
}

/** A part of a plan that may be shared. */
interface Candidate {
  /** With the filters and projections right above it. */
  readonly whole: PlanNode
  readonly core: PlanNode
  readonly size: number
  /** It is a part of a larger tree of inner joins. */
  readonly inJoin: boolean
}

/** Shares the largest part that pays; undefined where none does. */
function shareLargest(parts: Parts, context: OptimizerContext): Parts | undefined {
  const plans = [parts.main, ...parts.shared.map((s) => s.plan)]
  const groups = candidates(plans)
  for (const group of groups) {
    const shared =
      fuseAll(
        group.map((c) => c.whole),
        context,
      ) ??
      fuseAll(
        group.map((c) => c.core),
        context,
      )
    const ratio = group.some((c) => c.inJoin) ? SAVED_A_KEPT_ROW_OF_JOINS : SAVED_A_KEPT_ROW
    if (shared === undefined || !pays(shared, ratio, plans, context)) continue
    return replaceUses(parts, shared, context)
  }
  return undefined
}

/** Groups of parts that look alike, the largest first. O(nodes). */
function candidates(plans: readonly PlanNode[]): readonly (readonly Candidate[])[] {
  const shapes = new Map<string, number>()
  const byShape = new Map<number, Candidate[]>()
  const visit = (node: PlanNode, whole: PlanNode, inJoin: boolean): Shape => {
    const passes = node.kind === 'filter' || node.kind === 'project'
    const joins = node.kind === 'join' && node.type === 'inner'
    const filters = node.kind === 'semiJoin' && node.mode !== 'mark'
    const below = sourcesOf(node).map((source, i) =>
      // Joins are ordered later, all together.
      visit(source, passes ? whole : source, passes ? inJoin : joins || (filters && i === 0)),
    )
    if (passes) return below[0] as Shape
    const text = `${shapeText(node)}(${below.map((shape) => shape.number).join()})`
    const number = shapes.get(text) ?? shapes.size
    shapes.set(text, number)
    const size = below.reduce((sum, shape) => sum + shape.size, 1)
    const isPart = inJoin && (joins || filters)
    if (!READ_ANYWAY.has(node.kind) && !(isPart && multiplies(node))) {
      const alike = byShape.get(number)
      const candidate = { whole, core: node, size, inJoin: isPart }
      if (alike === undefined) byShape.set(number, [candidate])
      else alike.push(candidate)
    }
    return { number, size }
  }
  for (const plan of plans) visit(plan, plan, false)
  return [...byShape.values()]
    .filter((alike) => alike.length > 1)
    .sort((a, b) => (b[0] as Candidate).size - (a[0] as Candidate).size)
}

interface Shape {
  readonly number: number
  readonly size: number
}

/** Reading these is as quick as reading what would be kept of them. */
const READ_ANYWAY: ReadonlySet<PlanNode['kind']> = new Set(['tableScan', 'sharedScan', 'values'])

/** Joins as they are written may be cross products, for which their order makes up. */
function multiplies(node: PlanNode): boolean {
  if (node.kind === 'filter' || node.kind === 'project') return multiplies(node.source)
  if (node.kind !== 'join' || node.type !== 'inner') return false
  return node.criteria.length === 0 || sourcesOf(node).some(multiplies)
}

function shapeText(node: PlanNode): string {
  switch (node.kind) {
    case 'tableScan':
      return tableKey(node.table)
    case 'sharedScan':
      return `shared ${node.name}`
    case 'join':
      return `${node.type} join ${node.criteria.length}`
    case 'semiJoin':
      return `${node.mode} ${node.nullAware}`
    case 'aggregation':
      return `aggregation ${node.groupingKeys.length}`
    default:
      return node.kind
  }
}

/** One plan for several uses. */
interface Shared {
  readonly plan: PlanNode
  readonly uses: readonly Use[]
}
interface Use {
  readonly node: PlanNode
  /** The shared plan's symbol for each output of the node. */
  readonly names: Counterparts
  /** Conjuncts over outputs of the shared plan, for the node's rows. */
  readonly conjuncts: readonly Expression[]
}

/** Fuses what can be of nodes that look alike; undefined where no two can be. */
function fuseAll(nodes: readonly PlanNode[], context: OptimizerContext): Shared | undefined {
  for (const [i, first] of nodes.entries()) {
    const own = new Map(outputsOf(first).map((symbol) => [symbol.name, symbol]))
    let shared: Shared = { plan: first, uses: [{ node: first, names: own, conjuncts: [] }] }
    for (const node of nodes.slice(i + 1)) {
      const fused = fuse(shared.plan, node, context)
      if (fused !== undefined && isOneOfBoth(fused)) shared = withUse(shared, node, fused)
    }
    if (shared.uses.length > 1) return shared
  }
  return undefined
}

/**
 * Whether the fused plan is one of the two but for columns: where each keeps rows that the other drops, both cost less. What
 * is computed of rows that a use drops must be what another computes of them anyway: it could fail.
 */
const isOneOfBoth = ({ first, second, firstComputes, secondComputes }: Fused): boolean =>
  (first.length === 0 || second.length === 0) &&
  !(first.length > 0 && firstComputes) &&
  !(second.length > 0 && secondComputes)

const withUse = (shared: Shared, node: PlanNode, fused: Fused): Shared => ({
  plan: fused.plan,
  uses: [
    ...shared.uses.map((use) => ({ ...use, conjuncts: [...use.conjuncts, ...fused.first] })),
    { node, names: fused.names, conjuncts: fused.second },
  ],
})

/** @param parts plans that the uses are in */
function pays(
  { plan, uses }: Shared,
  ratio: number,
  parts: readonly PlanNode[],
  context: OptimizerContext,
): boolean {
  const { rowCount, known } = context.estimator.of(plan)
  // Of tables of unknown size only groupings are likely to leave much less than they read.
  if (!known) return plan.kind === 'aggregation'
  const wanted = new Map(
    parts.flatMap((part) => [...wantedShares(part, new Set(uses.map((use) => use.node)), context)]),
  )
  const works = uses.map(({ node }) => workOf(node, context) * (wanted.get(node) ?? 1))
  const saved = works.reduce((sum, work) => sum + work, 0) - workOf(plan, context)
  return (
    saved >= SAVED_MIN &&
    rowCount * ratio <= saved &&
    context.estimator.outputBytes(plan) <= KEPT_BYTES_MAX
  )
}

/** Work of a plan in rows read, whatever order its joins will have. */
function workOf(node: PlanNode, context: OptimizerContext): number {
  const below = sourcesOf(node).reduce((sum, source) => sum + workOf(source, context), 0)
  const rowsOf = (n: PlanNode): number => context.estimator.of(n).rowCount
  switch (node.kind) {
    case 'tableScan':
    case 'sharedScan':
      return rowsOf(node)
    case 'aggregation':
    case 'window':
    case 'topNRanking':
    case 'rowNumber':
      return below + HASHED_ROW * rowsOf(node.source)
    default:
      return below
  }
}

/** The parts with a shared plan more, read by its uses. */
function replaceUses({ main, shared }: Parts, found: Shared, context: OptimizerContext): Parts {
  const name = `shared_${shared.length}`
  const readers = new Map(
    found.uses.map((use) => [use.node, reader(use, name, found.plan, context)]),
  )
  const replace = (node: PlanNode): PlanNode =>
    readers.get(node) ?? withSources(node, sourcesOf(node).map(replace))
  const added: SharedPlan = { name, plan: found.plan }
  const replaced = shared.map((s) => ({ ...s, plan: replace(s.plan) }))
  // It comes after what it reads itself, which those that read it now come after too.
  const place = replaced.findIndex((s) => sharedScansOf(s.plan).some((scan) => scan.name === name))
  return {
    main: replace(main),
    shared: replaced.toSpliced(place < 0 ? replaced.length : place, 0, added),
  }
}

/** Reads a shared plan's rows as those of one of its uses. */
function reader(
  { node, names, conjuncts }: Use,
  name: string,
  definition: PlanNode,
  context: OptimizerContext,
): PlanNode {
  const outputs = outputsOf(node)
  const columns = outputs.map((symbol) => names.get(symbol.name) as PlanSymbol)
  // The conjuncts read columns of the shared plan, some of which the use does not.
  const own = new Map(columns.map((column, i) => [column.name, outputs[i] as PlanSymbol]))
  const further = symbolsRead(conjuncts).filter((symbol) => !own.has(symbol.name))
  const extra = further.map((symbol) => context.symbols.newSymbol(symbol.name, symbol.type))
  further.forEach((symbol, i) => own.set(symbol.name, extra[i] as PlanSymbol))
  const scan: SharedScanNode = {
    kind: 'sharedScan',
    id: context.ids.next(),
    name,
    outputs: [...outputs, ...extra],
    columns: [...columns, ...further],
    definition,
  }
  const kept = filterOver(
    context,
    scan,
    conjuncts.map((e) => rename(e, own)),
  )
  return extra.length === 0 ? kept : restrict(context, kept, outputs)
}
