import type { Expression } from '../../../expressions/ir.js'
import { assert, typesEqual } from '../../../spi/index.js'
import { groupCount } from '../../cost/estimator.js'
import type {
  AggregateCall,
  AggregationNode,
  GroupIdNode,
  JoinNode,
  PlanNode,
} from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { readsOfCall } from '../analysis/reads.js'
import { identityAssignment, isIdentity, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { namesOf, symbolOf } from '../expression/predicates.js'
import { isDeterministic, substitute, symbolsOf } from '../expression/tree.js'
import { on, rule } from '../rule.js'

/** A call whose states may be made below a join. */
interface Pushed {
  /** Its place among the aggregation's calls. */
  readonly index: number
  readonly call: AggregateCall
}

/** What has to come out of a node for the aggregation above it. */
interface Wanted {
  /** Symbols that are read as they are: keys of the grouping and of joins on the way down. */
  readonly symbols: readonly PlanSymbol[]
  readonly calls: readonly Pushed[]
  /** What each symbol that the calls read is at this node. */
  readonly inputs: ReadonlyMap<string, Expression>
}

/** A node whose rows are groups: it has the symbols wanted, and states for some calls. */
interface Grouped {
  readonly node: PlanNode
  /** By the calls' places; of calls that are not here `carried` tells. */
  readonly states: ReadonlyMap<number, readonly PlanSymbol[]>
}

/** What the aggregation and the joins on the way down cost as they are, in look-ups of a join. */
interface Above {
  /** Rows that the joins look up. */
  readonly lookedUp: number
  readonly aggregation: number
}

/** Groups of which the states stay in a processor's cache. */
const CACHED_GROUPS = 16_384

/** What it costs to find a row's group and add to its states: texts are hashed and compared. */
function rowCost(groups: number, keys: readonly PlanSymbol[]): number {
  const texts = keys.filter(({ type }) => type.kind === 'varchar' || type.kind === 'char').length
  return 1 + 2 * texts + Math.log2(Math.max(1, groups / CACHED_GROUPS))
}

/** The plan with groups must promise to cost so many times less. */
const TIMES_LESS = 1.25

/** Whether groups of rows cost less, which are looked up and put together in place of these. */
function pays(
  rows: number,
  groups: number,
  keys: readonly PlanSymbol[],
  { lookedUp, aggregation }: Above,
): boolean {
  const others = lookedUp + aggregation
  const grouped = rows * rowCost(groups, keys) + (others * groups) / rows
  return grouped * TIMES_LESS <= others
}

/** Fewer rows are not worth another operator. */
const ROWS_MIN = 50_000

/**
 * Whether to group one side of a join costs less than the aggregation of the join's rows does.
 * @param groups of that aggregation
 */
export function costsLess(
  node: AggregationNode,
  groups: number,
  grouped: AggregationNode,
  { estimator }: OptimizerContext,
): boolean {
  const joined = estimator.of(node.source)
  const rows = estimator.of(grouped.source)
  if (!joined.known || !rows.known) return false
  return pays(rows.rowCount, estimator.of(grouped).rowCount, grouped.groupingKeys, {
    lookedUp: rows.rowCount,
    aggregation: joined.rowCount * rowCost(groups, node.groupingKeys),
  })
}

/**
 * Aggregation over joins → a final step over the joins over a partial step: rows of the side that all arguments are of are grouped
 * before they are looked up, by the keys of the joins and of the grouping, as far down as it pays. A call that picks any row's value may be of another side: the value is its state. Of outer joins the side
 * whose rows all stay will do. Grouping sets repeat groups in place of rows.
 * @source Trino PushPartialAggregationThroughJoin; Yan and Larson, Eager Aggregation and Lazy Aggregation (VLDB 1995)
 */
export const pushPartialAggregationThroughJoin = rule({
  name: 'PushPartialAggregationThroughJoin',
  pattern: on('aggregation', isDivisible),
  apply: (node, context) => {
    if (!context.session.pushPartialAggregationThroughJoin) return undefined
    const { known, rowCount: rows } = context.estimator.of(node.source)
    if (!known) return undefined
    const groups = context.estimator.of(node).rowCount
    const inputs = new Set(node.aggregations.flatMap(({ call }) => readsOfCall(call)))
    const outputs = outputsOf(node.source)
    const grouped = descend(
      node.source,
      {
        symbols: node.groupingKeys,
        calls: node.aggregations.map(({ call }, index) => ({ call, index })),
        inputs: new Map(
          outputs.flatMap((s) => (inputs.has(s.name) ? [[s.name, symbolOf(s)] as const] : [])),
        ),
      },
      { lookedUp: 0, aggregation: rows * rowCost(groups, node.groupingKeys) },
      context,
    )
    if (grouped === undefined) return undefined
    return {
      ...node,
      source: grouped.node,
      step: 'final',
      states: node.aggregations.map(
        ({ call }, index) => grouped.states.get(index) ?? carried(call),
      ),
    }
  },
})

function isDivisible(node: AggregationNode): boolean {
  return (
    node.step === 'single' &&
    node.aggregations.every(
      ({ call }) =>
        !call.distinct &&
        call.orderBy === undefined &&
        call.args.every((arg) => arg.kind !== 'lambda'),
    )
  )
}

const PICKS_ANY = new Set(['arbitrary', 'any_value'])

/** The state of a call that picks any value, of one row. */
function carried({ args }: AggregateCall): readonly PlanSymbol[] {
  const [arg] = args
  assert(arg?.kind === 'symbol', 'a call that is carried is of a symbol')
  return [{ name: arg.name, type: arg.type }]
}

/** Whether a call's argument is a state of it. */
function isCarriable({ call }: Pushed, { symbols, inputs }: Wanted, context: OptimizerContext) {
  const [arg] = call.args
  if (!PICKS_ANY.has(call.function.name) || arg?.kind !== 'symbol') return false
  const input = inputs.get(arg.name)
  const types = context.stateTypes(call.function)
  return (
    call.filter === undefined &&
    call.mask === undefined &&
    input?.kind === 'symbol' &&
    input.name === arg.name &&
    symbols.every((symbol) => symbol.name !== arg.name) &&
    types.length === 1 &&
    typesEqual(types[0]!, arg.type)
  )
}

/** The node with groups somewhere below it; undefined: nothing below is worth it. */
function descend(
  node: PlanNode,
  wanted: Wanted,
  above: Above,
  context: OptimizerContext,
): Grouped | undefined {
  if (node.kind === 'project') return descendProject(node, wanted, above, context)
  if (node.kind === 'groupId') return descendGroupId(node, wanted, above, context)
  if (node.kind !== 'join') return undefined
  const sides: ('left' | 'right')[] = []
  if (node.type === 'inner' || node.type === 'left') sides.push('left')
  if (node.type === 'inner' || node.type === 'right') sides.push('right')
  for (const side of sides) {
    const grouped = descendJoin(node, side, wanted, above, context)
    if (grouped !== undefined) return grouped
  }
  return undefined
}

/** What calls read is computed where they are; what else the projection computes stays above. */
function descendProject(
  node: Extract<PlanNode, { kind: 'project' }>,
  wanted: Wanted,
  above: Above,
  context: OptimizerContext,
): Grouped | undefined {
  const assigned = new Map(node.assignments.map((a) => [a.symbol.name, a.expression]))
  const inputs = new Map<string, Expression>()
  for (const [name, expression] of wanted.inputs) {
    const below = substitute(expression, (symbol) => assigned.get(symbol))
    // It is computed for rows that a join drops, and once where a join gives several.
    if (!context.neverFails(below) || !isDeterministic(below)) return undefined
    inputs.set(name, below)
  }
  const names = namesOf(wanted.symbols)
  const kept = node.assignments.filter((a) => names.has(a.symbol.name))
  const read = new Set(kept.flatMap((a) => [...symbolsOf(a.expression)]))
  const symbols = outputsOf(node.source).filter((s) => read.has(s.name))
  const below = descend(node.source, { ...wanted, symbols, inputs }, above, context)
  if (below === undefined) return undefined
  const passed = new Set(kept.map((a) => a.symbol.name))
  const rest = outputsOf(below.node).filter((s) => !read.has(s.name) && !passed.has(s.name))
  return {
    ...below,
    node: projectOver(context, below.node, [...kept, ...rest.map(identityAssignment)]),
  }
}

/** Rows are grouped by the keys of all sets before each set repeats them, so that states are what is repeated. */
function descendGroupId(
  node: GroupIdNode,
  wanted: Wanted,
  above: Above,
  context: OptimizerContext,
): Grouped | undefined {
  const passed = namesOf(node.aggregationArguments)
  const isPassed = (input: Expression) => [...symbolsOf(input)].every((name) => passed.has(name))
  if (![...wanted.inputs.values()].every(isPassed)) return undefined
  const keys = new Set([
    ...node.groupingColumns.map(({ input }) => input.name),
    ...wanted.symbols.flatMap(({ name }) => (passed.has(name) ? [name] : [])),
  ])
  const symbols = outputsOf(node.source).filter(({ name }) => keys.has(name))
  const below = { ...wanted, symbols }
  const grouped =
    groupHere(node.source, below, above, context) ?? descend(node.source, below, above, context)
  if (grouped === undefined) return undefined
  const aggregationArguments = [
    ...node.aggregationArguments.filter((symbol) => keys.has(symbol.name)),
    ...[...grouped.states.values()].flat(),
  ]
  return { ...grouped, node: { ...node, source: grouped.node, aggregationArguments } }
}

function descendJoin(
  node: JoinNode,
  side: 'left' | 'right',
  wanted: Wanted,
  above: Above,
  context: OptimizerContext,
): Grouped | undefined {
  const source = node[side]
  const own = namesOf(outputsOf(source))
  const isOwn = ({ call }: Pushed) =>
    readsOfCall(call).every((name) => {
      const input = wanted.inputs.get(name)
      return input === undefined || [...symbolsOf(input)].every((symbol) => own.has(symbol))
    })
  const calls = wanted.calls.filter(isOwn)
  const others = wanted.calls.filter((pushed) => !isOwn(pushed))
  if (!others.every((pushed) => isCarriable(pushed, wanted, context))) return undefined
  const values = others.flatMap(({ call }) => carried(call))
  if (namesOf(values).size < values.length) return undefined
  const passed = namesOf([...wanted.symbols, ...values])
  const joined = new Set([
    ...namesOf(node.criteria.map((c) => c[side])),
    ...(node.filter === undefined ? [] : symbolsOf(node.filter)),
  ])
  const symbols = outputsOf(source).filter((s) => passed.has(s.name) || joined.has(s.name))
  const reads = new Set(calls.flatMap(({ call }) => readsOfCall(call)))
  const inputs = new Map([...wanted.inputs].filter(([name]) => reads.has(name)))
  const below = { symbols, calls, inputs }
  const lookedUp = above.lookedUp + context.estimator.of(source).rowCount
  const work = { ...above, lookedUp }
  const grouped = descend(source, below, work, context) ?? groupHere(source, below, work, context)
  if (grouped === undefined) return undefined
  const states = [...grouped.states.values()].flat()
  const kept = (outputs: readonly PlanSymbol[]) => outputs.filter((s) => passed.has(s.name))
  const outputs = {
    leftOutputs: [...kept(node.leftOutputs), ...(side === 'left' ? states : [])],
    rightOutputs: [...kept(node.rightOutputs), ...(side === 'right' ? states : [])],
  }
  return { ...grouped, node: { ...node, [side]: grouped.node, ...outputs } }
}

/** A partial step over a node, if it has far fewer groups than rows. */
function groupHere(
  source: PlanNode,
  { symbols, calls, inputs }: Wanted,
  above: Above,
  context: OptimizerContext,
): Grouped | undefined {
  const stats = context.estimator.of(source)
  if (!stats.known || stats.rowCount < ROWS_MIN) return undefined
  const groups = groupCount([...namesOf(symbols)], stats)
  if (!pays(stats.rowCount, groups, symbols, above)) return undefined
  const states = calls.map(({ call }) =>
    context.stateTypes(call.function).map((type) => newSymbol(context, 'state', type)),
  )
  const node: AggregationNode = {
    kind: 'aggregation',
    id: context.ids.next(),
    source: withInputs(source, symbols, inputs, context),
    groupingKeys: symbols,
    globalGroupingSets: [],
    aggregations: calls.map(({ call }) => ({
      symbol: newSymbol(context, call.function.name, call.function.returnType),
      call,
    })),
    step: 'partial',
    states,
  }
  return { node, states: new Map(calls.map(({ index }, i) => [index, states[i]!])) }
}

/** The source with what the calls read under the names that they read. */
function withInputs(
  source: PlanNode,
  symbols: readonly PlanSymbol[],
  inputs: ReadonlyMap<string, Expression>,
  context: OptimizerContext,
): PlanNode {
  const known = namesOf(symbols)
  const computed = [...inputs].map(([name, expression]) => ({
    symbol: { name, type: expression.type },
    expression,
  }))
  if (computed.every(isIdentity)) return source
  return projectOver(context, source, [
    ...symbols.map(identityAssignment),
    ...computed.filter(({ symbol }) => !known.has(symbol.name)),
  ])
}
