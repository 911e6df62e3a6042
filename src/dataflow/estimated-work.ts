import type { Expression } from '../expressions/ir.js'
import { walk } from '../expressions/ir-walk.js'
import type { JoinNode, PlanKind, PlanNode, SemiJoinNode } from '../planner/plan/node.js'
import { outputsOf, sourcesOf } from '../planner/plan/structure.js'
import { isNumeric } from '../spi/index.js'

/** What is known of the rows of a plan. */
export interface RowEstimates {
  /** Estimated rows that come out of plan nodes, by their id. */
  readonly nodeRows: ReadonlyMap<string, number>
  /** Whether a catalog's pages lie in memory as they are read: others are made, or decoded. */
  liesInMemory(catalog: string): boolean
}

/** Of a value that is read. */
const VALUE_NANOS = 1
/** Of a row that a join gives. */
const JOINED_NANOS = 10
/** Of a group: where they are many, each is looked for in memory that no cache has. */
const GROUP_NANOS = 100
/** Of a call whose arguments are numbers, and of others, such as a search in a text. */
const NUMBER_CALL_NANOS = 10
const CALL_NANOS = 100

/** Of a row that comes in. Infinity: may take any time, or gives any number of rows. */
const ROW_NANOS: { readonly [K in PlanKind]: number } = {
  tableScan: 0,
  values: 0,
  filter: 5,
  project: 5,
  aggregation: 20,
  join: 20,
  semiJoin: 20,
  sort: 50,
  topN: 10,
  limit: 0,
  offset: 0,
  setOperation: 5,
  enforceSingleRow: 0,
  assignUniqueId: 1,
  markDistinct: 20,
  groupId: Infinity,
  window: Infinity,
  patternRecognition: Infinity,
  rowNumber: 20,
  topNRanking: 50,
  unnest: Infinity,
  sample: 5,
  asyncCall: Infinity,
  tableFunction: Infinity,
  apply: Infinity,
  correlatedJoin: Infinity,
  tableWriter: Infinity,
  tableFinish: Infinity,
  exchange: 0,
  remoteSource: Infinity,
  with: 0,
  sharedScan: 0,
  output: 0,
}

/** Nanoseconds that one thread may need for a plan, by rough figures a row, rather too many; Infinity where nobody knows. */
export function estimatedNanos(node: PlanNode, estimates: RowEstimates): number {
  const { nodeRows, liesInMemory } = estimates
  const rowCount = nodeRows.get(node.id)
  if (rowCount === undefined) return Infinity
  if (node.kind === 'tableScan') {
    const { length } = outputsOf(node)
    return liesInMemory(node.table.catalog) ? rowCount * (length + 1) * VALUE_NANOS : Infinity
  }
  let nanos = 0
  if (isJoin(node)) nanos = joinNanos(node, rowCount)
  else if (node.kind === 'aggregation') nanos = rowCount * GROUP_NANOS
  const rowNanos = ROW_NANOS[node.kind] + expressionNanos(node)
  for (const source of sourcesOf(node)) {
    nanos += estimatedNanos(source, estimates)
    if (rowNanos > 0) nanos += (nodeRows.get(source.id) ?? Infinity) * rowNanos
  }
  return nanos
}

const isJoin = (node: PlanNode): node is JoinNode | SemiJoinNode =>
  node.kind === 'join' || node.kind === 'semiJoin'

/** How many pairs a condition beyond keys sees, nobody knows. */
function joinNanos(node: JoinNode | SemiJoinNode, rowCount: number): number {
  if (node.filter !== undefined) return Infinity
  if (node.kind === 'join' && node.criteria.length === 0) return Infinity
  return rowCount * JOINED_NANOS
}

function expressionNanos(node: PlanNode): number {
  if (node.kind === 'filter') return callNanos(node.predicate)
  if (node.kind !== 'project') return 0
  return node.assignments.reduce((sum, { expression }) => sum + callNanos(expression), 0)
}

function callNanos(expression: Expression): number {
  let nanos = 0
  walk(expression, (e) => {
    if (e.kind !== 'call') return
    if (e.function.routine !== undefined) nanos = Infinity
    nanos += e.args.every(({ type }) => isNumeric(type)) ? NUMBER_CALL_NANOS : CALL_NANOS
  })
  return nanos
}
