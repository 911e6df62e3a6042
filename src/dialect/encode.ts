import { MillraceError } from '../spi/index.js'
import type { Dialect, Grammar } from './dialect.js'
import { locationOf, type Piece, type ScannedToken, scan } from './scan.js'

/**
 * The text of a statement as the foreign parser gets it: strings, exact numbers, parameters and quoted names are references
 * to a list, since that parser loses digits, escapes and quotes; forms that it doesn't know are written in one that it does.
 */
export interface EncodedText {
  readonly text: string
  readonly pieces: readonly Piece[]
  /** The offset in the statement of an offset in `text`. */
  originalOffset(offset: number): number
}

const MARK = '\ue000'
const REFERENCE = /^\ue000(\d+)\ue000$/
/** Parameters after LIMIT and the like, where the foreign grammars take numbers only. */
const ROW_COUNT_BASE = 912_345_600_000_000

export const hasReference = (text: string): boolean => text.includes(MARK)

/** The piece that a text of the foreign tree refers to. */
export function referenced(text: string, pieces: readonly Piece[]): Piece | undefined {
  const index = REFERENCE.exec(text)?.[1]
  return index === undefined ? undefined : pieces[Number(index)]
}

/** The parameter that stands where a number of rows does. */
export function referencedRowCount(value: number, pieces: readonly Piece[]): Piece | undefined {
  const piece = pieces[value - ROW_COUNT_BASE]
  return piece?.kind === 'parameter' ? piece : undefined
}

/** An operator of comparisons that MySQL's grammar has and MySQL doesn't: it has no `<=>`. */
export const NULL_SAFE_EQUAL = '@>'

const NAME_QUOTES: { readonly [G in Grammar]: readonly [string, string] } = {
  athena: ['"', '"'],
  bigquery: ['`', '`'],
  db2: ['"', '"'],
  flinksql: ['`', '`'],
  hive: ['`', '`'],
  mariadb: ['`', '`'],
  mysql: ['`', '`'],
  noql: ['"', '"'],
  postgresql: ['"', '"'],
  redshift: ['"', '"'],
  snowflake: ['"', '"'],
  sqlite: ['`', '`'],
  transactsql: ['[', ']'],
}

/** @throws SYNTAX_ERROR, NOT_SUPPORTED */
export function encode(sql: string, dialect: Dialect, grammar: Grammar): EncodedText {
  const tokens = withJoinedStrings(sql, scan(sql, dialect.lexical), dialect)
  refuseMisread(sql, tokens, dialect)
  const replacements = rewrites(tokens, dialect)
  const followers = followed(tokens, dialect)
  const [open, close] = NAME_QUOTES[grammar]
  const pieces: Piece[] = []
  const starts: number[] = []
  const originals: number[] = []
  let text = ''
  tokens.forEach((token, i) => {
    const replacement = replacements.get(i)
    const isGlued = i > 0 && (tokens[i - 1]!.end === token.start || replacement?.isGlued === true)
    if (!isGlued && text !== '') text += ' '
    starts.push(text.length)
    originals.push(token.start)
    if (replacement !== undefined) text += replacement.text
    else if (token.piece === undefined) text += token.text
    else {
      const isFraction =
        token.piece.kind === 'number' && /^percentile_/i.test(tokens[i - 2]?.text ?? '')
      // The grammars take nothing but a number there.
      text += isFraction
        ? token.piece.value
        : reference(token.piece, pieces.length, tokens[i - 1], [open, close])
      pieces.push(token.piece)
    }
    text += followers.get(i) ?? ''
  })
  return {
    text,
    pieces,
    originalOffset(offset) {
      const next = starts.findIndex((start) => start > offset)
      const index = next === -1 ? starts.length - 1 : next - 1
      return index < 0
        ? 0
        : originals[index]! + (starts[index] === offset ? 0 : offset - starts[index]!)
    },
  }
}

/** Strings one after another are one string in MySQL, and in the standard where they stand on different lines. */
function withJoinedStrings(
  sql: string,
  tokens: readonly ScannedToken[],
  dialect: Dialect,
): readonly ScannedToken[] {
  const result: ScannedToken[] = []
  for (const token of tokens) {
    const before = result.at(-1)
    if (before?.piece?.kind !== 'string' || token.piece?.kind !== 'string') {
      result.push(token)
      continue
    }
    const isOne = dialect.pipes === 'or' || sql.slice(before.end, token.start).includes('\n')
    if (!isOne || dialect.name === 'sqlite') {
      throw new MillraceError(
        'NOT_SUPPORTED',
        'A string as the name of a string is not supported',
        {
          location: locationOf(sql, token.start),
        },
      )
    }
    const piece = { kind: 'string' as const, value: before.piece.value + token.piece.value }
    result[result.length - 1] = { ...before, end: token.end, piece }
  }
  return result
}

const ROW_COUNT_WORDS = /^(?:limit|offset|top|first|next)$/i

function reference(
  piece: Piece,
  index: number,
  before: ScannedToken | undefined,
  [open, close]: readonly [string, string],
): string {
  if (piece.kind === 'name') return `${open}${MARK}${index}${MARK}${close}`
  const isRowCount =
    piece.kind === 'parameter' && before !== undefined && ROW_COUNT_WORDS.test(before.text)
  return isRowCount ? String(ROW_COUNT_BASE + index) : `'${MARK}${index}${MARK}'`
}

const isWord = (token: ScannedToken | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toLowerCase() === word

/** What the foreign parser would read as something else. */
function refuseMisread(sql: string, tokens: readonly ScannedToken[], dialect: Dialect): void {
  const refuse = (token: ScannedToken, what: string): never => {
    throw new MillraceError('NOT_SUPPORTED', what, { location: locationOf(sql, token.start) })
  }
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]
    if (
      isWord(token, 'natural') &&
      next?.kind === 'word' &&
      /^(?:join|inner|left|right|full)$/i.test(next.text)
    ) {
      refuse(token, 'NATURAL JOIN is not supported in this dialect: write JOIN … USING')
    }
    if (dialect.name === 'db2' && isDurationUnit(tokens, i) && !isDuration(tokens, i)) {
      // It would be taken to be the alias of a column.
      refuse(token, 'Durations are supported where a whole number is added or subtracted')
    }
    if (token.kind === 'word' && next?.piece?.kind === 'string' && next.start === token.end) {
      refuse(token, `Strings with this prefix are not supported: ${token.text}`)
    }
    if (token.text.includes(MARK)) refuse(token, 'A character that no text has: U+E000')
  })
}

interface Replacement {
  readonly text: string
  /** No blank before it. */
  readonly isGlued?: boolean
}

/** Tokens that are written otherwise for the foreign grammars. */
function rewrites(
  tokens: readonly ScannedToken[],
  dialect: Dialect,
): ReadonlyMap<number, Replacement> {
  const result = new Map<number, Replacement>()
  const open: number[] = []
  tokens.forEach((token, i) => {
    if (token.text === '(') {
      if (isWord(tokens[i - 1], 'filter')) result.set(i, { text: '(', isGlued: true })
      open.push(i)
    } else if (token.text === ')') {
      const call = open.pop()
      if (call !== undefined && /^(?:listagg|string_agg)$/i.test(tokens[call - 1]?.text ?? ''))
        withinGroup(tokens, call, i, result)
    } else if (token.text === '<=>') {
      result.set(i, { text: NULL_SAFE_EQUAL })
    } else if (isWord(token, 'minus') && /^(?:snowflake|redshift|db2|hive)$/.test(dialect.name)) {
      if (isWord(tokens[i + 1], 'select') || tokens[i + 1]?.text === '(')
        result.set(i, { text: 'EXCEPT' })
    }
    if (dialect.name === 'db2' && isDuration(tokens, i + 1)) {
      // d + 10 DAYS
      result.set(i, { text: `INTERVAL '${token.text}'` })
      result.set(i + 1, { text: tokens[i + 1]!.text.replace(/s$/i, '') })
    }
    if (semiJoinAt(tokens, i, dialect) !== undefined) result.set(i + 1, { text: '' })
    if (isWord(token, 'lateral') && isWord(tokens[i + 1], 'view')) {
      if (dialect.name === 'hive') lateralView(tokens, i, result)
    }
    if (isWord(token, 'from') || isWord(token, 'for')) {
      // SUBSTRING(a FROM b FOR c)
      const call = open.at(-1)
      const callee = call === undefined ? undefined : tokens[call - 1]
      if (isWord(callee, 'substring')) result.set(i, { text: ',' })
    } else if (isWord(token, 'fetch') && /^(?:first|next)$/i.test(tokens[i + 1]?.text ?? '')) {
      fetchFirst(tokens, i, result)
    }
  })
  return result
}

const DURATION_UNIT = /^(?:year|month|day|hour|minute|second)s?$/i

/** A unit of Db2's durations behind a value. */
function isDurationUnit(tokens: readonly ScannedToken[], at: number): boolean {
  const [before, unit, after] = [tokens[at - 1], tokens[at], tokens[at + 1]]
  if (unit?.kind !== 'word' || !DURATION_UNIT.test(unit.text) || after?.text === '(') return false
  const isValue = before?.kind === 'integer' || before?.kind === 'piece' || before?.text === ')'
  const isColumn =
    before?.kind === 'word' &&
    /^[+-]$/.test(tokens[at - 2]?.text ?? '') &&
    !/^(?:as|from|select)$/i.test(before.text)
  return isValue || isColumn
}

/** The unit of a duration that is a whole number, after `+` or `-`. */
const isDuration = (tokens: readonly ScannedToken[], at: number): boolean =>
  isDurationUnit(tokens, at) &&
  tokens[at - 1]?.kind === 'integer' &&
  /^[+-]$/.test(tokens[at - 2]?.text ?? '')

/** The functions whose arguments the conditions of Hive's LEFT SEMI JOIN and LEFT ANTI JOIN are to the foreign parser. */
export const SEMI_JOIN = 'millrace_semi_join'
export const ANTI_JOIN = 'millrace_anti_join'

interface SemiJoin {
  readonly name: string
  /** The tokens ON and the last of its condition. */
  readonly on: number
  readonly last: number
}

/** A semi-join that begins with the token LEFT; one without condition stays what no grammar can read. */
function semiJoinAt(
  tokens: readonly ScannedToken[],
  at: number,
  dialect: Dialect,
): SemiJoin | undefined {
  if (dialect.name !== 'hive' || !isWord(tokens[at], 'left')) return undefined
  const word = tokens[at + 1]
  const isAnti = isWord(word, 'anti')
  if (!(isAnti || isWord(word, 'semi')) || !isWord(tokens[at + 2], 'join')) return undefined
  const on = endOf(tokens, at + 3, (next) => isWord(next, 'on') || isClauseAfterJoin(next))
  const last = endOf(tokens, on + 1, isClauseAfterJoin) - 1
  if (!isWord(tokens[on], 'on') || last <= on) return undefined
  return { name: isAnti ? ANTI_JOIN : SEMI_JOIN, on, last }
}

/** What is written behind tokens, so that the foreign grammars see calls of functions. */
function followed(tokens: readonly ScannedToken[], dialect: Dialect): ReadonlyMap<number, string> {
  const result = new Map<number, string>()
  const add = (at: number, text: string) => result.set(at, `${result.get(at) ?? ''}${text}`)
  tokens.forEach((token, i) => {
    const isTried = dialect.name === 'transactsql' && isWord(token, 'try_cast')
    if (isTried && tokens[i + 1]?.text === '(') {
      // TRY_CAST(CAST(a AS b))
      add(i + 1, 'CAST(')
      add(
        endOf(tokens, i + 2, (next) => next.text === ')'),
        ')',
      )
    }
    const semiJoin = semiJoinAt(tokens, i, dialect)
    if (semiJoin === undefined) return
    add(semiJoin.on, ` ${semiJoin.name}(`)
    add(semiJoin.last, ')')
  })
  return result
}

const CLAUSE_AFTER_JOIN =
  /^(?:join|left|right|full|inner|cross|lateral|where|group|having|window|order|sort|cluster|distribute|limit|union|intersect|except|minus|[,;)])$/i
const isClauseAfterJoin = (token: ScannedToken): boolean =>
  token.piece === undefined && CLAUSE_AFTER_JOIN.test(token.text)

/** The first token from a place on that is looked for and in no parentheses that begin there; the end where there is none. */
function endOf(
  tokens: readonly ScannedToken[],
  from: number,
  isEnd: (token: ScannedToken) => boolean,
): number {
  let depth = 0
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i]!
    if (depth === 0 && isEnd(token)) return i
    if (token.text === '(') depth++
    else if (token.text === ')') depth--
  }
  return tokens.length
}

/** LISTAGG(a, b) WITHIN GROUP (ORDER BY c) as STRING_AGG(a, b ORDER BY c). */
function withinGroup(
  tokens: readonly ScannedToken[],
  open: number,
  close: number,
  result: Map<number, Replacement>,
): void {
  const isWithin =
    isWord(tokens[close + 1], 'within') &&
    isWord(tokens[close + 2], 'group') &&
    tokens[close + 3]?.text === '('
  if (!isWithin) return
  const hasSeparator = tokens.slice(open, close).some((token) => token.text === ',')
  result.set(open - 1, { text: 'STRING_AGG' })
  result.set(close, { text: hasSeparator ? '' : ", ''" })
  for (const at of [close + 1, close + 2, close + 3]) result.set(at, { text: '' })
}

/** LATERAL VIEW [OUTER] explode(a) t AS c as a join with UNNEST(a) AS t (c). */
function lateralView(
  tokens: readonly ScannedToken[],
  at: number,
  result: Map<number, Replacement>,
): void {
  const isOuter = isWord(tokens[at + 2], 'outer')
  const call = at + (isOuter ? 3 : 2)
  if (!isWord(tokens[call], 'explode') || tokens[call + 1]?.text !== '(') return
  let depth = 0
  const length = tokens.slice(call + 1).findIndex(({ text }) => {
    if (text === '(') depth++
    else if (text === ')') depth--
    return depth === 0
  })
  const alias = call + length + 2
  const column = alias + 2
  const isNamed =
    length > 0 &&
    tokens[alias]?.kind === 'word' &&
    isWord(tokens[alias + 1], 'as') &&
    tokens[column]?.kind === 'word' &&
    tokens[column + 1]?.text !== ','
  if (!isNamed) return
  result.set(at, { text: isOuter ? 'LEFT JOIN' : 'INNER JOIN' })
  for (let skipped = at + 1; skipped < call; skipped++) result.set(skipped, { text: '' })
  result.set(call, { text: 'UNNEST' })
  result.set(alias, { text: `AS ${tokens[alias]!.text}` })
  result.set(alias + 1, { text: '' })
  result.set(column, { text: `(${tokens[column]!.text}) ON TRUE` })
}

/** FETCH FIRST n ROWS ONLY as LIMIT n, where no OFFSET … ROWS stands before it. */
function fetchFirst(
  tokens: readonly ScannedToken[],
  at: number,
  result: Map<number, Replacement>,
): void {
  const hasCount = tokens[at + 2]?.kind === 'integer'
  const rows = at + (hasCount ? 3 : 2)
  const isFetch = /^rows?$/i.test(tokens[rows]?.text ?? '') && isWord(tokens[rows + 1], 'only')
  if (!isFetch || /^rows?$/i.test(tokens[at - 1]?.text ?? '')) return
  result.set(at, { text: 'LIMIT' })
  result.set(at + 1, { text: hasCount ? '' : '1' })
  result.set(rows, { text: '' })
  result.set(rows + 1, { text: '' })
}
