import type { Expression } from '../../../expressions/ir.js'
import type { PlanNode } from '../../plan/node.js'
import { outputsOf, sourcesOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import type { OptimizerContext } from '../context.js'
import { conjunctsOf } from '../expression/predicates.js'
import { symbolsOf } from '../expression/tree.js'

/** Rows with equal values of all `from` (none of them null) have equal values of `to`. */
export interface Dependency {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/**
 * Functional dependencies among the symbols of a node, from unique columns of tables, groupings and equalities. A
 * dependency holds for rows whose `from` symbols are not null: see {@link notNullSymbols}.
 * @source Paulley, Exploiting Functional Dependence in Query Optimization (2000)
 */
export function dependenciesOf(node: PlanNode, context: OptimizerContext): readonly Dependency[] {
  switch (node.kind) {
    case 'tableScan': {
      const names = node.outputs.map((s) => s.name)
      return names.flatMap((name, i) =>
        context.tables.column(node.table, node.columns[i])?.unique === true
          ? [{ from: [name], to: names }]
          : [],
      )
    }
    case 'project': {
      const below = dependenciesOf(node.source, context)
      const computed = node.assignments.flatMap(({ symbol, expression }): Dependency[] => {
        if (expression.kind !== 'symbol') return []
        const renamed = expression.name !== symbol.name
        return renamed
          ? [
              { from: [expression.name], to: [symbol.name] },
              { from: [symbol.name], to: [expression.name] },
            ]
          : []
      })
      return [...below, ...computed]
    }
    case 'aggregation': {
      const below = dependenciesOf(node.source, context)
      if (node.groupIdSymbol !== undefined || node.globalGroupingSets.length > 0) return []
      const keys = node.groupingKeys.map((s) => s.name)
      return [...below, { from: keys, to: node.aggregations.map((a) => a.symbol.name) }]
    }
    case 'join': {
      const below = [...dependenciesOf(node.left, context), ...dependenciesOf(node.right, context)]
      if (node.type !== 'inner') return below
      const equal = node.criteria.flatMap(({ left, right }) => [
        { from: [left.name], to: [right.name] },
        { from: [right.name], to: [left.name] },
      ])
      return [...below, ...equal]
    }
    case 'sharedScan': {
      const names = new Map(node.columns.map((c, i) => [c.name, node.outputs[i] as PlanSymbol]))
      const own = (list: readonly string[]) => list.flatMap((n) => names.get(n)?.name ?? [])
      return dependenciesOf(node.definition, context).flatMap(({ from, to }) =>
        from.every((name) => names.has(name)) ? [{ from: own(from), to: own(to) }] : [],
      )
    }
    case 'with':
      return dependenciesOf(node.main, context)
    case 'groupId':
    case 'setOperation':
    case 'unnest':
    case 'patternRecognition':
    case 'tableFunction':
    case 'values':
    case 'remoteSource':
    case 'apply':
    case 'correlatedJoin':
    case 'tableWriter':
    case 'tableFinish':
      return []
    case 'semiJoin':
      return dependenciesOf(node.source, context)
    case 'filter':
    case 'sort':
    case 'topN':
    case 'limit':
    case 'offset':
    case 'enforceSingleRow':
    case 'assignUniqueId':
    case 'markDistinct':
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
    case 'sample':
    case 'asyncCall':
    case 'exchange':
    case 'output': {
      const below = sourcesOf(node).flatMap((source) => dependenciesOf(source, context))
      if (node.kind !== 'assignUniqueId') return below
      const names = outputsOf(node).map((s) => s.name)
      return [...below, { from: [node.symbol.name], to: names }]
    }
  }
}

/** Everything that some symbols determine. O(dependencies squared). */
export function closure(
  names: Iterable<string>,
  dependencies: readonly Dependency[],
  mayUse: (name: string) => boolean,
): ReadonlySet<string> {
  const known = new Set(names)
  for (let grown = true; grown; ) {
    grown = false
    for (const { from, to } of dependencies) {
      if (!from.every((name) => known.has(name) && mayUse(name))) continue
      for (const name of to) {
        if (!known.has(name)) {
          known.add(name)
          grown = true
        }
      }
    }
  }
  return known
}

/**
 * Symbols, of the node or of what it joins, that no row of the node has null: a condition that holds for all rows compares
 * them.
 */
export function notNullSymbols(node: PlanNode): ReadonlySet<string> {
  const names = new Set<string>()
  addNotNull(node, names)
  return names
}

function addNotNull(node: PlanNode, names: Set<string>): void {
  switch (node.kind) {
    case 'join':
      if (node.type === 'inner') {
        for (const { left, right } of node.criteria) names.add(left.name).add(right.name)
        for (const e of conjunctsOf(node.filter)) addStrict(e, names)
      }
      if (node.type === 'inner' || node.type === 'left') addNotNull(node.left, names)
      if (node.type === 'inner' || node.type === 'right') addNotNull(node.right, names)
      return
    case 'filter':
      for (const e of conjunctsOf(node.predicate)) addStrict(e, names)
      addNotNull(node.source, names)
      return
    case 'semiJoin':
      if (node.mode === 'semi') for (const { left } of node.criteria) names.add(left.name)
      addNotNull(node.source, names)
      return
    case 'project':
      addNotNull(node.source, names)
      for (const { symbol, expression } of node.assignments) {
        if (expression.kind === 'symbol' && names.has(expression.name)) names.add(symbol.name)
      }
      return
    case 'assignUniqueId':
      names.add(node.symbol.name)
      addNotNull(node.source, names)
      return
    case 'aggregation':
      if (node.globalGroupingSets.length === 0) addNotNull(node.source, names)
      return
    case 'sort':
    case 'topN':
    case 'limit':
    case 'offset':
    case 'markDistinct':
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
    case 'sample':
    case 'asyncCall':
    case 'exchange':
    case 'unnest':
      addNotNull(node.source, names)
      return
    default:
      return
  }
}

/** Adds the symbols that a conjunct can't be true for when they are null. */
function addStrict(e: Expression, names: Set<string>): void {
  if (e.kind === 'comparison' && e.operator !== 'identical') {
    for (const side of [e.left, e.right]) if (side.kind === 'symbol') names.add(side.name)
  } else if (e.kind === 'between' || e.kind === 'in') {
    if (e.value.kind === 'symbol') names.add(e.value.name)
  } else if (e.kind === 'not' && e.arg.kind === 'isNull') {
    if (e.arg.arg.kind === 'symbol') names.add(e.arg.arg.name)
  } else if (e.kind === 'call' && e.function.name === '$like') {
    for (const name of symbolsOf(e)) names.add(name)
  }
}
