import type {
  ArithmeticBinaryExpression,
  ComparisonOperator,
  Expression,
  QuantifiedComparisonExpression,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { callOf } from './function-call.js'
import { parseIntervalLiteral, parseString } from './literal.js'
import { parsePrimaryExpression } from './primary.js'
import { isStringKind, Token, type TokenKind } from './token.js'

/** `expression`: value expressions with predicates, joined by NOT, AND, OR. */
export function parseExpression(cursor: TokenCursor): Expression {
  cursor.enter()
  const start = cursor.index
  const result = disjunctionFrom(cursor, start, parseNegation(cursor))
  cursor.leave()
  return result
}

/** The rest of an expression whose first value expression has been parsed. */
export function parseExpressionFrom(
  cursor: TokenCursor,
  startIndex: number,
  value: Expression,
): Expression {
  return disjunctionFrom(cursor, startIndex, parsePredicate(cursor, value))
}

function disjunctionFrom(cursor: TokenCursor, start: number, first: Expression): Expression {
  const terms = [conjunctionFrom(cursor, start, first)]
  while (cursor.accept(Token.OR)) {
    const termStart = cursor.index
    terms.push(conjunctionFrom(cursor, termStart, parseNegation(cursor)))
  }
  const only = terms[0]
  if (terms.length === 1 && only !== undefined) return only
  return { kind: 'logicalExpression', location: cursor.location(start), operator: 'OR', terms }
}

function conjunctionFrom(cursor: TokenCursor, start: number, first: Expression): Expression {
  if (!cursor.at(Token.AND)) return first
  const terms = [first]
  while (cursor.accept(Token.AND)) terms.push(parseNegation(cursor))
  return { kind: 'logicalExpression', location: cursor.location(start), operator: 'AND', terms }
}

function parseNegation(cursor: TokenCursor): Expression {
  if (!cursor.at(Token.NOT)) return parsePredicate(cursor, parseValueExpression(cursor))
  const start = cursor.advance()
  const value = cursor.nested(parseNegation)
  return { kind: 'notExpression', location: cursor.location(start), value }
}

const COMPARISONS: ReadonlyMap<
  TokenKind,
  Exclude<ComparisonOperator, 'IS DISTINCT FROM'>
> = new Map([
  [Token.EQ, '='],
  [Token.NEQ, '<>'],
  [Token.LT, '<'],
  [Token.LTE, '<='],
  [Token.GT, '>'],
  [Token.GTE, '>='],
])

/** The one predicate that may follow a value expression. */
function parsePredicate(cursor: TokenCursor, value: Expression): Expression {
  const start = cursor.index
  switch (cursor.kind) {
    case Token.NOT:
    case Token.BETWEEN:
    case Token.IN:
    case Token.LIKE: {
      const negated = cursor.accept(Token.NOT)
      return negateIf(cursor, negated, start, parseNegatablePredicate(cursor, start, value))
    }
    case Token.IS:
      return parseIsPredicate(cursor, value)
  }
  const operator = COMPARISONS.get(cursor.kind)
  if (operator === undefined) return value
  cursor.advance()
  const quantified = parseQuantifiedComparison(cursor, start, operator, value)
  if (quantified !== undefined) return quantified
  const right = parseValueExpression(cursor)
  return {
    kind: 'comparisonExpression',
    location: cursor.location(start),
    operator,
    left: value,
    right,
  }
}

function negateIf(
  cursor: TokenCursor,
  negated: boolean,
  start: number,
  value: Expression,
): Expression {
  return negated ? { kind: 'notExpression', location: cursor.location(start), value } : value
}

/** BETWEEN, IN and LIKE after an optional NOT at `start`. */
function parseNegatablePredicate(
  cursor: TokenCursor,
  start: number,
  value: Expression,
): Expression {
  const location = cursor.location(start)
  switch (cursor.expectOneOf(Token.BETWEEN, Token.IN, Token.LIKE)) {
    case Token.BETWEEN: {
      const min = parseValueExpression(cursor)
      cursor.expect(Token.AND)
      return { kind: 'betweenPredicate', location, value, min, max: parseValueExpression(cursor) }
    }
    case Token.LIKE: {
      const pattern = parseValueExpression(cursor)
      const escaped = cursor.accept(Token.ESCAPE) ? { escape: parseValueExpression(cursor) } : {}
      return { kind: 'likePredicate', location, value, pattern, ...escaped }
    }
    default:
      return parseInPredicate(cursor, start, value)
  }
}

function parseInPredicate(cursor: TokenCursor, start: number, value: Expression): Expression {
  const location = cursor.location(start)
  if (listsQuery(cursor)) {
    const query = parseParenthesizedQuery(cursor)
    const valueList = { kind: 'subqueryExpression', location, query } as const
    return { kind: 'inPredicate', location, value, valueList }
  }
  const values = cursor.parenthesizedList(parseExpression)
  const valueList = { kind: 'inListExpression', location, values } as const
  return { kind: 'inPredicate', location, value, valueList }
}

/** `IN ((SELECT 1))` has a list of one subquery, `IN (SELECT 1)` a query. */
function listsQuery(cursor: TokenCursor): boolean {
  const content = cursor.parenthesizedQuery(cursor.index)
  if (content === 'none') return false
  return content === 'continued' || cursor.peek(1) !== Token.LEFT_PAREN
}

function parseParenthesizedQuery(cursor: TokenCursor) {
  cursor.expect(Token.LEFT_PAREN)
  const query = cursor.rules.query(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return query
}

/** `IS [NOT] NULL`, `IS [NOT] DISTINCT FROM value`. */
function parseIsPredicate(cursor: TokenCursor, value: Expression): Expression {
  const start = cursor.expect(Token.IS)
  const location = cursor.location(start)
  const negated = cursor.accept(Token.NOT)
  if (cursor.accept(Token.NULL)) {
    if (negated) return { kind: 'isNotNullPredicate', location, value }
    return { kind: 'isNullPredicate', location, value }
  }
  if (!cursor.accept(Token.DISTINCT)) cursor.fail(Token.NULL, Token.DISTINCT)
  cursor.expect(Token.FROM)
  const right = parseValueExpression(cursor)
  const operator = 'IS DISTINCT FROM'
  return negateIf(cursor, negated, start, {
    kind: 'comparisonExpression',
    location,
    operator,
    left: value,
    right,
  })
}

/** `ALL (query)` after a comparison; `ALL (1)` and `ALL ((SELECT 1))` are calls of a function. */
function parseQuantifiedComparison(
  cursor: TokenCursor,
  start: number,
  operator: QuantifiedComparisonExpression['operator'],
  value: Expression,
): Expression | undefined {
  const quantifier = QUANTIFIERS.get(cursor.kind)
  if (quantifier === undefined || cursor.peek(1) !== Token.LEFT_PAREN) return undefined
  const content = cursor.parenthesizedQuery(cursor.index + 1)
  if (content === 'none') return undefined
  if (content !== 'continued' && cursor.peek(2) === Token.LEFT_PAREN) return undefined
  cursor.advance()
  const queryLocation = cursor.location(cursor.index + 1)
  const query = parseParenthesizedQuery(cursor)
  return {
    kind: 'quantifiedComparisonExpression',
    location: cursor.location(start),
    operator,
    quantifier,
    value,
    subquery: { kind: 'subqueryExpression', location: queryLocation, query },
  }
}

const QUANTIFIERS: ReadonlyMap<TokenKind, QuantifiedComparisonExpression['quantifier']> = new Map([
  [Token.ALL, 'ALL'],
  [Token.ANY, 'ANY'],
  [Token.SOME, 'SOME'],
])

const CONCATENATION = 1
const ADDITION = 2
const MULTIPLICATION = 3
const SIGN = 4

/** `valueExpression`: primary expressions joined by arithmetic, `||` and AT TIME ZONE. */
export function parseValueExpression(cursor: TokenCursor): Expression {
  return parseOperators(cursor, CONCATENATION)
}

/** Precedence climbing over the operators of at least this precedence, all left-associative. */
function parseOperators(cursor: TokenCursor, precedenceMin: number): Expression {
  let left = parseSigned(cursor)
  for (;;) {
    const operator = cursor.index
    switch (cursor.kind) {
      case Token.AT:
        if (!cursor.atSequence(Token.AT, Token.TIME, Token.ZONE)) return left
        cursor.index += 3
        left = parseTimeZone(cursor, operator, left)
        continue
      case Token.ASTERISK:
      case Token.SLASH:
      case Token.PERCENT:
        if (precedenceMin > MULTIPLICATION) return left
        cursor.advance()
        left = arithmetic(cursor, operator, left, parseOperators(cursor, MULTIPLICATION + 1))
        continue
      case Token.PLUS:
      case Token.MINUS:
        if (precedenceMin > ADDITION) return left
        cursor.advance()
        left = arithmetic(cursor, operator, left, parseOperators(cursor, ADDITION + 1))
        continue
      case Token.CONCAT: {
        if (precedenceMin > CONCATENATION) return left
        cursor.advance()
        const right = parseOperators(cursor, CONCATENATION + 1)
        left = callOf(cursor.location(operator), 'concat', [left, right])
        continue
      }
      default:
        return left
    }
  }
}

const ARITHMETIC: ReadonlyMap<TokenKind, ArithmeticBinaryExpression['operator']> = new Map([
  [Token.PLUS, '+'],
  [Token.MINUS, '-'],
  [Token.ASTERISK, '*'],
  [Token.SLASH, '/'],
  [Token.PERCENT, '%'],
])

function arithmetic(
  cursor: TokenCursor,
  index: number,
  left: Expression,
  right: Expression,
): Expression {
  const operator = ARITHMETIC.get(cursor.kindAt(index)) ?? '+'
  const location = cursor.location(index)
  return { kind: 'arithmeticBinaryExpression', location, operator, left, right }
}

/** A primary expression with its signs. `-1` is a literal, `-x` and `- -1` are not. */
function parseSigned(cursor: TokenCursor): Expression {
  const negative = cursor.at(Token.MINUS)
  if (!negative && !cursor.at(Token.PLUS)) return parsePrimaryExpression(cursor)
  if (negative && isNumberKind(cursor.peek(1))) return parsePrimaryExpression(cursor)
  const start = cursor.advance()
  cursor.enter()
  const value = parseOperators(cursor, SIGN)
  cursor.leave()
  return {
    kind: 'arithmeticUnaryExpression',
    location: cursor.location(start),
    sign: negative ? '-' : '+',
    value,
  }
}

function isNumberKind(kind: TokenKind): boolean {
  return kind >= Token.INTEGER_VALUE && kind <= Token.DOUBLE_VALUE
}

function parseTimeZone(cursor: TokenCursor, at: number, value: Expression): Expression {
  const interval = cursor.at(Token.INTERVAL)
  if (!interval && !isStringKind(cursor.kind)) cursor.fail(Token.INTERVAL, Token.STRING_VALUE)
  const timeZone = interval ? parseIntervalLiteral(cursor) : parseString(cursor)
  return { kind: 'atTimeZone', location: cursor.location(at), value, timeZone }
}
