import type { Expression } from '../../../expressions/ir.js'
import type { PlanNode, SemiJoinNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { effectivePredicate } from '../analysis/effective-predicate.js'
import { emptyValues, extend, filterOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { inferEqualities, notInferable, scopeOf } from '../expression/equality-inference.js'
import {
  and,
  conjunctsOf,
  equal,
  FALSE,
  isFalse,
  namesOf,
  readsOnly,
  symbolOf,
  TRUE,
} from '../expression/predicates.js'
import { simplifyPredicate } from '../expression/simplify.js'
import { isDeterministic, symbolsOf } from '../expression/tree.js'
import { push } from './predicate-pushdown.js'

/**
 * Pushes conjuncts into a semi-join: a mark that is asked to be true (false) makes it `semi` (`anti`), the others go
 * to the source, and what the source's keys are known to satisfy goes to the filtering source.
 */
export function pushIntoSemiJoin(
  node: SemiJoinNode,
  inherited: readonly Expression[],
  context: OptimizerContext,
): PlanNode {
  const decided = decideMark(node, inherited)
  if (decided !== undefined) {
    const { join, mark, rest } = decided
    const withMark = (source: PlanNode) =>
      extend(context, source, [{ symbol: node.output as PlanSymbol, expression: mark }])
    // The mark's symbol stays visible as the constant it now is; pruning drops it where nobody reads it.
    return push(withMark(join), rest, context)
  }
  const sourceNames = namesOf(outputsOf(node.source))
  const down = inherited.filter((e) => isDeterministic(e) && readsOnly(e, sourceNames))
  const above = inherited.filter((e) => !down.includes(e))
  const condition = conjunctsOf(node.filter).filter(isDeterministic)
  const keys = node.criteria.map((c) => equal(symbolOf(c.left), symbolOf(c.right)))
  const toSource = [...down]
  const toFiltering: Expression[] = []
  const filteringScope = scopeOf(namesOf(outputsOf(node.filteringSource)))

  // IN's mark depends on nulls of the filtering source, which a predicate on its key would drop.
  const nullsCount = node.nullAware && node.mode !== 'semi'
  if (!nullsCount) {
    const known = inferEqualities(down, effectivePredicate(node.source), keys)
    for (const e of notInferable([...down, ...effectivePredicate(node.source)])) {
      const rewritten = known.rewrite(e, filteringScope)
      if (rewritten !== undefined && symbolsOf(rewritten).size > 0) toFiltering.push(rewritten)
    }
    toFiltering.push(...known.partition(filteringScope).inScope)
  }
  if (node.mode === 'semi') {
    const filtering = effectivePredicate(node.filteringSource)
    const known = inferEqualities(filtering, keys)
    const scope = scopeOf(sourceNames)
    for (const e of notInferable(filtering)) {
      const rewritten = known.rewrite(e, scope)
      if (rewritten !== undefined && symbolsOf(rewritten).size > 0) toSource.push(rewritten)
    }
    toSource.push(...known.partition(scope).inScope)
  }
  // A condition on the filtering side alone belongs below; matching rows must satisfy it.
  const filteringNames = namesOf(outputsOf(node.filteringSource))
  const own = condition.filter((e) => readsOnly(e, filteringNames))
  toFiltering.push(...own)
  const rest = and(conjunctsOf(node.filter).filter((e) => !own.includes(e)))

  const sourcePredicate = simplifyPredicate(and(toSource), context.evaluate)
  if (isFalse(sourcePredicate)) return emptyValues(context, outputsOf(node))
  const filteringPredicate = simplifyPredicate(and(toFiltering), context.evaluate)
  const { filter: _, ...fields } = node
  const pushed: SemiJoinNode = {
    ...fields,
    source: push(node.source, conjunctsOf(sourcePredicate), context),
    filteringSource: isFalse(filteringPredicate)
      ? emptyValues(context, outputsOf(node.filteringSource))
      : push(node.filteringSource, conjunctsOf(filteringPredicate), context),
    ...(conjunctsOf(rest).length === 0 ? {} : { filter: rest }),
  }
  return filterOver(context, pushed, above)
}

function decideMark(
  node: SemiJoinNode,
  inherited: readonly Expression[],
): { join: SemiJoinNode; mark: Expression; rest: readonly Expression[] } | undefined {
  if (node.mode !== 'mark') return undefined
  const name = (node.output as PlanSymbol).name
  const isMark = (e: Expression): boolean => e.kind === 'symbol' && e.name === name
  const positive = inherited.filter(isMark)
  const negative = inherited.filter((e) => e.kind === 'not' && isMark(e.arg))
  const { output: _, ...fields } = node
  if (positive.length > 0) {
    const rest = inherited.filter((e) => !positive.includes(e))
    // Rows whose mark is null go as those without a match do, so nulls need no care.
    return { join: { ...fields, mode: 'semi', nullAware: false }, mark: TRUE, rest }
  }
  if (negative.length > 0) {
    const rest = inherited.filter((e) => !negative.includes(e))
    return { join: { ...fields, mode: 'anti' }, mark: FALSE, rest }
  }
  return undefined
}
