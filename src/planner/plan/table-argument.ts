import type { SortItem } from './node.js'
import type { PlanSymbol } from './symbol.js'

/** A table argument of a table function. */
export interface TableArgument {
  readonly name: string
  readonly rowSemantics: boolean
  readonly pruneWhenEmpty: boolean
  /** The function tells for each output row which row of the argument stands beside it. */
  readonly passesThrough: boolean
  readonly partitionBy: readonly PlanSymbol[]
  readonly orderBy: readonly SortItem[]
  /** What the function reads. */
  readonly required: readonly PlanSymbol[]
  /** Columns that are outputs too: any with `passesThrough`, else such as are the same in a partition. */
  readonly passed: readonly PlanSymbol[]
}
/** The function that a TableFunctionNode runs. */
export interface TableFunctionReference {
  readonly catalog: string
  readonly schema: string
  readonly name: string
  readonly handle: unknown
  readonly transaction?: unknown
}
