import type { HeavyKeys } from './heavy-keys.js'
import type { PlanNode, SortItem } from './node.js'
import type { PlanSymbol } from './symbol.js'

/**
 * A part of a plan that runs as one stage: the same tree in each of its tasks. Plain data: it is shipped to the nodes
 * that run it.
 * @source Trino PlanFragment
 */
export interface PlanFragment {
  /** 0 is the one whose rows are the result; a fragment's sources have higher numbers. */
  readonly id: number
  /** Its leaves are scans, values and remote sources. */
  readonly root: PlanNode
  readonly partitioning: FragmentPartitioning
  readonly output: OutputPartitioning
  /** Scans of which the splits of a partition have to go to one task, the same of all of them. */
  readonly partitionedScans: readonly string[]
  /** Estimated rows of its nodes, where known. */
  readonly nodeRows: ReadonlyMap<string, number>
  /** Estimated bytes of the tables that it reads. */
  readonly inputBytes: number
}

/**
 * Where the tasks of a fragment are, and which rows each has. Fragments of several tasks have one on each node.
 *
 * - `single`: one task, on any node;
 * - `coordinator`: one task, on the coordinator, whose catalogs only live there;
 * - `source`: rows come from splits, which tasks take as they get through them;
 * - `hash`: rows come from other fragments, those of equal keys to the same task;
 * - `range`: sorted rows come from other fragments, those of a range to each task, in order;
 * - `arbitrary`: rows come from other fragments, each to any one task.
 */
export type FragmentPartitioning =
  | 'single'
  | 'coordinator'
  | 'source'
  | 'hash'
  | 'range'
  | 'arbitrary'

/** To which tasks of the consuming fragment rows go. */
export type OutputPartitioning =
  | { readonly kind: 'single' }
  /** Rows of equal keys to the same task, whatever fragment they come from. */
  | {
      readonly kind: 'hash'
      readonly keys: readonly PlanSymbol[]
      /** But those with a NULL key to each in turn. */
      readonly spreadsNulls?: true
      readonly heavyKeys?: HeavyKeys
      /** Parts that each task's rows are cut into for its drivers; absent: one. */
      readonly lanes?: number
    }
  /**
   * Rows that are in this order, cut into as many ranges as there are tasks: none in a task comes after one in the next. The cuts
   * are made when all tasks of the fragment know their rows.
   */
  | { readonly kind: 'range'; readonly orderBy: readonly SortItem[] }
  /** Every row to every task. */
  | { readonly kind: 'broadcast' }
  /** Each row to any one task, whichever asks for it. */
  | { readonly kind: 'arbitrary' }

/** True where a fragment has one task. */
export const hasOneTask = (partitioning: FragmentPartitioning): boolean =>
  partitioning === 'single' || partitioning === 'coordinator'

/** Parts that a fragment's rows for each task are cut into: one for each driver of the reader, or one. */
export const lanesOf = ({ output }: Pick<PlanFragment, 'output'>): number =>
  output.kind === 'hash' ? (output.lanes ?? 1) : 1
