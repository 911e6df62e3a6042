import type { Arena, Block, SqlType } from '../../spi/index.js'
import type { FusedTargets } from './fused-loop-kernels.js'
import type { FusedSum } from './fused-sums.js'

/** The states of one aggregate call for all groups of an operator. */
export interface Aggregator {
  /** Makes room for this many groups; new ones are empty. */
  reserve(groupCount: number): void
  /**
   * Adds rows.
   * @param args one block an argument, in shared memory
   * @param groups the group of each row, -1 for rows that do not count; absent: all rows are of group 0
   */
  add(args: readonly Block[], rowCount: number, groups: Int32Array | undefined, arena: Arena): void
  /**
   * What adding these rows, all of them in groups, comes to where it is a plain sum or count, accounted for as if they
   * were added; undefined where only {@link add} can add them. `none`: another call adds them.
   */
  fuse?(args: readonly Block[], arena: Arena): FusedSum | 'none' | undefined
  /**
   * Where a loop adds the sums and counts of rows whose argument it computes itself; absent where the aggregate is more than
   * those. `none`: another call has them.
   * @param added what the values come to at most, whatever their signs; at most NARROW_MAX
   */
  targets?(added: number): FusedTargets | 'none'
  /** Adds partial states, one block a state column. */
  merge(states: readonly Block[], rowCount: number, groups: Int32Array, arena: Arena): void
  /** Partial states of groups [from, to). */
  states(from: number, to: number, arena: Arena): readonly Block[]
  results(from: number, to: number, arena: Arena): Block
  close(): void
}

/** What an aggregate call is made with. */
export interface AggregatorContext {
  readonly memory: WebAssembly.Memory
  createArena(): Arena
  /**
   * State that calls over the same rows and arguments share; absent where nothing can be shared. The first to ask for it
   * makes it, updates it and closes it.
   */
  shared?<T>(name: string, make: () => T): { readonly value: T; readonly isFirst: boolean }
}

export type AggregatorFactory = (context: AggregatorContext) => Aggregator

/** An aggregate with kernels: the types of its partial state columns, and how it is made. */
export interface NativeAggregate {
  readonly stateTypes: readonly SqlType[]
  readonly create: AggregatorFactory
}
