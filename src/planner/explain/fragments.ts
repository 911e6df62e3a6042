import type { FragmentPartitioning, OutputPartitioning, PlanFragment } from '../plan/fragment.js'
import { outputsOf } from '../plan/structure.js'
import { namesText, orderText } from './node-details.js'
import { type PlanTextOptions, planText } from './text.js'

/** What EXPLAIN shows beside the fragments themselves. */
export interface DistributedPlanTextOptions extends Omit<PlanTextOptions, 'indent'> {
  /** Lines below a fragment's name. */
  readonly describe?: (fragment: PlanFragment) => readonly string[]
}

/**
 * Prints the fragments of a plan, each with where its tasks are and to which others its rows go.
 * @source Trino PlanPrinter.textDistributedPlan
 */
export function distributedPlanText(
  fragments: readonly PlanFragment[],
  { describe, ...options }: DistributedPlanTextOptions = {},
): string {
  return fragments
    .map((fragment) => {
      const { id, root, partitioning, output, partitionedScans } = fragment
      const lines = [
        `Fragment ${id} [${partitionedScans.length > 0 ? 'PARTITIONED_SOURCE' : PARTITIONING_NAMES[partitioning]}]`,
        ...(describe?.(fragment) ?? []).map((line) => `    ${line}`),
        `    Output layout: ${namesText(outputsOf(root))}`,
        `    Output partitioning: ${outputText(output)}`,
      ]
      return `${lines.join('\n')}\n${planText(root, { ...options, indent: 4 })}`
    })
    .join('\n')
}

/** @source Trino SystemPartitioningHandle */
const PARTITIONING_NAMES: Readonly<Record<FragmentPartitioning, string>> = {
  single: 'SINGLE',
  coordinator: 'COORDINATOR_ONLY',
  source: 'SOURCE',
  hash: 'HASH',
  range: 'RANGE',
  arbitrary: 'ROUND_ROBIN',
}

function outputText(output: OutputPartitioning): string {
  switch (output.kind) {
    case 'single':
      return 'SINGLE []'
    case 'hash':
      return `HASH ${namesText(output.keys)}${output.spreadsNulls ? ', NULL keys ROUND_ROBIN' : ''}${heavyText(output)}`
    case 'range':
      return `RANGE ${orderText(output.orderBy)}`
    case 'broadcast':
      return 'BROADCAST []'
    case 'arbitrary':
      return 'ROUND_ROBIN []'
  }
}

function heavyText({ heavyKeys }: Extract<OutputPartitioning, { readonly kind: 'hash' }>): string {
  if (heavyKeys === undefined) return ''
  const text = ({ length }: readonly number[], to: string): string =>
    length === 0 ? '' : `, ${length} heavy ${length === 1 ? 'key' : 'keys'} ${to}`
  return text(heavyKeys.spread, 'ROUND_ROBIN') + text(heavyKeys.replicated, 'BROADCAST')
}
