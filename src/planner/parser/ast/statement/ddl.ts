import type { IntervalLiteral } from '../literal.js'
import type { Identifier, PrincipalSpecification, Property, QualifiedName } from '../name.js'
import type { NodeBase } from '../node.js'
import type { Query } from '../query.js'
import type { FunctionSpecification, ParameterDeclaration } from '../routine.js'
import type { DataType } from '../type.js'

/** Statements that define or change catalogs, schemas, tables, views and functions. */
export type DataDefinition =
  | AddColumn
  | Comment
  | CreateCatalog
  | CreateFunction
  | CreateMaterializedView
  | CreateSchema
  | CreateTable
  | CreateTableAsSelect
  | CreateView
  | DropCatalog
  | DropColumn
  | DropFunction
  | DropMaterializedView
  | DropNotNullConstraint
  | DropSchema
  | DropTable
  | DropView
  | RenameColumn
  | RenameMaterializedView
  | RenameSchema
  | RenameTable
  | RenameView
  | SetColumnType
  | SetProperties

export interface CreateCatalog extends NodeBase {
  readonly kind: 'createCatalog'
  readonly name: Identifier
  readonly notExists: boolean
  readonly connectorName: Identifier
  readonly comment?: string
  readonly principal?: PrincipalSpecification
  readonly properties: readonly Property[]
}

export interface DropCatalog extends NodeBase {
  readonly kind: 'dropCatalog'
  readonly name: Identifier
  readonly exists: boolean
  readonly cascade: boolean
}

export interface CreateSchema extends NodeBase {
  readonly kind: 'createSchema'
  readonly name: QualifiedName
  readonly notExists: boolean
  readonly principal?: PrincipalSpecification
  readonly properties: readonly Property[]
}

export interface DropSchema extends NodeBase {
  readonly kind: 'dropSchema'
  readonly name: QualifiedName
  readonly exists: boolean
  readonly cascade: boolean
}

export interface RenameSchema extends NodeBase {
  readonly kind: 'renameSchema'
  readonly source: QualifiedName
  readonly target: Identifier
}

/** FAIL without, IGNORE with IF NOT EXISTS, REPLACE with OR REPLACE. */
export type SaveMode = 'FAIL' | 'IGNORE' | 'REPLACE'

export interface CreateTable extends NodeBase {
  readonly kind: 'createTable'
  readonly name: QualifiedName
  readonly elements: readonly TableElement[]
  readonly saveMode: SaveMode
  readonly properties: readonly Property[]
  readonly comment?: string
}

export type TableElement = ColumnDefinition | LikeClause

export interface ColumnDefinition extends NodeBase {
  readonly kind: 'columnDefinition'
  readonly name: QualifiedName
  readonly type: DataType
  readonly nullable: boolean
  readonly properties: readonly Property[]
  readonly comment?: string
}

export interface LikeClause extends NodeBase {
  readonly kind: 'likeClause'
  readonly tableName: QualifiedName
  readonly propertiesOption?: 'INCLUDING' | 'EXCLUDING'
}

export interface CreateTableAsSelect extends NodeBase {
  readonly kind: 'createTableAsSelect'
  readonly name: QualifiedName
  readonly query: Query
  readonly saveMode: SaveMode
  readonly properties: readonly Property[]
  readonly withData: boolean
  readonly columnAliases?: readonly Identifier[]
  readonly comment?: string
}

export interface DropTable extends NodeBase {
  readonly kind: 'dropTable'
  readonly tableName: QualifiedName
  readonly exists: boolean
}

export interface RenameTable extends NodeBase {
  readonly kind: 'renameTable'
  readonly source: QualifiedName
  readonly target: QualifiedName
  readonly exists: boolean
}

/** `COMMENT ON … IS`; without `comment` the comment is removed. */
export interface Comment extends NodeBase {
  readonly kind: 'comment'
  readonly type: 'TABLE' | 'VIEW' | 'COLUMN'
  readonly name: QualifiedName
  readonly comment?: string
}

/** The place of a column among the others. */
export type ColumnPosition =
  | { readonly type: 'first' }
  | { readonly type: 'last' }
  | { readonly type: 'after'; readonly column: Identifier }

export interface AddColumn extends NodeBase {
  readonly kind: 'addColumn'
  readonly name: QualifiedName
  readonly column: ColumnDefinition
  readonly position?: ColumnPosition
  readonly tableExists: boolean
  readonly columnNotExists: boolean
}

export interface RenameColumn extends NodeBase {
  readonly kind: 'renameColumn'
  readonly table: QualifiedName
  readonly source: QualifiedName
  readonly target: Identifier
  readonly tableExists: boolean
  readonly columnExists: boolean
}

export interface DropColumn extends NodeBase {
  readonly kind: 'dropColumn'
  readonly table: QualifiedName
  readonly field: QualifiedName
  readonly tableExists: boolean
  readonly columnExists: boolean
}

export interface SetColumnType extends NodeBase {
  readonly kind: 'setColumnType'
  readonly tableName: QualifiedName
  readonly columnName: QualifiedName
  readonly type: DataType
  readonly tableExists: boolean
}

export interface DropNotNullConstraint extends NodeBase {
  readonly kind: 'dropNotNullConstraint'
  readonly table: QualifiedName
  readonly column: Identifier
  readonly tableExists: boolean
}

export interface SetProperties extends NodeBase {
  readonly kind: 'setProperties'
  readonly type: 'TABLE' | 'MATERIALIZED VIEW'
  readonly name: QualifiedName
  readonly properties: readonly Property[]
}

export interface CreateView extends NodeBase {
  readonly kind: 'createView'
  readonly name: QualifiedName
  readonly query: Query
  readonly replace: boolean
  readonly comment?: string
  readonly security?: 'DEFINER' | 'INVOKER'
  readonly properties: readonly Property[]
}

export interface DropView extends NodeBase {
  readonly kind: 'dropView'
  readonly name: QualifiedName
  readonly exists: boolean
}

export interface RenameView extends NodeBase {
  readonly kind: 'renameView'
  readonly source: QualifiedName
  readonly target: QualifiedName
}

export interface CreateMaterializedView extends NodeBase {
  readonly kind: 'createMaterializedView'
  readonly name: QualifiedName
  readonly query: Query
  readonly replace: boolean
  readonly notExists: boolean
  readonly gracePeriod?: IntervalLiteral
  readonly whenStale?: WhenStale
  readonly properties: readonly Property[]
  readonly comment?: string
}

/** What a materialized view does when it is stale past its grace period. */
export type WhenStale = 'FAIL' | 'INLINE'

export interface DropMaterializedView extends NodeBase {
  readonly kind: 'dropMaterializedView'
  readonly name: QualifiedName
  readonly exists: boolean
}

export interface RenameMaterializedView extends NodeBase {
  readonly kind: 'renameMaterializedView'
  readonly source: QualifiedName
  readonly target: QualifiedName
  readonly exists: boolean
}

export interface CreateFunction extends NodeBase {
  readonly kind: 'createFunction'
  readonly specification: FunctionSpecification
  readonly replace: boolean
}

export interface DropFunction extends NodeBase {
  readonly kind: 'dropFunction'
  readonly name: QualifiedName
  readonly parameters: readonly ParameterDeclaration[]
  readonly exists: boolean
}
