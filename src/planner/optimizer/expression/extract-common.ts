import type { Expression } from '../../../expressions/ir.js'
import { and, conjunctsOf, or } from './predicates.js'
import { expressionKey, isDeterministic } from './tree.js'

/**
 * The disjunction of terms with what all terms have in common in front: `(a AND b) OR (a AND c)` becomes
 * `a AND (b OR c)`, so that the join condition of TPC-H Q19 is seen as one. Equal under three-valued logic.
 * @source Trino ExtractCommonPredicatesExpressionRewriter
 */
export function extractCommonPredicates(terms: readonly Expression[]): Expression {
  const conjuncts = terms.map(conjunctsOf)
  const [first, ...others] = conjuncts as [Expression[], ...Expression[][]]
  if (others.length === 0) return or(terms)
  const otherKeys = others.map((list) => new Set(list.map(expressionKey)))
  const common = first.filter(
    (e) => isDeterministic(e) && otherKeys.every((keys) => keys.has(expressionKey(e))),
  )
  if (common.length === 0) return or(terms)
  const commonKeys = new Set(common.map(expressionKey))
  const rest = conjuncts.map((list) => and(list.filter((e) => !commonKeys.has(expressionKey(e)))))
  return and([...common, or(rest)])
}

/**
 * For a disjunction each of whose terms restricts `reads` alone by some conjuncts, the disjunction of those: what the
 * whole implies about `reads` (TPC-H Q7: `n1 IN ('FRANCE', 'GERMANY')`). Undefined where a term says nothing.
 */
export function impliedDisjunction(
  terms: readonly Expression[],
  reads: (e: Expression) => boolean,
): Expression | undefined {
  const implied: Expression[] = []
  for (const term of terms) {
    const own = conjunctsOf(term).filter((e) => isDeterministic(e) && reads(e))
    if (own.length === 0) return undefined
    implied.push(and(own))
  }
  return or(implied)
}
