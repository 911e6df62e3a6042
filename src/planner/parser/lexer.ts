import { kindOfWord, PUNCTUATION_KINDS, TOKEN_KIND_COUNT, Token, type TokenKind } from './token.js'

/**
 * The tokens of a text, as columns: token i is `text.slice(starts[i], ends[i])`. The last token is
 * EOF, which is empty. Blanks and comments are no tokens.
 */
export interface TokenList {
  readonly text: string
  readonly tokenCount: number
  /** Values of `Token`. */
  readonly kinds: readonly TokenKind[]
  /** UTF-16 offsets. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Line of each token's start, from 1. */
  readonly lines: readonly number[]
  /** Column of each token's start in code points, from 1. */
  readonly columns: readonly number[]
}

const LETTER = 1
const DIGIT = 2
const WORD = 3 // letters, digits and the underscore

const CLASSES = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code)
  if (/[A-Za-z_]/.test(character)) CLASSES[code] = LETTER
  else if (/[0-9]/.test(character)) CLASSES[code] = DIGIT
}

/** Kinds of single characters by code; 0 (EOF) for those that are no token of their own. */
const SINGLE_CHARACTER_KINDS = new Uint16Array(128)
/** Kinds of two characters by the first code and the second. */
const TWO_CHARACTER_KINDS: (Map<number, TokenKind> | undefined)[] = []
for (const [literal, kind] of PUNCTUATION_KINDS) {
  const code = literal.charCodeAt(0)
  if (literal.length === 1) {
    SINGLE_CHARACTER_KINDS[code] = kind
  } else {
    const seconds = TWO_CHARACTER_KINDS[code] ?? new Map()
    TWO_CHARACTER_KINDS[code] = seconds.set(literal.charCodeAt(1), kind)
  }
}

const INTEGER = /(?:0x(?:_?[0-9a-f])+|0o(?:_?[0-7])+|0b(?:_?[01])+|[0-9](?:_?[0-9])*)/iy
const DECIMAL = /(?:[0-9](?:_?[0-9])*\.(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)/y
const DOUBLE = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)e[+-]?[0-9]+/iy
const DIGIT_IDENTIFIER = /[0-9][A-Za-z0-9_]+/y

/** Kinds whose text may hold anything, so that lines and surrogates must be counted in it. */
const MAY_SPAN_LINES = new Uint8Array(TOKEN_KIND_COUNT)
for (const kind of [
  Token.STRING_VALUE,
  Token.UNICODE_STRING,
  Token.DOLLAR_STRING,
  Token.BINARY_LITERAL,
  Token.QUOTED_IDENTIFIER,
  Token.BACKQUOTED_IDENTIFIER,
  Token.UNRECOGNIZED,
]) {
  MAY_SPAN_LINES[kind] = 1
}

function classOf(code: number): number {
  return code < 128 ? (CLASSES[code] ?? 0) : 0
}

/** Where the match of a sticky expression at an offset ends, or the offset itself. */
function matchEnd(expression: RegExp, text: string, offset: number): number {
  expression.lastIndex = offset
  return expression.test(text) ? expression.lastIndex : offset
}

/**
 * Cuts a text into tokens. Never fails: what no token fits becomes UNRECOGNIZED, one code point each.
 * O(text length).
 *
 * @source Trino 476, SqlBase.g4: the longest token wins, of equally long ones the first rule
 */
export function tokenize(text: string): TokenList {
  return new Lexer(text).run()
}

class Lexer {
  readonly #text: string
  readonly #kinds: TokenKind[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #lines: number[] = []
  readonly #columns: number[] = []
  #offset = 0
  #line = 1
  /** Offset that has column 1 in the current line, minus the low surrogates met since. */
  #lineStart = 0
  /** What is known to have no closing delimiter after the current offset. */
  readonly #unclosed = new Set<string>()

  constructor(text: string) {
    this.#text = text
  }

  run(): TokenList {
    const text = this.#text
    while (this.#offset < text.length) this.#step(text.charCodeAt(this.#offset))
    this.#push(Token.EOF, text.length)
    return {
      text,
      tokenCount: this.#kinds.length,
      kinds: this.#kinds,
      starts: this.#starts,
      ends: this.#ends,
      lines: this.#lines,
      columns: this.#columns,
    }
  }

  #step(code: number): void {
    const text = this.#text
    const offset = this.#offset
    const characterClass = classOf(code)
    if (characterClass === LETTER) {
      this.#word()
      return
    }
    if (code === 32 || code === 10 || code === 13 || code === 9) {
      this.#offset = offset + 1
      if (code === 10) {
        this.#line++
        this.#lineStart = offset + 1
      }
      return
    }
    if (characterClass === DIGIT) {
      this.#number()
      return
    }
    const next = offset + 1 < text.length ? text.charCodeAt(offset + 1) : 0
    switch (code) {
      case 39: // '
        this.#quoted(offset, Token.STRING_VALUE)
        return
      case 34: // "
        this.#quoted(offset, Token.QUOTED_IDENTIFIER)
        return
      case 96: // `
        this.#quoted(offset, Token.BACKQUOTED_IDENTIFIER)
        return
      case 45: // -
        if (next === 45) {
          this.#lineComment()
          return
        }
        break
      case 47: // /
        if (next === 42 && this.#delimited('*/', undefined)) return
        break
      case 36: // $
        if (next === 36 && this.#delimited('$$', Token.DOLLAR_STRING)) return
        break
      case 46: // .
        if (classOf(next) === DIGIT) {
          this.#number()
          return
        }
        break
    }
    this.#punctuation(code)
  }

  #punctuation(code: number): void {
    const text = this.#text
    const offset = this.#offset
    const pair = TWO_CHARACTER_KINDS[code]?.get(text.charCodeAt(offset + 1))
    if (pair !== undefined) {
      this.#push(pair, offset + 2)
      return
    }
    const kind = code < 128 ? (SINGLE_CHARACTER_KINDS[code] ?? Token.EOF) : Token.EOF
    if (kind !== Token.EOF) {
      this.#push(kind, offset + 1)
      return
    }
    const codePoint = text.codePointAt(offset) ?? 0
    this.#push(Token.UNRECOGNIZED, offset + (codePoint > 0xffff ? 2 : 1))
  }

  #word(): void {
    const text = this.#text
    const start = this.#offset
    let end = start + 1
    while (end < text.length && (classOf(text.charCodeAt(end)) & WORD) !== 0) end++
    if (text.charCodeAt(end) === 39 && this.#prefixedString(start, end)) return
    if (
      end === start + 1 &&
      (text.charCodeAt(start) | 32) === 117 &&
      text.startsWith("&'", end) &&
      this.#closingQuote(end + 1, "'") >= 0
    ) {
      this.#quoted(end + 1, Token.UNICODE_STRING)
      return
    }
    // no keyword is longer than CURRENT_TIMESTAMP
    const kind =
      end - start > 17 ? Token.IDENTIFIER : kindOfWord(text.slice(start, end).toUpperCase())
    this.#push(kind, end)
  }

  /** `X'…'`, the only word that a quote may follow directly. */
  #prefixedString(start: number, end: number): boolean {
    if (end !== start + 1 || (this.#text.charCodeAt(start) | 32) !== 120) return false
    const close = this.#text.indexOf("'", end + 1)
    if (close < 0) return false
    this.#push(Token.BINARY_LITERAL, close + 1)
    return true
  }

  #number(): void {
    const text = this.#text
    const start = this.#offset
    let end = start
    while (end < text.length && classOf(text.charCodeAt(end)) === DIGIT) end++
    const next = end < text.length ? text.charCodeAt(end) : 0
    if (end > start && next !== 46 && (classOf(next) & WORD) === 0) {
      this.#push(Token.INTEGER_VALUE, end)
      return
    }
    let kind: TokenKind = Token.INTEGER_VALUE
    end = matchEnd(INTEGER, text, start)
    for (const [candidate, expression] of [
      [Token.DECIMAL_VALUE, DECIMAL],
      [Token.DOUBLE_VALUE, DOUBLE],
      [Token.DIGIT_IDENTIFIER, DIGIT_IDENTIFIER],
    ] as const) {
      const candidateEnd = matchEnd(expression, text, start)
      if (candidateEnd > end) {
        kind = candidate
        end = candidateEnd
      }
    }
    this.#push(kind, end)
  }

  /** A token from the current offset to the quote that closes the one at `open`. */
  #quoted(open: number, kind: TokenKind): void {
    const quote = this.#text.charAt(open)
    const close = this.#closingQuote(open, quote)
    if (close < 0) {
      this.#push(Token.UNRECOGNIZED, open + 1)
      return
    }
    this.#push(kind, close + 1)
  }

  /**
   * The offset of the quote that closes the one at `open`, or -1. Doubled quotes are content, but the
   * first of the last pair closes where nothing else does: the longest match that is one.
   */
  #closingQuote(open: number, quote: string): number {
    const text = this.#text
    let lastPair = -1
    let from = open + 1
    for (;;) {
      const close = text.indexOf(quote, from)
      if (close < 0) return lastPair
      if (text.charAt(close + 1) !== quote) return close
      lastPair = close
      from = close + 2
    }
  }

  #lineComment(): void {
    const text = this.#text
    let end = this.#offset + 2
    while (end < text.length) {
      const code = text.charCodeAt(end)
      if (code === 10 || code === 13) break
      end++
    }
    this.#skipTo(end)
  }

  /** Takes `$$…$$` as a token or, without kind, a comment as nothing, if it is closed. */
  #delimited(close: string, kind: TokenKind | undefined): boolean {
    if (this.#unclosed.has(close)) return false
    const index = this.#text.indexOf(close, this.#offset + 2)
    if (index < 0) {
      this.#unclosed.add(close)
      return false
    }
    if (kind === undefined) this.#skipTo(index + 2)
    else this.#push(kind, index + 2)
    return true
  }

  #push(kind: TokenKind, end: number): void {
    const start = this.#offset
    this.#kinds.push(kind)
    this.#starts.push(start)
    this.#ends.push(end)
    this.#lines.push(this.#line)
    this.#columns.push(start - this.#lineStart + 1)
    if (MAY_SPAN_LINES[kind] === 1) this.#skipTo(end)
    else this.#offset = end
  }

  /** Moves to an offset, counting the lines and the surrogate pairs on the way. */
  #skipTo(end: number): void {
    const text = this.#text
    for (let i = this.#offset; i < end; i++) {
      const code = text.charCodeAt(i)
      if (code === 10) {
        this.#line++
        this.#lineStart = i + 1
      } else if (code >= 0xdc00 && code <= 0xdfff && i > 0 && isHighSurrogate(text, i - 1)) {
        this.#lineStart++
      }
    }
    this.#offset = end
  }
}

function isHighSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 0xd800 && code <= 0xdbff
}
