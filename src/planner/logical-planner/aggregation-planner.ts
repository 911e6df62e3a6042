import type { Expression } from '../../expressions/ir.js'
import { collectSymbols, expressionKey } from '../../expressions/ir-walk.js'
import { BIGINT } from '../../spi/index.js'
import type { BoundAggregate, BoundGrouping, BoundSelect } from '../analyzer/bound.js'
import type {
  AggregateCall,
  AggregationAssignment,
  AggregationNode,
  Assignment,
  GroupIdNode,
  PlanNode,
} from '../plan/node.js'
import { outputsOf } from '../plan/structure.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import { callsOf } from './calls.js'
import { planGroupingOperations } from './grouping-operation-planner.js'
import {
  identity,
  newSymbolFor,
  type PlannerState,
  project,
  type SubPlan,
  sortItems,
  uniqueSymbols,
} from './sub-plan.js'
import { type PlanRelation, planSubqueries } from './subquery-planner.js'
import { type Translation, translate } from './translation.js'

/** The distinct rows of a plan's given columns. */
export const distinct = (
  state: PlannerState,
  source: PlanNode,
  keys: readonly PlanSymbol[],
): AggregationNode => ({
  kind: 'aggregation',
  id: state.ids.next(),
  source,
  groupingKeys: uniqueSymbols(keys),
  globalGroupingSets: [],
  aggregations: [],
  step: 'single',
})

/**
 * Plans the grouping of a query: keys and arguments projected, GroupId for several grouping sets, the aggregation, GROUPING
 * operations above. What follows sees keys and aggregations only.
 */
export function planAggregation(
  state: PlannerState,
  input: SubPlan,
  select: BoundSelect,
  grouping: BoundGrouping,
  planRelation: PlanRelation,
): SubPlan {
  const { aggregates, groupings } = callsOf(
    [
      ...select.outputs,
      ...(select.having === undefined ? [] : [select.having]),
      ...select.orderBy.map((item) => item.expression),
    ],
    state.calls,
  )
  const read = [...grouping.keys, ...aggregates.flatMap(inputsOf)]
  const plan = planSubqueries(state, input, read, planRelation)
  const inputs = projectInputs(state, plan, grouping, aggregates)
  const keyed = groupingSets(state, inputs, grouping)
  const aggregations = aggregates.map(
    (aggregate): AggregationAssignment => ({
      symbol: state.symbols.newSymbol(aggregate.function.name, aggregate.function.returnType),
      call: aggregateCall(aggregate, inputs),
    }),
  )
  const groupId = keyed.groupId === undefined ? [] : [keyed.groupId]
  const node: AggregationNode = {
    kind: 'aggregation',
    id: state.ids.next(),
    source: keyed.node,
    groupingKeys: uniqueSymbols([...keyed.keys, ...groupId]),
    globalGroupingSets: grouping.sets.flatMap((set, i) => (set.length === 0 ? [i] : [])),
    ...(keyed.groupId === undefined ? {} : { groupIdSymbol: keyed.groupId }),
    aggregations,
    step: 'single',
  }
  const translation: Translation = {
    ...keyTranslation(grouping, keyed.keys),
    ...(plan.translation.outer === undefined ? {} : { outer: plan.translation.outer }),
  }
  const symbols = new Map(translation.symbols)
  for (const [i, { id }] of aggregates.entries()) symbols.set(id, aggregations[i]!.symbol)
  const grouped = { node, translation: { ...translation, symbols } }
  return planGroupingOperations(state, grouped, grouping, groupings, keyed.groupId)
}

/** Everything an aggregation reads. */
const inputsOf = (aggregate: BoundAggregate): readonly Expression[] => [
  ...aggregate.args,
  ...aggregate.orderBy.map((item) => item.expression),
  ...(aggregate.filter === undefined ? [] : [aggregate.filter]),
]

/** The projection below an aggregation. */
interface Inputs {
  readonly node: PlanNode
  readonly translation: Translation
  /** By position of the grouping's keys. */
  readonly keys: readonly PlanSymbol[]
  /** What the aggregations read. */
  readonly read: readonly PlanSymbol[]
  /** Symbols of translated expressions, by their keys. */
  readonly symbols: ReadonlyMap<string, PlanSymbol>
}

const staysInCall = (expression: Expression): boolean =>
  expression.kind === 'lambda' || expression.kind === 'constant'

function projectInputs(
  state: PlannerState,
  plan: SubPlan,
  grouping: BoundGrouping,
  aggregates: readonly BoundAggregate[],
): Inputs {
  const { translation } = plan
  const available = new Map(outputsOf(plan.node).map((s) => [s.name, s]))
  const assignments = new Map<string, Assignment>()
  const symbols = new Map<string, PlanSymbol>()
  const add = (expression: Expression): PlanSymbol => {
    const translated = translate(expression, translation)
    const key = expressionKey(translated)
    const known = symbols.get(key)
    if (known !== undefined) return known
    const output = translated.kind === 'symbol' ? available.get(translated.name) : undefined
    const symbol = output ?? newSymbolFor(state, translated)
    symbols.set(key, symbol)
    assignments.set(symbol.name, { symbol, expression: translated })
    return symbol
  }
  const keys = grouping.keys.map(add)
  const read: PlanSymbol[] = []
  for (const aggregate of aggregates) {
    const kept = aggregate.args.filter(staysInCall)
    for (const expression of inputsOf(aggregate)) {
      if (!kept.includes(expression)) read.push(add(expression))
    }
    for (const expression of kept) {
      for (const name of collectSymbols(translate(expression, translation)).keys()) {
        const captured = available.get(name)
        if (captured === undefined) continue
        assignments.set(name, identity(captured))
        read.push(captured)
      }
    }
  }
  return {
    node: project(state, plan.node, [...assignments.values()]),
    translation,
    keys,
    read: uniqueSymbols(read),
    symbols,
  }
}

function aggregateCall(aggregate: BoundAggregate, inputs: Inputs): AggregateCall {
  const translated = (expression: Expression) => translate(expression, inputs.translation)
  const symbolOf = (expression: Expression): PlanSymbol =>
    inputs.symbols.get(expressionKey(translated(expression)))!
  return {
    function: aggregate.function,
    args: aggregate.args.map((arg) =>
      staysInCall(arg) ? translated(arg) : symbolReference(symbolOf(arg)),
    ),
    distinct: aggregate.distinct,
    ...(aggregate.filter === undefined ? {} : { filter: symbolOf(aggregate.filter) }),
    ...(aggregate.orderBy.length === 0
      ? {}
      : {
          orderBy: sortItems(
            aggregate.orderBy,
            aggregate.orderBy.map((item) => symbolOf(item.expression)),
          ),
        }),
  }
}

interface Keyed {
  readonly node: PlanNode
  /** By position of the grouping's keys. */
  readonly keys: readonly PlanSymbol[]
  readonly groupId?: PlanSymbol
}

/** With several grouping sets the input is repeated for each, the other sets' keys NULL. */
function groupingSets(state: PlannerState, inputs: Inputs, grouping: BoundGrouping): Keyed {
  if (grouping.sets.length === 1) return { node: inputs.node, keys: inputs.keys }
  const groupId = state.symbols.newSymbol('groupid', BIGINT)
  const outputs = new Map<string, PlanSymbol>()
  for (const key of inputs.keys) {
    if (!outputs.has(key.name)) {
      outputs.set(key.name, state.symbols.newSymbol(`${key.name}_gid`, key.type))
    }
  }
  const keys = inputs.keys.map((key) => outputs.get(key.name)!)
  const node: GroupIdNode = {
    kind: 'groupId',
    id: state.ids.next(),
    source: inputs.node,
    groupingSets: grouping.sets.map((set) => uniqueSymbols(set.map((position) => keys[position]!))),
    groupingColumns: uniqueSymbols(inputs.keys).map((key) => ({
      output: outputs.get(key.name)!,
      input: key,
    })),
    aggregationArguments: inputs.read,
    groupIdSymbol: groupId,
  }
  return { node, keys, groupId }
}

/** Above an aggregation a key is reached by its column, or by being the same expression. */
function keyTranslation(grouping: BoundGrouping, keys: readonly PlanSymbol[]): Translation {
  const symbols = new Map<string, PlanSymbol>()
  const computed = new Map<string, PlanSymbol>()
  grouping.keys.forEach((key, i) => {
    if (key.kind === 'symbol') symbols.set(key.name, keys[i]!)
    else computed.set(expressionKey(key), keys[i]!)
  })
  return { symbols, computed }
}
