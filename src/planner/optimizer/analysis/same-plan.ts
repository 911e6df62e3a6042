import type { Expression } from '../../../expressions/ir.js'
import { plainKey } from '../../../spi/index.js'
import { tableKey } from '../../cost/table-statistics.js'
import type { AggregateCall, PlanNode } from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { conjunctsOf, symbolOf } from '../expression/predicates.js'
import { expressionKey, isDeterministic, substitute } from '../expression/tree.js'

/** For symbols of one plan, the symbols of another with the same values. */
export type Counterparts = ReadonlyMap<string, PlanSymbol>

/**
 * Tells whether two plans give the same rows, the second with some of the first's columns under other names: two uses of
 * a WITH query after pruning. Covers scans, filters, projections and groupings.
 * @returns the first plan's symbol for each symbol of the second; undefined where they differ
 */
export function samePlan(first: PlanNode, second: PlanNode): Counterparts | undefined {
  if (
    second.kind === 'project' &&
    second.assignments.every((a) => a.expression.kind === 'symbol')
  ) {
    return throughRename(samePlan(first, second.source), second)
  }
  if (first.kind === 'project' && first.assignments.every((a) => a.expression.kind === 'symbol')) {
    return undefined
  }
  switch (first.kind) {
    case 'tableScan': {
      if (second.kind !== 'tableScan' || tableKey(first.table) !== tableKey(second.table)) {
        return undefined
      }
      const columns = new Map(
        first.columns.map((column, i) => [plainKey(column), first.outputs[i] as PlanSymbol]),
      )
      return mapAll(second.outputs, (_, i) => columns.get(plainKey(second.columns[i])))
    }
    case 'sharedScan': {
      if (second.kind !== 'sharedScan' || first.name !== second.name) return undefined
      const columns = new Map(first.columns.map(({ name }, i) => [name, first.outputs[i]]))
      return mapAll(second.outputs, (_, i) => columns.get(second.columns[i]?.name ?? ''))
    }
    case 'filter': {
      if (second.kind !== 'filter') return undefined
      const below = samePlan(first.source, second.source)
      if (below === undefined || !isDeterministic(first.predicate)) return undefined
      const own = new Set(conjunctsOf(first.predicate).map(expressionKey))
      const others = conjunctsOf(second.predicate).map((e) => expressionKey(rename(e, below)))
      return own.size === others.length && others.every((key) => own.has(key)) ? below : undefined
    }
    case 'project': {
      if (second.kind !== 'project') return undefined
      const below = samePlan(first.source, second.source)
      if (below === undefined) return undefined
      const own = new Map(
        first.assignments
          .filter((a) => isDeterministic(a.expression))
          .map((a) => [expressionKey(a.expression), a.symbol]),
      )
      return mapAll(
        second.assignments.map((a) => a.symbol),
        (_, i) => {
          const { expression } = second.assignments[i] as (typeof second.assignments)[0]
          return own.get(expressionKey(rename(expression, below)))
        },
      )
    }
    case 'aggregation': {
      if (second.kind !== 'aggregation' || first.groupIdSymbol !== undefined) return undefined
      if (first.globalGroupingSets.length !== second.globalGroupingSets.length) return undefined
      const below = samePlan(first.source, second.source)
      if (below === undefined || second.groupIdSymbol !== undefined) return undefined
      const keys = new Map(first.groupingKeys.map((key) => [key.name, key]))
      if (keys.size !== second.groupingKeys.length) return undefined
      const own = new Map(first.aggregations.map((a) => [callKey(a.call, new Map()), a.symbol]))
      const calls = new Map(
        second.aggregations.map((a) => [a.symbol.name, own.get(callKey(a.call, below))]),
      )
      return mapAll(
        [...second.groupingKeys, ...second.aggregations.map((a) => a.symbol)],
        ({ name }) => calls.get(name) ?? keys.get(below.get(name)?.name ?? ''),
      )
    }
    default:
      return undefined
  }
}

function mapAll(
  symbols: readonly PlanSymbol[],
  find: (symbol: PlanSymbol, index: number) => PlanSymbol | undefined,
): Counterparts | undefined {
  const found = new Map<string, PlanSymbol>()
  for (const [i, symbol] of symbols.entries()) {
    const counterpart = find(symbol, i)
    if (counterpart === undefined) return undefined
    found.set(symbol.name, counterpart)
  }
  return found
}

function throughRename(
  below: Counterparts | undefined,
  node: Extract<PlanNode, { kind: 'project' }>,
): Counterparts | undefined {
  if (below === undefined) return undefined
  return mapAll(
    node.assignments.map((a) => a.symbol),
    (_, i) => {
      const expression = node.assignments[i]?.expression
      return expression?.kind === 'symbol' ? below.get(expression.name) : undefined
    },
  )
}

export const rename = (e: Expression, names: Counterparts): Expression =>
  substitute(e, (name) => {
    const symbol = names.get(name)
    return symbol === undefined ? undefined : symbolOf(symbol)
  })

/** A text that two aggregate calls share exactly when they are equal; the symbols of `names` are called by theirs. */
export function callKey(call: AggregateCall, names: Counterparts): string {
  const name = (symbol: PlanSymbol | undefined) =>
    symbol === undefined ? '' : (names.get(symbol.name)?.name ?? symbol.name)
  const order = (call.orderBy ?? []).map(
    (item) => `${name(item.symbol)} ${item.ascending} ${item.nullsFirst}`,
  )
  return plainKey([
    call.function.id,
    call.args.map((arg) => expressionKey(rename(arg, names))),
    call.distinct,
    name(call.filter),
    name(call.mask),
    order,
  ])
}
