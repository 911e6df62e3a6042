import type { SqlType } from '../../../spi/index.js'
import type { AggregationNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { resolveAggregate } from '../aggregates.js'
import { closure, dependenciesOf, notNullSymbols } from '../analysis/dependencies.js'
import { newSymbol, projectOver } from '../build.js'
import { symbolOf } from '../expression/predicates.js'
import { on, rule } from '../rule.js'

/** Keys are kept in this order of preference: what hashes and compares fastest. */
function keyCost(type: SqlType): number {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return 0
    case 'date':
    case 'timestamp':
      return 1
    case 'decimal':
    case 'double':
    case 'real':
      return 2
    default:
      return 3
  }
}

/**
 * Grouping keys that the other keys determine (a customer's name beside the unique custkey: TPC-H Q3, Q10, Q18) →
 * arbitrary values of the group.
 * @source PostgreSQL remove_useless_groupby_columns; Paulley (2000)
 */
export const dependentGroupingKeys = rule({
  name: 'DependentGroupingKeys',
  pattern: on('aggregation', (node) => node.groupingKeys.length > 1 && isPlain(node)),
  apply: (node, context) => {
    const dependencies = dependenciesOf(node.source, context)
    if (dependencies.length === 0) return undefined
    const notNull = notNullSymbols(node.source)
    const byCost = [...node.groupingKeys].sort((a, b) => keyCost(b.type) - keyCost(a.type))
    let keys: readonly PlanSymbol[] = node.groupingKeys
    for (const candidate of byCost) {
      const others = keys.filter((key) => key.name !== candidate.name)
      const determined = closure(
        others.map((key) => key.name),
        dependencies,
        (name) => notNull.has(name),
      )
      if (others.length > 0 && determined.has(candidate.name)) keys = others
    }
    if (keys.length === node.groupingKeys.length) return undefined
    const kept = new Set(keys.map((key) => key.name))
    const dropped = node.groupingKeys.filter((key) => !kept.has(key.name))
    const values = dropped.map((key) => ({
      key,
      symbol: newSymbol(context, key.name, key.type),
    }))
    const grouped: AggregationNode = {
      ...node,
      groupingKeys: keys,
      aggregations: [
        ...values.map(({ key, symbol }) => ({
          symbol,
          call: resolveAggregate(context, 'arbitrary', [symbolOf(key)]),
        })),
        ...node.aggregations,
      ],
    }
    const standIns = new Map(values.map(({ key, symbol }) => [key.name, symbol]))
    return projectOver(
      context,
      grouped,
      outputsOf(node).map((symbol) => ({
        symbol,
        expression: symbolOf(standIns.get(symbol.name) ?? symbol),
      })),
    )
  },
})

const isPlain = (node: AggregationNode): boolean =>
  node.groupIdSymbol === undefined && node.globalGroupingSets.length === 0 && node.step === 'single'
