import type { Expression } from '../../expressions/ir.js'
import { conjuncts } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import type { BoundCall, BoundRowLimits, BoundSortItem } from '../analyzer/bound.js'
import type {
  Assignment,
  PlanNode,
  PlanNodeIdAllocator,
  ProjectNode,
  SortItem,
  ValuesNode,
} from '../plan/node.js'
import { outputsOf } from '../plan/structure.js'
import { type PlanSymbol, type SymbolAllocator, symbolReference } from '../plan/symbol.js'
import { type Translation, translate } from './translation.js'

/** What planning one statement shares. */
export interface PlannerState {
  readonly symbols: SymbolAllocator
  readonly ids: PlanNodeIdAllocator
  readonly calls: ReadonlyMap<string, BoundCall>
  readonly registry: FunctionRegistry
  readonly maxRecursionDepth: number
  /** Puts values in the place of what is constant. */
  readonly fold: (expression: Expression) => Expression
  /** How to plan what the references of recursions under way read, by reference. */
  readonly recursion: Map<string, () => RelationPlan>
}

/** A relation's plan: by position, the symbol of each of its fields. */
export interface RelationPlan {
  readonly node: PlanNode
  readonly symbols: readonly PlanSymbol[]
}

/** A plan under construction and what expressions over it mean. */
export interface SubPlan {
  readonly node: PlanNode
  readonly translation: Translation
}

export const identity = (symbol: PlanSymbol): Assignment => ({
  symbol,
  expression: symbolReference(symbol),
})

export const uniqueSymbols = (symbols: Iterable<PlanSymbol>): readonly PlanSymbol[] => [
  ...new Map([...symbols].map((s) => [s.name, s])).values(),
]

export const project = (
  state: PlannerState,
  source: PlanNode,
  assignments: readonly Assignment[],
): ProjectNode => ({ kind: 'project', id: state.ids.next(), source, assignments })

/** One row without columns. */
export const singleRow = (state: PlannerState): ValuesNode => ({
  kind: 'values',
  id: state.ids.next(),
  outputs: [],
  rows: [[]],
})

const hintOf = (expression: Expression): string =>
  expression.kind === 'call' ? expression.function.name.replace(/^\$/, '') : 'expr'

export const newSymbolFor = (state: PlannerState, expression: Expression): PlanSymbol =>
  state.symbols.newSymbol(hintOf(expression), expression.type)

/**
 * Makes every expression a symbol of the plan: what is a symbol of it stays, the rest is projected above it, each distinct
 * expression once.
 * @returns the plan with all its former outputs and, by position, the symbols
 */
export function projectSymbols(
  state: PlannerState,
  plan: SubPlan,
  expressions: readonly Expression[],
): { readonly plan: SubPlan; readonly symbols: readonly PlanSymbol[] } {
  const outputs = outputsOf(plan.node)
  const known = new Map(outputs.map((s) => [s.name, s]))
  const added = new Map<string, Assignment>()
  const symbols = expressions.map((expression) => {
    const translated = translate(expression, plan.translation)
    const output = translated.kind === 'symbol' ? known.get(translated.name) : undefined
    if (output !== undefined) return output
    const key = expressionKey(translated)
    let assignment = added.get(key)
    if (assignment === undefined) {
      assignment = { symbol: newSymbolFor(state, translated), expression: translated }
      added.set(key, assignment)
    }
    return assignment.symbol
  })
  if (added.size === 0) return { plan, symbols }
  const assignments = [...outputs.map(identity), ...added.values()]
  return { plan: { ...plan, node: project(state, plan.node, assignments) }, symbols }
}

export function filter(
  state: PlannerState,
  plan: SubPlan,
  predicate: Expression | undefined,
): SubPlan {
  if (predicate === undefined) return plan
  const translated = translate(predicate, plan.translation)
  if (conjuncts(translated).length === 0) return plan
  const { node } = plan
  return {
    ...plan,
    node: { kind: 'filter', id: state.ids.next(), source: node, predicate: translated },
  }
}

/** Sorts by expressions, computing those that are no symbols yet. */
export function sort(
  state: PlannerState,
  plan: SubPlan,
  orderBy: readonly BoundSortItem[],
): { readonly plan: SubPlan; readonly items: readonly SortItem[] } {
  if (orderBy.length === 0) return { plan, items: [] }
  const projected = projectSymbols(
    state,
    plan,
    orderBy.map((item) => item.expression),
  )
  const items = sortItems(orderBy, projected.symbols)
  return {
    plan: {
      ...projected.plan,
      node: { kind: 'sort', id: state.ids.next(), source: projected.plan.node, orderBy: items },
    },
    items,
  }
}

/** Items by these symbols; a symbol that comes again orders nothing. */
export function sortItems(
  orderBy: readonly Omit<BoundSortItem, 'expression'>[],
  symbols: readonly PlanSymbol[],
): readonly SortItem[] {
  const items = new Map<string, SortItem>()
  orderBy.forEach(({ ascending, nullsFirst }, i) => {
    const symbol = symbols[i]!
    if (!items.has(symbol.name)) items.set(symbol.name, { symbol, ascending, nullsFirst })
  })
  return [...items.values()]
}

/** OFFSET, then LIMIT. */
export function limitRows(
  state: PlannerState,
  source: PlanNode,
  limits: BoundRowLimits,
  orderBy: readonly SortItem[],
): PlanNode {
  let node = source
  if (limits.offset !== undefined && limits.offset > 0) {
    node = { kind: 'offset', id: state.ids.next(), source: node, count: limits.offset }
  }
  if (limits.limit !== undefined) {
    node = {
      kind: 'limit',
      id: state.ids.next(),
      source: node,
      count: limits.limit,
      ...(limits.withTies === true ? { tiesOrderBy: orderBy } : {}),
    }
  }
  return node
}
