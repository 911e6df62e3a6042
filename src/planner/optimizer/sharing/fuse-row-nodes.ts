import { plainKey } from '../../../spi/index.js'
import type { PlanNode, SortItem, WindowFunctionCall, WindowNode } from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { type Counterparts, rename } from '../analysis/same-plan.js'
import type { OptimizerContext } from '../context.js'
import { namesOf, readsOnly } from '../expression/predicates.js'
import { expressionKey, isDeterministic } from '../expression/tree.js'
import { fuse, fuseSame } from './fuse.js'
import { EQUAL, type Fused, mergeOutputs, NO_NAMES, renameSymbol } from './fused.js'

type NodeOf<K extends PlanNode['kind']> = Extract<PlanNode, { kind: K }>

/** Fuses nodes that keep, order, number or repeat the rows of one source. */
export function fuseRowNode(
  first: PlanNode,
  second: PlanNode,
  context: OptimizerContext,
): Fused | undefined {
  switch (first.kind) {
    case 'values':
      return second.kind === 'values' ? fuseValues(first, second) : undefined
    case 'window':
      return second.kind === 'window' ? fuseWindows(first, second, context) : undefined
    case 'groupId':
      return second.kind === 'groupId' ? fuseGroupIds(first, second, context) : undefined
    case 'topNRanking': {
      if (second.kind !== 'topNRanking') return undefined
      const { ranking, maxRanking } = second
      const is = first.ranking === ranking && first.maxRanking === maxRanking
      if (!is) return undefined
      return fuseNumbered(first, second, context, (names) =>
        sameOrder(first.orderBy, second.orderBy, names),
      )
    }
    case 'rowNumber':
      if (second.kind !== 'rowNumber') return undefined
      if (first.maxRowsPerPartition !== second.maxRowsPerPartition) return undefined
      return fuseNumbered(first, second, context, () => true)
    case 'sort':
    case 'topN': {
      if (second.kind !== first.kind) return undefined
      if (second.kind === 'topN' && (first as NodeOf<'topN'>).count !== second.count) {
        return undefined
      }
      const below = fuseSame(first.source, second.source, context)
      if (below === undefined) return undefined
      return sameOrder(first.orderBy, second.orderBy, below.names)
        ? { ...below, plan: { ...first, source: below.plan } as PlanNode }
        : undefined
    }
    case 'limit': {
      const plain = second.kind === 'limit' && second.tiesOrderBy === undefined
      if (!plain || first.tiesOrderBy !== undefined || first.count !== second.count)
        return undefined
      const below = fuseSame(first.source, second.source, context)
      return below && { ...below, plan: { ...first, source: below.plan } }
    }
    case 'enforceSingleRow': {
      if (second.kind !== 'enforceSingleRow') return undefined
      const below = fuseSame(first.source, second.source, context)
      return below && { ...below, plan: { ...first, source: below.plan } }
    }
    default:
      return undefined
  }
}

const orderKey = (items: readonly SortItem[], names: Counterparts): string =>
  plainKey(items.map((i) => [renameSymbol(i.symbol, names).name, i.ascending, i.nullsFirst]))
const sameOrder = (a: readonly SortItem[], b: readonly SortItem[], names: Counterparts): boolean =>
  orderKey(a, NO_NAMES) === orderKey(b, names)
const listKey = (symbols: readonly PlanSymbol[], names: Counterparts): string =>
  plainKey(symbols.map((symbol) => renameSymbol(symbol, names).name).sort())

function fuseValues(first: NodeOf<'values'>, second: NodeOf<'values'>): Fused | undefined {
  if (first.rows.length !== second.rows.length) return undefined
  const column = (node: NodeOf<'values'>, i: number): string =>
    plainKey(node.rows.map((row) => expressionKey(row[i]!)))
  if (![...first.rows, ...second.rows].flat().every(isDeterministic)) return undefined
  const columns = new Map(first.outputs.map((symbol, i) => [column(first, i), symbol]))
  const merged = mergeOutputs(
    first.outputs,
    second.outputs.map((symbol, i) => ({ symbol, known: columns.get(column(second, i)) })),
  )
  if (merged === undefined) return undefined
  return {
    plan: {
      ...first,
      outputs: [...first.outputs, ...merged.added.map((i) => second.outputs[i] as PlanSymbol)],
      rows: first.rows.map((row, r) => [...row, ...merged.added.map((i) => second.rows[r]![i]!)]),
    },
    names: merged.names,
    ...EQUAL,
  }
}

function callText(f: WindowFunctionCall, names: Counterparts): string {
  const name = (symbol: PlanSymbol | undefined) =>
    symbol === undefined ? null : renameSymbol(symbol, names).name
  const { unit, start, end } = f.frame
  return plainKey([
    f.function.id,
    f.args.map((arg) => expressionKey(rename(arg, names))),
    [unit, start.kind, name(start.value), name(start.sortKey)],
    [end.kind, name(end.value), name(end.sortKey)],
    f.ignoreNulls,
    f.distinct ?? false,
    f.orderBy === undefined ? null : orderKey(f.orderBy, names),
    name(f.filter),
  ])
}

/** Rows may be left out afterwards where that leaves whole partitions out. */
function fuseWindows(
  first: WindowNode,
  second: WindowNode,
  context: OptimizerContext,
): Fused | undefined {
  const below = fuse(first.source, second.source, context)
  if (below === undefined) return undefined
  const partition = namesOf(first.partitionBy)
  if (![...below.first, ...below.second].every((e) => readsOnly(e, partition))) return undefined
  const { names } = below
  if (listKey(first.partitionBy, NO_NAMES) !== listKey(second.partitionBy, names)) {
    return undefined
  }
  if (!sameOrder(first.orderBy, second.orderBy, names)) return undefined
  const calls = new Map(first.functions.map((f) => [callText(f, NO_NAMES), f.symbol]))
  const theirs = second.functions.map((f) => callText(f, names))
  // What the first has no such function for would be renamed symbol by symbol: two uses of one query have the same.
  const own = theirs.map((text) => calls.get(text))
  if (own.some((symbol) => symbol === undefined)) return undefined
  return {
    ...below,
    plan: { ...first, source: below.plan },
    names: new Map([
      ...names,
      ...second.functions.map((f, i) => [f.symbol.name, own[i] as PlanSymbol] as const),
    ]),
    firstComputes: below.firstComputes || calls.size > new Set(theirs).size,
  }
}

function fuseGroupIds(
  first: NodeOf<'groupId'>,
  second: NodeOf<'groupId'>,
  context: OptimizerContext,
): Fused | undefined {
  const below = fuseSame(first.source, second.source, context)
  if (below === undefined) return undefined
  const { names } = below
  const outputs = new Map(first.groupingColumns.map((c) => [c.input.name, c.output]))
  const columns = second.groupingColumns.map((c) => outputs.get(renameSymbol(c.input, names).name))
  if (outputs.size !== first.groupingColumns.length || columns.includes(undefined)) return undefined
  if (columns.length !== outputs.size) return undefined
  const keys = new Map(
    second.groupingColumns.map((c, i) => [c.output.name, columns[i] as PlanSymbol]),
  )
  const sets = (list: NodeOf<'groupId'>['groupingSets'], by: Counterparts) =>
    plainKey(list.map((set) => listKey(set, by)))
  if (sets(first.groupingSets, NO_NAMES) !== sets(second.groupingSets, keys)) return undefined
  const args = new Map(
    [
      ...first.aggregationArguments,
      ...second.aggregationArguments.map((s) => renameSymbol(s, names)),
    ].map((symbol) => [symbol.name, symbol]),
  )
  const clash = first.groupingColumns.some((c) => args.has(c.output.name))
  if (clash) return undefined
  return {
    ...below,
    plan: { ...first, source: below.plan, aggregationArguments: [...args.values()] },
    names: new Map([...names, ...keys, [second.groupIdSymbol.name, first.groupIdSymbol] as const]),
  }
}

function fuseNumbered<N extends NodeOf<'topNRanking' | 'rowNumber'>>(
  first: N,
  second: N,
  context: OptimizerContext,
  isOrderSame: (names: Counterparts) => boolean,
): Fused | undefined {
  const below = fuseSame(first.source, second.source, context)
  if (below === undefined) return undefined
  const { names } = below
  const own = listKey(first.partitionBy, NO_NAMES)
  if (own !== listKey(second.partitionBy, names) || !isOrderSame(names)) return undefined
  return {
    ...below,
    plan: { ...first, source: below.plan },
    names: new Map([...names, [second.symbol.name, first.symbol] as const]),
  }
}
