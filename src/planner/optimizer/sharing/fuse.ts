import type { Expression } from '../../../expressions/ir.js'
import { plainKey } from '../../../spi/index.js'
import { tableKey } from '../../cost/table-statistics.js'
import type {
  AggregateCall,
  AggregationNode,
  Assignment,
  JoinCriterion,
  JoinNode,
  PlanNode,
  SemiJoinNode,
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
import { expressionKey, isDeterministic, substitute } from '../expression/tree.js'
import { fuseRowNode } from './fuse-row-nodes.js'

/** One plan for the rows of two. */
export interface Fused {
  /** Its outputs are the first plan's, under their names, and what columns the second and the conjuncts need besides. */
  readonly plan: PlanNode
  /** For each output of the second plan, the fused plan's symbol. */
  readonly names: Counterparts
  /** Conjuncts over outputs of the fused plan: true for the rows of the first plan, and of the second. */
  readonly first: readonly Expression[]
  readonly second: readonly Expression[]
  /** The first plan computes what the second doesn't; and the reverse. */
  readonly firstComputes: boolean
  readonly secondComputes: boolean
}

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

const keysOf = (conjuncts: readonly Expression[]): ReadonlySet<string> =>
  new Set(conjuncts.map(expressionKey))

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

/** The symbols that expressions read, with their types. */
export function symbolsRead(expressions: readonly Expression[]): readonly PlanSymbol[] {
  const found = new Map<string, PlanSymbol>()
  for (const e of expressions) {
    substitute(e, (name, type) => {
      found.set(name, { name, type })
      return undefined
    })
  }
  return [...found.values()]
}

/** Outputs of the first, and of the second what it has besides. Undefined where names clash. */
export function mergeOutputs(
  first: readonly PlanSymbol[],
  second: readonly { readonly symbol: PlanSymbol; readonly known: PlanSymbol | undefined }[],
): { readonly added: readonly number[]; readonly names: Counterparts } | undefined {
  const taken = new Set(namesOf(first))
  const names = new Map<string, PlanSymbol>()
  const added: number[] = []
  for (const [i, { symbol, known }] of second.entries()) {
    if (known === undefined) {
      if (taken.has(symbol.name)) return undefined
      taken.add(symbol.name)
      added.push(i)
    }
    names.set(symbol.name, known ?? symbol)
  }
  return { added, names }
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

/** Of plans that give the same rows and compute the same. */
export const EQUAL = { first: [], second: [], firstComputes: false, secondComputes: false } as const

export const renameSymbol = (symbol: PlanSymbol, names: Counterparts): PlanSymbol =>
  names.get(symbol.name) ?? symbol

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
  const calls = new Map(first.aggregations.map((a) => [callKey(a.call, new Map()), a.symbol]))
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

const criteriaKey = (criteria: readonly JoinCriterion[], left: Counterparts, right: Counterparts) =>
  plainKey(
    criteria
      .map((c) => `${renameSymbol(c.left, left).name}=${renameSymbol(c.right, right).name}`)
      .sort(),
  )
const NO_NAMES: Counterparts = new Map()

/** Whether two conditions, the second renamed, have the same terms. */
function sameCondition(
  first: Expression | undefined,
  second: Expression | undefined,
  names: Counterparts,
): boolean {
  const own = conjunctsOf(first)
  const others = conjunctsOf(second).map((e) => rename(e, names))
  if (![...own, ...others].every(isDeterministic)) return false
  const [a, b] = [keysOf(own), keysOf(others)]
  return a.size === b.size && [...a].every((key) => b.has(key))
}

function fuseJoins(
  first: JoinNode,
  second: JoinNode,
  context: OptimizerContext,
): Fused | undefined {
  if (first.type !== second.type || first.criteria.length !== second.criteria.length) {
    return undefined
  }
  // Rows may be left out after the join on the sides that it gives no rows of its own to.
  const mayDropLeft = first.type === 'inner' || first.type === 'left'
  const mayDropRight = first.type === 'inner' || first.type === 'right'
  const left = (mayDropLeft ? fuse : fuseSame)(first.left, second.left, context)
  if (left === undefined) return undefined
  const right = (mayDropRight ? fuse : fuseSame)(first.right, second.right, context)
  if (right === undefined) return undefined
  const names = new Map([...left.names, ...right.names])
  const own = criteriaKey(first.criteria, NO_NAMES, NO_NAMES)
  if (own !== criteriaKey(second.criteria, left.names, right.names)) return undefined
  if (!sameCondition(first.filter, second.filter, names)) return undefined
  const outputs = (side: Fused, a: readonly PlanSymbol[], b: readonly PlanSymbol[]) => {
    const needed = namesOf([
      ...a,
      ...b.map((symbol) => renameSymbol(symbol, side.names)),
      ...symbolsRead([...side.first, ...side.second]),
    ])
    return outputsOf(side.plan).filter(({ name }) => needed.has(name))
  }
  return {
    plan: {
      ...first,
      left: left.plan,
      right: right.plan,
      leftOutputs: outputs(left, first.leftOutputs, second.leftOutputs),
      rightOutputs: outputs(right, first.rightOutputs, second.rightOutputs),
    },
    names,
    first: [...left.first, ...right.first],
    second: [...left.second, ...right.second],
    firstComputes: left.firstComputes || right.firstComputes,
    secondComputes: left.secondComputes || right.secondComputes,
  }
}

function fuseSemiJoins(
  first: SemiJoinNode,
  second: SemiJoinNode,
  context: OptimizerContext,
): Fused | undefined {
  if (first.mode !== second.mode || first.nullAware !== second.nullAware) return undefined
  const source = fuse(first.source, second.source, context)
  if (source === undefined) return undefined
  const filtering = fuseSame(first.filteringSource, second.filteringSource, context)
  if (filtering === undefined) return undefined
  const names = new Map([...source.names, ...filtering.names])
  const own = criteriaKey(first.criteria, NO_NAMES, NO_NAMES)
  if (own !== criteriaKey(second.criteria, source.names, filtering.names)) return undefined
  if (!sameCondition(first.filter, second.filter, names)) return undefined
  return {
    ...source,
    plan: { ...first, source: source.plan, filteringSource: filtering.plan },
    names:
      second.output === undefined
        ? source.names
        : new Map([...source.names, [second.output.name, first.output as PlanSymbol]]),
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
