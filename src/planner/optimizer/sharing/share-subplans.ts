import type { Expression } from '../../../expressions/ir.js'
import { scansOf, tableKey } from '../../cost/table-statistics.js'
import type { PlanNode, SharedPlan, SharedScanNode, WithNode } from '../../plan/node.js'
import { outputsOf, sharedScansOf, sourcesOf, withSources } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { type Counterparts, rename } from '../analysis/same-plan.js'
import { filterOver, restrict } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { type Fused, fuse, symbolsRead } from './fuse.js'

/** Rows that sharing must save reading: below that, keeping the others costs as much. */
const SAVED_ROWS_MIN = 1000
/** For a row that is kept, this many must not be read again. */
const SAVED_ROWS_A_KEPT_ROW = 2
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
}

/** Shares the largest part that pays; undefined where none does. */
function shareLargest(parts: Parts, context: OptimizerContext): Parts | undefined {
  const groups = candidates([parts.main, ...parts.shared.map((s) => s.plan)])
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
    if (shared === undefined || !pays(shared, context)) continue
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
      // Joins are ordered later, all together: what is part of them is not taken out.
      visit(source, passes ? whole : source, passes ? inJoin : joins || (filters && i === 0)),
    )
    if (passes) return below[0] as Shape
    const text = `${shapeText(node)}(${below.map((shape) => shape.number).join()})`
    const number = shapes.get(text) ?? shapes.size
    shapes.set(text, number)
    const size = below.reduce((sum, shape) => sum + shape.size, 1)
    if (!READ_ANYWAY.has(node.kind) && !(inJoin && (joins || filters))) {
      const alike = byShape.get(number)
      const candidate = { whole, core: node, size }
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

function pays({ plan, uses }: Shared, context: OptimizerContext): boolean {
  const read = (node: PlanNode): number =>
    [...scansOf(node), ...sharedScansOf(node)].reduce(
      (sum, scan) => sum + context.estimator.of(scan).rowCount,
      0,
    )
  const { rowCount, known } = context.estimator.of(plan)
  const saved = uses.reduce((sum, use) => sum + read(use.node), 0) - read(plan)
  // Of tables of unknown size only groupings are likely to leave much less than they read.
  if (!known) return plan.kind === 'aggregation'
  return (
    saved >= SAVED_ROWS_MIN &&
    rowCount * SAVED_ROWS_A_KEPT_ROW <= saved &&
    context.estimator.outputBytes(plan) <= KEPT_BYTES_MAX
  )
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
