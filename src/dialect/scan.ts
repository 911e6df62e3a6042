import { MillraceError } from '../spi/index.js'
import type { Lexical } from './dialect.js'

/** A literal, parameter or quoted name of the text. */
export type Piece =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'binary'; readonly value: string }
  /** The number as Trino writes it: `0.5`, `1e3`. */
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  /** Undefined for `?`; a number as text for `$1`. */
  | { readonly kind: 'parameter'; readonly value: string | undefined }

export interface ScannedToken {
  readonly kind: 'word' | 'integer' | 'symbol' | 'piece'
  /** As written; of words too. */
  readonly text: string
  readonly start: number
  readonly end: number
  readonly piece?: Piece
}

const SPACE = /[\s\u00a0\ufeff]+/y
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const NUMBER = /(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?|\d[\d_]*\.(?:[eE][+-]?\d+)?/y
const HEX = /0[xX]([0-9a-fA-F]+)/y
const PARAMETER_NAME = /[\p{L}_][\p{L}\p{N}_]*|\d+/uy
const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
const SYMBOL =
  /<=>|->>|#>>|!~\*|::|<=|>=|<>|!=|==|\|\||&&|->|#>|~\*|!~|<<|>>|:=|@>|<@|=>|[^\s\p{L}\p{N}]/uy

/**
 * Cuts the text of a dialect into tokens, by the dialect's own rules of strings, names and comments. O(text length).
 * @throws SYNTAX_ERROR for what is not closed
 */
export function scan(text: string, lexical: Lexical): readonly ScannedToken[] {
  const tokens: ScannedToken[] = []
  let position = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position
    return pattern.exec(text)
  }
  const add = (kind: ScannedToken['kind'], end: number, piece?: Piece): void => {
    tokens.push({
      kind,
      text: text.slice(position, end),
      start: position,
      end,
      ...(piece === undefined ? {} : { piece }),
    })
    position = end
  }
  while (position < text.length) {
    const space = match(SPACE)
    if (space !== null) {
      position += space[0].length
      continue
    }
    const commentEnd = endOfComment(text, position, lexical)
    if (commentEnd !== undefined) {
      position = commentEnd
      continue
    }
    const quoted = quotedPiece(text, position, lexical)
    if (quoted !== undefined) {
      add('piece', quoted.end, quoted.piece)
      continue
    }
    const parameter = parameterAt(text, position, lexical, tokens.at(-1))
    if (parameter !== undefined) {
      add('piece', parameter.end, parameter.piece)
      continue
    }
    const hex = match(HEX)
    if (hex !== null) {
      const digits = hex[1]!.length % 2 === 0 ? hex[1]! : `0${hex[1]!}`
      add('piece', position + hex[0].length, { kind: 'binary', value: digits.toUpperCase() })
      continue
    }
    const word = match(WORD)
    if (word !== null) {
      add('word', position + word[0].length)
      continue
    }
    const number = numberAt(text, position, tokens.at(-1))
    if (number !== undefined) {
      const plain = number.replaceAll('_', '')
      const isSmall = /^\d{1,15}$/.test(plain)
      if (isSmall) add('integer', position + number.length)
      else add('piece', position + number.length, { kind: 'number', value: withDigits(plain) })
      continue
    }
    add('symbol', position + (match(SYMBOL)?.[0].length ?? 1))
  }
  return tokens
}

/** `.5` and `5.` as `0.5` and `5.0`. */
const withDigits = (number: string): string =>
  number.replace(/^\./, '0.').replace(/\.(?=$|e)/i, '.0')

/** A number, unless it follows a name and a dot, as the 1 of `t.1` would. */
function numberAt(
  text: string,
  position: number,
  before: ScannedToken | undefined,
): string | undefined {
  NUMBER.lastIndex = position
  const number = NUMBER.exec(text)?.[0]
  if (number === undefined) return undefined
  const followsName = before !== undefined && before.end === position && before.kind === 'word'
  return followsName && number.startsWith('.') ? undefined : number
}

const unclosed = (what: string, text: string, position: number): MillraceError =>
  new MillraceError('SYNTAX_ERROR', `${what} is not closed`, {
    location: locationOf(text, position),
  })

/** The line and column of an offset, both from 1; columns count code points. */
export function locationOf(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return { line, column: [...before.slice(lineStart)].length + 1 }
}

function endOfComment(text: string, position: number, lexical: Lexical): number | undefined {
  const toLineEnd = () => {
    const end = text.indexOf('\n', position)
    return end === -1 ? text.length : end
  }
  if (text.startsWith('--', position)) {
    // MySQL reads 5--1 as 5 - (-1): there a comment begins with a blank after its dashes.
    const isMysql =
      lexical.hashComments && lexical.doubleQuotes === 'string' && !lexical.tripleQuotes
    if (!isMysql || /^--(?:\s|$)/.test(text.slice(position, position + 3))) return toLineEnd()
    return undefined
  }
  if (lexical.hashComments && text[position] === '#') return toLineEnd()
  if (!text.startsWith('/*', position)) return undefined
  if (text.startsWith('/*!', position)) {
    throw new MillraceError('NOT_SUPPORTED', 'Comments that MySQL runs are not supported: /*!', {
      location: locationOf(text, position),
    })
  }
  const end = text.indexOf('*/', position + 2)
  if (end === -1) throw unclosed('A comment', text, position)
  return end + 2
}

interface Found {
  readonly end: number
  readonly piece: Piece
}

/** A string or quoted name at a place. */
function quotedPiece(text: string, position: number, lexical: Lexical): Found | undefined {
  const first = text[position]!
  if (first === "'") return stringAt(text, position, lexical.backslashes, lexical)
  if (first === '"') {
    return lexical.doubleQuotes === 'string'
      ? stringAt(text, position, lexical.backslashes, lexical)
      : nameAt(text, position, '"')
  }
  if (first === '`' && lexical.backquotes) return nameAt(text, position, '`')
  if (first === '[' && lexical.brackets) return nameAt(text, position, ']')
  if (first === '$' && lexical.dollarQuotes) return dollarQuoted(text, position)
  const prefix = first.toUpperCase()
  const quote = text[position + 1]
  if (quote !== "'" && !(quote === '"' && lexical.doubleQuotes === 'string')) return undefined
  if (prefix === 'X' || prefix === 'B') {
    const { end, piece } = stringAt(text, position + 1, false, lexical)
    if (prefix === 'X' && /^(?:[0-9a-fA-F]{2})*$/.test(piece.value ?? '')) {
      return { end, piece: { kind: 'binary', value: piece.value!.toUpperCase() } }
    }
    throw new MillraceError(
      'NOT_SUPPORTED',
      `Bit strings and byte strings are not supported: ${text.slice(position, end)}`,
      {
        location: locationOf(text, position),
      },
    )
  }
  if (!lexical.stringPrefixes.includes(prefix)) return undefined
  const escapes = prefix === 'E' || (prefix === 'N' && lexical.backslashes)
  return stringAt(text, position + 1, escapes, lexical)
}

function stringAt(text: string, start: number, backslashes: boolean, lexical: Lexical): Found {
  const quote = text[start]!
  const triple = quote.repeat(3)
  const isTriple = lexical.tripleQuotes && text.startsWith(triple, start)
  const close = isTriple ? triple : quote
  let value = ''
  let position = start + close.length
  for (;;) {
    if (position >= text.length) throw unclosed('A string', text, start)
    if (backslashes && text[position] === '\\') {
      const { character, end } = escaped(text, position)
      value += character
      position = end
    } else if (!text.startsWith(close, position)) {
      value += text[position]!
      position++
    } else if (!isTriple && !lexical.tripleQuotes && text[position + 1] === quote) {
      value += quote
      position += 2
    } else {
      return { end: position + close.length, piece: { kind: 'string', value } }
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
  // In patterns of LIKE these stay escapes.
  '%': '\\%',
  _: '\\_',
}

/** The character that a backslash and what follows it stand for. */
function escaped(text: string, position: number): { character: string; end: number } {
  const coded = /^\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2}))/.exec(
    text.slice(position, position + 10),
  )
  if (coded !== null) {
    const code = Number.parseInt((coded[1] ?? coded[2] ?? coded[3])!, 16)
    return { character: String.fromCodePoint(code), end: position + coded[0].length }
  }
  const next = text[position + 1] ?? ''
  return { character: ESCAPES[next] ?? next, end: position + 2 }
}

function nameAt(text: string, start: number, close: string): Found {
  let value = ''
  for (let position = start + 1; position < text.length; position++) {
    if (text[position] !== close) value += text[position]!
    else if (text[position + 1] === close) {
      value += close
      position++
    } else return { end: position + 1, piece: { kind: 'name', value } }
  }
  throw unclosed('A quoted name', text, start)
}

function dollarQuoted(text: string, position: number): Found | undefined {
  DOLLAR_TAG.lastIndex = position
  const tag = DOLLAR_TAG.exec(text)?.[0]
  if (tag === undefined) return undefined
  const end = text.indexOf(tag, position + tag.length)
  if (end === -1) throw unclosed('A string', text, position)
  return {
    end: end + tag.length,
    piece: { kind: 'string', value: text.slice(position + tag.length, end) },
  }
}

function parameterAt(
  text: string,
  position: number,
  lexical: Lexical,
  before: ScannedToken | undefined,
): Found | undefined {
  const first = text[position]!
  if (first === '?' && !/^\?[|&]/.test(text.slice(position, position + 2))) {
    const digits = /^\d+/.exec(text.slice(position + 1, position + 6))?.[0]
    return {
      end: position + 1 + (digits?.length ?? 0),
      piece: { kind: 'parameter', value: digits },
    }
  }
  if (!lexical.parameters.includes(first)) return undefined
  // `a:b` is a path into a document, `a::b` a cast, `[1:2]` a slice.
  if (first === ':' && (text[position + 1] === ':' || before?.end === position)) return undefined
  PARAMETER_NAME.lastIndex = position + 1
  const name = PARAMETER_NAME.exec(text)?.[0]
  if (name === undefined || text[position + 1] === '@') return undefined
  return { end: position + 1 + name.length, piece: { kind: 'parameter', value: name } }
}
