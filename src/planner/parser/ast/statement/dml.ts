import type { Expression } from '../expression.js'
import type { Identifier, Property, QualifiedName } from '../name.js'
import type { NodeBase } from '../node.js'
import type { Query, Table } from '../query.js'
import type { Relation } from '../relation.js'

/** Statements that change or maintain the contents of tables, and procedure calls. */
export type DataManipulation =
  | Analyze
  | Call
  | Delete
  | Insert
  | Merge
  | RefreshMaterializedView
  | TableExecute
  | TruncateTable
  | Update

export interface Insert extends NodeBase {
  readonly kind: 'insert'
  readonly table: Table
  readonly columns?: readonly Identifier[]
  readonly query: Query
}

export interface Delete extends NodeBase {
  readonly kind: 'delete'
  readonly table: Table
  readonly where?: Expression
}

export interface Update extends NodeBase {
  readonly kind: 'update'
  readonly table: Table
  readonly assignments: readonly UpdateAssignment[]
  readonly where?: Expression
}

export interface UpdateAssignment extends NodeBase {
  readonly kind: 'updateAssignment'
  readonly name: Identifier
  readonly value: Expression
}

export interface Merge extends NodeBase {
  readonly kind: 'merge'
  /** A Table, aliased or not. */
  readonly target: Relation
  readonly source: Relation
  readonly predicate: Expression
  readonly mergeCases: readonly MergeCase[]
}

export type MergeCase = MergeUpdate | MergeDelete | MergeInsert

export interface MergeUpdate extends NodeBase {
  readonly kind: 'mergeUpdate'
  readonly expression?: Expression
  readonly assignments: readonly MergeAssignment[]
}

export interface MergeAssignment {
  readonly target: Identifier
  readonly value: Expression
}

export interface MergeDelete extends NodeBase {
  readonly kind: 'mergeDelete'
  readonly expression?: Expression
}

export interface MergeInsert extends NodeBase {
  readonly kind: 'mergeInsert'
  readonly expression?: Expression
  readonly columns: readonly Identifier[]
  readonly values: readonly Expression[]
}

export interface TruncateTable extends NodeBase {
  readonly kind: 'truncateTable'
  readonly tableName: QualifiedName
}

export interface Analyze extends NodeBase {
  readonly kind: 'analyze'
  readonly tableName: QualifiedName
  readonly properties: readonly Property[]
}

export interface RefreshMaterializedView extends NodeBase {
  readonly kind: 'refreshMaterializedView'
  readonly table: Table
}

/** `CALL name(argument, …)`. */
export interface Call extends NodeBase {
  readonly kind: 'call'
  readonly name: QualifiedName
  readonly arguments: readonly CallArgument[]
}

export interface CallArgument extends NodeBase {
  readonly kind: 'callArgument'
  readonly name?: Identifier
  readonly value: Expression
}

/** `ALTER TABLE t EXECUTE procedure(argument, …) WHERE …`. */
export interface TableExecute extends NodeBase {
  readonly kind: 'tableExecute'
  readonly table: Table
  readonly procedureName: Identifier
  readonly arguments: readonly CallArgument[]
  readonly where?: Expression
}
