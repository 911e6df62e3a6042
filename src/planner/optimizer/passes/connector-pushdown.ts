import { isAllDomain, MillraceError } from '../../../spi/index.js'
import { tableKey } from '../../cost/table-statistics.js'
import type { PlanNode, TableScanNode } from '../../plan/node.js'
import { sourcesOf, withSources } from '../../plan/structure.js'
import type { OptimizerContext } from '../context.js'
import { domainOf } from '../expression/domain-translator.js'
import { conjunctsOf } from '../expression/predicates.js'
import { pushAggregation, pushProjection } from '../pushdown/columns.js'
import { pushFilter } from '../pushdown/filter.js'
import { pushJoin } from '../pushdown/join.js'
import { redirectScan } from '../pushdown/redirect.js'
import { pushLimit, pushSample, pushTopN } from '../pushdown/rows.js'

/** Answers a catalog may give in one query's pass before it is taken to go on for ever. */
const ANSWERS_MAX = 100

interface State {
  readonly context: OptimizerContext
  readonly answers: Map<string, number>
  readonly stopped: Set<string>
}

/**
 * Offers connectors whatever stands directly over their tables (filters, projections, limits, TopN, samples,
 * aggregations, joins) until none of them takes more; each answer makes a new scan, which is offered what stands over it
 * in turn. A connector that never ends is stopped with a warning.
 * @source Trino's Push…IntoTableScan rules; trino.io/docs/current/develop/connectors.html
 */
export async function pushIntoConnectors(
  plan: PlanNode,
  context: OptimizerContext,
): Promise<PlanNode> {
  if (!context.session.allowPushdownIntoConnectors) return plan
  return visit(plan, { context, answers: new Map(), stopped: new Set() })
}

async function visit(start: PlanNode, state: State): Promise<PlanNode> {
  let node = await visitSources(start, state)
  for (;;) {
    const pushed = await offer(node, state)
    if (pushed === undefined) return node
    node = await visitSources(pushed, state)
  }
}

async function visitSources(node: PlanNode, state: State): Promise<PlanNode> {
  const sources = sourcesOf(node)
  if (sources.length === 0) return node
  const visited: PlanNode[] = []
  for (const source of sources) visited.push(await visit(source, state))
  return withSources(node, visited)
}

async function offer(node: PlanNode, state: State): Promise<PlanNode | undefined> {
  const catalogs = catalogsOf(node)
  if (catalogs.length === 0 || catalogs.some((name) => state.stopped.has(name))) return undefined
  const pushed = await tryPush(node, state.context)
  if (pushed === undefined) return undefined
  for (const catalog of catalogs) countAnswer(catalog, state)
  return pushed
}

function countAnswer(catalog: string, state: State): void {
  const count = (state.answers.get(catalog) ?? 0) + 1
  state.answers.set(catalog, count)
  if (count < ANSWERS_MAX) return
  state.stopped.add(catalog)
  state.context.warn({
    code: 'CONNECTOR_PUSHDOWN_STOPPED',
    message: `Catalog went on changing its tables by pushdown and was not asked further: ${catalog}`,
  })
}

function catalogsOf(node: PlanNode): readonly string[] {
  if (node.kind === 'tableScan') return [node.table.catalog]
  const sources = sourcesOf(node)
  return sources.every((source) => source.kind === 'tableScan')
    ? sources.map((source) => (source as TableScanNode).table.catalog)
    : []
}

type OverScan<N extends PlanNode> = N & { readonly source: TableScanNode }

function tryPush(node: PlanNode, context: OptimizerContext): Promise<PlanNode | undefined> {
  switch (node.kind) {
    case 'tableScan':
      return redirectScan(node, context)
    case 'filter':
      return pushFilter(node as OverScan<typeof node>, context)
    case 'project':
      return pushProjection(node as OverScan<typeof node>, context)
    case 'limit':
      return pushLimit(node as OverScan<typeof node>, context)
    case 'topN':
      return pushTopN(node as OverScan<typeof node>, context)
    case 'sample':
      return pushSample(node as OverScan<typeof node>, context)
    case 'aggregation':
      return pushAggregation(node as OverScan<typeof node>, context)
    case 'join':
      return pushJoin(node as typeof node & { left: TableScanNode; right: TableScanNode }, context)
    default:
      return Promise.resolve(undefined)
  }
}

/**
 * Checks that predicates restrict the columns that connectors require. Runs before anything is pushed.
 * @throws QUERY_REJECTED naming the columns
 */
export async function checkRequiredPredicates(
  plan: PlanNode,
  context: OptimizerContext,
): Promise<PlanNode> {
  const asked = new Map<string, readonly string[]>()
  const check = async (node: PlanNode, predicate: readonly string[]): Promise<void> => {
    if (node.kind === 'tableScan') await checkScan(node, predicate, asked, context)
    for (const source of sourcesOf(node)) {
      await check(source, node.kind === 'filter' ? restrictedSymbols(node) : [])
    }
  }
  await check(plan, [])
  return plan
}

function restrictedSymbols(node: Extract<PlanNode, { kind: 'filter' }>): readonly string[] {
  return conjunctsOf(node.predicate).flatMap((e) => {
    const found = domainOf(e)
    return found === undefined || isAllDomain(found.domain) ? [] : [found.symbol.name]
  })
}

async function checkScan(
  scan: TableScanNode,
  restricted: readonly string[],
  asked: Map<string, readonly string[]>,
  context: OptimizerContext,
): Promise<void> {
  const key = tableKey(scan.table)
  const required = asked.get(key) ?? (await context.metadata.requiredPredicateColumns(scan.table))
  asked.set(key, required)
  if (required.length === 0) return
  const present = new Set<string>()
  for (const [i, symbol] of scan.outputs.entries()) {
    if (!restricted.includes(symbol.name)) continue
    const { name } = await context.metadata.columnMetadata(scan.table, scan.columns[i])
    present.add(name)
  }
  const missing = required.filter((name) => !present.has(name))
  if (missing.length === 0) return
  const { catalog, schema, table } = scan.table
  throw new MillraceError(
    'QUERY_REJECTED',
    `Filter required on ${catalog}.${schema}.${table} for columns: ${missing.join(', ')}`,
  )
}
