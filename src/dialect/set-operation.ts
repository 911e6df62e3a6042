import type { Query, QueryBody } from '../planner/parser/ast/index.js'
import { notSupported, SPAN, type Translation } from './translation.js'

/** Set operations by the dialect's precedence. */
export function combine(
  bodies: readonly QueryBody[],
  operators: readonly string[],
  t: Translation,
): QueryBody {
  const { setOperators } = t.dialect
  const kinds = new Set(operators.slice(1))
  if (setOperators === 'parenthesised' && kinds.size > 1) {
    throw notSupported('different set operations without parentheses', t)
  }
  const terms: QueryBody[] = [bodies[0]!]
  const between: string[] = []
  bodies.slice(1).forEach((body, i) => {
    const operator = operators[i + 1]!
    const bindsFirst = setOperators === 'left to right' || operator.startsWith('intersect')
    if (bindsFirst) terms.push(setOperation(operator, terms.pop()!, body, t))
    else {
      terms.push(body)
      between.push(operator)
    }
  })
  return terms
    .slice(1)
    .reduce((left, right, i) => setOperation(between[i]!, left, right, t), terms[0]!)
}

function setOperation(
  operator: string,
  left: QueryBody,
  right: QueryBody,
  t: Translation,
): QueryBody {
  const { location } = t
  const match = /^(union|intersect|except|minus)(?: (all|distinct))?$/.exec(operator)
  if (match === null) throw notSupported(`the set operation ${operator}`, t)
  const distinct = match[2] !== 'all'
  const isIntersect = match[1] === 'intersect'
  // Where Trino's precedence would read it otherwise, a member stands in parentheses.
  const first =
    isIntersect && isSetOperation(left) && left.kind !== 'intersect' ? enclosed(left) : left
  const second =
    isSetOperation(right) && (isIntersect || right.kind !== 'intersect') ? enclosed(right) : right
  if (match[1] === 'except' || match[1] === 'minus') {
    return { kind: 'except', left: first, right: second, distinct, location }
  }
  const kind = isIntersect ? 'intersect' : 'union'
  return { kind, relations: [first, second], distinct, location }
}

const isSetOperation = (body: QueryBody): boolean =>
  body.kind === 'union' || body.kind === 'intersect' || body.kind === 'except'

const enclosed = (queryBody: QueryBody): QueryBody => {
  const { location } = queryBody
  const query: Query = {
    kind: 'query',
    span: SPAN,
    sessionProperties: [],
    functions: [],
    queryBody,
    location,
  }
  return { kind: 'tableSubquery', query, location }
}
