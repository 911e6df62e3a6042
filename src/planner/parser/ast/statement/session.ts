import type { Expression } from '../expression.js'
import type { StringLiteral } from '../literal.js'
import type { Identifier, QualifiedName } from '../name.js'
import type { NodeBase } from '../node.js'
import type { Table, TableSubquery } from '../query.js'
import type { Statement } from './statement.js'

/** Session, transactions, prepared statements. */
export type SessionStatement =
  | Commit
  | Deallocate
  | DescribeInput
  | DescribeOutput
  | Execute
  | ExecuteImmediate
  | Prepare
  | ResetSession
  | ResetSessionAuthorization
  | Rollback
  | SetPath
  | SetSession
  | SetSessionAuthorization
  | SetTimeZone
  | StartTransaction
  | Use

export interface Use extends NodeBase {
  readonly kind: 'use'
  readonly catalog?: Identifier
  readonly schema: Identifier
}

export interface SetSession extends NodeBase {
  readonly kind: 'setSession'
  readonly name: QualifiedName
  readonly value: Expression
}

export interface ResetSession extends NodeBase {
  readonly kind: 'resetSession'
  readonly name: QualifiedName
}

export interface SetSessionAuthorization extends NodeBase {
  readonly kind: 'setSessionAuthorization'
  /** An identifier or a string. */
  readonly user: Identifier | StringLiteral
}

export interface ResetSessionAuthorization extends NodeBase {
  readonly kind: 'resetSessionAuthorization'
}

/** `SET TIME ZONE`; without `timeZone` it is LOCAL. */
export interface SetTimeZone extends NodeBase {
  readonly kind: 'setTimeZone'
  readonly timeZone?: Expression
}

export interface SetPath extends NodeBase {
  readonly kind: 'setPath'
  readonly pathSpecification: PathSpecification
}

export interface PathSpecification extends NodeBase {
  readonly kind: 'pathSpecification'
  readonly path: readonly PathElement[]
}

export interface PathElement extends NodeBase {
  readonly kind: 'pathElement'
  readonly catalog?: Identifier
  readonly schema: Identifier
}

export interface StartTransaction extends NodeBase {
  readonly kind: 'startTransaction'
  readonly transactionModes: readonly TransactionMode[]
}

export type TransactionMode = Isolation | TransactionAccessMode

export interface Isolation extends NodeBase {
  readonly kind: 'isolation'
  readonly level: 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE'
}

export interface TransactionAccessMode extends NodeBase {
  readonly kind: 'transactionAccessMode'
  readonly readOnly: boolean
}

export interface Commit extends NodeBase {
  readonly kind: 'commit'
}

export interface Rollback extends NodeBase {
  readonly kind: 'rollback'
}

export interface Prepare extends NodeBase {
  readonly kind: 'prepare'
  readonly name: Identifier
  readonly statement: Statement
}

export interface Deallocate extends NodeBase {
  readonly kind: 'deallocate'
  readonly name: Identifier
}

export interface Execute extends NodeBase {
  readonly kind: 'execute'
  readonly name: Identifier
  readonly parameters: readonly Expression[]
}

/** `EXECUTE IMMEDIATE 'text' USING …`; the text is parsed too, located inside this statement. */
export interface ExecuteImmediate extends NodeBase {
  readonly kind: 'executeImmediate'
  readonly statement: StringLiteral
  readonly parameters: readonly Expression[]
}

export interface DescribeInput extends NodeBase {
  readonly kind: 'describeInput'
  readonly name: Identifier
}

export interface DescribeOutput extends NodeBase {
  readonly kind: 'describeOutput'
  readonly name: Identifier
}

/** EXPLAIN and SHOW. */
export type InspectionStatement =
  | Explain
  | ExplainAnalyze
  | ShowCatalogs
  | ShowColumns
  | ShowCreate
  | ShowFunctions
  | ShowSchemas
  | ShowSession
  | ShowStats
  | ShowTables

export interface Explain extends NodeBase {
  readonly kind: 'explain'
  readonly statement: Statement
  readonly options: readonly ExplainOption[]
}

export type ExplainOption = ExplainFormat | ExplainType

export interface ExplainFormat extends NodeBase {
  readonly kind: 'explainFormat'
  readonly format: 'TEXT' | 'GRAPHVIZ' | 'JSON'
}

export interface ExplainType extends NodeBase {
  readonly kind: 'explainType'
  readonly type: 'LOGICAL' | 'DISTRIBUTED' | 'VALIDATE' | 'IO'
}

export interface ExplainAnalyze extends NodeBase {
  readonly kind: 'explainAnalyze'
  readonly statement: Statement
  readonly verbose: boolean
}

export interface ShowCatalogs extends NodeBase {
  readonly kind: 'showCatalogs'
  readonly likePattern?: string
  readonly escape?: string
}

export interface ShowSchemas extends NodeBase {
  readonly kind: 'showSchemas'
  readonly catalog?: Identifier
  readonly likePattern?: string
  readonly escape?: string
}

export interface ShowTables extends NodeBase {
  readonly kind: 'showTables'
  readonly schema?: QualifiedName
  readonly likePattern?: string
  readonly escape?: string
}

/** SHOW COLUMNS, DESCRIBE and DESC. */
export interface ShowColumns extends NodeBase {
  readonly kind: 'showColumns'
  readonly table: QualifiedName
  readonly likePattern?: string
  readonly escape?: string
}

export interface ShowFunctions extends NodeBase {
  readonly kind: 'showFunctions'
  readonly schema?: QualifiedName
  readonly likePattern?: string
  readonly escape?: string
}

export interface ShowSession extends NodeBase {
  readonly kind: 'showSession'
  readonly likePattern?: string
  readonly escape?: string
}

export interface ShowCreate extends NodeBase {
  readonly kind: 'showCreate'
  readonly type: 'TABLE' | 'SCHEMA' | 'VIEW' | 'MATERIALIZED VIEW' | 'FUNCTION'
  readonly name: QualifiedName
}

/** `SHOW STATS FOR`: a Table, or a TableSubquery for a query. */
export interface ShowStats extends NodeBase {
  readonly kind: 'showStats'
  readonly relation: Table | TableSubquery
}
