import type { SqlType } from '../spi/type/type.js'
import type { Value } from '../spi/type/value.js'
import type { SessionContext } from './session-context.js'

/** A function of the SQL language as data: what it is called, what it takes, what it means. */
export type FunctionDefinition =
  | ScalarFunctionDefinition
  | AggregateFunctionDefinition
  | WindowFunctionDefinition

interface DefinitionFields {
  /** Lower case; operators are named `$add` and hidden from SHOW FUNCTIONS. */
  readonly name: string
  /** As SHOW FUNCTIONS writes the name, where not in lower case. */
  readonly displayName?: string
  readonly aliases?: readonly string[]
  /** One sentence in our own words. */
  readonly description: string
  readonly hidden?: boolean
}
export interface ScalarFunctionDefinition extends DefinitionFields {
  readonly kind: 'scalar'
  readonly overloads: readonly ScalarOverload[]
}
export interface AggregateFunctionDefinition extends DefinitionFields {
  readonly kind: 'aggregate'
  readonly overloads: readonly AggregateOverload[]
}
export interface WindowFunctionDefinition extends DefinitionFields {
  readonly kind: 'window'
  readonly overloads: readonly WindowOverload[]
}

/** Numbers of a signature, such as the precisions and lengths of its arguments, by lower-case name. */
export type SignatureNumbers = Readonly<Record<string, number>>

/**
 * A signature as Trino writes it, shown verbatim in messages. `args` and `returns` are type templates
 * (`varchar(x)`, `array(T)`, `function(T,boolean)`); names that are no types are variables.
 */
export interface Signature {
  readonly args: readonly string[]
  readonly returns: string
  /** Type variables in the order they are declared, with constraints: `['T', 'K:comparable']`. */
  readonly typeVariables?: readonly string[]
  /** Numbers of the return type that are computed from those of the arguments. */
  readonly calculate?: (numbers: SignatureNumbers) => SignatureNumbers
  /** The last argument may be repeated any number of times, none included. */
  readonly variableArity?: boolean
}

/** One overload with its types bound. */
export interface BoundCall {
  readonly argumentTypes: readonly SqlType[]
  readonly returnType: SqlType
  readonly session: SessionContext
}

/** A lambda argument: called with the carriers of its parameters. */
export type LambdaValue = (...args: Value[]) => Value
export type Argument = Value | LambdaValue

/** The meaning of a scalar function for one row of carriers. */
export type ScalarEvaluator = (...args: never[]) => Value

/** Calls that wait for something outside. */
export interface AsyncEvaluator {
  /** How many calls of a node may be under way. */
  readonly concurrency: number
  /** @param signal aborted when nobody waits for the answer any more */
  call(args: readonly Value[], signal: AbortSignal): Promise<Value>
}

export interface ScalarOverload extends Signature {
  /** `propagate` (the default): a NULL argument gives NULL and `evaluate` never sees one. */
  readonly nulls?: 'propagate' | 'called'
  /** Default true. A function that is not is neither folded nor evaluated once a dictionary entry. */
  readonly deterministic?: boolean
  /**
   * Whether no argument can make it fail, so that it may be evaluated for rows a filter drops; some tell by the type they return
   * and by the arguments that are constants, undefined where they are not.
   */
  readonly neverFails?:
    | boolean
    | ((returnType: SqlType, constants: readonly (Value | undefined)[]) => boolean)
  readonly evaluate?: ScalarEvaluator
  /** Instead of `evaluate`, for calls that wait: they are nodes of the plan, and no expression has them. */
  readonly async?: AsyncEvaluator
  /** Refuses types that the signature takes, when a call is analyzed. @throws MillraceError without a place */
  readonly checkTypes?: (argumentTypes: readonly SqlType[]) => void
  /** For functions whose work depends on types or session: makes the evaluator once a call site. */
  readonly bind?: (call: BoundCall) => ScalarEvaluator
  /** Makes the evaluator for arguments some of which are constants, such as a pattern; undefined: use the general one. */
  readonly bindConstants?: (
    call: BoundCall,
    constants: readonly (Value | undefined)[],
  ) => ScalarEvaluator | undefined
}

/**
 * Accumulates rows into a state. `add` and `combine` return the state to keep (the same object changed, or a new
 * value); the state given as `other` is not used again. `serialize` makes the intermediate result, a value of
 * `intermediateType`, from which `deserialize` makes an equal state in another thread.
 */
export interface Accumulator<State = unknown> {
  create(): State
  add(state: State, ...args: Value[]): State
  combine(state: State, other: State): State
  serialize(state: State): Value
  deserialize(value: Value): State
  finish(state: State): Value
  /** Takes a row out that was added before; for sliding window frames. */
  remove?(state: State, ...args: Value[]): State
  /** Approximate bytes the state holds beyond 64; absent: none. */
  byteSize?(state: State): number
}

export interface AggregateBoundCall extends BoundCall {
  readonly intermediateType: SqlType
  /** Evaluators of lambda arguments, by argument position. */
  readonly lambdas: readonly (LambdaValue | undefined)[]
}

export interface AggregateOverload extends Signature {
  /** Template of the intermediate type, over the same variables. */
  readonly intermediate: string
  /** `skip` (the default): rows with a NULL in any argument are not added. */
  readonly nulls?: 'skip' | 'called'
  readonly deterministic?: boolean
  /** The result depends on the order of rows, so that ORDER BY in the call matters. */
  readonly orderSensitive?: boolean
  /** States cannot be put together: all rows of a group must be added to one. */
  readonly inOneStep?: boolean
  /** DISTINCT does not change the result (min, max, bool_and, …). */
  readonly ignoresDuplicates?: boolean
  readonly bind: (call: AggregateBoundCall) => Accumulator<never>
}

/** The rows of one partition in window order. Positions count from 0. */
export interface WindowPartition {
  readonly rowCount: number
  /** The value of an argument of the call at a position of the partition. */
  argument(index: number, position: number): Value
}

export interface WindowPosition {
  readonly position: number
  /** First position of the peer group. */
  readonly peerStart: number
  /** One past the last position of the peer group. */
  readonly peerEnd: number
  /** First position of the frame; frameEnd is one past the last. Equal where the frame is empty. */
  readonly frameStart: number
  readonly frameEnd: number
}

/** Evaluates a window function; called for the positions of a partition in ascending order. */
export type WindowEvaluator = (at: WindowPosition) => Value

export interface WindowOverload extends Signature {
  readonly deterministic?: boolean
  /** The function looks at the frame (value functions), not only at position and peers. */
  readonly usesFrame?: boolean
  readonly bind: (
    call: BoundCall,
    ignoreNulls: boolean,
  ) => (partition: WindowPartition) => WindowEvaluator
}

export type Overload = ScalarOverload | AggregateOverload | WindowOverload

export const scalarFunction = (
  definition: Omit<ScalarFunctionDefinition, 'kind'>,
): ScalarFunctionDefinition => Object.freeze({ kind: 'scalar', ...definition })

export const aggregateFunction = (
  definition: Omit<AggregateFunctionDefinition, 'kind'>,
): AggregateFunctionDefinition => Object.freeze({ kind: 'aggregate', ...definition })

export const windowFunction = (
  definition: Omit<WindowFunctionDefinition, 'kind'>,
): WindowFunctionDefinition => Object.freeze({ kind: 'window', ...definition })

/** Declares an aggregate overload, checking its accumulator against one state type. */
export const aggregateOverload = <State>(
  overload: Omit<AggregateOverload, 'bind'> & {
    readonly bind: (call: AggregateBoundCall) => Accumulator<State>
  },
): AggregateOverload => overload as AggregateOverload
