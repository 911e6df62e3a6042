import type { PlanNode } from '../plan/node.js'
import type { PlanSymbol } from '../plan/symbol.js'

/** How the rows of a node are spread over the tasks of its fragment. */
export type Distribution =
  /** All in one task. */
  | { readonly kind: 'single' }
  /**
   * By the hash of keys. Each key is the names of symbols that have its value, in the order in which they are hashed: rows
   * equal in one of each are in the same task, and in the task with that number in every other fragment.
   */
  | { readonly kind: 'hash'; readonly keys: readonly (readonly string[])[] }
  /**
   * By the connector of scans, which gives splits of equal handles to the same task: rows equal in their keys, named as those of a
   * hash, are in one. It holds only where the scans are kept to it: see {@link ExchangeContext.keep}.
   */
  | {
      readonly kind: 'partitioned'
      readonly handle: string
      readonly keys: readonly (readonly string[])[]
      readonly scans: readonly string[]
    }
  /** In order: each task has a range of it, before that of the next. */
  | { readonly kind: 'range' }
  /** In no way that the plan can use, but that rows which are equal in one of `together` are in the same task. */
  | { readonly kind: 'spread'; readonly together: readonly string[] }

/** A planned node and how its rows lie. */
export interface Distributed {
  readonly node: PlanNode
  readonly distribution: Distribution
  /** True where its rows stream in from other fragments; false where they come from splits or values of its own. */
  readonly isRemote: boolean
}

export const SINGLE: Distribution = Object.freeze({ kind: 'single' })
export const SPREAD: Distribution = Object.freeze({ kind: 'spread', together: Object.freeze([]) })

export const hashOf = (keys: readonly PlanSymbol[]): Distribution => ({
  kind: 'hash',
  keys: keys.map((key) => [key.name]),
})

/** Whether rows that are equal in all of the symbols are in the same task. */
export function keepsTogether(distribution: Distribution, symbols: readonly PlanSymbol[]): boolean {
  const names = new Set(symbols.map((symbol) => symbol.name))
  switch (distribution.kind) {
    case 'single':
      return true
    case 'hash':
    case 'partitioned':
      return distribution.keys.every((key) => key.some((name) => names.has(name)))
    case 'range':
      return false
    case 'spread':
      return distribution.together.some((name) => names.has(name))
  }
}

/** The same rows under other names: `renamed` gives the names that a symbol's value has from here on, none if it is lost. */
export function rename(
  distribution: Distribution,
  renamed: (name: string) => readonly string[],
): Distribution {
  switch (distribution.kind) {
    case 'single':
    case 'range':
      return distribution
    case 'hash':
    case 'partitioned': {
      const keys = distribution.keys.map((key) => key.flatMap(renamed))
      return keys.every((key) => key.length > 0) ? { ...distribution, keys } : SPREAD
    }
    case 'spread':
      return { kind: 'spread', together: distribution.together.flatMap(renamed) }
  }
}

/** The distribution where only these symbols go on. */
export function restrict(distribution: Distribution, outputs: readonly PlanSymbol[]): Distribution {
  const names = new Set(outputs.map((symbol) => symbol.name))
  return rename(distribution, (name) => (names.has(name) ? [name] : []))
}
