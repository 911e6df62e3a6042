import type { Expression } from './expression.js'
import type { JsonPathInvocation, JsonTableColumnDefinition, JsonTablePlan } from './json.js'
import type { Identifier, QualifiedName } from './name.js'
import type { NodeBase } from './node.js'
import type { OrderBy, Query, QueryBody } from './query.js'
import type { DataType } from './type.js'
import type {
  MeasureDefinition,
  PatternSearchMode,
  RowPattern,
  SkipTo,
  SubsetDefinition,
  VariableDefinition,
} from './window.js'

/** @source io.trino.sql.tree.Relation and its subclasses */
export type Relation =
  | AliasedRelation
  | Join
  | JsonTable
  | Lateral
  | PatternRecognitionRelation
  | QueryBody
  | SampledRelation
  | TableFunctionInvocation
  | Unnest

/** `relation AS alias (column, …)`. */
export interface AliasedRelation extends NodeBase {
  readonly kind: 'aliasedRelation'
  readonly relation: Relation
  readonly alias: Identifier
  readonly columnNames?: readonly Identifier[]
}

/** IMPLICIT is the comma; CROSS, IMPLICIT have no criteria. */
export interface Join extends NodeBase {
  readonly kind: 'join'
  readonly type: 'CROSS' | 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'IMPLICIT'
  readonly left: Relation
  readonly right: Relation
  readonly criteria?: JoinCriteria
}

export type JoinCriteria = JoinOn | JoinUsing | NaturalJoin

export interface JoinOn {
  readonly kind: 'joinOn'
  readonly expression: Expression
}

export interface JoinUsing {
  readonly kind: 'joinUsing'
  readonly columns: readonly Identifier[]
}

export interface NaturalJoin {
  readonly kind: 'naturalJoin'
}

export interface Lateral extends NodeBase {
  readonly kind: 'lateral'
  readonly query: Query
}

export interface SampledRelation extends NodeBase {
  readonly kind: 'sampledRelation'
  readonly relation: Relation
  readonly type: 'BERNOULLI' | 'SYSTEM'
  readonly samplePercentage: Expression
}

export interface Unnest extends NodeBase {
  readonly kind: 'unnest'
  readonly expressions: readonly Expression[]
  readonly withOrdinality: boolean
}

export type RowsPerMatch = 'ONE' | 'ALL_SHOW_EMPTY' | 'ALL_OMIT_EMPTY' | 'ALL_WITH_UNMATCHED'

/** `input MATCH_RECOGNIZE (…)`. */
export interface PatternRecognitionRelation extends NodeBase {
  readonly kind: 'patternRecognitionRelation'
  readonly input: Relation
  readonly partitionBy: readonly Expression[]
  readonly orderBy?: OrderBy
  readonly measures: readonly MeasureDefinition[]
  readonly rowsPerMatch?: RowsPerMatch
  readonly afterMatchSkipTo?: SkipTo
  readonly patternSearchMode?: PatternSearchMode
  readonly pattern: RowPattern
  readonly subsets: readonly SubsetDefinition[]
  readonly variableDefinitions: readonly VariableDefinition[]
}

export interface JsonTable extends NodeBase {
  readonly kind: 'jsonTable'
  readonly jsonPathInvocation: JsonPathInvocation
  readonly columns: readonly JsonTableColumnDefinition[]
  readonly plan?: JsonTablePlan
  readonly errorBehavior?: 'ERROR' | 'EMPTY'
}

/** `TABLE(name(argument, …))`. */
export interface TableFunctionInvocation extends NodeBase {
  readonly kind: 'tableFunctionInvocation'
  readonly name: QualifiedName
  readonly arguments: readonly TableFunctionArgument[]
  /** Each a list of at least two table names. */
  readonly copartitioning: readonly (readonly QualifiedName[])[]
}

export interface TableFunctionArgument extends NodeBase {
  readonly kind: 'tableFunctionArgument'
  readonly name?: Identifier
  readonly value: TableFunctionTableArgument | TableFunctionDescriptorArgument | Expression
}

export interface TableFunctionTableArgument extends NodeBase {
  readonly kind: 'tableFunctionTableArgument'
  /** A Table or TableSubquery, aliased or not. */
  readonly table: Relation
  readonly partitionBy?: readonly Expression[]
  readonly orderBy?: OrderBy
  readonly emptyTableTreatment?: EmptyTableTreatment
}

export interface EmptyTableTreatment extends NodeBase {
  readonly kind: 'emptyTableTreatment'
  readonly treatment: 'KEEP' | 'PRUNE'
}

/** `DESCRIPTOR(a integer, b)`; without `descriptor` it is `CAST(NULL AS DESCRIPTOR)`. */
export interface TableFunctionDescriptorArgument extends NodeBase {
  readonly kind: 'tableFunctionDescriptorArgument'
  readonly descriptor?: Descriptor
}

export interface Descriptor extends NodeBase {
  readonly kind: 'descriptor'
  readonly fields: readonly DescriptorField[]
}

export interface DescriptorField extends NodeBase {
  readonly kind: 'descriptorField'
  readonly name: Identifier
  readonly type?: DataType
}
