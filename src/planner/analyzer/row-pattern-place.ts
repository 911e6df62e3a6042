import type { Expression } from '../../expressions/ir.js'
import { input } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import type { PatternPosition, PatternValue } from '../../expressions/row-pattern.js'
import type { SqlType } from '../../spi/index.js'
import type { Analysis } from './analysis.js'
import type { Scope } from './scope.js'

/** What expressions of one row pattern share. */
export interface PatternContext {
  readonly analysis: Analysis
  /** The input's fields. */
  readonly scope: Scope
  /** Labels of each primary and union variable, by canonical name. */
  readonly variables: ReadonlyMap<string, readonly number[]>
  /** Fields and subqueries that expressions read, in the order they were first met. */
  readonly inputs: Expression[]
  /** MATCH_NUMBER() has a meaning: not in windows. */
  readonly numbersMatches: boolean
}

export type Clause = 'DEFINE' | 'MEASURES'

/** Where in an expression a column stands. */
export interface Place {
  readonly clause: Clause
  readonly values: PatternValue[]
  readonly inside?: {
    readonly kind: 'navigation' | 'aggregate'
    readonly name: string
    /** Variables that were met, by name; '' is the universal one. */
    readonly variables: Map<string, readonly number[]>
    /** Positions wait for the variable. */
    readonly positionOf: (labels: readonly number[]) => PatternPosition
  }
}

export function addInput(
  expression: Expression,
  at: PatternPosition,
  { inputs }: PatternContext,
  place: Place,
): Expression {
  const key = expressionKey(expression)
  let index = inputs.findIndex((i) => expressionKey(i) === key)
  if (index < 0) index = inputs.push(expression) - 1
  return addValue({ kind: 'column', input: index, at }, expression.type, place)
}

export const addValue = (value: PatternValue, type: SqlType, { values }: Place): Expression =>
  input(values.push(value) - 1, type)

/** Outside of navigation a column is that of the variable's last row so far. */
export function positionOf(
  variable: string,
  labels: readonly number[],
  place: Place,
): PatternPosition {
  place.inside?.variables.set(variable, labels)
  return place.inside?.positionOf(labels) ?? navigation(labels, true, true, 0, 0)
}

export const navigation = (
  labels: readonly number[],
  last: boolean,
  running: boolean,
  logicalOffset: number,
  physicalOffset: number,
): PatternPosition => ({
  kind: 'navigation',
  labels,
  last,
  running,
  logicalOffset,
  physicalOffset,
})

export const NAVIGATIONS: ReadonlySet<string> = new Set(['first', 'last', 'prev', 'next'])
