import type { Expression } from './expression.js'
import type { Identifier } from './name.js'
import type { NodeBase } from './node.js'
import type { OrderBy } from './query.js'

/** What stands after OVER. */
export type Window = WindowReference | WindowSpecification

export interface WindowReference extends NodeBase {
  readonly kind: 'windowReference'
  readonly name: Identifier
}

export interface WindowSpecification extends NodeBase {
  readonly kind: 'windowSpecification'
  readonly existingWindowName?: Identifier
  readonly partitionBy: readonly Expression[]
  readonly orderBy?: OrderBy
  readonly frame?: WindowFrame
}

/** `name AS (specification)` of the WINDOW clause. */
export interface WindowDefinition extends NodeBase {
  readonly kind: 'windowDefinition'
  readonly name: Identifier
  readonly window: WindowSpecification
}

export interface WindowFrame extends NodeBase {
  readonly kind: 'windowFrame'
  readonly type: 'RANGE' | 'ROWS' | 'GROUPS'
  readonly start: FrameBound
  readonly end?: FrameBound
  readonly measures: readonly MeasureDefinition[]
  readonly afterMatchSkipTo?: SkipTo
  readonly patternSearchMode?: PatternSearchMode
  readonly pattern?: RowPattern
  readonly subsets: readonly SubsetDefinition[]
  readonly variableDefinitions: readonly VariableDefinition[]
}

export interface FrameBound extends NodeBase {
  readonly kind: 'frameBound'
  readonly type:
    | 'UNBOUNDED PRECEDING'
    | 'PRECEDING'
    | 'CURRENT ROW'
    | 'FOLLOWING'
    | 'UNBOUNDED FOLLOWING'
  /** The distance, for PRECEDING and FOLLOWING only. */
  readonly value?: Expression
}

/** RUNNING or FINAL before a function of a row pattern. */
export interface ProcessingMode extends NodeBase {
  readonly kind: 'processingMode'
  readonly mode: 'RUNNING' | 'FINAL'
}

export interface MeasureDefinition extends NodeBase {
  readonly kind: 'measureDefinition'
  readonly expression: Expression
  readonly name: Identifier
}

export interface SkipTo extends NodeBase {
  readonly kind: 'skipTo'
  readonly position: 'PAST LAST' | 'NEXT' | 'FIRST' | 'LAST'
  /** The variable, for FIRST and LAST; `SKIP TO x` is LAST. */
  readonly identifier?: Identifier
}

export interface PatternSearchMode extends NodeBase {
  readonly kind: 'patternSearchMode'
  readonly mode: 'INITIAL' | 'SEEK'
}

export interface SubsetDefinition extends NodeBase {
  readonly kind: 'subsetDefinition'
  readonly name: Identifier
  readonly identifiers: readonly Identifier[]
}

export interface VariableDefinition extends NodeBase {
  readonly kind: 'variableDefinition'
  readonly name: Identifier
  readonly expression: Expression
}

/** @source io.trino.sql.tree.RowPattern and its subclasses */
export type RowPattern =
  | AnchorPattern
  | EmptyPattern
  | ExcludedPattern
  | PatternAlternation
  | PatternConcatenation
  | PatternPermutation
  | PatternVariable
  | QuantifiedPattern

/** `^` (partition start) or `$` (partition end). */
export interface AnchorPattern extends NodeBase {
  readonly kind: 'anchorPattern'
  readonly type: 'PARTITION_START' | 'PARTITION_END'
}

export interface EmptyPattern extends NodeBase {
  readonly kind: 'emptyPattern'
}

export interface ExcludedPattern extends NodeBase {
  readonly kind: 'excludedPattern'
  readonly pattern: RowPattern
}

/** Two alternatives; of more, the left one is an alternation again. */
export interface PatternAlternation extends NodeBase {
  readonly kind: 'patternAlternation'
  readonly patterns: readonly RowPattern[]
}

/** Two elements in a row; of more, the left one is a concatenation again. */
export interface PatternConcatenation extends NodeBase {
  readonly kind: 'patternConcatenation'
  readonly patterns: readonly RowPattern[]
}

export interface PatternPermutation extends NodeBase {
  readonly kind: 'patternPermutation'
  readonly patterns: readonly RowPattern[]
}

export interface PatternVariable extends NodeBase {
  readonly kind: 'patternVariable'
  readonly name: Identifier
}

export interface QuantifiedPattern extends NodeBase {
  readonly kind: 'quantifiedPattern'
  readonly pattern: RowPattern
  readonly quantifier: PatternQuantifier
}

export interface PatternQuantifier extends NodeBase {
  readonly kind: 'patternQuantifier'
  readonly type: 'ZERO_OR_MORE' | 'ONE_OR_MORE' | 'ZERO_OR_ONE' | 'RANGE'
  readonly greedy: boolean
  /** For RANGE only, as decimal digits; `{n}` has both bounds. */
  readonly atLeast?: string
  readonly atMost?: string
}
