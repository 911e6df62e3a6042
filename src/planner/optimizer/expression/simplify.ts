import type {
  CallExpression,
  CaseExpression,
  Expression,
  InExpression,
} from '../../../expressions/ir.js'
import { unwrapCast } from '../../../expressions/unwrap-cast.js'
import type { SqlType, Value } from '../../../spi/index.js'
import { BOOLEAN, typesEqual } from '../../../spi/index.js'
import { extractCommonPredicates } from './extract-common.js'
import {
  and,
  comparison,
  conjunctsOf,
  constant,
  disjunctsOf,
  equal,
  FALSE,
  FLIPPED,
  isConstant,
  isFalse,
  isNeverTrue,
  isNullConstant,
  isTrue,
  NEGATED,
  NULL_BOOLEAN,
  not,
  or,
  TRUE,
} from './predicates.js'
import {
  childrenOf,
  expressionKey,
  isDeterministic,
  rewriteUp,
  sameExpression,
  valueKey,
} from './tree.js'

/** Evaluates an expression without symbols; throws what the query would. */
export type Evaluate = (expression: Expression) => Value

const simplified = new WeakMap<Expression, Expression>()

/**
 * Simplifies an expression to one that has the same value, or raises an error, for the same rows: constants are
 * folded (an operand that fails stays, so that the error comes only if a row needs it), comparisons get their
 * constant on the right, negations sink, common terms leave disjunctions, casts of columns in comparisons go.
 * @source Trino SimplifyExpressions, NormalizeOrExpressionRewriter, PushDownNegationsExpressionRewriter
 */
export function simplify(expression: Expression, evaluate: Evaluate): Expression {
  const known = simplified.get(expression)
  if (known !== undefined) return known
  let current = expression
  for (let round = 0; round < 10; round++) {
    const next = rewriteUp(current, (e) => simplifyNode(e, evaluate))
    if (sameExpression(next, current)) break
    current = next
  }
  simplified.set(expression, current)
  simplified.set(current, current)
  return current
}

/** As {@link simplify}, for a predicate that decides whether rows stay: NULL counts as FALSE. */
export function simplifyPredicate(predicate: Expression, evaluate: Evaluate): Expression {
  const result = nullAsFalse(simplify(predicate, evaluate))
  return sameExpression(result, predicate) ? predicate : result
}

function nullAsFalse(e: Expression): Expression {
  if (isNullConstant(e)) return FALSE
  if (e.kind !== 'logical') return e
  const terms = e.terms.map(nullAsFalse)
  return e.operator === 'and' ? contradiction(and(terms)) : or(terms)
}

/** `x = 1 AND x = 2` lets no row pass. */
function contradiction(e: Expression): Expression {
  if (e.kind !== 'logical' || e.operator !== 'and') return e
  const values = new Map<string, string>()
  for (const term of e.terms) {
    if (term.kind !== 'comparison' || term.operator !== '=' || !isConstant(term.right)) continue
    if (!hasOneForm(term.right.type) || !isDeterministic(term.left)) continue
    const key = expressionKey(term.left)
    const value = valueKey(term.right.value)
    if ((values.get(key) ?? value) !== value) return FALSE
    values.set(key, value)
  }
  return e
}

/** Types whose carriers are equal exactly where SQL's `=` says so. */
const hasOneForm = (type: SqlType): boolean =>
  ['boolean', 'tinyint', 'smallint', 'integer', 'bigint', 'varchar', 'date', 'decimal'].includes(
    type.kind,
  )

/** Types with NaN inside, where NOT (a < b) is not a >= b. */
function hasNaN(type: SqlType): boolean {
  switch (type.kind) {
    case 'real':
    case 'double':
      return true
    case 'array':
      return hasNaN(type.element)
    case 'map':
      return hasNaN(type.key) || hasNaN(type.value)
    case 'row':
      return type.fields.some((field) => hasNaN(field.type))
    default:
      return false
  }
}

function simplifyNode(e: Expression, evaluate: Evaluate): Expression {
  switch (e.kind) {
    case 'constant':
    case 'symbol':
    case 'input':
    case 'lambda':
    case 'row':
    case 'nullIf':
    case 'between':
    case 'field':
      return fold(e, evaluate)
    case 'call':
      return simplifyNegation(e) ?? fold(e, evaluate)
    case 'cast':
      if (typesEqual(e.arg.type, e.type)) return e.arg
      return fold(e, evaluate)
    case 'comparison':
      return simplifyComparison(e, evaluate)
    case 'logical':
      return simplifyLogical(e.operator, e)
    case 'not':
      return simplifyNot(e.arg) ?? fold(e, evaluate)
    case 'isNull':
      if (neverNull(e.arg)) return FALSE
      return fold(e, evaluate)
    case 'case':
      return simplifyCase(e)
    case 'coalesce':
      return simplifyCoalesce(e.args, e.type)
    case 'in':
      return simplifyIn(e, evaluate)
  }
}

/** `-(-x)` is `x`, even where `-x` would overflow. @source Trino SimplifyStackedArithmeticNegation */
function simplifyNegation({ function: { name }, args }: CallExpression): Expression | undefined {
  const [arg] = args
  if (name !== '$negation' || arg?.kind !== 'call' || arg.function.name !== name) return undefined
  return arg.args[0]
}

/** Replaces an expression over constants by its value; one that fails stays. */
function fold(e: Expression, evaluate: Evaluate): Expression {
  if (e.kind === 'constant' || e.kind === 'symbol' || e.kind === 'input' || e.kind === 'lambda') {
    return e
  }
  if (!childrenOf(e).every(isConstant) || !isDeterministic(e)) return e
  try {
    return constant(evaluate(e), e.type)
  } catch {
    // Not swallowed: the expression stays, and raises its error when a row is evaluated.
    return e
  }
}

const neverNull = (e: Expression): boolean =>
  e.kind === 'isNull' ||
  (e.kind === 'comparison' && e.operator === 'identical') ||
  (e.kind === 'constant' && e.value !== null) ||
  (e.kind === 'not' && neverNull(e.arg))

function simplifyComparison(
  e: Extract<Expression, { kind: 'comparison' }>,
  evaluate: Evaluate,
): Expression {
  const { operator, left, right } = e
  if (isConstant(left) && isConstant(right)) return fold(e, evaluate)
  if (isConstant(left)) return simplifyNode(comparison(FLIPPED[operator], right, left), evaluate)
  if (isNullConstant(right)) {
    return operator === 'identical' ? { kind: 'isNull', type: BOOLEAN, arg: left } : NULL_BOOLEAN
  }
  if (operator === 'identical' && isDeterministic(left) && sameExpression(left, right)) return TRUE
  if (isConstant(right)) {
    if (left.type.kind === 'boolean' && operator === '=') {
      return right.value === true ? left : (simplifyNot(left) ?? not(left))
    }
    return unwrapCast(e, left, right, evaluate) ?? e
  }
  return e
}

function simplifyLogical(operator: 'and' | 'or', e: Expression): Expression {
  if (operator === 'and') return and(absorb(conjunctsOf(e)))
  const joined = or(disjunctsOf(e))
  if (joined.kind !== 'logical' || joined.operator !== 'or') return joined
  return extractCommonPredicates(mergeEqualities(joined.terms))
}

/** `a AND (a OR b)` is `a`. */
function absorb(terms: readonly Expression[]): readonly Expression[] {
  if (!terms.some((term) => term.kind === 'logical')) return terms
  const keys = new Set(terms.filter(isDeterministic).map(expressionKey))
  return terms.filter(
    (term) =>
      term.kind !== 'logical' ||
      !term.terms.some((inner) => isDeterministic(inner) && keys.has(expressionKey(inner))),
  )
}

/** `x = 1 OR x IN (2, 3)` becomes `x IN (1, 2, 3)`, at the place of the first. */
function mergeEqualities(terms: readonly Expression[]): readonly Expression[] {
  const lists = new Map<string, { value: Expression; list: Expression[] }>()
  const place = new Map<number, string>()
  const rest: (Expression | undefined)[] = terms.map((term, i) => {
    const equality = equalityList(term)
    if (equality === undefined) return term
    const key = expressionKey(equality.value)
    const known = lists.get(key)
    if (known !== undefined) known.list.push(...equality.list)
    else {
      lists.set(key, { value: equality.value, list: [...equality.list] })
      place.set(i, key)
    }
    return undefined
  })
  return rest.flatMap((term, i) => {
    if (term !== undefined) return [term]
    const key = place.get(i)
    if (key === undefined) return []
    const { value, list } = lists.get(key) as { value: Expression; list: Expression[] }
    return [inList(value, list)]
  })
}

function equalityList(
  e: Expression,
): { value: Expression; list: readonly Expression[] } | undefined {
  if (e.kind === 'comparison' && e.operator === '=' && isConstant(e.right)) {
    return isDeterministic(e.left) ? { value: e.left, list: [e.right] } : undefined
  }
  if (e.kind === 'in' && e.list.every(isConstant) && isDeterministic(e.value)) return e
  return undefined
}

function inList(value: Expression, list: readonly Expression[]): Expression {
  const seen = new Set<string>()
  const distinct = list.filter((item) => {
    if (!isDeterministic(item)) return true
    const key = expressionKey(item)
    return seen.has(key) ? false : seen.add(key)
  })
  if (distinct.length === 1) return equal(value, distinct[0] as Expression)
  return { kind: 'in', type: BOOLEAN, value, list: distinct }
}

function simplifyNot(arg: Expression): Expression | undefined {
  if (isTrue(arg)) return FALSE
  if (isFalse(arg)) return TRUE
  if (isNullConstant(arg)) return NULL_BOOLEAN
  if (arg.kind === 'not') return arg.arg
  if (arg.kind === 'logical') {
    const terms = arg.terms.map((term) => simplifyNot(term) ?? not(term))
    return arg.operator === 'and' ? or(terms) : and(terms)
  }
  if (arg.kind === 'comparison') {
    const negated = NEGATED[arg.operator]
    if (negated === undefined) return undefined
    const ordering = arg.operator !== '=' && arg.operator !== '<>'
    if (ordering && hasNaN(arg.left.type)) return undefined
    return comparison(negated, arg.left, arg.right)
  }
  return undefined
}

function simplifyCase(e: CaseExpression): Expression {
  const whens: { condition: Expression; result: Expression }[] = []
  let otherwise = e.otherwise
  for (const when of e.whens) {
    if (isNeverTrue(when.condition)) continue
    if (isTrue(when.condition)) {
      otherwise = when.result
      break
    }
    whens.push(when)
  }
  if (whens.length === 0) return otherwise
  if (whens.length === e.whens.length && otherwise === e.otherwise) return e
  return { ...e, whens, otherwise }
}

function simplifyCoalesce(args: readonly Expression[], type: SqlType): Expression {
  const kept: Expression[] = []
  const seen = new Set<string>()
  const flat = args.flatMap((arg) => (arg.kind === 'coalesce' ? arg.args : [arg]))
  for (const arg of flat) {
    if (isNullConstant(arg)) continue
    if (isDeterministic(arg)) {
      const key = expressionKey(arg)
      if (seen.has(key)) continue
      seen.add(key)
    }
    kept.push(arg)
    if (neverNull(arg)) break
  }
  if (kept.length === 0) return constant(null, type)
  if (kept.length === 1) return kept[0] as Expression
  return { kind: 'coalesce', type, args: kept }
}

function simplifyIn(e: InExpression, evaluate: Evaluate): Expression {
  if (isNullConstant(e.value)) return NULL_BOOLEAN
  if (isConstant(e.value) && e.list.every(isConstant)) return fold(e, evaluate)
  const merged = inList(e.value, e.list)
  if (merged.kind !== 'in') return simplifyNode(merged, evaluate)
  if (e.value.kind === 'cast' && e.list.every((item) => isConstant(item) && item.value !== null)) {
    const terms = merged.list.map((item) => simplifyNode(equal(e.value, item), evaluate))
    const lists = terms.map(equalityList)
    if (lists.every((list) => list !== undefined && list.value.kind !== 'cast')) return or(terms)
  }
  return merged.list.length === e.list.length ? e : merged
}
