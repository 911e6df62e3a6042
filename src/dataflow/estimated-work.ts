import type { CallExpression, Expression } from '../expressions/ir.js'
import { walk } from '../expressions/ir-walk.js'
import type {
  AggregationNode,
  JoinNode,
  PlanKind,
  PlanNode,
  SemiJoinNode,
} from '../planner/plan/node.js'
import { outputsOf, sourcesOf } from '../planner/plan/structure.js'
import { isNumeric, type SqlType } from '../spi/index.js'

/** What is known of the rows of a plan. */
export interface RowEstimates {
  /** Estimated rows that come out of plan nodes, by their id. */
  readonly nodeRows: ReadonlyMap<string, number>
  /** Estimated pairs that conditions of joins beyond their keys look at, by the joins' ids. */
  readonly joinPairs: ReadonlyMap<string, number>
  /** Whether a catalog's pages lie in memory as they are read: others are made, or decoded. */
  liesInMemory(catalog: string): boolean
}

/** Of a value that is read, and of one of no fixed width, whose bytes are found by its place. */
const NUMBER_NANOS = 0.3
const TEXT_NANOS = 2
/** Of a row that a join gives. */
const JOINED_NANOS = 3
/** Of a pair of rows that a join's condition looks at. */
const PAIR_NANOS = 15
/** Of a row of a build side. */
const BUILD_NANOS = 20
/** Of a row on either side, for each key of a join beyond the first. */
const FURTHER_KEY_NANOS = 10
/** Of a group: where they are many, each is looked for in memory that no cache has. And for each further key. */
const GROUP_NANOS = 100
const FURTHER_GROUP_KEY_NANOS = 30
/** Of an argument of an aggregate, and of a key. */
const AGGREGATE_NANOS = 1
const GROUPING_NANOS = 3
/** Of an operator over numbers, of a function of them, and of what looks at the beginning of a text. */
const OPERATOR_NANOS = 3
const NUMBER_CALL_NANOS = 10
const PREFIX_NANOS = 15
/** Of calls that have other arguments, such as a search in a text. */
const CALL_NANOS = 50
/** Of casts that make or read texts. */
const TEXT_CAST_NANOS = 20
/** Of nodes that begin or end a pipeline. */
const PIPELINE_NANOS = 150_000

/** Of a row that comes in. Infinity: may take any time, or gives any number of rows. */
const ROW_NANOS: { readonly [K in PlanKind]: number } = {
  tableScan: 0,
  values: 0,
  filter: 1,
  project: 0.5,
  aggregation: 1,
  join: 5,
  semiJoin: 5,
  sort: 50,
  topN: 4,
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

/**
 * Nanoseconds that one thread may need for a plan: about twice what kernels take whose code is warm. Infinity where nobody knows.
 */
export function estimatedNanos(node: PlanNode, estimates: RowEstimates): number {
  const { nodeRows, joinPairs, liesInMemory } = estimates
  const rowCount = nodeRows.get(node.id)
  if (rowCount === undefined) return Infinity
  if (node.kind === 'tableScan') {
    if (!liesInMemory(node.table.catalog)) return Infinity
    return rowCount * sum(outputsOf(node), ({ type }) => (isText(type) ? TEXT_NANOS : NUMBER_NANOS))
  }
  const rowsOf = (source: PlanNode): number => nodeRows.get(source.id) ?? Infinity
  const sources = sourcesOf(node)
  let nanos = ownNanos(node, rowCount, rowsOf) + conditionNanos(node, joinPairs)
  const rowNanos = ROW_NANOS[node.kind]
  if (rowNanos > 0) nanos += rowNanos * sum(sources, rowsOf)
  return nanos + sum(sources, (source) => estimatedNanos(source, estimates))
}

const isText = ({ kind }: SqlType): boolean =>
  kind === 'varchar' || kind === 'char' || kind === 'varbinary' || kind === 'json'

/** What depends on more than the kind of a node. */
function ownNanos(node: PlanNode, rowCount: number, rowsOf: (source: PlanNode) => number): number {
  switch (node.kind) {
    case 'filter':
      return rowsOf(node.source) * expressionNanos(node.predicate)
    case 'project':
      return rowsOf(node.source) * sum(node.assignments, (a) => expressionNanos(a.expression))
    case 'aggregation':
      return aggregationNanos(node, rowCount, rowsOf(node.source))
    case 'join':
      return joinNanos(node, rowCount, rowsOf(node.left), rowsOf(node.right))
    case 'semiJoin':
      return joinNanos(node, rowCount, rowsOf(node.source), rowsOf(node.filteringSource))
    case 'sort':
    case 'topN':
      return PIPELINE_NANOS
    default:
      return 0
  }
}

function aggregationNanos(node: AggregationNode, groups: number, rows: number): number {
  const { length } = node.groupingKeys
  const nanos = PIPELINE_NANOS + rows * node.aggregations.length * AGGREGATE_NANOS
  if (length === 0) return nanos
  const groupNanos = GROUP_NANOS + (length - 1) * FURTHER_GROUP_KEY_NANOS
  return nanos + rows * length * GROUPING_NANOS + groups * groupNanos
}

function joinNanos(
  node: JoinNode | SemiJoinNode,
  rowCount: number,
  probeRows: number,
  buildRows: number,
): number {
  if (node.kind === 'join' && givesOneRow(node.right))
    return PIPELINE_NANOS + probeRows * JOINED_NANOS
  const keys = node.criteria.length
  if (keys === 0 && node.kind === 'semiJoin') return Infinity
  const furtherKeys = Math.max(0, keys - 1) * FURTHER_KEY_NANOS * (probeRows + buildRows)
  return PIPELINE_NANOS + rowCount * JOINED_NANOS + buildRows * BUILD_NANOS + furtherKeys
}

/** Of a join's condition beyond its keys. Infinity where nobody knows how many pairs it looks at. */
function conditionNanos(node: PlanNode, joinPairs: ReadonlyMap<string, number>): number {
  if (node.kind !== 'join' && node.kind !== 'semiJoin') return 0
  if (node.filter === undefined || (node.kind === 'join' && givesOneRow(node.right))) return 0
  const pairs = joinPairs.get(node.id) ?? Infinity
  return pairs * (PAIR_NANOS + expressionNanos(node.filter))
}

/** Whether a node gives one row, or fails. */
function givesOneRow(node: PlanNode): boolean {
  if (node.kind === 'project') return givesOneRow(node.source)
  if (node.kind === 'aggregation') return node.groupingKeys.length === 0
  return node.kind === 'enforceSingleRow'
}

/** Of a row. Comparisons of numbers and logic are next to nothing. */
function expressionNanos(expression: Expression): number {
  let nanos = 0
  walk(expression, (e) => {
    if (e.kind === 'call') nanos += callNanos(e)
    else if (e.kind === 'cast' && isText(e.type) !== isText(e.arg.type)) nanos += TEXT_CAST_NANOS
  })
  return nanos
}

function callNanos({ function: { name, routine }, args }: CallExpression): number {
  if (routine !== undefined) return Infinity
  if (name === '$like' && isPrefix(args)) return PREFIX_NANOS
  if (!args.every(({ type }) => isNumeric(type) || isMoment(type))) return CALL_NANOS
  return name.startsWith('$') ? OPERATOR_NANOS : NUMBER_CALL_NANOS
}

/** Stored as numbers, and computed with as such. */
const isMoment = ({ kind }: SqlType): boolean =>
  kind === 'date' || kind === 'timestamp' || kind.startsWith('interval')

/** A pattern that says how a text begins, or what it is. */
function isPrefix([, pattern, ...escapes]: readonly Expression[]): boolean {
  if (escapes.length > 0 || pattern?.kind !== 'constant') return false
  return typeof pattern.value === 'string' && /^[^%_]*%?$/.test(pattern.value)
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
