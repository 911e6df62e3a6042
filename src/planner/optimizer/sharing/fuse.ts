import type { Expression } from '../../../expressions/ir.js'
import { plainKey } from '../../../spi/index.js'
import { tableKey } from '../../cost/table-statistics.js'
import type {
  AggregateCall,
  AggregationNode,
  Assignment,
  PlanNode,
  SetOperationNode,
  SharedScanNode,
  TableScanNode,
} from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { type Counterparts, callKey, rename } from '../analysis/same-plan.js'
import { filterOver, identityAssignment, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { conjunctsOf, namesOf, readsOnly } from '../expression/predicates.js'
import { expressionKey, isDeterministic } from '../expression/tree.js'
import { fuseJoins, fuseSemiJoins } from './fuse-joins.js'
import { fuseRowNode } from './fuse-row-nodes.js'
import {
  EQUAL,
  type Fused,
  keysOf,
  mergeOutputs,
  NO_NAMES,
  renameSymbol,
  symbolsRead,
} from './fused.js'

/**
 * Finds one plan for the rows of two: the same tables joined, filtered and grouped in the same way, of which each may read
 * other columns, compute other expressions or aggregates, and keep fewer rows.
 * @returns undefined where the plans differ otherwise, or depend on chance
 * @source Bruno et al., Computation Reuse via Fusion in Amazon Athena (ICDE 2022)
 */
export function fuse(
  first: PlanNode,
  second: PlanNode,
  context: OptimizerContext,
): Fused | undefined {
  if (first.kind === 'filter' || second.kind === 'filter') {
    return fuseFilters(first, second, context)
  }
  if (first.kind === 'project' || second.kind === 'project') {
    return fuseProjects(first, second, context)
  }
  switch (first.kind) {
    case 'tableScan':
      if (second.kind !== 'tableScan' || tableKey(first.table) !== tableKey(second.table)) {
        return undefined
      }
      return fuseScans(first, second)
    case 'sharedScan':
      if (second.kind !== 'sharedScan' || first.name !== second.name) return undefined
      return fuseScans(first, second)
    case 'aggregation':
      return second.kind === 'aggregation' ? fuseAggregations(first, second, context) : undefined
    case 'join':
      return second.kind === 'join' ? fuseJoins(first, second, context) : undefined
    case 'semiJoin':
      return second.kind === 'semiJoin' ? fuseSemiJoins(first, second, context) : undefined
    case 'setOperation':
      return second.kind === 'setOperation' ? fuseUnions(first, second, context) : undefined
    default:
      return fuseRowNode(first, second, context)
  }
}

/** Two plans that give the same rows. */
export function fuseSame(
  first: PlanNode,
  second: PlanNode,
  context: OptimizerContext,
): Fused | undefined {
  const fused = fuse(first, second, context)
  return fused === undefined || fused.first.length > 0 || fused.second.length > 0
    ? undefined
    : fused
}

/** What both plans check stays below; the rest is left to who reads the rows. */
function fuseFilters(
  first: PlanNode,
  second: PlanNode,
  context: OptimizerContext,
): Fused | undefined {
  const below = (node: PlanNode) => (node.kind === 'filter' ? node.source : node)
  const checked = (node: PlanNode) => (node.kind === 'filter' ? conjunctsOf(node.predicate) : [])
  const fused = fuse(below(first), below(second), context)
  if (fused === undefined) return undefined
  const ofFirst = checked(first)
  const ofSecond = checked(second).map((e) => rename(e, fused.names))
  if (![...ofFirst, ...ofSecond].every(isDeterministic)) return undefined
  const [firstKeys, secondKeys] = [keysOf(ofFirst), keysOf(ofSecond)]
  return {
    ...fused,
    plan: filterOver(
      context,
      fused.plan,
      ofFirst.filter((e) => secondKeys.has(expressionKey(e))),
    ),
    first: [...fused.first, ...ofFirst.filter((e) => !secondKeys.has(expressionKey(e)))],
    second: [...fused.second, ...ofSecond.filter((e) => !firstKeys.has(expressionKey(e)))],
  }
}

const isPlain = (e: Expression): boolean => e.kind === 'symbol' || e.kind === 'constant'

function fuseProjects(
  first: PlanNode,
  second: PlanNode,
  context: OptimizerContext,
): Fused | undefined {
  const below = (node: PlanNode) => (node.kind === 'project' ? node.source : node)
  const made = (node: PlanNode): readonly Assignment[] =>
    node.kind === 'project' ? node.assignments : outputsOf(node).map(identityAssignment)
  const fused = fuse(below(first), below(second), context)
  if (fused === undefined) return undefined
  const ofFirst = made(first)
  const ofSecond = made(second).map(({ symbol, expression }) => ({
    symbol,
    expression: rename(expression, fused.names),
  }))
  if (![...ofFirst, ...ofSecond].every((a) => isDeterministic(a.expression))) return undefined
  const assignments = [...ofFirst]
  const taken = new Set(namesOf(ofFirst.map((a) => a.symbol)))
  const byKey = new Map(ofFirst.map((a) => [expressionKey(a.expression), a.symbol]))
  const add = (assignment: Assignment): PlanSymbol | undefined => {
    const key = expressionKey(assignment.expression)
    const known = byKey.get(key)
    if (known !== undefined) return known
    if (taken.has(assignment.symbol.name)) return undefined
    assignments.push(assignment)
    taken.add(assignment.symbol.name)
    byKey.set(key, assignment.symbol)
    return assignment.symbol
  }
  const firstKeys = keysOf(ofFirst.map((a) => a.expression))
  const secondKeys = keysOf(ofSecond.map((a) => a.expression))
  const computes = (list: readonly Assignment[], others: ReadonlySet<string>): boolean =>
    list.some(({ expression: e }) => !isPlain(e) && !others.has(expressionKey(e)))
  const names = new Map<string, PlanSymbol>()
  for (const assignment of ofSecond) {
    const symbol = add(assignment)
    if (symbol === undefined) return undefined
    names.set(assignment.symbol.name, symbol)
  }
  // The conjuncts' columns are passed on.
  const carried = new Map<string, PlanSymbol>()
  for (const symbol of symbolsRead([...fused.first, ...fused.second])) {
    const passed = add(identityAssignment(symbol))
    if (passed === undefined) return undefined
    carried.set(symbol.name, passed)
  }
  const lift = (e: Expression) => rename(e, carried)
  return {
    plan: projectOver(context, fused.plan, assignments),
    names,
    first: fused.first.map(lift),
    second: fused.second.map(lift),
    firstComputes: fused.firstComputes || computes(ofFirst, secondKeys),
    secondComputes: fused.secondComputes || computes(ofSecond, firstKeys),
  }
}

function fuseScans<N extends TableScanNode | SharedScanNode>(
  first: N,
  second: N,
): Fused | undefined {
  const columns = new Map(first.columns.map((c, i) => [plainKey(c), first.outputs[i]]))
  const merged = mergeOutputs(
    first.outputs,
    second.outputs.map((symbol, i) => ({
      symbol,
      known: columns.get(plainKey(second.columns[i])),
    })),
  )
  if (merged === undefined) return undefined
  const plan = {
    ...first,
    outputs: [...first.outputs, ...merged.added.map((i) => second.outputs[i] as PlanSymbol)],
    columns: [...first.columns, ...merged.added.map((i) => second.columns[i])],
  } as PlanNode
  return { plan, names: merged.names, ...EQUAL }
}

function renameCall(call: AggregateCall, names: Counterparts): AggregateCall {
  return {
    ...call,
    args: call.args.map((arg) => rename(arg, names)),
    ...(call.filter === undefined ? {} : { filter: renameSymbol(call.filter, names) }),
    ...(call.mask === undefined ? {} : { mask: renameSymbol(call.mask, names) }),
    ...(call.orderBy === undefined
      ? {}
      : {
          orderBy: call.orderBy.map((item) => ({
            ...item,
            symbol: renameSymbol(item.symbol, names),
          })),
        }),
  }
}

/** Rows may be left out after a grouping where that leaves whole groups out. */
function fuseAggregations(
  first: AggregationNode,
  second: AggregationNode,
  context: OptimizerContext,
): Fused | undefined {
  if (first.step !== 'single' || second.step !== 'single') return undefined
  if (plainKey(first.globalGroupingSets) !== plainKey(second.globalGroupingSets)) return undefined
  const below = fuse(first.source, second.source, context)
  if (below === undefined) return undefined
  const conjuncts = [...below.first, ...below.second]
  const keys = namesOf(first.groupingKeys)
  const keepsGroups = first.globalGroupingSets.length === 0 && keys.size > 0
  if (conjuncts.length > 0 && !(keepsGroups && conjuncts.every((e) => readsOnly(e, keys)))) {
    return undefined
  }
  const groupId = second.groupIdSymbol && renameSymbol(second.groupIdSymbol, below.names)
  if (first.groupIdSymbol?.name !== groupId?.name) return undefined
  const secondKeys = second.groupingKeys.map((key) => renameSymbol(key, below.names))
  if (keys.size !== namesOf(secondKeys).size || !secondKeys.every((key) => keys.has(key.name))) {
    return undefined
  }
  const calls = new Map(first.aggregations.map((a) => [callKey(a.call, NO_NAMES), a.symbol]))
  const theirs = second.aggregations.map((a) => callKey(a.call, below.names))
  const merged = mergeOutputs(
    outputsOf(first),
    second.aggregations.map(({ symbol }, i) => ({ symbol, known: calls.get(theirs[i] as string) })),
  )
  if (merged === undefined) return undefined
  const added = merged.added.map((i) => second.aggregations[i] as (typeof second.aggregations)[0])
  return {
    ...below,
    plan: {
      ...first,
      source: below.plan,
      aggregations: [
        ...first.aggregations,
        ...added.map(({ symbol, call }) => ({ symbol, call: renameCall(call, below.names) })),
      ],
    },
    names: new Map([
      ...second.groupingKeys.map((key, i) => [key.name, secondKeys[i] as PlanSymbol] as const),
      ...merged.names,
    ]),
    firstComputes: below.firstComputes || [...calls.keys()].some((key) => !theirs.includes(key)),
    secondComputes: below.secondComputes || added.length > 0,
  }
}

function fuseUnions(
  first: SetOperationNode,
  second: SetOperationNode,
  context: OptimizerContext,
): Fused | undefined {
  const isUnion = (n: SetOperationNode) => n.operation === 'union' && !n.distinct
  if (!isUnion(first) || !isUnion(second)) return undefined
  if (first.sources.length !== second.sources.length) return undefined
  const branches = first.sources.map((source, s) =>
    fuseSame(source, second.sources[s] as PlanNode, context),
  )
  const known = branches.filter((branch) => branch !== undefined)
  if (known.length < branches.length) return undefined
  const inputs = second.inputs.map((list, s) =>
    list.map((symbol) => renameSymbol(symbol, (known[s] as Fused).names)),
  )
  const column = (lists: readonly (readonly PlanSymbol[])[], i: number): string =>
    plainKey(lists.map((list) => list[i]?.name))
  const byInputs = new Map(first.outputs.map((symbol, i) => [column(first.inputs, i), symbol]))
  const merged = mergeOutputs(
    first.outputs,
    second.outputs.map((symbol, i) => ({ symbol, known: byInputs.get(column(inputs, i)) })),
  )
  if (merged === undefined) return undefined
  const addTo = (list: readonly PlanSymbol[], from: readonly PlanSymbol[]) => [
    ...list,
    ...merged.added.map((i) => from[i] as PlanSymbol),
  ]
  return {
    plan: {
      ...first,
      sources: known.map((branch) => branch.plan),
      outputs: addTo(first.outputs, second.outputs),
      inputs: first.inputs.map((list, s) => addTo(list, inputs[s] as readonly PlanSymbol[])),
    },
    names: merged.names,
    first: [],
    second: [],
    firstComputes: known.some((branch) => branch.firstComputes),
    secondComputes: known.some((branch) => branch.secondComputes),
  }
}
