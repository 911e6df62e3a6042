import type { Expression } from '../../../expressions/ir.js'
import { childrenOf, isDeterministic, substitute } from '../expression/tree.js'
import { on, over, rule } from '../rule.js'

/**
 * Project(f(y), Project(y := g(x), x)) → Project(f(g(x)), x) where that repeats no work: an expression is inlined if it
 * is a symbol or constant, or deterministic and used once.
 * @source Trino InlineProjections
 */
export const inlineProjections = rule({
  name: 'InlineProjections',
  pattern: over('project', on('project')),
  apply: (node) => {
    const uses = new Map<string, number>()
    for (const { expression } of node.assignments) countUses(expression, uses, false)
    const inner = node.source
    const inlined = new Map<string, Expression>()
    for (const { symbol, expression } of inner.assignments) {
      const cheap = expression.kind === 'symbol' || expression.kind === 'constant'
      const identity = expression.kind === 'symbol' && expression.name === symbol.name
      const once = (uses.get(symbol.name) ?? 0) <= 1
      if (!identity && (cheap || (once && isDeterministic(expression)))) {
        inlined.set(symbol.name, expression)
      }
    }
    const all = inner.assignments.every(
      (a) =>
        inlined.has(a.symbol.name) ||
        (a.expression.kind === 'symbol' && a.expression.name === a.symbol.name),
    )
    // A projection that only partly dissolves would be left with the same job: merge all or nothing.
    if (!all) return undefined
    return {
      ...node,
      source: inner.source,
      assignments: node.assignments.map((a) => ({
        symbol: a.symbol,
        expression: substitute(a.expression, (name) => inlined.get(name)),
      })),
    }
  },
})

/** Uses inside a lambda happen once an element: they count as many. */
function countUses(e: Expression, uses: Map<string, number>, inLambda: boolean): void {
  if (e.kind === 'symbol') uses.set(e.name, (uses.get(e.name) ?? 0) + (inLambda ? 2 : 1))
  for (const child of childrenOf(e)) countUses(child, uses, inLambda || e.kind === 'lambda')
}
