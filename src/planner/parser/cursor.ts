import { MillraceError } from '../../spi/error.js'
import type { Identifier, NodeLocation, SourceSpan } from './ast/index.js'
import type { GrammarRules } from './grammar-rules.js'
import type { TokenList } from './lexer.js'
import { isIdentifierKind, Token, type TokenKind } from './token.js'

/**
 * How deep queries, expressions, types and routine bodies may nest before the parser gives up. Each
 * level costs up to a dozen stack frames here and a few in the analyzer.
 */
const NESTING_DEPTH_MAX = 500

/** Thrown where a token doesn't fit; `parser.ts` makes the user's error of it. Never leaves it. */
export class SyntaxMismatch extends Error {
  override readonly name = 'SyntaxMismatch'
  /** Index of the token that doesn't fit. */
  readonly tokenIndex: number
  readonly expected: readonly TokenKind[]

  constructor(tokenIndex: number, expected: readonly TokenKind[]) {
    super(`unexpected token: ${tokenIndex}`)
    this.tokenIndex = tokenIndex
    this.expected = expected
  }
}

/** Thrown where nesting passes NESTING_DEPTH_MAX. Never leaves `parser.ts`. */
export class NestingTooDeep extends Error {
  override readonly name = 'NestingTooDeep'
}

interface Complaint {
  readonly tokenIndex: number
  readonly message: string
}

/** Walks over the tokens of one text, left to right, and keeps what one parse accumulates. */
export class TokenCursor {
  readonly tokens: TokenList
  /** The rules that call each other in circles. */
  readonly rules: GrammarRules
  /** Index of the current token. */
  index = 0
  /** Parameters met so far. */
  parameterCount = 0
  /** Token range of the last primary expression that `.*` follows. */
  qualifiedStarStart = -1
  qualifiedStarEnd = -1
  /** Tokens that are paths of files in the place of a table's name, which Trino's grammar doesn't have. */
  readonly pathTokens: number[] = []
  /** How deep inside nested rules the cursor is. */
  #depth = 0
  readonly #kinds: readonly TokenKind[]
  readonly #last: number
  readonly #locations: NodeLocation[] = []
  readonly #complaints: Complaint[] = []
  #closers: Int32Array | undefined
  readonly #parenthesized = new Map<number, ParenthesizedQuery>()

  constructor(tokens: TokenList, rules: GrammarRules) {
    this.tokens = tokens
    this.rules = rules
    this.#kinds = tokens.kinds
    this.#last = tokens.tokenCount - 1
  }

  /** Kind of the current token. */
  get kind(): TokenKind {
    return this.#kinds[this.index] ?? Token.EOF
  }

  /** Kind of the token `distance` after the current one; EOF past the end. */
  peek(distance: number): TokenKind {
    return this.kindAt(this.index + distance)
  }

  kindAt(index: number): TokenKind {
    return this.#kinds[index] ?? Token.EOF
  }

  textAt(index: number): string {
    return this.tokens.text.slice(this.tokens.starts[index], this.tokens.ends[index])
  }

  at(kind: TokenKind): boolean {
    return this.kind === kind
  }

  /** Tells whether the current token and those after it have these kinds. */
  atSequence(first: TokenKind, second: TokenKind, third?: TokenKind): boolean {
    return (
      this.kind === first &&
      this.peek(1) === second &&
      (third === undefined || this.peek(2) === third)
    )
  }

  notePath(tokenIndex: number): void {
    this.pathTokens.push(tokenIndex)
  }

  /** Steps over the current token and returns its index. */
  advance(): number {
    const index = this.index
    if (index < this.#last) this.index = index + 1
    return index
  }

  /** Steps over the current token if it is of this kind. */
  accept(kind: TokenKind): boolean {
    if (this.kind !== kind) return false
    this.advance()
    return true
  }

  /** Steps over these kinds if they all follow. */
  acceptSequence(first: TokenKind, second: TokenKind, third?: TokenKind): boolean {
    if (!this.atSequence(first, second, third)) return false
    this.index += third === undefined ? 2 : 3
    return true
  }

  /** Steps over a token that must be here and returns its index. */
  expect(kind: TokenKind): number {
    if (this.kind !== kind) this.fail(kind)
    return this.advance()
  }

  /** Steps over the one of these kinds that is here and returns its kind. */
  expectOneOf(...kinds: readonly TokenKind[]): TokenKind {
    const kind = this.kind
    if (!kinds.includes(kind)) this.fail(...kinds)
    this.advance()
    return kind
  }

  fail(...expected: readonly TokenKind[]): never {
    throw new SyntaxMismatch(this.index, expected)
  }

  get atIdentifier(): boolean {
    return isIdentifierKind(this.kind)
  }

  /** Steps over an identifier. */
  identifier(): Identifier {
    const kind = this.kind
    const index = this.index
    if (!isIdentifierKind(kind)) this.fail(Token.IDENTIFIER)
    if (kind === Token.QUOTED_IDENTIFIER) {
      const text = this.textAt(index)
      if (text.length === 2) this.fail()
      this.advance()
      const value = text.slice(1, -1).replaceAll('""', '"')
      return { kind: 'identifier', location: this.location(index), value, delimited: true }
    }
    if (kind === Token.BACKQUOTED_IDENTIFIER || kind === Token.DIGIT_IDENTIFIER) this.fail()
    this.advance()
    return {
      kind: 'identifier',
      location: this.location(index),
      value: this.textAt(index),
      delimited: false,
    }
  }

  /** Items separated by commas, at least one. */
  list<T>(item: (cursor: TokenCursor) => T): T[] {
    const items = [item(this)]
    while (this.accept(Token.COMMA)) items.push(item(this))
    return items
  }

  /** `(item, …)`, at least one item. */
  parenthesizedList<T>(item: (cursor: TokenCursor) => T): T[] {
    this.expect(Token.LEFT_PAREN)
    const items = this.list(item)
    this.expect(Token.RIGHT_PAREN)
    return items
  }

  /** Where a token starts. */
  location(index: number): NodeLocation {
    const known = this.#locations[index]
    if (known !== undefined) return known
    const line = this.tokens.lines[index] ?? 1
    const column = this.tokens.columns[index] ?? 1
    const location = { line, column }
    this.#locations[index] = location
    return location
  }

  /** The text from the start of a token to the end of the last one stepped over. */
  spanFrom(startIndex: number): SourceSpan {
    const start = this.tokens.starts[startIndex] ?? 0
    return { start, end: Math.max(start, this.tokens.ends[this.index - 1] ?? start) }
  }

  /** Runs a rule one level deeper. */
  nested<T>(rule: (cursor: TokenCursor) => T): T {
    this.enter()
    const result = rule(this)
    this.leave()
    return result
  }

  enter(): void {
    if (++this.#depth > NESTING_DEPTH_MAX) throw new NestingTooDeep()
  }

  leave(): void {
    this.#depth--
  }

  /**
   * Records an error that Trino finds only in a text without syntax errors (AstBuilder.parseError).
   * The one that stands first in the text is thrown at the end of the parse.
   */
  complain(tokenIndex: number, message: string): void {
    this.#complaints.push({ tokenIndex, message })
  }

  /** @throws SYNTAX_ERROR for the first complaint, if there is one */
  throwComplaints(): void {
    let first: Complaint | undefined
    for (const complaint of this.#complaints) {
      if (first === undefined || complaint.tokenIndex < first.tokenIndex) first = complaint
    }
    if (first === undefined) return
    throw new MillraceError('SYNTAX_ERROR', first.message, {
      location: this.location(first.tokenIndex),
    })
  }

  /** Index of the `)` that closes the `(` at an index, or -1. O(tokens) once for all. */
  closerOf(index: number): number {
    this.#closers ??= matchParentheses(this.tokens)
    return this.#closers[index] ?? -1
  }

  /**
   * Tells what the parentheses that open at an index hold: a query, or something else such as an
   * expression or a relation. `((SELECT 1))` is a query in a query; `((SELECT 1) + 1)` and
   * `((WITH …))` are not.
   */
  parenthesizedQuery(index: number): ParenthesizedQuery {
    const path: number[] = []
    let open = index
    let answer: ParenthesizedQuery | undefined
    for (;;) {
      answer = this.#parenthesized.get(open)
      if (answer !== undefined) break
      const next = this.kindAt(open + 1)
      if (next === Token.LEFT_PAREN) {
        path.push(open)
        open++
        continue
      }
      answer = classifyDirect(next, this.kindAt(open + 2))
      this.#parenthesized.set(open, answer)
      break
    }
    while (path.length > 0) {
      const inner = open
      open = path.pop() ?? index
      answer = this.#classifyNested(inner, answer)
      this.#parenthesized.set(open, answer)
    }
    return answer
  }

  #classifyNested(inner: number, content: ParenthesizedQuery): ParenthesizedQuery {
    if (content === 'none') return 'none'
    const after = this.closerOf(inner) + 1
    if (after === 0) return content === 'with' ? 'none' : 'query'
    if (continuesQuery(this.kindAt(after), this.kindAt(after + 1))) return 'continued'
    if (this.kindAt(after) !== Token.RIGHT_PAREN) return 'none'
    return content === 'with' ? 'none' : 'query'
  }
}

/**
 * `none`: no query; `query`: a query that could also be read as an expression or relation in
 * parentheses when it starts with `((`; `with`: one that starts with WITH, which a nested query body
 * may not; `continued`: one like `((SELECT 1) UNION …)`, which can only be a query.
 */
export type ParenthesizedQuery = 'none' | 'query' | 'with' | 'continued'

function classifyDirect(kind: TokenKind, next: TokenKind): ParenthesizedQuery {
  if (kind === Token.WITH) return 'with'
  if (kind === Token.SELECT || kind === Token.VALUES) return 'query'
  // TABLE(…) is the call of a table function
  return kind === Token.TABLE && next !== Token.LEFT_PAREN ? 'query' : 'none'
}

function continuesQuery(kind: TokenKind, next: TokenKind): boolean {
  switch (kind) {
    case Token.UNION:
    case Token.INTERSECT:
    case Token.EXCEPT:
    case Token.ORDER:
      return true
    case Token.LIMIT:
      return isRowCountKind(next) || next === Token.ALL
    case Token.OFFSET:
      return isRowCountKind(next)
    case Token.FETCH:
      return next === Token.FIRST || next === Token.NEXT
    default:
      return false
  }
}

function isRowCountKind(kind: TokenKind): boolean {
  return kind === Token.INTEGER_VALUE || kind === Token.QUESTION_MARK
}

function matchParentheses(tokens: TokenList): Int32Array {
  const closers = new Int32Array(tokens.tokenCount).fill(-1)
  const open: number[] = []
  for (let i = 0; i < tokens.tokenCount; i++) {
    const kind = tokens.kinds[i]
    if (kind === Token.LEFT_PAREN) open.push(i)
    else if (kind === Token.RIGHT_PAREN) {
      const opener = open.pop()
      if (opener !== undefined) closers[opener] = i
    }
  }
  return closers
}
