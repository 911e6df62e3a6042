import type { Expression, Parameter } from './expression.js'
import type { LongLiteral } from './literal.js'
import type { Identifier, QualifiedName } from './name.js'
import type { NodeBase, SourceSpan } from './node.js'
import type { Relation } from './relation.js'
import type { FunctionSpecification } from './routine.js'
import type { WindowDefinition } from './window.js'

/**
 * A query with what surrounds its body. For `SELECT … ORDER BY … LIMIT …` without set operation the
 * ordering and the limit are in the QuerySpecification and absent here, as in Trino.
 *
 * @source io.trino.sql.tree.Query
 */
export interface Query extends NodeBase {
  readonly kind: 'query'
  readonly span: SourceSpan
  /** Session properties of a leading `WITH SESSION`. */
  readonly sessionProperties: readonly SessionProperty[]
  /** Inline functions of a leading `WITH FUNCTION`. */
  readonly functions: readonly FunctionSpecification[]
  readonly with?: With
  readonly queryBody: QueryBody
  readonly orderBy?: OrderBy
  readonly offset?: Offset
  readonly limit?: Limit | FetchFirst
}

/** `SESSION name = value` before a query. */
export interface SessionProperty extends NodeBase {
  readonly kind: 'sessionProperty'
  readonly name: QualifiedName
  readonly value: Expression
}

export interface With extends NodeBase {
  readonly kind: 'with'
  readonly recursive: boolean
  readonly queries: readonly WithQuery[]
}

export interface WithQuery extends NodeBase {
  readonly kind: 'withQuery'
  readonly name: Identifier
  readonly query: Query
  readonly columnNames?: readonly Identifier[]
}

/** @source io.trino.sql.tree.QueryBody and its subclasses */
export type QueryBody = QuerySpecification | SetOperation | Table | TableSubquery | Values

export interface QuerySpecification extends NodeBase {
  readonly kind: 'querySpecification'
  readonly select: Select
  /** Relations separated by commas are implicit joins. */
  readonly from?: Relation
  readonly where?: Expression
  readonly groupBy?: GroupBy
  readonly having?: Expression
  readonly windows: readonly WindowDefinition[]
  readonly orderBy?: OrderBy
  readonly offset?: Offset
  readonly limit?: Limit | FetchFirst
}

/** UNION and INTERSECT have two or more relations, EXCEPT has two. */
export type SetOperation = Union | Intersect | Except

/** A chain `a UNION b UNION c` of one quantifier is left-deep: `(a UNION b) UNION c`. */
export interface Union extends NodeBase {
  readonly kind: 'union'
  readonly relations: readonly QueryBody[]
  readonly distinct: boolean
  readonly corresponding?: Corresponding
}

export interface Intersect extends NodeBase {
  readonly kind: 'intersect'
  readonly relations: readonly QueryBody[]
  readonly distinct: boolean
  readonly corresponding?: Corresponding
}

export interface Except extends NodeBase {
  readonly kind: 'except'
  readonly left: QueryBody
  readonly right: QueryBody
  readonly distinct: boolean
  readonly corresponding?: Corresponding
}

/** `CORRESPONDING [BY (a, b)]` of a set operation. */
export interface Corresponding extends NodeBase {
  readonly kind: 'corresponding'
  readonly columns: readonly Identifier[]
}

/** A table by name, in FROM or as `TABLE name`. */
export interface Table extends NodeBase {
  readonly kind: 'table'
  readonly name: QualifiedName
  /** Of `FROM 'path'`, an extension: the files that are the table, whose name is then that of the file. */
  readonly path?: string
  readonly queryPeriod?: QueryPeriod
}

/** `FOR VERSION AS OF end`, `FOR TIMESTAMP AS OF end`. */
export interface QueryPeriod extends NodeBase {
  readonly kind: 'queryPeriod'
  readonly rangeType: 'TIMESTAMP' | 'VERSION'
  readonly end: Expression
}

/** A query in parentheses, as a query body or in FROM. */
export interface TableSubquery extends NodeBase {
  readonly kind: 'tableSubquery'
  readonly query: Query
}

/** A row that is one column stands without Row node. */
export interface Values extends NodeBase {
  readonly kind: 'values'
  readonly rows: readonly Expression[]
}

export interface Select extends NodeBase {
  readonly kind: 'select'
  readonly distinct: boolean
  readonly selectItems: readonly SelectItem[]
}

export type SelectItem = SingleColumn | AllColumns

export interface SingleColumn extends NodeBase {
  readonly kind: 'singleColumn'
  readonly expression: Expression
  readonly alias?: Identifier
}

/** `*`, `target.*`, `target.* AS (a, b)`. */
export interface AllColumns extends NodeBase {
  readonly kind: 'allColumns'
  readonly target?: Expression
  readonly aliases: readonly Identifier[]
}

export interface GroupBy extends NodeBase {
  readonly kind: 'groupBy'
  readonly distinct: boolean
  readonly groupingElements: readonly GroupingElement[]
}

export type GroupingElement = AutoGroupBy | SimpleGroupBy | GroupingSets

/** `GROUP BY AUTO`: all columns of the SELECT clause without aggregation. */
export interface AutoGroupBy extends NodeBase {
  readonly kind: 'autoGroupBy'
}

export interface SimpleGroupBy extends NodeBase {
  readonly kind: 'simpleGroupBy'
  readonly columns: readonly Expression[]
}

/** GROUPING SETS, CUBE or ROLLUP: a list of sets of expressions. */
export interface GroupingSets extends NodeBase {
  readonly kind: 'groupingSets'
  readonly type: 'EXPLICIT' | 'ROLLUP' | 'CUBE'
  readonly sets: readonly (readonly Expression[])[]
}

export interface OrderBy extends NodeBase {
  readonly kind: 'orderBy'
  readonly sortItems: readonly SortItem[]
}

export interface SortItem extends NodeBase {
  readonly kind: 'sortItem'
  readonly sortKey: Expression
  readonly ordering: 'ASCENDING' | 'DESCENDING'
  /** UNDEFINED where the text says nothing; Trino then puts nulls last. */
  readonly nullOrdering: 'FIRST' | 'LAST' | 'UNDEFINED'
}

export interface Offset extends NodeBase {
  readonly kind: 'offset'
  readonly rowCount: LongLiteral | Parameter
}

/** `LIMIT n`; without `rowCount` it is `LIMIT ALL`. */
export interface Limit extends NodeBase {
  readonly kind: 'limit'
  readonly rowCount?: LongLiteral | Parameter
}

/** `FETCH FIRST n ROWS ONLY | WITH TIES`; without `rowCount` it is one row. */
export interface FetchFirst extends NodeBase {
  readonly kind: 'fetchFirst'
  readonly rowCount?: LongLiteral | Parameter
  readonly withTies: boolean
}
