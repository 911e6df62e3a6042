import type { PlanNode } from '../plan/node.js'
import { sourcesOf } from '../plan/structure.js'
import { nodeDetails } from './node-details.js'

const COLORS: Readonly<Partial<Record<PlanNode['kind'], string>>> = {
  aggregation: 'chartreuse3',
  asyncCall: 'mediumorchid',
  exchange: 'gold',
  filter: 'yellow',
  join: 'orange',
  limit: 'gray83',
  output: 'white',
  project: 'bisque',
  semiJoin: 'orange',
  sort: 'aliceblue',
  tableFunction: 'mediumorchid',
  tableScan: 'deepskyblue',
  tableWriter: 'cyan',
  topN: 'darksalmon',
  unnest: 'crimson',
  values: 'deepskyblue',
  window: 'darkolivegreen4',
  patternRecognition: 'darkolivegreen4',
}

/**
 * A plan as a Graphviz digraph, a cluster a fragment, for EXPLAIN (FORMAT GRAPHVIZ).
 * @param fragments plans by fragment id; a whole plan is one
 * @source Trino GraphvizPrinter
 */
export function planGraphviz(
  fragments: readonly { readonly id: number; readonly plan: PlanNode }[],
): string {
  const lines = ['digraph logical_plan {']
  const edges: string[] = []
  const roots = new Map(fragments.map(({ id, plan }) => [id, plan.id]))
  for (const { id, plan } of fragments) {
    lines.push(`subgraph cluster_${id} {`, `label = "Fragment ${id}"`)
    addNodes(plan, lines, edges, roots)
    lines.push('}')
  }
  return `${[...lines, ...edges, '}'].join('\n')}\n`
}

function addNodes(
  node: PlanNode,
  lines: string[],
  edges: string[],
  roots: ReadonlyMap<number, string>,
): void {
  const { name, descriptor, lines: details } = nodeDetails(node)
  const rows = [...descriptor.map(([key, value]) => `${key} = ${value}`), ...details]
  const label = `{${[name, ...rows].map(escapeLabel).join('|')}}`
  const color = COLORS[node.kind] ?? 'white'
  lines.push(
    `plannode_${node.id}[label="${label}", style="rounded, filled", shape=record, fillcolor=${color}];`,
  )
  for (const source of sourcesOf(node)) {
    edges.push(`plannode_${node.id} -> plannode_${source.id};`)
    addNodes(source, lines, edges, roots)
  }
  if (node.kind === 'remoteSource') {
    for (const fragment of node.fragments) {
      const root = roots.get(fragment)
      if (root !== undefined) edges.push(`plannode_${node.id} -> plannode_${root};`)
    }
  }
}

/** Records give a meaning to these characters. */
const escapeLabel = (text: string): string =>
  text.replace(/[\\{}|<>"]/g, (character) => `\\${character}`).replaceAll('\n', '\\n')
