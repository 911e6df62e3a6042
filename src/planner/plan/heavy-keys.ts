/** Of a repartition by hash for a join: keys that many rows of one of its sides have, by their hashes. */
export interface HeavyKeys {
  /** Of this side: each row goes to any one task. */
  readonly spread: readonly number[]
  /** Of the other side: each row of this one goes to every task, but for those with a NULL key, which match nothing. */
  readonly replicated: readonly number[]
}
