import { plainEquals, type RefusedWork } from '../../../spi/index.js'
import { expressionText } from '../../explain/expression-text.js'
import type { FilterNode, JoinNode, PlanNode, ProjectNode, TableScanNode } from '../../plan/node.js'
import { sourcesOf, withSources } from '../../plan/structure.js'
import type { OptimizerContext } from '../context.js'
import { toConnectorExpression } from '../expression/connector-expression-translator.js'
import { domainOf } from '../expression/domain-translator.js'
import { conjunctsOf } from '../expression/predicates.js'
import { aggregationOffer } from '../pushdown/columns.js'
import { refusalOf } from '../pushdown/filter.js'
import { joinOffer } from '../pushdown/join.js'
import { scanAssignments, sortItemsOf } from '../pushdown/rows.js'

/** Notes on each scan which work over it the connector left to the engine, and why. Runs after all pushdown. */
export async function noteRefusals(plan: PlanNode, context: OptimizerContext): Promise<PlanNode> {
  const sources: PlanNode[] = []
  for (const source of sourcesOf(plan)) sources.push(await noteRefusals(source, context))
  const over = withSources(plan, sources)
  const notes = await notesOf(over, context)
  return notes.length === 0 ? over : withNotes(over, notes)
}

async function notesOf(node: PlanNode, context: OptimizerContext): Promise<readonly string[]> {
  if (node.kind === 'join') return joinNotes(node, context)
  const [source] = sourcesOf(node)
  if (source === undefined) return []
  const scan = scanBelow(source)
  if (scan === undefined) return []
  if (node.kind === 'filter') return source === scan ? filterNotes(node, scan, context) : []
  if (!context.metadata.explainsRefusedWork(scan.table)) return []
  if (node.kind === 'project') return source === scan ? projectionNotes(node, scan, context) : []
  const offer = workOf(node, scan)
  if (offer === undefined) return []
  if (source !== scan) return [note(offer.text, 'what it is over is not all pushed')]
  const { work } = offer
  const why =
    typeof work === 'string' ? work : await context.metadata.explainRefusedWork(scan.table, work)
  return why === undefined ? [] : [note(offer.text, why)]
}

const note = (what: string, why: string): string => `not pushed (${why}): ${what}`

async function filterNotes(
  node: FilterNode,
  source: TableScanNode,
  context: OptimizerContext,
): Promise<readonly string[]> {
  const notes: string[] = []
  for (const e of conjunctsOf(node.predicate)) {
    const told = await refusalOf({ ...node, source }, e, context)
    const why =
      told ?? (domainOf(e) === undefined ? 'no range of one column' : 'left by the connector')
    notes.push(note(expressionText(e), why))
  }
  return notes
}

async function projectionNotes(
  node: ProjectNode,
  scan: TableScanNode,
  context: OptimizerContext,
): Promise<readonly string[]> {
  const notes: string[] = []
  const assignments = scanAssignments(scan)
  for (const { expression } of node.assignments) {
    if (expression.kind === 'symbol' || expression.kind === 'constant') continue
    const offered = toConnectorExpression(expression)
    const why =
      offered === undefined
        ? 'connectors are not offered such expressions'
        : await context.metadata.explainRefusedWork(scan.table, {
            kind: 'projection',
            expression: offered,
            assignments,
          })
    if (why !== undefined) notes.push(note(expressionText(expression), why))
  }
  return notes
}

/** What a node was offered as, or why it was offered to nobody; undefined for nodes that no connector takes. */
function workOf(
  node: PlanNode,
  scan: TableScanNode,
): { readonly text: string; readonly work: RefusedWork | string } | undefined {
  switch (node.kind) {
    case 'limit':
      return {
        text: `LIMIT ${node.count}`,
        work: node.tiesOrderBy === undefined ? { kind: 'limit', limit: node.count } : 'WITH TIES',
      }
    case 'topN':
      return {
        text: `ORDER BY … LIMIT ${node.count}`,
        work: {
          kind: 'topN',
          count: node.count,
          sortItems: sortItemsOf(node),
          assignments: scanAssignments(scan),
        },
      }
    case 'aggregation': {
      const offer = aggregationOffer({ ...node, source: scan })
      return {
        text: 'aggregation',
        work: typeof offer === 'string' ? offer : { kind: 'aggregation', ...offer },
      }
    }
    default:
      return undefined
  }
}

async function joinNotes(node: JoinNode, context: OptimizerContext): Promise<readonly string[]> {
  const left = scanBelow(node.left)
  const right = scanBelow(node.right)
  if (left === undefined || left.table.catalog !== right?.table.catalog) return []
  if (!context.metadata.explainsRefusedWork(left.table)) return []
  if (node.left !== left || node.right !== right) {
    return [note('join', 'what it is over is not all pushed')]
  }
  const offer = joinOffer({ ...node, left, right })
  const why =
    typeof offer === 'string'
      ? offer
      : await context.metadata.explainRefusedWork(left.table, {
          kind: 'join',
          right: right.table.handle,
          ...offer,
        })
  return why === undefined ? [] : [note('join', why)]
}

/** The scan that a node is, or that filters and projections alone stand over. */
function scanBelow(node: PlanNode): TableScanNode | undefined {
  if (node.kind === 'tableScan') return node
  return node.kind === 'filter' || node.kind === 'project' ? scanBelow(node.source) : undefined
}

/** The node with notes on the first scan below it. */
function withNotes(node: PlanNode, notes: readonly string[]): PlanNode {
  if (node.kind === 'tableScan') {
    const { pushdownNotes = [] } = node
    const all = [...new Set([...pushdownNotes, ...notes])]
    return plainEquals(all, pushdownNotes) ? node : { ...node, pushdownNotes: all }
  }
  const [first, ...others] = sourcesOf(node)
  if (first === undefined) return node
  const noted = withNotes(first, notes)
  return noted === first ? node : withSources(node, [noted, ...others])
}
