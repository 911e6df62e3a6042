import { typeName } from '../../spi/index.js'
import type { PlanCost } from '../cost/cost.js'
import { costOf } from '../cost/cost.js'
import type { Estimator } from '../cost/estimator.js'
import type { PlanNode, PlanNodeId } from '../plan/node.js'
import { outputsOf, sourcesOf } from '../plan/structure.js'
import { bytesText, countText } from './amount-text.js'
import { nodeDetails } from './node-details.js'

/** What EXPLAIN shows beside the plan itself. */
export interface PlanTextOptions {
  /** Gives estimates; without it none are printed. */
  readonly estimator?: Estimator
  /** Lines on what a node did, for EXPLAIN ANALYZE, by node id. */
  readonly annotate?: (id: PlanNodeId) => readonly string[]
  /** Further lines on a node itself. */
  readonly describeNode?: (node: PlanNode) => readonly string[]
  /** Prints types in layouts; on unless false. */
  readonly types?: boolean
  /** Spaces before every line. */
  readonly indent?: number
}

/**
 * Prints a plan as EXPLAIN does: a line a node with its sources indented below, each with its layout and estimates.
 * @source Trino PlanPrinter.textLogicalPlan, TextRenderer
 */
export function planText(plan: PlanNode, options: PlanTextOptions = {}): string {
  const lines: string[] = []
  print(plan, lines, '', '', options)
  const indent = ' '.repeat(options.indent ?? 0)
  return lines.map((line) => `${indent}${line}\n`).join('')
}

/** @param first prefix of the node's own line, @param rest of the lines below it */
function print(
  node: PlanNode,
  lines: string[],
  first: string,
  rest: string,
  options: PlanTextOptions,
): void {
  const { name, descriptor, lines: details } = nodeDetails(node)
  const inBrackets = descriptor.map(([key, value]) => `${key} = ${value}`).join(', ')
  lines.push(`${first}${name}${inBrackets === '' ? '' : `[${inBrackets}]`}`)
  const sources = sourcesOf(node)
  const margin = `${rest}${sources.length > 0 ? '│   ' : '    '}`
  const layout = outputsOf(node).map((s) =>
    options.types === false ? s.name : `${s.name}:${typeName(s.type)}`,
  )
  lines.push(`${margin}Layout: [${layout.join(', ')}]`)
  if (options.estimator !== undefined) {
    lines.push(`${margin}${estimateText(node, options.estimator)}`)
  }
  for (const line of options.annotate?.(node.id) ?? []) lines.push(`${margin}${line}`)
  for (const line of details) lines.push(`${margin}${line}`)
  for (const line of options.describeNode?.(node) ?? []) lines.push(`${margin}${line}`)
  sources.forEach((source, i) => {
    const last = i === sources.length - 1
    print(
      source,
      lines,
      `${rest}${last ? '└─ ' : '├─ '}`,
      `${rest}${last ? '   ' : '│  '}`,
      options,
    )
  })
}

function estimateText(node: PlanNode, estimator: Estimator): string {
  const stats = estimator.of(node)
  const cost: PlanCost = costOf(node, estimator)
  if (!stats.known) return 'Estimates: {rows: ?, cpu: ?, memory: ?}'
  const bytes = bytesText(estimator.outputBytes(node))
  return `Estimates: {rows: ${countText(stats.rowCount)} (${bytes}), cpu: ${countText(cost.cpu)}, memory: ${bytesText(cost.memoryBytes)}}`
}
