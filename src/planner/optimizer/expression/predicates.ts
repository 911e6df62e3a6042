import type {
  ComparisonExpression,
  ComparisonOperator,
  ConstantExpression,
  Expression,
  LogicalExpression,
} from '../../../expressions/ir.js'
import type { SqlType, Value } from '../../../spi/index.js'
import { BOOLEAN } from '../../../spi/index.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { expressionKey, isDeterministic, symbolsOf } from './tree.js'

export const constant = (value: Value, type: SqlType): ConstantExpression => ({
  kind: 'constant',
  type,
  value,
})
export const TRUE = constant(true, BOOLEAN)
export const FALSE = constant(false, BOOLEAN)
export const NULL_BOOLEAN = constant(null, BOOLEAN)

export const isConstant = (e: Expression): e is ConstantExpression => e.kind === 'constant'
export const isTrue = (e: Expression): boolean => e.kind === 'constant' && e.value === true
export const isFalse = (e: Expression): boolean => e.kind === 'constant' && e.value === false
export const isNullConstant = (e: Expression): boolean => e.kind === 'constant' && e.value === null
/** FALSE or NULL: what a filter drops every row by. */
export const isNeverTrue = (e: Expression): boolean =>
  e.kind === 'constant' && (e.value === false || e.value === null)

export const comparison = (
  operator: ComparisonOperator,
  left: Expression,
  right: Expression,
): ComparisonExpression => ({ kind: 'comparison', type: BOOLEAN, operator, left, right })
export const equal = (left: Expression, right: Expression): ComparisonExpression =>
  comparison('=', left, right)
export const not = (arg: Expression): Expression => ({ kind: 'not', type: BOOLEAN, arg })
export const isNullTest = (arg: Expression): Expression => ({ kind: 'isNull', type: BOOLEAN, arg })
export const symbolOf = (symbol: PlanSymbol): Expression => ({
  kind: 'symbol',
  name: symbol.name,
  type: symbol.type,
})

/** The operator with its sides exchanged. */
export const FLIPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  identical: 'identical',
}
/** The operator that is true where this one is false (both null on nulls); `identical` has none. */
export const NEGATED: Readonly<Partial<Record<ComparisonOperator, ComparisonOperator>>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

function flatten(e: Expression, operator: LogicalExpression['operator'], into: Expression[]): void {
  if (e.kind === 'logical' && e.operator === operator) {
    for (const term of e.terms) flatten(term, operator, into)
  } else into.push(e)
}

/** The terms of a conjunction, nested ones flattened; a lone TRUE has none. */
export function conjunctsOf(e: Expression | undefined): Expression[] {
  if (e === undefined || isTrue(e)) return []
  const terms: Expression[] = []
  flatten(e, 'and', terms)
  return terms
}

/** The terms of a disjunction, nested ones flattened. */
export function disjunctsOf(e: Expression): Expression[] {
  const terms: Expression[] = []
  flatten(e, 'or', terms)
  return terms
}

/** Drops repeated deterministic terms, keeping the first. */
export function distinctTerms(terms: readonly Expression[]): Expression[] {
  const seen = new Set<string>()
  return terms.filter((term) => {
    if (!isDeterministic(term)) return true
    const key = expressionKey(term)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** The conjunction of terms: TRUE of none, FALSE as soon as one is. */
export function and(terms: readonly Expression[]): Expression {
  const flat: Expression[] = []
  for (const term of terms) flatten(term, 'and', flat)
  if (flat.some(isFalse)) return FALSE
  const kept = distinctTerms(flat.filter((term) => !isTrue(term)))
  if (kept.length === 0) return TRUE
  if (kept.length === 1) return kept[0] as Expression
  return { kind: 'logical', type: BOOLEAN, operator: 'and', terms: kept }
}

/** The disjunction of terms: FALSE of none, TRUE as soon as one is. */
export function or(terms: readonly Expression[]): Expression {
  const flat: Expression[] = []
  for (const term of terms) flatten(term, 'or', flat)
  if (flat.some(isTrue)) return TRUE
  const kept = distinctTerms(flat.filter((term) => !isFalse(term)))
  if (kept.length === 0) return FALSE
  if (kept.length === 1) return kept[0] as Expression
  return { kind: 'logical', type: BOOLEAN, operator: 'or', terms: kept }
}

/** Tells whether all symbols of an expression are among `names`. */
export function readsOnly(e: Expression, names: ReadonlySet<string>): boolean {
  for (const name of symbolsOf(e)) if (!names.has(name)) return false
  return true
}

/** Tells whether any symbol of an expression is among `names`. */
export function readsAny(e: Expression, names: ReadonlySet<string>): boolean {
  for (const name of symbolsOf(e)) if (names.has(name)) return true
  return false
}

export const namesOf = (symbols: readonly PlanSymbol[]): ReadonlySet<string> =>
  new Set(symbols.map((symbol) => symbol.name))
