import type { Expression } from './expression.js'
import type { StringLiteral } from './literal.js'
import type { Identifier } from './name.js'
import type { NodeBase } from './node.js'
import type { DataType } from './type.js'

export type JsonExpression = JsonArray | JsonExists | JsonObject | JsonQuery | JsonValue

/** `FORMAT JSON [ENCODING …]`. */
export type JsonFormat = 'JSON' | 'UTF8' | 'UTF16' | 'UTF32'

/** An input, a path with its optional name, and the path's named parameters. */
export interface JsonPathInvocation extends NodeBase {
  readonly kind: 'jsonPathInvocation'
  readonly inputExpression: Expression
  readonly inputFormat: JsonFormat
  readonly jsonPath: StringLiteral
  readonly pathName?: Identifier
  readonly pathParameters: readonly JsonPathParameter[]
}

export interface JsonPathParameter extends NodeBase {
  readonly kind: 'jsonPathParameter'
  readonly name: Identifier
  readonly parameter: Expression
  readonly format?: JsonFormat
}

export interface JsonExists extends NodeBase {
  readonly kind: 'jsonExists'
  readonly jsonPathInvocation: JsonPathInvocation
  /** FALSE where the text says nothing. */
  readonly errorBehavior: 'FALSE' | 'TRUE' | 'UNKNOWN' | 'ERROR'
}

export type JsonValueEmptyOrErrorBehavior = 'ERROR' | 'NULL' | 'DEFAULT'

export interface JsonValue extends NodeBase {
  readonly kind: 'jsonValue'
  readonly jsonPathInvocation: JsonPathInvocation
  readonly returnedType?: DataType
  /** NULL where the text says nothing. */
  readonly emptyBehavior: JsonValueEmptyOrErrorBehavior
  readonly emptyDefault?: Expression
  /** NULL where the text says nothing. */
  readonly errorBehavior: JsonValueEmptyOrErrorBehavior
  readonly errorDefault?: Expression
}

export type JsonQueryArrayWrapperBehavior = 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL'
export type JsonQueryQuotesBehavior = 'KEEP' | 'OMIT'
export type JsonQueryEmptyOrErrorBehavior = 'ERROR' | 'NULL' | 'EMPTY ARRAY' | 'EMPTY OBJECT'

export interface JsonQuery extends NodeBase {
  readonly kind: 'jsonQuery'
  readonly jsonPathInvocation: JsonPathInvocation
  readonly returnedType?: DataType
  readonly outputFormat?: JsonFormat
  /** WITHOUT where the text says nothing. */
  readonly wrapperBehavior: JsonQueryArrayWrapperBehavior
  readonly quotesBehavior?: JsonQueryQuotesBehavior
  /** NULL where the text says nothing. */
  readonly emptyBehavior: JsonQueryEmptyOrErrorBehavior
  /** NULL where the text says nothing. */
  readonly errorBehavior: JsonQueryEmptyOrErrorBehavior
}

export interface JsonObject extends NodeBase {
  readonly kind: 'jsonObject'
  readonly members: readonly JsonObjectMember[]
  /** True where the text says nothing. */
  readonly nullOnNull: boolean
  readonly uniqueKeys: boolean
  readonly returnedType?: DataType
  readonly outputFormat?: JsonFormat
}

export interface JsonObjectMember extends NodeBase {
  readonly kind: 'jsonObjectMember'
  readonly key: Expression
  readonly value: Expression
  readonly format?: JsonFormat
}

export interface JsonArray extends NodeBase {
  readonly kind: 'jsonArray'
  readonly elements: readonly JsonArrayElement[]
  /** False where the text says nothing. */
  readonly nullOnNull: boolean
  readonly returnedType?: DataType
  readonly outputFormat?: JsonFormat
}

export interface JsonArrayElement extends NodeBase {
  readonly kind: 'jsonArrayElement'
  readonly value: Expression
  readonly format?: JsonFormat
}

export type JsonTableColumnDefinition = OrdinalityColumn | ValueColumn | QueryColumn | NestedColumns

export interface OrdinalityColumn extends NodeBase {
  readonly kind: 'ordinalityColumn'
  readonly name: Identifier
}

export interface ValueColumn extends NodeBase {
  readonly kind: 'valueColumn'
  readonly name: Identifier
  readonly type: DataType
  readonly jsonPath?: StringLiteral
  /** NULL where the text says nothing. */
  readonly emptyBehavior: JsonValueEmptyOrErrorBehavior
  readonly emptyDefault?: Expression
  /** Absent where the text says nothing: the table's error behaviour decides. */
  readonly errorBehavior?: JsonValueEmptyOrErrorBehavior
  readonly errorDefault?: Expression
}

export interface QueryColumn extends NodeBase {
  readonly kind: 'queryColumn'
  readonly name: Identifier
  readonly type: DataType
  readonly format: JsonFormat
  readonly jsonPath?: StringLiteral
  readonly wrapperBehavior: JsonQueryArrayWrapperBehavior
  readonly quotesBehavior?: JsonQueryQuotesBehavior
  /** NULL where the text says nothing. */
  readonly emptyBehavior: JsonQueryEmptyOrErrorBehavior
  /** Absent where the text says nothing: the table's error behaviour decides. */
  readonly errorBehavior?: JsonQueryEmptyOrErrorBehavior
}

export interface NestedColumns extends NodeBase {
  readonly kind: 'nestedColumns'
  readonly jsonPath: StringLiteral
  readonly pathName?: Identifier
  readonly columns: readonly JsonTableColumnDefinition[]
}

/** PLAN clauses of JSON_TABLE. */
export type JsonTableSpecificPlan = PlanLeaf | PlanParentChild | PlanSiblings

export interface PlanLeaf extends NodeBase {
  readonly kind: 'planLeaf'
  readonly name: Identifier
}

export interface PlanParentChild extends NodeBase {
  readonly kind: 'planParentChild'
  readonly type: 'OUTER' | 'INNER'
  readonly parent: PlanLeaf
  readonly child: JsonTableSpecificPlan
}

export interface PlanSiblings extends NodeBase {
  readonly kind: 'planSiblings'
  readonly type: 'UNION' | 'CROSS'
  readonly siblings: readonly JsonTableSpecificPlan[]
}

export interface JsonTableDefaultPlan extends NodeBase {
  readonly kind: 'jsonTableDefaultPlan'
  readonly parentChild: 'OUTER' | 'INNER'
  readonly siblings: 'UNION' | 'CROSS'
}

export type JsonTablePlan = JsonTableSpecificPlan | JsonTableDefaultPlan
