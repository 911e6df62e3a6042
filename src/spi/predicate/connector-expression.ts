import { BOOLEAN, type SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'

/** An expression as offered to a connector. Plain data. @source Trino ConnectorExpression */
export type ConnectorExpression = ConstantNode | VariableNode | CallNode | FieldDereferenceNode

export interface ConstantNode {
  readonly kind: 'constant'
  readonly type: SqlType
  readonly value: Value
}
/** A column, through the assignments given beside the expression. */
export interface VariableNode {
  readonly kind: 'variable'
  readonly type: SqlType
  readonly name: string
}
/** A function by name, or an operator by one of {@link STANDARD_FUNCTIONS}. */
export interface CallNode {
  readonly kind: 'call'
  readonly type: SqlType
  readonly function: string
  readonly args: readonly ConnectorExpression[]
}
export interface FieldDereferenceNode {
  readonly kind: 'fieldDereference'
  readonly type: SqlType
  readonly target: ConnectorExpression
  /** From 0. */
  readonly field: number
}

/** Names of operators in calls. @source Trino StandardFunctions */
export const STANDARD_FUNCTIONS = {
  and: '$and',
  or: '$or',
  not: '$not',
  isNull: '$is_null',
  nullIf: '$nullif',
  cast: '$cast',
  tryCast: '$try_cast',
  coalesce: '$coalesce',
  equal: '$equal',
  notEqual: '$not_equal',
  lessThan: '$less_than',
  lessThanOrEqual: '$less_than_or_equal',
  greaterThan: '$greater_than',
  greaterThanOrEqual: '$greater_than_or_equal',
  identical: '$identical',
  add: '$add',
  subtract: '$subtract',
  multiply: '$multiply',
  divide: '$divide',
  modulo: '$modulo',
  negate: '$negate',
  like: '$like',
  in: '$in',
  array: '$array',
} as const

export const TRUE_EXPRESSION: ConstantNode = Object.freeze({
  kind: 'constant',
  type: BOOLEAN,
  value: true,
})

/** The terms of a conjunction, flattened; none for TRUE. @source Trino ConnectorExpressions.extractConjuncts */
export function extractConjuncts(expression: ConnectorExpression): readonly ConnectorExpression[] {
  if (expression.kind === 'call' && expression.function === STANDARD_FUNCTIONS.and) {
    return expression.args.flatMap(extractConjuncts)
  }
  if (expression.kind === 'constant' && expression.value === true) return []
  return [expression]
}

/** The conjunction of terms: TRUE for none, the term itself for one. @source Trino ConnectorExpressions.and */
export function conjunction(terms: readonly ConnectorExpression[]): ConnectorExpression {
  const flat = terms.flatMap(extractConjuncts)
  const [first] = flat
  if (first === undefined) return TRUE_EXPRESSION
  if (flat.length === 1) return first
  return { kind: 'call', type: BOOLEAN, function: STANDARD_FUNCTIONS.and, args: flat }
}

/** The names of the variables of an expression. */
export function variableNames(
  expression: ConnectorExpression,
  into = new Set<string>(),
): ReadonlySet<string> {
  switch (expression.kind) {
    case 'constant':
      break
    case 'variable':
      into.add(expression.name)
      break
    case 'call':
      for (const arg of expression.args) variableNames(arg, into)
      break
    case 'fieldDereference':
      variableNames(expression.target, into)
      break
  }
  return into
}
