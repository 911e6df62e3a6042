import type { JsonExpression } from './json.js'
import type { Literal } from './literal.js'
import type { Identifier, QualifiedName } from './name.js'
import type { NodeBase } from './node.js'
import type { OrderBy, Query } from './query.js'
import type { DataType } from './type.js'
import type { ProcessingMode, Window } from './window.js'

/** @source io.trino.sql.tree.Expression and its subclasses */
export type Expression =
  | ArithmeticBinaryExpression
  | ArithmeticUnaryExpression
  | ArrayConstructor
  | AtTimeZone
  | BetweenPredicate
  | Cast
  | CoalesceExpression
  | ComparisonExpression
  | CurrentCatalog
  | CurrentDate
  | CurrentPath
  | CurrentSchema
  | CurrentTime
  | CurrentTimestamp
  | CurrentUser
  | DereferenceExpression
  | ExistsPredicate
  | Extract
  | Format
  | FunctionCall
  | GroupingOperation
  | Identifier
  | IfExpression
  | InListExpression
  | InPredicate
  | IsNotNullPredicate
  | IsNullPredicate
  | JsonExpression
  | LambdaExpression
  | LikePredicate
  | Literal
  | LocalTime
  | LocalTimestamp
  | LogicalExpression
  | NotExpression
  | NullIfExpression
  | Parameter
  | QuantifiedComparisonExpression
  | Row
  | SearchedCaseExpression
  | SimpleCaseExpression
  | SubqueryExpression
  | SubscriptExpression
  | Trim
  | TryExpression
  | WindowOperation

export type ExpressionKind = Expression['kind']

/** Located at the operator. */
export interface ArithmeticBinaryExpression extends NodeBase {
  readonly kind: 'arithmeticBinaryExpression'
  readonly operator: '+' | '-' | '*' | '/' | '%'
  readonly left: Expression
  readonly right: Expression
}

export interface ArithmeticUnaryExpression extends NodeBase {
  readonly kind: 'arithmeticUnaryExpression'
  readonly sign: '+' | '-'
  readonly value: Expression
}

/** `ARRAY[a, b]`. @source io.trino.sql.tree.Array */
export interface ArrayConstructor extends NodeBase {
  readonly kind: 'array'
  readonly values: readonly Expression[]
}

/** `value AT TIME ZONE zone`, located at `AT`; `timeZone` is a string or interval literal. */
export interface AtTimeZone extends NodeBase {
  readonly kind: 'atTimeZone'
  readonly value: Expression
  readonly timeZone: Expression
}

/** Located at `BETWEEN`, or at the `NOT` before it; NOT is a NotExpression around this node. */
export interface BetweenPredicate extends NodeBase {
  readonly kind: 'betweenPredicate'
  readonly value: Expression
  readonly min: Expression
  readonly max: Expression
}

/** `CAST(expression AS type)`; `safe` is TRY_CAST. */
export interface Cast extends NodeBase {
  readonly kind: 'cast'
  readonly expression: Expression
  readonly type: DataType
  readonly safe: boolean
}

export interface CoalesceExpression extends NodeBase {
  readonly kind: 'coalesceExpression'
  readonly operands: readonly Expression[]
}

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'IS DISTINCT FROM'

/** Located at the operator; `IS NOT DISTINCT FROM` is a NotExpression around this node. */
export interface ComparisonExpression extends NodeBase {
  readonly kind: 'comparisonExpression'
  readonly operator: ComparisonOperator
  readonly left: Expression
  readonly right: Expression
}

export interface CurrentCatalog extends NodeBase {
  readonly kind: 'currentCatalog'
}

export interface CurrentDate extends NodeBase {
  readonly kind: 'currentDate'
}

export interface CurrentPath extends NodeBase {
  readonly kind: 'currentPath'
}

export interface CurrentSchema extends NodeBase {
  readonly kind: 'currentSchema'
}

export interface CurrentTime extends NodeBase {
  readonly kind: 'currentTime'
  readonly precision?: number
}

export interface CurrentTimestamp extends NodeBase {
  readonly kind: 'currentTimestamp'
  readonly precision?: number
}

export interface CurrentUser extends NodeBase {
  readonly kind: 'currentUser'
}

/** `base.field`; without `field` it is the `label.*` of `count(label.*)` in a row pattern. */
export interface DereferenceExpression extends NodeBase {
  readonly kind: 'dereferenceExpression'
  readonly base: Expression
  readonly field?: Identifier
}

export interface ExistsPredicate extends NodeBase {
  readonly kind: 'existsPredicate'
  readonly subquery: Expression
}

export type ExtractField =
  | 'YEAR'
  | 'QUARTER'
  | 'MONTH'
  | 'WEEK'
  | 'DAY'
  | 'DAY_OF_MONTH'
  | 'DAY_OF_WEEK'
  | 'DOW'
  | 'DAY_OF_YEAR'
  | 'DOY'
  | 'YEAR_OF_WEEK'
  | 'YOW'
  | 'HOUR'
  | 'MINUTE'
  | 'SECOND'
  | 'TIMEZONE_HOUR'
  | 'TIMEZONE_MINUTE'

export interface Extract extends NodeBase {
  readonly kind: 'extract'
  readonly expression: Expression
  readonly field: ExtractField
}

/** `format(pattern, value, …)`: at least two arguments. */
export interface Format extends NodeBase {
  readonly kind: 'format'
  readonly arguments: readonly Expression[]
}

export type NullTreatment = 'IGNORE' | 'RESPECT'

/**
 * A call of a function. Special forms are calls too, as in Trino: `a || b` is `concat(a, b)` located
 * at the operator, `POSITION(a IN b)` is `strpos(b, a)`, `SUBSTRING(a FROM b FOR c)` is
 * `substr(a, b, c)`, `NORMALIZE(a, NFC)` is `normalize(a, 'NFC')`, and LISTAGG has five arguments:
 * value, separator, whether overflow is an error, the filler, whether to show the count.
 */
export interface FunctionCall extends NodeBase {
  readonly kind: 'functionCall'
  readonly name: QualifiedName
  /** `count(*)` has none, `count(label.*)` one dereference without field. */
  readonly arguments: readonly Expression[]
  readonly distinct: boolean
  readonly filter?: Expression
  readonly nullTreatment?: NullTreatment
  readonly orderBy?: OrderBy
  readonly processingMode?: ProcessingMode
  readonly window?: Window
}

/** `GROUPING(a, b.c)`: identifiers and dereferences. */
export interface GroupingOperation extends NodeBase {
  readonly kind: 'groupingOperation'
  readonly groupingColumns: readonly Expression[]
}

export interface IfExpression extends NodeBase {
  readonly kind: 'ifExpression'
  readonly condition: Expression
  readonly trueValue: Expression
  readonly falseValue?: Expression
}

/** The `(a, b)` of `x IN (a, b)`. */
export interface InListExpression extends NodeBase {
  readonly kind: 'inListExpression'
  readonly values: readonly Expression[]
}

/** Located at `IN`, or at the `NOT` before it; NOT is a NotExpression around this node. */
export interface InPredicate extends NodeBase {
  readonly kind: 'inPredicate'
  readonly value: Expression
  readonly valueList: InListExpression | SubqueryExpression
}

/** `value IS NOT NULL`, located at `IS`. */
export interface IsNotNullPredicate extends NodeBase {
  readonly kind: 'isNotNullPredicate'
  readonly value: Expression
}

/** `value IS NULL`, located at `IS`. */
export interface IsNullPredicate extends NodeBase {
  readonly kind: 'isNullPredicate'
  readonly value: Expression
}

export interface LambdaExpression extends NodeBase {
  readonly kind: 'lambdaExpression'
  readonly arguments: readonly LambdaArgumentDeclaration[]
  readonly body: Expression
}

export interface LambdaArgumentDeclaration extends NodeBase {
  readonly kind: 'lambdaArgumentDeclaration'
  readonly name: Identifier
}

/** Located at `LIKE`, or at the `NOT` before it; NOT is a NotExpression around this node. */
export interface LikePredicate extends NodeBase {
  readonly kind: 'likePredicate'
  readonly value: Expression
  readonly pattern: Expression
  readonly escape?: Expression
}

export interface LocalTime extends NodeBase {
  readonly kind: 'localTime'
  readonly precision?: number
}

export interface LocalTimestamp extends NodeBase {
  readonly kind: 'localTimestamp'
  readonly precision?: number
}

/**
 * `a AND b AND c` as one flat node of at least two terms, located at the start of the first. A
 * parenthesised conjunction in a conjunction stays a node of its own.
 */
export interface LogicalExpression extends NodeBase {
  readonly kind: 'logicalExpression'
  readonly operator: 'AND' | 'OR'
  readonly terms: readonly Expression[]
}

export interface NotExpression extends NodeBase {
  readonly kind: 'notExpression'
  readonly value: Expression
}

export interface NullIfExpression extends NodeBase {
  readonly kind: 'nullIfExpression'
  readonly first: Expression
  readonly second: Expression
}

/** A `?`; `position` counts them from 0 in the order of the text. */
export interface Parameter extends NodeBase {
  readonly kind: 'parameter'
  readonly position: number
}

/** `value operator ALL (query)`, located at the operator. */
export interface QuantifiedComparisonExpression extends NodeBase {
  readonly kind: 'quantifiedComparisonExpression'
  readonly operator: Exclude<ComparisonOperator, 'IS DISTINCT FROM'>
  readonly quantifier: 'ALL' | 'ANY' | 'SOME'
  readonly value: Expression
  readonly subquery: SubqueryExpression
}

/** `ROW(a, b)` or `(a, b)`. */
export interface Row extends NodeBase {
  readonly kind: 'row'
  readonly items: readonly Expression[]
}

export interface SearchedCaseExpression extends NodeBase {
  readonly kind: 'searchedCaseExpression'
  readonly whenClauses: readonly WhenClause[]
  readonly defaultValue?: Expression
}

export interface SimpleCaseExpression extends NodeBase {
  readonly kind: 'simpleCaseExpression'
  readonly operand: Expression
  readonly whenClauses: readonly WhenClause[]
  readonly defaultValue?: Expression
}

export interface WhenClause extends NodeBase {
  readonly kind: 'whenClause'
  readonly operand: Expression
  readonly result: Expression
}

export interface SubqueryExpression extends NodeBase {
  readonly kind: 'subqueryExpression'
  readonly query: Query
}

/** `base[index]`. */
export interface SubscriptExpression extends NodeBase {
  readonly kind: 'subscriptExpression'
  readonly base: Expression
  readonly index: Expression
}

export interface Trim extends NodeBase {
  readonly kind: 'trim'
  readonly specification: 'BOTH' | 'LEADING' | 'TRAILING'
  readonly trimSource: Expression
  readonly trimCharacter?: Expression
}

export interface TryExpression extends NodeBase {
  readonly kind: 'tryExpression'
  readonly innerExpression: Expression
}

/** A measure of a row pattern window: `name OVER w`. */
export interface WindowOperation extends NodeBase {
  readonly kind: 'windowOperation'
  readonly name: Identifier
  readonly window: Window
}
