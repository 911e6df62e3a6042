import type { Expression, ResolvedFunction } from './ir.js'

/**
 * Row pattern recognition as plain data: what MATCH_RECOGNIZE looks for and computes. Labels (primary pattern variables) are
 * numbered; a set of labels names a union variable, and no labels at all the universal one. Expressions read `values` as channels.
 * @source Trino io.trino.sql.planner.rowpattern
 */
export interface RowPatternSpec {
  /** Names by number, as CLASSIFIER gives them. */
  readonly labels: readonly string[]
  readonly pattern: PatternTerm
  /** Conditions by label; a label without one fits every row. */
  readonly definitions: readonly (PatternExpression | null)[]
  readonly measures: readonly PatternExpression[]
  readonly rowsPerMatch: RowsPerMatch
  readonly skip: SkipTarget
  /** A match may begin after the row it is looked for. */
  readonly seeks?: boolean
}

/** With `window` each row of the input is given once, with the match that is looked for at it. */
export type RowsPerMatch = 'one' | 'allShowEmpty' | 'allOmitEmpty' | 'allWithUnmatched' | 'window'
export type SkipTarget =
  | { readonly kind: 'pastLast' | 'next' }
  | { readonly kind: 'first' | 'last'; readonly labels: readonly number[] }

export type PatternTerm =
  | { readonly kind: 'label'; readonly label: number }
  | {
      readonly kind: 'concatenation' | 'alternation' | 'permutation'
      readonly terms: readonly PatternTerm[]
    }
  | {
      readonly kind: 'quantified'
      readonly term: PatternTerm
      readonly min: number
      /** Absent: without bound. */
      readonly max?: number
      readonly greedy: boolean
    }
  | { readonly kind: 'anchor'; readonly at: 'start' | 'end' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'exclusion'; readonly term: PatternTerm }

export interface PatternExpression {
  /** Its channels are positions in `values`. */
  readonly expression: Expression
  readonly values: readonly PatternValue[]
}

export type PatternValue =
  | { readonly kind: 'column'; readonly input: number; readonly at: PatternPosition }
  | { readonly kind: 'classifier'; readonly at: PatternPosition }
  | { readonly kind: 'matchNumber' }
  | PatternAggregate

/** Which row of the match; `row` is the one an aggregate is adding. */
export type PatternPosition =
  | { readonly kind: 'row' }
  | {
      readonly kind: 'navigation'
      readonly labels: readonly number[]
      /** Counted from the last row (the current one, when running) backwards, or from the first one forwards. */
      readonly last: boolean
      readonly running: boolean
      /** Rows of these labels to go on by. */
      readonly logicalOffset: number
      /** Rows of the partition to go on by from there. */
      readonly physicalOffset: number
    }

/** An aggregate over the rows of some labels, up to the current row when running. */
export interface PatternAggregate {
  readonly kind: 'aggregate'
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
  /** What the arguments read; positions are all `row`. */
  readonly values: readonly PatternValue[]
  readonly labels: readonly number[]
  readonly running: boolean
}
