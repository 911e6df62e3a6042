import { type TokenList, tokenize } from './lexer.js'
import { isIdentifierKind, Token, type TokenKind } from './token.js'

/** One of the statements of a text. */
export interface SplitStatement {
  /** The statement without the blanks and comments around it and without its semicolon. */
  readonly sql: string
  /** UTF-16 offsets of `sql` in the text. */
  readonly start: number
  readonly end: number
  /** Line and column of the statement's start, from 1, as errors count them. */
  readonly line: number
  readonly column: number
  /** Whether a semicolon follows. Only the last statement may lack one. */
  readonly terminated: boolean
}

/**
 * Cuts a text into its statements at semicolons outside of strings, quoted names, comments and the
 * bodies of SQL routines. Statements without any token are left out. Never fails: what is no SQL is
 * cut at its semicolons, too. O(text length).
 *
 * A shell reads on while the last statement is not terminated.
 */
export function splitStatements(text: string): readonly SplitStatement[] {
  const tokens = tokenize(text)
  const statements: SplitStatement[] = []
  let first = 0
  while (first < tokens.tokenCount) {
    const end = endOfStatement(tokens, first)
    if (end > first) statements.push(statementOf(tokens, first, end))
    first = end + 1
  }
  return statements
}

function statementOf(tokens: TokenList, first: number, end: number): SplitStatement {
  const start = tokens.starts[first] ?? 0
  const stop = tokens.ends[end - 1] ?? start
  return {
    sql: tokens.text.slice(start, stop),
    start,
    end: stop,
    line: tokens.lines[first] ?? 1,
    column: tokens.columns[first] ?? 1,
    terminated: tokens.kinds[end] === Token.SEMICOLON,
  }
}

/** Index of the semicolon that ends the statement that starts at a token, or of EOF. */
function endOfStatement({ kinds, tokenCount }: TokenList, first: number): number {
  const last = tokenCount - 1
  let body: RoutineBody | undefined
  for (let i = first; i < last; i++) {
    const kind = kinds[i]
    if (kind === Token.SEMICOLON) {
      if (body === undefined || !body.isOpen) return i
    } else if (kind === Token.FUNCTION && startsFunction(kinds, i)) {
      body = new RoutineBody()
    } else if (body !== undefined && !body.step(kinds, i)) {
      body = undefined
    }
  }
  return last
}

/** `FUNCTION name` after CREATE, OR REPLACE, WITH or a comma: the start of a definition. */
function startsFunction(kinds: readonly TokenKind[], index: number): boolean {
  switch (kinds[index - 1]) {
    case Token.CREATE:
    case Token.REPLACE:
    case Token.WITH:
    case Token.COMMA:
      return isIdentifierKind(kinds[index + 1] ?? Token.EOF)
    default:
      return false
  }
}

/** Follows the definition of a routine, to tell its semicolons from the one that ends it. */
class RoutineBody {
  /** What is open, outermost first; a CASE may be a statement or an expression. */
  readonly #open: ('statement' | 'expression')[] = []

  /** Whether a semicolon now belongs to the body. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** Takes the next token; false where the definition has ended or is only an expression from here. */
  step(kinds: readonly TokenKind[], index: number): boolean {
    const kind = kinds[index]
    const afterEnd = kinds[index - 1] === Token.END
    switch (kind) {
      case Token.RETURN:
        return this.isOpen
      case Token.END:
        this.#open.pop()
        return this.isOpen
      case Token.BEGIN:
        if (!this.isOpen || this.#startsStatement(kinds, index)) this.#open.push('statement')
        return true
      case Token.CASE:
        if (afterEnd) return true
        this.#open.push(this.#startsStatement(kinds, index) ? 'statement' : 'expression')
        return true
      case Token.IF:
      case Token.LOOP:
      case Token.REPEAT:
      case Token.WHILE:
        if (this.#startsStatement(kinds, index)) this.#open.push('statement')
        return true
      default:
        return true
    }
  }

  /** Tells whether a statement of the body can start at a token. */
  #startsStatement(kinds: readonly TokenKind[], index: number): boolean {
    if (this.#open.at(-1) !== 'statement') return false
    switch (kinds[index - 1]) {
      case Token.BEGIN:
      case Token.SEMICOLON:
      case Token.THEN:
      case Token.ELSE:
      case Token.DO:
      case Token.LOOP:
      case Token.REPEAT:
      case Token.COLON:
        return true
      default:
        return false
    }
  }
}
