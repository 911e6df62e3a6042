import type {
  BasicRelationStatistics,
  ColumnMapping,
  ConnectorJoinType,
  JoinStatistics,
} from '../../../spi/index.js'
import { assert, plainEquals } from '../../../spi/index.js'
import type { JoinNode, JoinType, PlanNode, TableScanNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { restrict } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { toConnectorExpression } from '../expression/connector-expression-translator.js'
import { and, conjunctsOf, equal, symbolOf } from '../expression/predicates.js'
import { scanAssignments } from './rows.js'

const TYPES: Readonly<Record<JoinType, ConnectorJoinType>> = {
  inner: 'INNER',
  left: 'LEFT_OUTER',
  right: 'RIGHT_OUTER',
  full: 'FULL_OUTER',
}

type JoinOfScans = JoinNode & { readonly left: TableScanNode; readonly right: TableScanNode }

/** What a connector is told of a join, or why none is. */
export function joinOffer({ type, left, right, criteria, filter }: JoinOfScans) {
  const terms = [
    ...criteria.map((c) => equal(symbolOf(c.left), symbolOf(c.right))),
    ...conjunctsOf(filter),
  ]
  if (terms.length === 0) return 'it has no condition'
  const condition = toConnectorExpression(and(terms))
  if (condition === undefined) return 'connectors are not offered such conditions'
  return {
    joinType: TYPES[type],
    condition,
    leftAssignments: scanAssignments(left),
    rightAssignments: scanAssignments(right),
  }
}

/**
 * Offers a join of two tables of one catalog; a cross join isn't offered.
 * @source Trino PushJoinIntoTableScan
 */
export async function pushJoin(
  node: JoinOfScans,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const { left, right } = node
  if (left.table.catalog !== right.table.catalog) return undefined
  const offer = joinOffer(node)
  if (typeof offer === 'string') return undefined
  const result = await context.metadata.applyJoin(
    offer.joinType,
    left.table,
    right.table,
    offer.condition,
    offer.leftAssignments,
    offer.rightAssignments,
    await statisticsOf(node, context),
  )
  if (result === undefined) return undefined
  const mapped = (scan: TableScanNode, mapping: readonly ColumnMapping<unknown>[]) =>
    scan.outputs.map((symbol: PlanSymbol, i) => {
      const found = mapping.find((m) => plainEquals(m.from, scan.columns[i]))
      assert(found !== undefined, `a column of the joined table for ${symbol.name}`)
      return found.to
    })
  const scan: TableScanNode = {
    kind: 'tableScan',
    id: node.id,
    table: {
      ...left.table,
      table: `${left.table.table}, ${right.table.table}`,
      handle: result.handle,
    },
    outputs: [...left.outputs, ...right.outputs],
    columns: [...mapped(left, result.leftColumns), ...mapped(right, result.rightColumns)],
    pushdownNotes: [...(left.pushdownNotes ?? []), ...(right.pushdownNotes ?? []), 'pushed: join'],
  }
  return restrict(context, scan, outputsOf(node))
}

async function statisticsOf(node: JoinOfScans, context: OptimizerContext): Promise<JoinStatistics> {
  await context.tables.load(node)
  const of = (n: PlanNode): BasicRelationStatistics | undefined => {
    const { rowCount, known } = context.estimator.of(n)
    if (!known) return undefined
    const bytes = context.estimator.outputBytes(n)
    return { rowCount, averageRowSize: rowCount > 0 ? bytes / rowCount : 0 }
  }
  const left = of(node.left)
  const right = of(node.right)
  const join = of(node)
  return { ...(left && { left }), ...(right && { right }), ...(join && { join }) }
}
