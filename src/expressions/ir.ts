import type { SqlType, Value } from '../spi/index.js'

/**
 * The typed intermediate representation of expressions: what the analyzer makes, the optimizer rewrites, and the
 * interpreter and the compilers run. Plain data, so that it travels. All coercions are explicit casts; both sides
 * of a comparison have one type.
 * @source Trino io.trino.sql.ir
 */
export type Expression =
  | ConstantExpression
  | SymbolExpression
  | InputExpression
  | CallExpression
  | CastExpression
  | ComparisonExpression
  | LogicalExpression
  | NotExpression
  | IsNullExpression
  | CaseExpression
  | CoalesceExpression
  | NullIfExpression
  | InExpression
  | BetweenExpression
  | RowExpression
  | FieldExpression
  | LambdaExpression

export type ExpressionKind = Expression['kind']

export interface ConstantExpression {
  readonly kind: 'constant'
  readonly type: SqlType
  readonly value: Value
}
/** A symbol of a plan, or inside a lambda body one of its parameters. */
export interface SymbolExpression {
  readonly kind: 'symbol'
  readonly type: SqlType
  readonly name: string
}
/** A channel of an operator's input page; local planning turns symbols into these. */
export interface InputExpression {
  readonly kind: 'input'
  readonly type: SqlType
  readonly channel: number
}
/**
 * Operators are functions too, named as Trino's: `$add`, `$subtract`, `$multiply`, `$divide`, `$modulus`,
 * `$negation`, `$subscript`; LIKE is `$like(value, pattern [, escape])`, AT TIME ZONE is `at_timezone`.
 */
export interface CallExpression {
  readonly kind: 'call'
  readonly type: SqlType
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
}
export interface CastExpression {
  readonly kind: 'cast'
  readonly type: SqlType
  readonly arg: Expression
  /** TRY_CAST: a failure gives NULL. */
  readonly safe: boolean
}
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'identical'
/** `identical` is IS NOT DISTINCT FROM and never null. */
export interface ComparisonExpression {
  readonly kind: 'comparison'
  readonly type: SqlType
  readonly operator: ComparisonOperator
  readonly left: Expression
  readonly right: Expression
}
export interface LogicalExpression {
  readonly kind: 'logical'
  readonly type: SqlType
  readonly operator: 'and' | 'or'
  /** Two or more. */
  readonly terms: readonly Expression[]
}
export interface NotExpression {
  readonly kind: 'not'
  readonly type: SqlType
  readonly arg: Expression
}
export interface IsNullExpression {
  readonly kind: 'isNull'
  readonly type: SqlType
  readonly arg: Expression
}
/** The searched form; the simple form is planned as comparisons of a bound operand. */
export interface CaseExpression {
  readonly kind: 'case'
  readonly type: SqlType
  readonly whens: readonly { readonly condition: Expression; readonly result: Expression }[]
  readonly otherwise: Expression
}
export interface CoalesceExpression {
  readonly kind: 'coalesce'
  readonly type: SqlType
  readonly args: readonly Expression[]
}
/** NULLIF(first, second): the comparison is made in `comparedAs`, the result has the type of first. */
export interface NullIfExpression {
  readonly kind: 'nullIf'
  readonly type: SqlType
  readonly first: Expression
  readonly second: Expression
  readonly comparedAs: SqlType
}
export interface InExpression {
  readonly kind: 'in'
  readonly type: SqlType
  readonly value: Expression
  readonly list: readonly Expression[]
}
export interface BetweenExpression {
  readonly kind: 'between'
  readonly type: SqlType
  readonly value: Expression
  readonly min: Expression
  readonly max: Expression
}
export interface RowExpression {
  readonly kind: 'row'
  readonly type: SqlType
  readonly args: readonly Expression[]
}
/** Field `index` (from 0) of a ROW value. */
export interface FieldExpression {
  readonly kind: 'field'
  readonly type: SqlType
  readonly base: Expression
  readonly index: number
}
/** `parameters` are visible in the body as symbols; outer symbols may be captured. */
export interface LambdaExpression {
  readonly kind: 'lambda'
  readonly type: SqlType
  readonly parameters: readonly { readonly name: string; readonly type: SqlType }[]
  readonly body: Expression
}

/** A function with its types bound; found again in any thread's registry by `id`, but for SQL routines, which it carries. */
export interface ResolvedFunction {
  /** Canonical lower-case name. */
  readonly name: string
  /** Names one overload of one definition in the registry, such as `substring(varchar(x),bigint)`. */
  readonly id: string
  readonly argumentTypes: readonly SqlType[]
  readonly returnType: SqlType
  readonly kind: 'scalar' | 'aggregate' | 'window'
  readonly deterministic: boolean
  /** Set where the function is written in SQL; `id` then names its content, so that equal ids mean equal routines. */
  readonly routine?: Routine
}

/** A function written in SQL, analyzed. Parameters and variables are symbols of its expressions. */
export interface Routine {
  readonly parameters: readonly { readonly name: string; readonly type: SqlType }[]
  readonly returnType: SqlType
  /** A NULL argument gives NULL without running the body. */
  readonly returnsNullOnNull: boolean
  readonly body: RoutineStatement
}

/** Conditions are BOOLEAN, values have the type of what they are given to. NULL as a condition is false. */
export type RoutineStatement =
  | { readonly kind: 'return'; readonly value: Expression }
  | { readonly kind: 'set'; readonly variable: string; readonly value: Expression }
  | {
      readonly kind: 'block'
      /** Set each time the block is entered. */
      readonly variables: readonly { readonly name: string; readonly initial: Expression }[]
      readonly statements: readonly RoutineStatement[]
    }
  | {
      readonly kind: 'if'
      readonly condition: Expression
      readonly onTrue: RoutineStatement
      readonly otherwise?: RoutineStatement
    }
  /** Runs the body while the condition holds: tested before each turn, or after it. */
  | {
      readonly kind: 'loop'
      readonly label?: string
      readonly whileTrue?: Expression
      readonly untilTrue?: Expression
      readonly body: RoutineStatement
    }
  | { readonly kind: 'leave'; readonly label: string }
  | { readonly kind: 'iterate'; readonly label: string }
