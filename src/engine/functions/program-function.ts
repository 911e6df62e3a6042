/** The JavaScript type of values of an SQL type, as results have them: see docs/values.md. */
export type SqlValue<T extends string> = string extends T
  ? unknown
  : Lowercase<T> extends 'boolean'
    ? boolean
    : Lowercase<T> extends 'bigint'
      ? bigint
      : Lowercase<T> extends 'tinyint' | 'smallint' | 'integer' | 'int' | 'real' | 'double'
        ? number
        : Lowercase<T> extends 'varbinary'
          ? Uint8Array
          : Lowercase<T> extends `array(${infer Element})`
            ? (SqlValue<Element> | null)[]
            : Lowercase<T> extends `map(${string})`
              ? Map<unknown, unknown>
              : Lowercase<T> extends `row(${string})`
                ? Record<string, unknown>
                : string

/** `propagate`: a call with a NULL argument is NULL, and a row with one adds nothing to an aggregate. `called`: NULL comes as null. */
export type NullHandling = 'propagate' | 'called'

/** The values of a call, by position. */
export type ArgumentValues<A extends readonly string[], N extends NullHandling> = {
  [K in keyof A]: SqlValue<A[K]> | (N extends 'called' ? null : never)
}

interface ProgramFunctionFields<A extends readonly string[], N extends NullHandling> {
  /** Case does not count. Functions of one name that differ in `args` are forms of one function. */
  readonly name: string
  readonly description?: string
  /** SQL types: `['varchar', 'decimal(12, 2)', 'array(bigint)']`. Arguments of other types are coerced where SQL does. */
  readonly args: A
  /** An SQL type. What `evaluate` or `finish` gives must be a value of it. */
  readonly returns: string
  /** Default `propagate`. */
  readonly nulls?: N
  /** Default true: equal arguments give equal results, so that the engine may leave calls out. */
  readonly deterministic?: boolean
}

/** A function of the program that is called row by row, in the thread that made the engine. */
export interface ProgramScalarFunction<
  A extends readonly string[] = readonly string[],
  N extends NullHandling = NullHandling,
> extends ProgramFunctionFields<A, N> {
  /**
   * Gives the value of a call: in JavaScript's values, null or undefined for NULL. What it throws ends the query, with GENERIC_USER_ERROR
   * unless it is a MillraceError. An asynchronous one gets a signal after the arguments, which is aborted when nobody waits for its
   * answer any more.
   */
  evaluate(...values: [...ArgumentValues<A, N>, signal: AbortSignal]): unknown
  /** `evaluate` gives promises: calls overlap, rows keep their order. Functions declared `async` need not say so. */
  readonly async?: boolean
  /** Of asynchronous functions: how many calls may be under way in a query; default 16. */
  readonly concurrency?: number
}

/** An aggregate function of the program. */
export interface ProgramAggregateFunction<
  A extends readonly string[] = readonly string[],
  N extends NullHandling = NullHandling,
  State = unknown,
> extends ProgramFunctionFields<A, N> {
  readonly aggregate: ProgramAggregate<A, N, State>
}

export interface ProgramAggregate<A extends readonly string[], N extends NullHandling, State> {
  /** The state of a group before its first row. What structuredClone takes: it may be written to disk. */
  create(): State
  /** Adds a row: the state to go on with, or nothing where the given one was changed. */
  add(state: State, ...values: ArgumentValues<A, N>): State | undefined
  /** Puts two states of a group together; without it a group's rows all meet in one state, which is never written to disk. */
  merge?(state: State, other: State): State | undefined
  /** The result. The state may be added to afterwards. */
  finish(state: State): unknown
}

export type ProgramFunction<
  A extends readonly string[] = readonly string[],
  N extends NullHandling = NullHandling,
  State = unknown,
> = ProgramScalarFunction<A, N> | ProgramAggregateFunction<A, N, State>
