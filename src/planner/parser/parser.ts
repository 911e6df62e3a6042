import { MillraceError } from '../../spi/error.js'
import type { DataType, Expression, PathSpecification, RowPattern, Statement } from './ast/index.js'
import { NestingTooDeep, SyntaxMismatch, TokenCursor } from './cursor.js'
import { parseDataType as dataType } from './data-type.js'
import {
  parseExpression as expression,
  parseExpressionFrom as expressionFrom,
  parseValueExpression as valueExpression,
} from './expression.js'
import type { GrammarRules } from './grammar-rules.js'
import { type TokenList, tokenize } from './lexer.js'
import type { ParseGoal } from './parse-goal.js'
import { parseQuery as query, parseRootQuery as rootQuery } from './query.js'
import { parseRowPattern as rowPattern } from './row-pattern.js'
import { isStackOverflow } from './stack-overflow.js'
import {
  parseControlStatement as controlStatement,
  parseFunctionSpecification as functionSpecification,
} from './statement/routine.js'
import { parsePathSpecification as pathSpecification } from './statement/session.js'
import { parseStatement as statement } from './statement/statement.js'
import { syntaxError } from './syntax-error.js'
import { Token } from './token.js'

const RULES: GrammarRules = {
  expression,
  valueExpression,
  expressionFrom,
  query,
  rootQuery,
  dataType,
  functionSpecification,
  controlStatement,
  statement,
}

/**
 * Parses one SQL statement, without a semicolon at its end. O(text length).
 *
 * @throws SYNTAX_ERROR where the text is no statement of Trino 476, located as Trino does it; and
 *   without location where it nests too deeply
 */
export function parseStatement(sql: string): Statement {
  return parseAll(sql, 'statement', statement)
}

/** Parses a text that is one expression. @throws SYNTAX_ERROR */
export function parseExpression(sql: string): Expression {
  return parseAll(sql, 'expression', expression)
}

/** Parses a text that is one type, such as `decimal(10, 2)`. @throws SYNTAX_ERROR */
export function parseDataType(sql: string): DataType {
  return parseAll(sql, 'type', dataType)
}

/** Parses a text that is one SQL path, such as `system.a, b`. @throws SYNTAX_ERROR */
export function parsePathSpecification(sql: string): PathSpecification {
  return parseAll(sql, 'path specification', pathSpecification)
}

/** Parses a text that is one row pattern, such as `A B+ C?`. @throws SYNTAX_ERROR */
export function parseRowPattern(sql: string): RowPattern {
  return parseAll(sql, 'row pattern', rowPattern)
}

function parseAll<T>(sql: string, goal: ParseGoal, rule: (cursor: TokenCursor) => T): T {
  const tokens = tokenize(sql)
  const cursor = new TokenCursor(tokens, RULES)
  let result: T
  try {
    result = rule(cursor)
    if (!cursor.at(Token.EOF)) cursor.fail(Token.EOF)
  } catch (error) {
    throw userError(error, withPathsAsNames(tokens, cursor.pathTokens), goal)
  }
  cursor.throwComplaints()
  return result
}

/** The tokens as the diagnosis of Trino's grammar can take them. */
function withPathsAsNames(tokens: TokenList, pathTokens: readonly number[]): TokenList {
  if (pathTokens.length === 0) return tokens
  const kinds = [...tokens.kinds]
  for (const index of pathTokens) kinds[index] = Token.QUOTED_IDENTIFIER
  return { ...tokens, kinds }
}

function userError(error: unknown, tokens: TokenList, goal: ParseGoal): unknown {
  if (error instanceof SyntaxMismatch) return syntaxError(tokens, goal, error)
  // a caller deep in its own stack leaves little for the parser
  if (!(error instanceof NestingTooDeep) && !isStackOverflow(error)) return error
  const message = `${goal} is too large (stack overflow while parsing)`
  return new MillraceError('SYNTAX_ERROR', message, { location: { line: 1, column: 1 } })
}
