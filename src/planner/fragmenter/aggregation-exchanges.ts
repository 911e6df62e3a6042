import { replaceSymbols } from '../../expressions/ir-walk.js'
import type { AggregationNode, PlanNode, SetOperationNode } from '../plan/node.js'
import { outputsOf, withSources } from '../plan/structure.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import type { ExchangeContext } from './add-exchanges.js'
import { type Distributed, hashOf, keepsTogether, restrict, SINGLE } from './distribution.js'
import { areAlike, distributeUnion, unionOf } from './union-exchanges.js'

/**
 * Groups in the tasks where their rows are, if each group's rows are in one; otherwise states are made where the rows are and
 * put together where the group belongs. What needs all rows of a group at once (DISTINCT, ORDER BY) gets the rows themselves.
 */
export function distributeAggregation(
  node: AggregationNode,
  context: ExchangeContext,
): Distributed {
  const branches =
    node.source.kind === 'setOperation'
      ? node.source.sources.map((branch) => context.plan(branch))
      : undefined
  if (branches !== undefined && !areAlike(branches) && isDivisible(node, context)) {
    return inEachBranch(node, node.source as SetOperationNode, branches, context)
  }
  const source =
    branches === undefined
      ? context.plan(node.source)
      : distributeUnion(node.source as SetOperationNode, branches, context)
  if (node.step === 'partial') return grouped(node, source)
  // Sets without keys give their row once, also where there is no input at all.
  const isGlobal = node.groupingKeys.length === 0 || node.globalGroupingSets.length > 0
  const { kind } = source.distribution
  if (kind === 'single' || (!isGlobal && keepsTogether(source.distribution, node.groupingKeys))) {
    return grouped(node, context.keep(source))
  }
  const move = (moved: Distributed): Distributed =>
    isGlobal ? context.gather(moved) : context.repartition(moved, node.groupingKeys)
  if (node.states !== undefined) {
    return inTwoSteps(node, source, 'intermediate', node.states, move, context)
  }
  if (!isDivisible(node, context)) return grouped(node, move(source))
  return inTwoSteps(node, source, 'partial', statesOf(node, '', context), move, context)
}

/** Whether groups may be made in parts. */
const isDivisible = (node: AggregationNode, context: ExchangeContext): boolean =>
  context.prefersPartialAggregation &&
  node.states === undefined &&
  node.aggregations.every(({ call }) => !call.distinct && call.orderBy === undefined)

const statesOf = (
  node: AggregationNode,
  suffix: string,
  context: ExchangeContext,
): readonly (readonly PlanSymbol[])[] =>
  node.aggregations.map(({ symbol, call }) =>
    context
      .stateTypes(call.function)
      .map((type, i) => ({ name: `${symbol.name}$state${i}${suffix}`, type })),
  )

/** Branches of a union that have to move: states of their groups do, to where the groups are put together. */
function inEachBranch(
  node: AggregationNode,
  union: SetOperationNode,
  branches: readonly Distributed[],
  context: ExchangeContext,
): Distributed {
  const isGlobal = node.groupingKeys.length === 0
  const states = statesOf(node, '', context)
  const inputs: PlanSymbol[][] = []
  const placed = branches.map((branch, b) => {
    const named = new Map(union.outputs.map(({ name }, i) => [name, union.inputs[b]![i]!]))
    const own = (symbol: PlanSymbol): PlanSymbol => named.get(symbol.name)!
    const groupingKeys = [...new Map(node.groupingKeys.map(own).map((s) => [s.name, s])).values()]
    const branchStates = statesOf(node, `$${b}`, context)
    inputs.push([...node.groupingKeys.map(own), ...branchStates.flat()])
    const partial: PlanNode = {
      ...node,
      id: context.ids.next(),
      source: branch.node,
      step: 'partial',
      groupingKeys,
      globalGroupingSets: [],
      aggregations: node.aggregations.map(({ symbol, call }) => ({
        symbol: { ...symbol, name: `${symbol.name}$${b}` },
        call: {
          ...call,
          args: call.args.map((arg) => replaceSymbols(arg, (s) => symbolReference(own(s)))),
          ...(call.filter === undefined ? {} : { filter: own(call.filter) }),
          ...(call.mask === undefined ? {} : { mask: own(call.mask) }),
        },
      })),
      states: branchStates,
    }
    const made = { ...branch, node: partial }
    return isGlobal ? context.gather(made) : context.repartition(made, node.groupingKeys.map(own))
  })
  const source = unionOf(
    {
      ...union,
      outputs: [...node.groupingKeys, ...states.flat()],
      inputs,
    },
    placed,
    isGlobal ? SINGLE : hashOf(node.groupingKeys),
  )
  return { ...source, node: { ...node, source: source.node, step: 'final', states } }
}

function grouped(node: AggregationNode, source: Distributed): Distributed {
  const planned = withSources(node, [source.node])
  return {
    ...source,
    node: planned,
    distribution: restrict(source.distribution, outputsOf(planned)),
  }
}

function inTwoSteps(
  node: AggregationNode,
  source: Distributed,
  below: 'partial' | 'intermediate',
  states: readonly (readonly PlanSymbol[])[],
  move: (source: Distributed) => Distributed,
  context: ExchangeContext,
): Distributed {
  const first: PlanNode = {
    ...node,
    id: context.ids.next(),
    source: source.node,
    step: below,
    states,
    globalGroupingSets: [],
  }
  const moved = move({ ...source, node: first })
  return { ...moved, node: { ...node, source: moved.node, step: 'final', states } }
}
