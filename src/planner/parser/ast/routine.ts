import type { Expression } from './expression.js'
import type { StringLiteral } from './literal.js'
import type { Identifier, Property, QualifiedName } from './name.js'
import type { NodeBase, SourceSpan } from './node.js'
import type { DataType } from './type.js'

/**
 * `FUNCTION name(parameters) RETURNS type characteristics body`. The body is an SQL routine
 * (`statement`) or a text in another language (`definition`, after AS).
 *
 * @source io.trino.sql.tree.FunctionSpecification
 */
export interface FunctionSpecification extends NodeBase {
  readonly kind: 'functionSpecification'
  readonly span: SourceSpan
  readonly name: QualifiedName
  readonly parameters: readonly ParameterDeclaration[]
  /** The word RETURNS. */
  readonly returns: NodeBase
  readonly returnType: DataType
  readonly routineCharacteristics: readonly RoutineCharacteristic[]
  readonly properties: readonly Property[]
  readonly statement?: ControlStatement
  readonly definition?: StringLiteral
}

export interface ParameterDeclaration extends NodeBase {
  readonly kind: 'parameterDeclaration'
  readonly name?: Identifier
  readonly type: DataType
}

export type RoutineCharacteristic =
  | LanguageCharacteristic
  | DeterministicCharacteristic
  | NullInputCharacteristic
  | SecurityCharacteristic
  | CommentCharacteristic

export interface LanguageCharacteristic extends NodeBase {
  readonly kind: 'languageCharacteristic'
  readonly language: Identifier
}

export interface DeterministicCharacteristic extends NodeBase {
  readonly kind: 'deterministicCharacteristic'
  readonly deterministic: boolean
}

/** CALLED ON NULL INPUT or RETURNS NULL ON NULL INPUT. */
export interface NullInputCharacteristic extends NodeBase {
  readonly kind: 'nullInputCharacteristic'
  readonly calledOnNull: boolean
}

export interface SecurityCharacteristic extends NodeBase {
  readonly kind: 'securityCharacteristic'
  readonly security: 'DEFINER' | 'INVOKER'
}

export interface CommentCharacteristic extends NodeBase {
  readonly kind: 'commentCharacteristic'
  readonly comment: string
}

/** @source io.trino.sql.tree.ControlStatement and its subclasses */
export type ControlStatement =
  | AssignmentStatement
  | CaseStatement
  | CompoundStatement
  | IfStatement
  | IterateStatement
  | LeaveStatement
  | LoopStatement
  | RepeatStatement
  | ReturnStatement
  | WhileStatement

export interface ReturnStatement extends NodeBase {
  readonly kind: 'returnStatement'
  readonly value: Expression
}

export interface AssignmentStatement extends NodeBase {
  readonly kind: 'assignmentStatement'
  readonly target: Identifier
  readonly value: Expression
}

/** With `expression` a simple CASE, without it a searched one. */
export interface CaseStatement extends NodeBase {
  readonly kind: 'caseStatement'
  readonly expression?: Expression
  readonly whenClauses: readonly CaseStatementWhenClause[]
  readonly elseClause?: ElseClause
}

export interface CaseStatementWhenClause extends NodeBase {
  readonly kind: 'caseStatementWhenClause'
  readonly expression: Expression
  readonly statements: readonly ControlStatement[]
}

export interface ElseClause extends NodeBase {
  readonly kind: 'elseClause'
  readonly statements: readonly ControlStatement[]
}

export interface ElseIfClause extends NodeBase {
  readonly kind: 'elseIfClause'
  readonly expression: Expression
  readonly statements: readonly ControlStatement[]
}

export interface IfStatement extends NodeBase {
  readonly kind: 'ifStatement'
  readonly expression: Expression
  readonly statements: readonly ControlStatement[]
  readonly elseIfClauses: readonly ElseIfClause[]
  readonly elseClause?: ElseClause
}

export interface IterateStatement extends NodeBase {
  readonly kind: 'iterateStatement'
  readonly label: Identifier
}

export interface LeaveStatement extends NodeBase {
  readonly kind: 'leaveStatement'
  readonly label: Identifier
}

export interface CompoundStatement extends NodeBase {
  readonly kind: 'compoundStatement'
  readonly variableDeclarations: readonly VariableDeclaration[]
  readonly statements: readonly ControlStatement[]
}

export interface VariableDeclaration extends NodeBase {
  readonly kind: 'variableDeclaration'
  readonly names: readonly Identifier[]
  readonly type: DataType
  readonly defaultValue?: Expression
}

export interface LoopStatement extends NodeBase {
  readonly kind: 'loopStatement'
  readonly label?: Identifier
  readonly statements: readonly ControlStatement[]
}

export interface WhileStatement extends NodeBase {
  readonly kind: 'whileStatement'
  readonly label?: Identifier
  readonly expression: Expression
  readonly statements: readonly ControlStatement[]
}

export interface RepeatStatement extends NodeBase {
  readonly kind: 'repeatStatement'
  readonly label?: Identifier
  readonly statements: readonly ControlStatement[]
  readonly condition: Expression
}
