import { MillraceError } from '../../spi/error.js'
import type { SyntaxMismatch } from './cursor.js'
import type { TokenList } from './lexer.js'
import type { ParseGoal } from './parser.js'
import { describeTokenKind, Token } from './token.js'

/** The user's error for a token that doesn't fit. */
export function syntaxError(
  tokens: TokenList,
  _goal: ParseGoal,
  mismatch: SyntaxMismatch,
): MillraceError {
  const index = mismatch.tokenIndex
  const kind = tokens.kinds[index] ?? Token.EOF
  const text =
    kind === Token.EOF ? '<EOF>' : tokens.text.slice(tokens.starts[index], tokens.ends[index])
  const location = { line: tokens.lines[index] ?? 1, column: tokens.columns[index] ?? 1 }
  if (kind === Token.DIGIT_IDENTIFIER) {
    const message =
      'identifiers must not start with a digit; surround the identifier with double quotes'
    return new MillraceError('SYNTAX_ERROR', message, { location })
  }
  const expected = mismatch.expected.map(describeTokenKind).sort().join(', ')
  const message = `mismatched input '${text}'. Expecting: ${expected}`
  return new MillraceError('SYNTAX_ERROR', message, { location })
}
