import { assert } from '../spi/assert.js'
import {
  BOOLEAN,
  functionType,
  type RowField,
  rowType,
  type SqlType,
  typesEqual,
} from '../spi/type/type.js'
import type { Value } from '../spi/type/value.js'
import type {
  BetweenExpression,
  CallExpression,
  CaseExpression,
  CastExpression,
  CoalesceExpression,
  ComparisonExpression,
  ComparisonOperator,
  ConstantExpression,
  Expression,
  FieldExpression,
  InExpression,
  InputExpression,
  IsNullExpression,
  LambdaExpression,
  LogicalExpression,
  NotExpression,
  NullIfExpression,
  ResolvedFunction,
  RowExpression,
  SymbolExpression,
} from './ir.js'

/** Factories of expressions: frozen plain data with the types filled in. */
export const constant = (type: SqlType, value: Value): ConstantExpression =>
  Object.freeze({ kind: 'constant', type, value })
export const nullConstant = (type: SqlType): ConstantExpression => constant(type, null)
export const TRUE = constant(BOOLEAN, true)
export const FALSE = constant(BOOLEAN, false)
export const symbol = (name: string, type: SqlType): SymbolExpression =>
  Object.freeze({ kind: 'symbol', type, name })
export const input = (channel: number, type: SqlType): InputExpression =>
  Object.freeze({ kind: 'input', type, channel })

export function call(fn: ResolvedFunction, args: readonly Expression[]): CallExpression {
  assert(args.length === fn.argumentTypes.length, `arguments of ${fn.id}`)
  return Object.freeze({ kind: 'call', type: fn.returnType, function: fn, args })
}
export const cast = (arg: Expression, type: SqlType, safe = false): CastExpression =>
  Object.freeze({ kind: 'cast', type, arg, safe })
/** The expression itself where it has the type already; a constant NULL changes its type for nothing. */
export function coerce(arg: Expression, type: SqlType): Expression {
  if (typesEqual(arg.type, type)) return arg
  if (arg.kind === 'constant' && arg.value === null) return constant(type, null)
  return cast(arg, type)
}
export const comparison = (
  operator: ComparisonOperator,
  left: Expression,
  right: Expression,
): ComparisonExpression =>
  Object.freeze({ kind: 'comparison', type: BOOLEAN, operator, left, right })
export function logical(operator: 'and' | 'or', terms: readonly Expression[]): LogicalExpression {
  assert(terms.length >= 2, 'a logical expression has two terms or more')
  return Object.freeze({ kind: 'logical', type: BOOLEAN, operator, terms })
}
export const not = (arg: Expression): NotExpression =>
  Object.freeze({ kind: 'not', type: BOOLEAN, arg })
export const isNull = (arg: Expression): IsNullExpression =>
  Object.freeze({ kind: 'isNull', type: BOOLEAN, arg })
export const caseWhen = (whens: CaseExpression['whens'], otherwise: Expression): CaseExpression =>
  Object.freeze({ kind: 'case', type: otherwise.type, whens, otherwise })
/** All arguments have one type. */
export const coalesce = (args: readonly Expression[]): CoalesceExpression =>
  Object.freeze({ kind: 'coalesce', type: args[0]!.type, args })
export const nullIf = (
  first: Expression,
  second: Expression,
  comparedAs: SqlType,
): NullIfExpression =>
  Object.freeze({ kind: 'nullIf', type: first.type, first, second, comparedAs })
export const inList = (value: Expression, list: readonly Expression[]): InExpression =>
  Object.freeze({ kind: 'in', type: BOOLEAN, value, list })
export const between = (value: Expression, min: Expression, max: Expression): BetweenExpression =>
  Object.freeze({ kind: 'between', type: BOOLEAN, value, min, max })
export const row = (
  args: readonly Expression[],
  fields: readonly RowField[] = args.map((arg) => ({ type: arg.type })),
): RowExpression => Object.freeze({ kind: 'row', type: rowType(fields), args })
export function field(base: Expression, index: number): FieldExpression {
  assert(base.type.kind === 'row' && index < base.type.fields.length, 'a field of a row')
  return Object.freeze({ kind: 'field', type: base.type.fields[index]!.type, base, index })
}
export const lambda = (
  parameters: LambdaExpression['parameters'],
  body: Expression,
): LambdaExpression =>
  Object.freeze({
    kind: 'lambda',
    type: functionType(
      parameters.map((parameter) => parameter.type),
      body.type,
    ),
    parameters,
    body,
  })

/** The conjunction of any number of terms, flattened: TRUE of none, the term itself of one. */
export function and(terms: readonly Expression[]): Expression {
  const flat = terms.flatMap(conjuncts)
  return flat.length === 0 ? TRUE : flat.length === 1 ? flat[0]! : logical('and', flat)
}
export function or(terms: readonly Expression[]): Expression {
  const flat = terms.flatMap(disjuncts)
  return flat.length === 0 ? FALSE : flat.length === 1 ? flat[0]! : logical('or', flat)
}
/** The terms of nested ANDs; none of TRUE. */
export function conjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind === 'logical' && expression.operator === 'and') {
    return expression.terms.flatMap(conjuncts)
  }
  return expression.kind === 'constant' && expression.value === true ? [] : [expression]
}
export function disjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind === 'logical' && expression.operator === 'or') {
    return expression.terms.flatMap(disjuncts)
  }
  return expression.kind === 'constant' && expression.value === false ? [] : [expression]
}
