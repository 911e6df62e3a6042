import type { Expression } from '../../../expressions/ir.js'
import { BOOLEAN } from '../../../spi/index.js'
import type { PlanNode, SortItem } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { samePlan } from '../analysis/same-plan.js'
import { extend, filterOver, newSymbol } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { equal, not, symbolOf } from '../expression/predicates.js'
import { sameExpression } from '../expression/tree.js'

/** A relation's greatest (least) values of a column, as another relation of the same join. */
interface Extreme {
  readonly ascending: boolean
  /** The maximum's or minimum's symbol. */
  readonly result: PlanSymbol
  readonly of: PlanSymbol
  readonly source: PlanNode
}

/**
 * Relations `x` and `SELECT max(v) FROM x` joined on `v = max` → the rows of x that rank first by v, so that x is computed
 * once (TPC-H Q15). That also makes the comparison of floating-point sums sound: two computations of one sum may add in
 * different orders.
 * @param leaves relations of inner joins
 * @param conjuncts their conditions
 * @source Zuzarte et al., WinMagic: Subquery Elimination Using Window Aggregation (SIGMOD 2003)
 */
export function replaceOwnExtremes(
  leaves: readonly PlanNode[],
  conjuncts: readonly Expression[],
  context: OptimizerContext,
): { readonly leaves: readonly PlanNode[]; readonly conjuncts: readonly Expression[] } {
  for (const leaf of leaves) {
    const extreme = extremeOf(leaf)
    if (extreme === undefined) continue
    for (const other of leaves) {
      const counterparts = other === leaf ? undefined : samePlan(other, extreme.source)
      const value = counterparts?.get(extreme.of.name)
      if (value === undefined) continue
      const link = conjuncts.find((e) => links(e, value, extreme.result))
      if (link === undefined) continue
      const ranked = firstRanked(other, value, extreme, context)
      return {
        leaves: leaves.filter((l) => l !== leaf).map((l) => (l === other ? ranked : l)),
        conjuncts: conjuncts.filter((e) => e !== link),
      }
    }
  }
  return { leaves, conjuncts }
}

function extremeOf(node: PlanNode): Extreme | undefined {
  if (node.kind !== 'aggregation' || node.groupingKeys.length > 0) return undefined
  const [only, ...others] = node.aggregations
  if (only === undefined || others.length > 0) return undefined
  const { call, symbol } = only
  const [arg] = call.args
  const { name } = call.function
  if ((name !== 'max' && name !== 'min') || call.args.length !== 1) return undefined
  if (call.filter !== undefined || call.mask !== undefined || arg?.kind !== 'symbol')
    return undefined
  return {
    ascending: name === 'min',
    result: symbol,
    of: { name: arg.name, type: arg.type },
    source: node.source,
  }
}

const links = (e: Expression, value: PlanSymbol, result: PlanSymbol): boolean => {
  const [a, b] = [symbolOf(value), symbolOf(result)]
  return sameExpression(e, equal(a, b)) || sameExpression(e, equal(b, a))
}

function firstRanked(
  node: PlanNode,
  value: PlanSymbol,
  extreme: Extreme,
  context: OptimizerContext,
): PlanNode {
  const nanMark = newSymbol(context, 'is_nan', BOOLEAN)
  const isFloat = value.type.kind === 'double' || value.type.kind === 'real'
  const self = equal(symbolOf(value), symbolOf(value))
  // NaN is first of the order, but no maximum: numbers come before it. NaN = NaN is false.
  const marked = isFloat
    ? extend(context, node, [{ symbol: nanMark, expression: not(self) }])
    : node
  const item = (symbol: PlanSymbol, ascending: boolean): SortItem => ({
    symbol,
    ascending,
    nullsFirst: false,
  })
  const ranking: PlanNode = {
    kind: 'topNRanking',
    id: context.ids.next(),
    source: marked,
    ranking: 'rank',
    partitionBy: [],
    orderBy: [...(isFloat ? [item(nanMark, true)] : []), item(value, extreme.ascending)],
    symbol: newSymbol(context, 'rank', { kind: 'bigint' }),
    maxRanking: 1,
  }
  const kept = filterOver(context, ranking, [self])
  return outputsOf(kept).some((s) => s.name === extreme.result.name)
    ? kept
    : extend(context, kept, [{ symbol: extreme.result, expression: symbolOf(value) }])
}
