import type { ComparisonOperator, Expression, ResolvedFunction } from '../../expressions/ir.js'
import type { RowPatternSpec } from '../../expressions/row-pattern.js'
import type { SourceLocation, SqlType } from '../../spi/index.js'
import type { QualifiedObjectName } from '../metadata.js'
import type { Expression as AstExpression, NodeBase } from '../parser/ast/index.js'
import type { TableFunctionReference, TableReference } from '../plan/node.js'

/**
 * What analysis makes of a query: relations and clauses with names resolved, types checked and coercions inserted.
 * Expressions are IR. What only the planner can place is a symbol with a name no plan has: a field of a relation
 * (`@f1`), an aggregation (`@a2`), a window function (`@w3`), a subquery (`@s4`), a GROUPING operation (`@g5`), an asynchronous call (`@y6`). One name means
 * one thing in the whole analysis, so that equal expressions have equal IR and correlation needs no marks; planning a relation
 * twice (a WITH query used twice) maps the names anew each time.
 */
export interface Field {
  /** Name of the symbol that stands for the field. */
  readonly id: string
  /** As it will head a result column; matched without regard to case. Absent: reachable by position only. */
  readonly name?: string
  readonly type: SqlType
  /** Not part of `*`. */
  readonly hidden: boolean
  /** The table it is a column of, unchanged. */
  readonly origin?: QualifiedObjectName
  /** It was given its name by AS. */
  readonly aliased?: boolean
  /** Name or alias of its relation, in lower case, outermost part first. */
  readonly qualifier?: readonly string[]
}

export type BoundRelation =
  | BoundTable
  | BoundValues
  | BoundJoin
  | BoundUnnest
  | BoundSample
  | BoundReference
  | BoundRecursion
  | BoundRecursiveReference
  | BoundSetOperation
  | BoundSelect
  | BoundQuery
  | BoundProjection
  | BoundPatternRecognition
  | BoundTableFunction

interface BoundFields {
  /** In order, hidden ones included. */
  readonly fields: readonly Field[]
}

export interface BoundTable extends BoundFields {
  readonly kind: 'table'
  readonly table: TableReference
  /** By position, as the connector names them: aliases don't change these. */
  readonly columnNames: readonly string[]
  /** Column handles, by position. */
  readonly columns: readonly unknown[]
}
export interface BoundValues extends BoundFields {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}
export interface BoundJoin extends BoundFields {
  readonly kind: 'join'
  readonly type: 'inner' | 'left' | 'right' | 'full'
  readonly left: BoundRelation
  readonly right: BoundRelation
  /** The right side sees the left one's fields: LATERAL or UNNEST. */
  readonly lateral: boolean
  /** Where the query of a LATERAL begins. */
  readonly lateralLocation?: SourceLocation
  readonly condition?: Expression
  readonly using?: readonly UsingColumn[]
}
export interface UsingColumn {
  /** Of the join's fields. */
  readonly field: Field
  readonly left: Field
  readonly right: Field
}
export interface BoundUnnest extends BoundFields {
  readonly kind: 'unnest'
  readonly collections: readonly {
    readonly expression: Expression
    readonly fields: readonly Field[]
  }[]
  readonly ordinality?: Field
}
export interface BoundSample extends BoundFields {
  readonly kind: 'sample'
  readonly source: BoundRelation
  readonly type: 'bernoulli' | 'system'
  readonly ratio: number
}
/** A use of a WITH query or a view: its fields are new ones, by position those of `source`. */
export interface BoundReference extends BoundFields {
  readonly kind: 'reference'
  readonly source: BoundRelation
}
/** A recursive WITH query; `step` reads what the step before gave through a recursive reference. */
export interface BoundRecursion extends BoundFields {
  readonly kind: 'recursion'
  readonly anchor: BoundRelation
  readonly step: BoundRelation
  readonly stepReference: BoundRecursiveReference
  readonly distinct: boolean
}
export interface BoundRecursiveReference extends BoundFields {
  readonly kind: 'recursiveReference'
  readonly id: string
}
export interface BoundSetOperation extends BoundFields {
  readonly kind: 'setOperation'
  readonly operation: 'union' | 'intersect' | 'except'
  readonly distinct: boolean
  readonly sources: readonly BoundRelation[]
}
/** Fields computed from those of the source. */
export interface BoundProjection extends BoundFields {
  readonly kind: 'projection'
  readonly source: BoundRelation
  readonly expressions: readonly Expression[]
}

/** MATCH_RECOGNIZE: its fields are `columns` of the source, with the measures between them. */
export interface BoundPatternRecognition extends BoundFields {
  readonly kind: 'patternRecognition'
  readonly source: BoundRelation
  readonly partitionBy: readonly Field[]
  readonly orderBy: readonly {
    readonly field: Field
    readonly ascending: boolean
    readonly nullsFirst: boolean
  }[]
  /** Fields of the source and subqueries that the expressions of `spec` read, by position. */
  readonly inputs: readonly Expression[]
  readonly columns: readonly Field[]
  /** How many of the columns stand before the measures. */
  readonly measuresAt: number
  readonly spec: RowPatternSpec
}

/** A call of a table function that the engine runs: its own fields, then those that `tables` pass on. */
export interface BoundTableFunction extends BoundFields {
  readonly kind: 'tableFunction'
  readonly function: TableFunctionReference
  /** How many of the fields are the function's own. */
  readonly properCount: number
  /** In the order of declaration. */
  readonly tables: readonly BoundTableArgument[]
  /** By position in `tables`. */
  readonly copartitions: readonly (readonly number[])[]
}
export interface BoundTableArgument {
  /** As the function declares it. */
  readonly name: string
  /** What COPARTITION calls it: an alias or the name of a WITH query, or the full name of a table. */
  readonly relationName?: readonly string[]
  readonly source: BoundRelation
  readonly rowSemantics: boolean
  readonly pruneWhenEmpty: boolean
  readonly passesThrough: boolean
  /** Columns of the source, in the type that copartitioned columns have in common. */
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly {
    readonly field: Field
    readonly ascending: boolean
    readonly nullsFirst: boolean
  }[]
  /** Columns of the source. */
  readonly required: readonly Field[]
  readonly passed: readonly Field[]
}

/** A query body with what follows it. */
export interface BoundQuery extends BoundFields, BoundRowLimits {
  readonly kind: 'query'
  readonly body: BoundRelation
  readonly orderBy: readonly BoundSortItem[]
}
export interface BoundRowLimits {
  readonly offset?: number
  readonly limit?: number
  readonly withTies?: boolean
}

export interface BoundSelect extends BoundFields, BoundRowLimits {
  readonly kind: 'select'
  /** Absent: one row without columns. */
  readonly from?: BoundRelation
  readonly where?: Expression
  readonly grouping?: BoundGrouping
  readonly having?: Expression
  /** By position, what the fields are. */
  readonly outputs: readonly Expression[]
  readonly distinct: boolean
  /** May refer to the output fields too. */
  readonly orderBy: readonly BoundSortItem[]
}

export interface BoundGrouping {
  /** The distinct grouping expressions. */
  readonly keys: readonly Expression[]
  /** Positions into keys; one set for a plain GROUP BY, one empty set for a global aggregation. */
  readonly sets: readonly (readonly number[])[]
}

export interface BoundSortItem {
  readonly expression: Expression
  readonly ascending: boolean
  readonly nullsFirst: boolean
}

/** What the symbols of expressions other than fields stand for. */
export type BoundCall =
  | BoundAggregate
  | BoundWindowFunction
  | BoundWindowMeasure
  | BoundSubquery
  | BoundGroupingOperation
  | BoundAsyncCall

export interface BoundAggregate {
  readonly kind: 'aggregate'
  readonly id: string
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
  readonly distinct: boolean
  readonly filter?: Expression
  readonly orderBy: readonly BoundSortItem[]
}
/** What a window says. */
export interface BoundWindow {
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly BoundSortItem[]
  readonly frame: BoundFrame
  /** The keys as written, by the call itself or by the WINDOW clause that it names. */
  readonly keyNodes?: {
    readonly byName: boolean
    readonly partitionBy: readonly AstExpression[]
    readonly orderBy: readonly AstExpression[]
  }
}
export interface BoundWindowFunction extends BoundWindow {
  readonly kind: 'window'
  readonly id: string
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
  readonly ignoreNulls: boolean
  readonly distinct: boolean
  /** ORDER BY inside of the call: the order in which an aggregate takes the rows of a frame. */
  readonly callOrderBy: readonly BoundSortItem[]
}
/** `measure OVER window`: what the pattern of the window's frame computes. */
export interface BoundWindowMeasure extends BoundWindow {
  readonly kind: 'measure'
  readonly id: string
  readonly name: string
  readonly type: SqlType
  /** Position among the measures of the frame's pattern. */
  readonly measure: number
}
export interface BoundFrame {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: BoundFrameBound
  readonly end: BoundFrameBound
  readonly pattern?: BoundFramePattern
}
/** A row pattern that cuts the frame down to a match. */
export interface BoundFramePattern {
  /** Tells the patterns of one query specification apart. */
  readonly key: string
  /** What the expressions of `spec` read, by position. */
  readonly inputs: readonly Expression[]
  readonly spec: RowPatternSpec
}
export interface BoundFrameBound {
  readonly kind:
    | 'unbounded preceding'
    | 'preceding'
    | 'current row'
    | 'following'
    | 'unbounded following'
  /** The distance; of RANGE frames `sortKey` ± distance is computed for each row by `offsetFunction`. */
  readonly value?: Expression
  readonly range?: {
    /** Subtraction for PRECEDING under ascending order, else addition; over (sort key, distance). */
    readonly boundary: Expression
    /** The sort key in the type of the boundary, to be compared with it. */
    readonly sortKey: Expression
  }
}
/** GROUPING(a, b): the bits of the keys that are not in the row's grouping set. */
export interface BoundGroupingOperation {
  readonly kind: 'grouping'
  readonly id: string
  readonly type: SqlType
  readonly arguments: readonly Expression[]
  /** Where it stands in the text. */
  readonly node: NodeBase
}
/** A call of an asynchronous function, which is made for each row below the expression that reads it. */
export interface BoundAsyncCall {
  readonly kind: 'asyncCall'
  readonly id: string
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
}
export type BoundSubquery =
  | BoundScalarSubquery
  | BoundExistsSubquery
  | BoundInSubquery
  | BoundQuantifiedSubquery
interface SubqueryFields {
  readonly id: string
  readonly query: BoundRelation
  /** Where errors about the subquery as a whole are. */
  readonly location: SourceLocation
  /** The columns of outer queries that its text names, also where the answer doesn't need them. */
  readonly outerColumns: readonly OuterColumn[]
}
/** A place that names a column of a query around it. */
export interface OuterColumn {
  readonly fieldId: string
  readonly node: NodeBase
}
/** Of several columns, the value is their row. */
export interface BoundScalarSubquery extends SubqueryFields {
  readonly kind: 'scalarSubquery'
  readonly type: SqlType
}
export interface BoundExistsSubquery extends SubqueryFields {
  readonly kind: 'existsSubquery'
}
export interface BoundInSubquery extends SubqueryFields {
  readonly kind: 'inSubquery'
  readonly value: Expression
  /** Both sides are compared in the value's type. */
}
export interface BoundQuantifiedSubquery extends SubqueryFields {
  readonly kind: 'quantifiedSubquery'
  readonly value: Expression
  readonly operator: Exclude<ComparisonOperator, 'identical'>
  readonly quantifier: 'all' | 'any'
}
