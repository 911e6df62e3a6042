/**
 * Stacks of return states, as a graph whose nodes share their tails. A node stands for all stacks
 * that it can unfold to; equal graphs are one object.
 *
 * @source Parr, Harwell, Fisher: Adaptive LL(*) Parsing (OOPSLA 2014), sections 5.3 and 5.4;
 *   ANTLR's PredictionContext
 */
export interface Stacks {
  readonly id: number
  /** Where the stacks' tops return to, ascending; EMPTY_RETURN is the end of a stack. */
  readonly returns: readonly number[]
  /** The rest of each stack; undefined for EMPTY_RETURN. */
  readonly parents: readonly (Stacks | undefined)[]
}

/** Greater than the index of any state, so that it sorts last. */
export const EMPTY_RETURN = Number.MAX_SAFE_INTEGER

/** Makes and merges stack graphs, each graph once. */
export class StackGraphs {
  readonly #graphs = new Map<string, Stacks>()
  readonly #merges = new Map<string, Stacks>()
  /** The stack without anything on it. */
  readonly empty: Stacks

  constructor() {
    this.empty = this.#intern([EMPTY_RETURN], [undefined])
  }

  push(parent: Stacks, returnState: number): Stacks {
    return this.#intern([returnState], [parent])
  }

  /**
   * The stacks of both graphs. Where the empty stack is a wildcard, one that stands for any stack,
   * it swallows the others.
   */
  merge(a: Stacks, b: Stacks, emptyIsWildcard: boolean): Stacks {
    if (a === b) return a
    if (emptyIsWildcard && (a === this.empty || b === this.empty)) return this.empty
    const key = `${emptyIsWildcard ? '*' : ''}${Math.min(a.id, b.id)},${Math.max(a.id, b.id)}`
    const known = this.#merges.get(key)
    if (known !== undefined) return known
    const merged = this.#mergeLists(a, b, emptyIsWildcard)
    this.#merges.set(key, merged)
    return merged
  }

  #mergeLists(a: Stacks, b: Stacks, emptyIsWildcard: boolean): Stacks {
    const returns: number[] = []
    const parents: (Stacks | undefined)[] = []
    let i = 0
    let j = 0
    while (i < a.returns.length || j < b.returns.length) {
      const left = a.returns[i] ?? Number.POSITIVE_INFINITY
      const right = b.returns[j] ?? Number.POSITIVE_INFINITY
      returns.push(Math.min(left, right))
      if (left < right) parents.push(a.parents[i++])
      else if (right < left) parents.push(b.parents[j++])
      else {
        const [p, q] = [a.parents[i++], b.parents[j++]]
        parents.push(
          p === undefined || q === undefined ? undefined : this.merge(p, q, emptyIsWildcard),
        )
      }
    }
    return this.#intern(returns, parents)
  }

  #intern(returns: readonly number[], parents: readonly (Stacks | undefined)[]): Stacks {
    const key = returns.map((state, index) => `${state}:${parents[index]?.id ?? ''}`).join()
    let graph = this.#graphs.get(key)
    if (graph === undefined) {
      graph = { id: this.#graphs.size, returns, parents }
      this.#graphs.set(key, graph)
    }
    return graph
  }
}
