import type {
  ConnectorExpression,
  ConnectorJoinType,
  ConnectorSplit,
  ConnectorTypes,
  SqlType,
  TupleDomain,
  Value,
} from '../../spi/index.js'

/** A column by its name, which is unique within a relation. */
export interface ReferenceColumn {
  readonly name: string
  readonly type: SqlType
}

/**
 * What a scan gives: a table, or what pushdown has made of one. Each step stands over the one before it, so that a filter over
 * a limit is another thing than a limit over a filter.
 */
export type Relation =
  | { readonly kind: 'table'; readonly schema: string; readonly table: string }
  | { readonly kind: 'numbers'; readonly from: bigint; readonly to: bigint }
  | {
      readonly kind: 'filter'
      readonly source: Relation
      readonly domain: TupleDomain<ReferenceColumn>
      /** Over the source's columns, by name. */
      readonly terms: readonly ConnectorExpression[]
    }
  | {
      readonly kind: 'project'
      readonly source: Relation
      readonly outputs: readonly {
        readonly column: ReferenceColumn
        readonly expression: ConnectorExpression
      }[]
    }
  | { readonly kind: 'limit'; readonly source: Relation; readonly count: number }
  | {
      readonly kind: 'topN'
      readonly source: Relation
      readonly count: number
      readonly items: readonly SortColumn[]
    }
  | { readonly kind: 'sample'; readonly source: Relation; readonly ratio: number }
  | {
      readonly kind: 'aggregate'
      readonly source: Relation
      readonly groupBy: readonly ReferenceColumn[]
      readonly aggregates: readonly ReferenceAggregate[]
    }
  | {
      readonly kind: 'join'
      readonly type: ConnectorJoinType
      readonly left: Relation
      readonly right: Relation
      /** Over the join's own columns. */
      readonly terms: readonly ConnectorExpression[]
      readonly leftColumns: readonly JoinedColumn[]
      readonly rightColumns: readonly JoinedColumn[]
    }

export interface SortColumn {
  readonly column: ReferenceColumn
  readonly ascending: boolean
  readonly nullsFirst: boolean
}
export interface ReferenceAggregate {
  readonly column: ReferenceColumn
  readonly function: 'count' | 'min' | 'max' | 'sum'
  /** None: count(*). */
  readonly argument?: ReferenceColumn
  readonly distinct: boolean
  readonly filter?: ReferenceColumn
}
export interface JoinedColumn {
  readonly from: ReferenceColumn
  readonly to: ReferenceColumn
}

export interface ReferenceTableHandle {
  readonly relation: Relation
  /** Of an UPDATE that the connector carries out. */
  readonly assignments?: readonly { readonly column: ReferenceColumn; readonly value: Value }[]
}

/** Rows of a table from one position on; absent: all of the relation. */
export interface ReferenceSplit extends ConnectorSplit {
  readonly from?: number
  readonly to?: number
}

/** Rows that are on their way into a table. */
export interface ReferenceWrite {
  readonly id: number
  readonly schema: string
  readonly table: string
  /** What the sink's channels are. */
  readonly columns: readonly ReferenceColumn[]
}

export interface ReferenceProcedure {
  readonly procedure: string
  readonly schema: string
  readonly table: string
  readonly keep?: number
}

/** A call of a table function. */
export type ReferenceFunction =
  /** A table is put in its place. */
  | { readonly kind: 'numbers'; readonly from: bigint; readonly to: bigint }
  /** Runs over splits. */
  | { readonly kind: 'countdown'; readonly from: bigint }
  /** Runs over the rows of a table argument. */
  | { readonly kind: 'numbered' }

export interface ReferenceTypes extends ConnectorTypes {
  table: ReferenceTableHandle
  column: ReferenceColumn
  split: ReferenceSplit
  transaction: number
  insert: ReferenceWrite
  output: ReferenceWrite
  merge: ReferenceWrite
  tableFunction: ReferenceFunction
  execute: ReferenceProcedure
}
