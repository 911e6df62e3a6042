import { readsOf } from '../optimizer/analysis/reads.js'
import type { ExchangeNode, PlanNode, PlanNodeIdAllocator } from '../plan/node.js'
import { outputsOf, sourcesOf, withSources } from '../plan/structure.js'
import { symbolReference } from '../plan/symbol.js'

/** Leaves columns out of exchanges that nothing behind them reads, such as those of filters below. O(nodes). */
export function pruneExchanges(plan: PlanNode, ids: PlanNodeIdAllocator): PlanNode {
  const needed = new Set([...outputsOf(plan).map((symbol) => symbol.name), ...readsOf(plan)])
  const sources = sourcesOf(plan).map((source) => {
    const pruned = pruneExchanges(source, ids)
    return pruned.kind === 'exchange' ? narrowed(pruned, needed, ids) : pruned
  })
  return withSources(plan, sources)
}

function narrowed(
  exchange: ExchangeNode,
  needed: ReadonlySet<string>,
  ids: PlanNodeIdAllocator,
): ExchangeNode {
  const own = new Set(readsOf(exchange))
  const outputs = outputsOf(exchange.source)
  const kept = outputs.filter(({ name }) => needed.has(name) || own.has(name))
  if (kept.length === outputs.length) return exchange
  return {
    ...exchange,
    source: {
      kind: 'project',
      id: ids.next(),
      source: exchange.source,
      assignments: kept.map((symbol) => ({ symbol, expression: symbolReference(symbol) })),
    },
  }
}
