import type { ConnectorSplit, ConnectorTypes, SqlType } from '../../spi/index.js'
import type { SqlExpression, SqlRelation, SqlSortItem } from './sql-tree.js'

/**
 * What a database may be asked to do with the values of an expression so that its answer is ours: 'order' them, tell
 * whether they are 'equal', or nothing but give them out.
 */
export type Comparability = 'order' | 'equality' | 'none'

/** A column of a table or of a query over it. Plain data. */
export interface SqlColumn {
  /** Lower case. */
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  /** Over the relation of its table handle. */
  readonly expression: SqlExpression
  /** How the database holds the values, in words of its dialect. */
  readonly storage: string
  readonly comparability: Comparability
  /** Why it is not 'order', for EXPLAIN. */
  readonly reason?: string
  /** True where the database does not see to it that all values are of the type. */
  readonly unchecked?: true
  readonly comment?: string
}

/** A table, or what pushdown made of tables: one SELECT over a relation. Plain data. */
export interface SqlTable {
  /** As SQL here names it; of the first table where there are several. */
  readonly schema: string
  readonly table: string
  readonly relation: SqlRelation
  readonly where: readonly SqlExpression[]
  readonly orderBy: readonly SqlSortItem[]
  readonly limit?: number
  readonly columns: readonly SqlColumn[]
  /** What tells rows of a stored table apart by a number, so that they can be read in parts. */
  readonly rowNumber?: SqlExpression
  /** What an UPDATE sets columns of a stored table to. */
  readonly update?: readonly { readonly column: string; readonly value: SqlExpression }[]
}

/** A part of a table: the rows whose row number is in a range, all rows where there is none. */
export interface SqlSplit extends ConnectorSplit {
  readonly condition?: SqlExpression
  /** True: a look at all of its rows is short work. */
  readonly isShort?: true
  /** The state of the database that all splits of a scan are read in, and how many commits had led to it. */
  readonly snapshot?: { readonly id: number; readonly commitCount: number }
}

/** What page sinks are told. */
export interface SqlWrite {
  readonly writeId: number
  readonly columns: readonly {
    readonly name: string
    /** Of the pages that come. */
    readonly type: SqlType
    /** As which the database has the values: the same, or one that has room for them. */
    readonly held: SqlType
    readonly storage: string
  }[]
}

export interface SqlTypes extends ConnectorTypes {
  table: SqlTable
  column: SqlColumn
  split: SqlSplit
  transaction: number
  insert: SqlWrite
  output: SqlWrite
  tableFunction: SqlTable
}
