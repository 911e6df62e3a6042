import type { ComparisonOperator, Expression } from '../../../expressions/ir.js'
import type { CallNode, ConnectorExpression, SqlType } from '../../../spi/index.js'
import { arrayType, BOOLEAN, STANDARD_FUNCTIONS as F } from '../../../spi/index.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import type { OptimizerMetadata } from '../context.js'
import { and, comparison, conjunctsOf, constant, not, or, symbolOf } from './predicates.js'
import { isDeterministic } from './tree.js'

const COMPARISONS: Readonly<Record<ComparisonOperator, string>> = {
  '=': F.equal,
  '<>': F.notEqual,
  '<': F.lessThan,
  '<=': F.lessThanOrEqual,
  '>': F.greaterThan,
  '>=': F.greaterThanOrEqual,
  identical: F.identical,
}
const OPERATORS = new Map<string, ComparisonOperator>(
  Object.entries(COMPARISONS).map(([operator, name]) => [name, operator as ComparisonOperator]),
)
/** Our names of operators that have others among connectors. */
const CALLS: Readonly<Record<string, string>> = { $modulus: F.modulo, $negation: F.negate }
const FROM_CALLS = new Map(Object.entries(CALLS).map(([ours, theirs]) => [theirs, ours]))

const call = (name: string, type: SqlType, args: readonly ConnectorExpression[]): CallNode => ({
  kind: 'call',
  type,
  function: name,
  args,
})

/**
 * Translates an expression for a connector; variables are named as the symbols. Undefined where a part has no form there
 * (CASE, lambdas) or is not deterministic.
 * @source Trino ConnectorExpressionTranslator
 */
export function toConnectorExpression(e: Expression): ConnectorExpression | undefined {
  return isDeterministic(e) ? translate(e) : undefined
}

function translate(e: Expression): ConnectorExpression | undefined {
  const all = (name: string, args: readonly Expression[], type = e.type) => {
    const translated = args.map(translate)
    return translated.every((arg) => arg !== undefined) ? call(name, type, translated) : undefined
  }
  switch (e.kind) {
    case 'constant':
      return { kind: 'constant', type: e.type, value: e.value }
    case 'symbol':
      return { kind: 'variable', type: e.type, name: e.name }
    case 'call':
      return all(CALLS[e.function.name] ?? e.function.name, e.args)
    case 'cast':
      return all(e.safe ? F.tryCast : F.cast, [e.arg])
    case 'comparison':
      return all(COMPARISONS[e.operator], [e.left, e.right])
    case 'logical':
      return all(e.operator === 'and' ? F.and : F.or, e.terms)
    case 'not':
      return all(F.not, [e.arg])
    case 'isNull':
      return all(F.isNull, [e.arg])
    case 'coalesce':
      return all(F.coalesce, e.args)
    case 'nullIf':
      return e.comparedAs.kind === e.type.kind ? all(F.nullIf, [e.first, e.second]) : undefined
    case 'in': {
      const value = translate(e.value)
      const list = e.list.map(translate)
      if (value === undefined || !list.every((item) => item !== undefined)) return undefined
      return call(F.in, BOOLEAN, [value, call(F.array, arrayType(e.value.type), list)])
    }
    case 'between':
      return translate(and([comparison('>=', e.value, e.min), comparison('<=', e.value, e.max)]))
    case 'field': {
      const target = translate(e.base)
      return target && { kind: 'fieldDereference', type: e.type, target, field: e.index }
    }
    case 'input':
    case 'case':
    case 'row':
    case 'lambda':
      return undefined
  }
}

/**
 * Translates a connector's expression back.
 * @param symbolOfVariable the symbol of each variable
 * @throws FUNCTION_NOT_FOUND for a call the engine has no function for
 */
export function fromConnectorExpression(
  e: ConnectorExpression,
  symbolOfVariable: (name: string) => PlanSymbol,
  metadata: Pick<OptimizerMetadata, 'resolveFunction'>,
): Expression {
  const back = (inner: ConnectorExpression): Expression =>
    fromConnectorExpression(inner, symbolOfVariable, metadata)
  switch (e.kind) {
    case 'constant':
      return constant(e.value, e.type)
    case 'variable':
      return symbolOf(symbolOfVariable(e.name))
    case 'fieldDereference':
      return { kind: 'field', type: e.type, base: back(e.target), index: e.field }
    case 'call':
      return fromCall(e, back, metadata)
  }
}

function fromCall(
  e: CallNode,
  back: (e: ConnectorExpression) => Expression,
  metadata: Pick<OptimizerMetadata, 'resolveFunction'>,
): Expression {
  const list = e.args.at(-1)
  if (e.function === F.in && list?.kind === 'call' && list.function === F.array) {
    const [value] = e.args as [ConnectorExpression]
    return { kind: 'in', type: BOOLEAN, value: back(value), list: list.args.map(back) }
  }
  const args = e.args.map(back)
  const [first, second] = args as [Expression, Expression]
  const operator = OPERATORS.get(e.function)
  if (operator !== undefined) return comparison(operator, first, second)
  switch (e.function) {
    case F.and:
      return and(args.flatMap((arg) => conjunctsOf(arg)))
    case F.or:
      return or(args)
    case F.not:
      return not(first)
    case F.isNull:
      return { kind: 'isNull', type: BOOLEAN, arg: first }
    case F.cast:
    case F.tryCast:
      return { kind: 'cast', type: e.type, arg: first, safe: e.function === F.tryCast }
    case F.coalesce:
      return { kind: 'coalesce', type: e.type, args }
    case F.nullIf:
      return { kind: 'nullIf', type: e.type, first, second, comparedAs: first.type }
  }
  const name = FROM_CALLS.get(e.function) ?? e.function
  const types = args.map((arg) => arg.type)
  const resolved = metadata.resolveFunction(name, types, 'scalar')
  return { kind: 'call', type: e.type, function: resolved, args }
}
