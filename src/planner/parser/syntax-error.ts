import { MillraceError } from '../../spi/error.js'
import type { SyntaxMismatch } from './cursor.js'
import { type Diagnosis, diagnose } from './diagnosis/diagnosis.js'
import type { TokenList } from './lexer.js'
import type { ParseGoal } from './parse-goal.js'
import { isStackOverflow } from './stack-overflow.js'
import { describeTokenKind, Token } from './token.js'

/** The user's error for a text that the parser gave up at a token, in Trino's words. */
export function syntaxError(
  tokens: TokenList,
  goal: ParseGoal,
  mismatch: SyntaxMismatch,
): MillraceError {
  const found = tryDiagnose(tokens, goal)
  if (found === undefined) return ownFinding(tokens, mismatch)
  if (found.type === 'forbiddenIdentifier') return forbiddenIdentifier(tokens, found.tokenIndex)
  const { tokenIndex, expected } = found.expectation
  return mismatchError(tokens, found.tokenIndex, tokenIndex, expected)
}

/** The diagnosis recurses more deeply than the parser, and may run out of stack. */
function tryDiagnose(tokens: TokenList, goal: ParseGoal): Diagnosis | undefined {
  try {
    return diagnose(tokens, goal)
  } catch (error) {
    if (isStackOverflow(error)) return undefined
    throw error
  }
}

/** What the parser itself knows: the token that it could not take and what it wanted there. */
function ownFinding(tokens: TokenList, mismatch: SyntaxMismatch): MillraceError {
  const { tokenIndex } = mismatch
  const kind = tokens.kinds[tokenIndex]
  const forbidden = kind === Token.DIGIT_IDENTIFIER || kind === Token.BACKQUOTED_IDENTIFIER
  if (forbidden) return forbiddenIdentifier(tokens, tokenIndex)
  const expected = mismatch.expected.map((expectedKind) => {
    if (expectedKind === Token.IDENTIFIER) return '<identifier>'
    return expectedKind === Token.STRING_VALUE ? '<string>' : describeTokenKind(expectedKind)
  })
  return mismatchError(tokens, tokenIndex, tokenIndex, expected.sort())
}

function forbiddenIdentifier(tokens: TokenList, index: number): MillraceError {
  const messages: ReadonlyMap<number | undefined, string> = new Map([
    [
      Token.DIGIT_IDENTIFIER,
      'identifiers must not start with a digit; surround the identifier with double quotes',
    ],
    [
      Token.BACKQUOTED_IDENTIFIER,
      'backquoted identifiers are not supported; use double quotes to quote identifiers',
    ],
    [Token.QUOTED_IDENTIFIER, 'Zero-length delimited identifier not allowed'],
  ])
  const message = messages.get(tokens.kinds[index]) ?? 'identifier not allowed'
  return errorAt(tokens, index, message)
}

/** `mismatched input 'x'. Expecting: …` about one token, located at another or the same. */
function mismatchError(
  tokens: TokenList,
  locationIndex: number,
  index: number,
  expected: readonly string[],
): MillraceError {
  const text =
    tokens.kinds[index] === Token.EOF
      ? '<EOF>'
      : tokens.text.slice(tokens.starts[index], tokens.ends[index])
  const expecting = expected.length === 0 ? '' : `. Expecting: ${expected.join(', ')}`
  return errorAt(tokens, locationIndex, `mismatched input '${text}'${expecting}`)
}

function errorAt(tokens: TokenList, index: number, message: string): MillraceError {
  const location = { line: tokens.lines[index] ?? 1, column: tokens.columns[index] ?? 1 }
  return new MillraceError('SYNTAX_ERROR', message, { location })
}
