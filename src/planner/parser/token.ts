import { type Keyword, NON_RESERVED_KEYWORDS, RESERVED_KEYWORDS } from './keywords.js'

const SYMBOLS = [
  ...['EOF', 'UNRECOGNIZED', 'STRING_VALUE', 'UNICODE_STRING', 'DOLLAR_STRING', 'BINARY_LITERAL'],
  ...['INTEGER_VALUE', 'DECIMAL_VALUE', 'DOUBLE_VALUE'],
  ...['EQ', 'NEQ', 'LT', 'LTE', 'GT', 'GTE'],
  ...['PLUS', 'MINUS', 'ASTERISK', 'SLASH', 'PERCENT', 'CONCAT', 'QUESTION_MARK', 'SEMICOLON'],
  ...['PERIOD_SIGN', 'COMMA', 'COLON', 'LEFT_PAREN', 'RIGHT_PAREN', 'LEFT_BRACKET'],
  ...['RIGHT_BRACKET', 'LEFT_BRACE', 'RIGHT_BRACE', 'LEFT_EXCLUSION', 'RIGHT_EXCLUSION'],
  ...['ARROW', 'FAT_ARROW', 'CARET', 'DOLLAR', 'BAR'],
] as const

const IDENTIFIERS = [
  'BACKQUOTED_IDENTIFIER',
  'DIGIT_IDENTIFIER',
  'QUOTED_IDENTIFIER',
  'IDENTIFIER',
] as const

type TokenName = (typeof SYMBOLS)[number] | (typeof IDENTIFIERS)[number] | Keyword

/** A kind of token, as a small integer: one of the values of `Token`. */
export type TokenKind = number

const NAMES: readonly TokenName[] = [
  ...SYMBOLS,
  ...RESERVED_KEYWORDS,
  ...IDENTIFIERS,
  ...NON_RESERVED_KEYWORDS,
]

/** Every kind of token by name. Keywords have the name of their word. */
export const Token = Object.freeze(
  Object.fromEntries(NAMES.map((name, kind) => [name, kind])),
) as Readonly<Record<TokenName, TokenKind>>

export const TOKEN_KIND_COUNT = NAMES.length

/** Kinds from here on can stand where an identifier is expected. */
const FIRST_IDENTIFIER_KIND = Token.BACKQUOTED_IDENTIFIER

/** Tells whether a kind can stand where the grammar says `identifier`. */
export function isIdentifierKind(kind: TokenKind): boolean {
  return kind >= FIRST_IDENTIFIER_KIND
}

/** Tells whether a kind is a string literal without prefix or with `U&`. */
export function isStringKind(kind: TokenKind): boolean {
  return kind === Token.STRING_VALUE || kind === Token.UNICODE_STRING
}

const KINDS_BY_WORD: ReadonlyMap<string, TokenKind> = new Map(
  [...RESERVED_KEYWORDS, ...NON_RESERVED_KEYWORDS].map((word) => [word, Token[word]]),
)

/** The kind of an upper-case word: a keyword or IDENTIFIER. */
export function kindOfWord(word: string): TokenKind {
  return KINDS_BY_WORD.get(word) ?? Token.IDENTIFIER
}

const PUNCTUATION: Readonly<Partial<Record<TokenName, string>>> = {
  EQ: '=',
  LT: '<',
  LTE: '<=',
  GT: '>',
  GTE: '>=',
  PLUS: '+',
  MINUS: '-',
  ASTERISK: '*',
  SLASH: '/',
  PERCENT: '%',
  CONCAT: '||',
  QUESTION_MARK: '?',
  SEMICOLON: ';',
  PERIOD_SIGN: '.',
  COMMA: ',',
  COLON: ':',
  LEFT_PAREN: '(',
  RIGHT_PAREN: ')',
  LEFT_BRACKET: '[',
  RIGHT_BRACKET: ']',
  LEFT_BRACE: '{',
  RIGHT_BRACE: '}',
  LEFT_EXCLUSION: '{-',
  RIGHT_EXCLUSION: '-}',
  ARROW: '->',
  FAT_ARROW: '=>',
  CARET: '^',
  DOLLAR: '$',
  BAR: '|',
}

/** Kinds by the punctuation that they are; NEQ is twice here. */
export const PUNCTUATION_KINDS: ReadonlyMap<string, TokenKind> = new Map([
  ['<>', Token.NEQ],
  ['!=', Token.NEQ],
  ...NAMES.flatMap((name, kind): [string, TokenKind][] => {
    const literal = PUNCTUATION[name]
    return literal === undefined ? [] : [[literal, kind]]
  }),
])

/** Kinds by the keyword or the punctuation that they are. */
export const KINDS_BY_LITERAL: ReadonlyMap<string, TokenKind> = new Map([
  ...KINDS_BY_WORD,
  ...PUNCTUATION_KINDS,
])

/** How an error message names a kind: `'SELECT'`, `'('`, `<integer>`, `<EOF>`, `DECIMAL_VALUE`. */
export function describeTokenKind(kind: TokenKind): string {
  if (kind === Token.EOF) return '<EOF>'
  if (kind === Token.INTEGER_VALUE) return '<integer>'
  if (kind === Token.STRING_VALUE) return 'STRING'
  const name = NAMES[kind]
  if (name === undefined) throw new RangeError(`unknown token kind: ${kind}`)
  const literal = PUNCTUATION[name]
  if (literal !== undefined) return `'${literal}'`
  return KINDS_BY_WORD.has(name) ? `'${name}'` : name
}
