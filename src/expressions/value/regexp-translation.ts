import { posixClass, propertyClass } from './regexp-property.js'

/** A pattern in JavaScript's syntax, flag u, or v where classes are nested. */
export interface TranslatedPattern {
  readonly regexp: RegExp
  /** Entry n is the group of `regexp` that group n of the pattern has become. */
  readonly groups: readonly number[]
}

/** How the translation writes what JavaScript has no sign for; whoever reads it takes them for what they mean. */
const WORD = '[\\p{L}\\p{M}\\p{N}\\p{Pc}]'
export const ASSERTION_TEXTS = {
  end: '(?![\\s\\S])',
  finalEnd: '(?=\\n?(?![\\s\\S]))',
  lineStart: '(?<![^\\n])',
  lineEnd: '(?![^\\n])',
  boundary: `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`,
  noBoundary: `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`,
} as const

interface Flags {
  readonly ignoreCase: boolean
  readonly multiLine: boolean
  readonly dotAll: boolean
  readonly extended: boolean
}

interface Translation {
  readonly pattern: string
  at: number
  flags: Flags
  /** All groups are named, since atomic groups, which JavaScript lacks, need groups of their own. */
  readonly namesGroups: boolean
  /** Names of the pattern's groups, by number. */
  readonly names: string[]
  readonly userNames: Set<string>
  atomics: number
  backReferences: number
  /** Some class has others inside of it, for which JavaScript has flag v only. */
  nestsClasses: boolean
}

/** A part of the translation, and how many characters it matches; undefined where that varies. */
interface Piece {
  readonly text: string
  readonly width: number | undefined
  /** A quantifier may follow it as it is. */
  readonly isAtom: boolean
}

const fail = (what: string): never => {
  throw new SyntaxError(what)
}

const INLINE_FLAGS = /^\(\?([imsx]*)(?:-([imsx]*))?([:)])/
const NO_FLAGS: Flags = { ignoreCase: false, multiLine: false, dotAll: false, extended: false }

/**
 * Translates a pattern of Java's syntax as Joni reads it. Shorthand classes are ASCII, named ones and word boundaries
 * Unicode.
 * @throws SyntaxError for what is no pattern, and for what JavaScript cannot express
 * @source Joni Syntax.Java, Lexer, Parser
 */
export function translatePattern(pattern: string): TranslatedPattern {
  // Where case is ignored everywhere, JavaScript's own flag does it, with all of Unicode's foldings.
  const leading = INLINE_FLAGS.exec(pattern)
  const isLeading = leading !== null && leading[3] === ')' && leading[2] === undefined
  const rest = isLeading ? pattern.slice(leading[0].length) : pattern
  const isUniform =
    isLeading &&
    leading[1]!.includes('i') &&
    !/\(\?[imsx]*-?[imsx]+[:)]/.test(rest) &&
    // Outside of classes a property is of the character as it is written: `(?i)\p{Lu}` is no `a`.
    !/\\[pP]/.test(rest.replaceAll(/\[[^\]]*\]/g, ''))
  const state: Translation = {
    pattern,
    at: isUniform ? leading[0].length : 0,
    flags: isUniform ? { ...withFlags(NO_FLAGS, leading[1]!, true), ignoreCase: false } : NO_FLAGS,
    namesGroups: /\(\?>|[*+?}]\+/.test(pattern),
    names: [''],
    userNames: new Set(),
    atomics: 0,
    backReferences: 0,
    nestsClasses: false,
  }
  const translated = alternatives(state).text
  if (state.at < pattern.length) fail('unmatched parenthesis')
  if (state.backReferences >= state.names.length) fail('reference to no group')
  const text = translated.replace(/\\k<@(\d+)>/g, (_, n) => `\\k<${state.names[Number(n)]}>`)
  const mode = state.nestsClasses ? 'v' : 'u'
  const regexp = new RegExp(text, isUniform ? `gi${mode}` : `g${mode}`)
  const order = state.namesGroups
    ? Array.from(text.matchAll(/\(\?<([A-Za-z_]\w*)>/g), (match) => match[1]!)
    : state.names.slice(1)
  return { regexp, groups: state.names.map((name, i) => (i === 0 ? 0 : order.indexOf(name) + 1)) }
}

function withFlags(flags: Flags, letters: string, on: boolean): Flags {
  return {
    ignoreCase: letters.includes('i') ? on : flags.ignoreCase,
    multiLine: letters.includes('m') ? on : flags.multiLine,
    dotAll: letters.includes('s') ? on : flags.dotAll,
    extended: letters.includes('x') ? on : flags.extended,
  }
}

function alternatives(state: Translation): {
  readonly text: string
  readonly widths: readonly (number | undefined)[]
} {
  const parts = [sequence(state)]
  while (state.pattern[state.at] === '|') {
    state.at++
    parts.push(sequence(state))
  }
  return { text: parts.map((p) => p.text).join('|'), widths: parts.map((p) => p.width) }
}

function sequence(state: Translation): Piece {
  let text = ''
  let width: number | undefined = 0
  for (;;) {
    skipExtended(state)
    const next = state.pattern[state.at]
    if (next === undefined || next === '|' || next === ')') break
    const piece = quantified(state)
    text += piece.text
    width = width === undefined || piece.width === undefined ? undefined : width + piece.width
  }
  return { text, width, isAtom: false }
}

/** Comments, and with flag x white space, mean nothing. */
function skipExtended(state: Translation): void {
  const { pattern } = state
  const skipped = state.flags.extended ? /(?:\s+|#[^\n]*|\(\?#[^)]*\))+/y : /(?:\(\?#[^)]*\))+/y
  skipped.lastIndex = state.at
  if (skipped.test(pattern)) state.at = skipped.lastIndex
}

const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})([?+]?)/y

function quantified(state: Translation): Piece {
  let piece = atom(state)
  for (;;) {
    skipExtended(state)
    QUANTIFIER.lastIndex = state.at
    const match = QUANTIFIER.exec(state.pattern)
    if (match === null) return piece
    state.at = QUANTIFIER.lastIndex
    const [, symbol, low, comma, high, suffix] = match
    if (high !== undefined && high !== '' && Number(high) < Number(low)) fail('repeat range')
    const base = piece.isAtom ? piece.text : `(?:${piece.text})`
    const text = `${base}${symbol ?? `{${low}${comma}${high}}`}${suffix === '?' ? '?' : ''}`
    const times = symbol === undefined && comma === '' ? Number(low) : undefined
    const width = times === undefined || piece.width === undefined ? undefined : times * piece.width
    piece = { text: suffix === '+' ? atomic(state, text) : text, width, isAtom: suffix === '+' }
  }
}

/** What has matched is not tried again: a lookahead keeps its first match, and a reference takes it. */
function atomic(state: Translation, text: string): string {
  const name = `_atomic${state.atomics++}`
  return `(?:(?=(?<${name}>${text}))\\k<${name}>)`
}

const one = (text: string): Piece => ({ text, width: 1, isAtom: true })
const nothing = (text: string): Piece => ({ text, width: 0, isAtom: false })

function atom(state: Translation): Piece {
  const { pattern, flags } = state
  const character = String.fromCodePoint(pattern.codePointAt(state.at)!)
  switch (character) {
    case '\\':
      return escapeSequence(state)
    case '[':
      return one(characterClass(state))
    case '(':
      return group(state)
    case '*':
    case '+':
    case '?':
      return fail('nothing to repeat')
    case '{':
      if (/^\{\d+(?:,\d*)?\}/.test(pattern.slice(state.at, state.at + 30)))
        fail('nothing to repeat')
      break
    case '.':
      state.at++
      return one(flags.dotAll ? '[\\s\\S]' : '[^\\n]')
    case '^':
      state.at++
      return nothing(flags.multiLine ? ASSERTION_TEXTS.lineStart : '^')
    case '$':
      state.at++
      return nothing(flags.multiLine ? ASSERTION_TEXTS.lineEnd : ASSERTION_TEXTS.finalEnd)
  }
  state.at += character.length
  return one(literal(state, character.codePointAt(0)!))
}

/** A character as JavaScript reads it anywhere, in classes too. */
const written = (code: number): string => {
  const text = String.fromCodePoint(code)
  return /[A-Za-z0-9]/.test(text) ? text : `\\u{${code.toString(16)}}`
}

/** A character and, where case is ignored, what it is in upper and lower case. */
function caseVariants({ flags }: Translation, code: number): readonly number[] {
  if (!flags.ignoreCase) return [code]
  const text = String.fromCodePoint(code)
  const variants = [text, text.toLowerCase(), text.toUpperCase()].filter((v) => [...v].length === 1)
  return [...new Set(variants.map((variant) => variant.codePointAt(0)!))]
}

function literal(state: Translation, code: number): string {
  const variants = caseVariants(state, code)
  return variants.length === 1 ? written(code) : `[${variants.map(written).join('')}]`
}

function group(state: Translation): Piece {
  const rest = state.pattern.slice(state.at, state.at + 200)
  const outer = state.flags
  const inline = INLINE_FLAGS.exec(rest)
  if (inline !== null && (inline[1] !== '' || inline[2] !== undefined)) {
    state.at += inline[0].length
    state.flags = withFlags(withFlags(outer, inline[1]!, true), inline[2] ?? '', false)
    // Without a colon the flags hold for the rest of the group around, alternatives included.
    const body = alternatives(state)
    if (inline[3] === ':') close(state)
    state.flags = outer
    return { text: `(?:${body.text})`, width: sameWidth(body.widths), isAtom: true }
  }
  const opening = /^\((?:\?(?:[:>=!]|<[=!]|<([A-Za-z_]\w*)>))?/.exec(rest)!
  if (opening[0] === '(' && rest[1] === '?') fail('undefined group option')
  state.at += opening[0].length
  const kind = opening[0]
  const open = kind === '(' || opening[1] !== undefined ? capture(state, opening[1]) : kind
  const body = alternatives(state)
  close(state)
  state.flags = outer
  const width = sameWidth(body.widths)
  if (kind === '(?>') return { text: atomic(state, body.text), width, isAtom: true }
  if (kind === '(?=' || kind === '(?!') return nothing(`${open}${body.text})`)
  if (kind === '(?<=' || kind === '(?<!') {
    if (body.widths.includes(undefined)) fail('look-behind of varying length')
    return nothing(`${open}${body.text})`)
  }
  return { text: `${open}${body.text})`, width, isAtom: true }
}

const sameWidth = (widths: readonly (number | undefined)[]): number | undefined =>
  widths.every((width) => width === widths[0]) ? widths[0] : undefined

function close(state: Translation): void {
  if (state.pattern[state.at] !== ')') fail('unmatched parenthesis')
  state.at++
}

function capture(state: Translation, userName: string | undefined): string {
  if (userName !== undefined) {
    if (state.userNames.has(userName)) fail('name of two groups')
    state.userNames.add(userName)
  }
  const name = userName ?? `_${state.names.length}`
  state.names.push(name)
  return state.namesGroups || userName !== undefined ? `(?<${name}>` : '('
}

const SHORTHANDS: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[0-9A-Z_a-z]',
  W: '[^0-9A-Z_a-z]',
  s: '[ \\t-\\r]',
  S: '[^ \\t-\\r]',
}
const CONTROLS: Readonly<Record<string, number>> = {
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  a: 7,
  e: 27,
}

function escapeSequence(state: Translation): Piece {
  const { pattern } = state
  const next = pattern[state.at + 1]
  switch (next) {
    case 'A':
      state.at += 2
      return nothing('^')
    case 'z':
      state.at += 2
      return nothing(ASSERTION_TEXTS.end)
    case 'Z':
      state.at += 2
      return nothing(ASSERTION_TEXTS.finalEnd)
    case 'b':
      state.at += 2
      return nothing(ASSERTION_TEXTS.boundary)
    case 'B':
      state.at += 2
      return nothing(ASSERTION_TEXTS.noBoundary)
    case 'G':
      state.at += 2
      return nothing('(?:)')
    case 'Q':
      return quoted(state)
  }
  const reference = /^\\(?:([1-9]\d*)|k(?:<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'))/.exec(
    pattern.slice(state.at, state.at + 200),
  )
  if (reference !== null && !isOctal(state, reference[1])) return backReference(state, reference)
  const set = classEscape(state)
  if (typeof set !== 'string') return one(literal(state, set))
  if (/\[.*\[/.test(set)) state.nestsClasses = true
  return one(set)
}

/** Digits that name no group so far are a character in base 8, where they can be. */
const isOctal = (state: Translation, digits: string | undefined): boolean =>
  digits !== undefined && /^[0-7]{2,3}$/.test(digits) && Number(digits) >= state.names.length

function backReference(state: Translation, match: RegExpExecArray): Piece {
  state.at += match[0].length
  const [, digits, angle, quote] = match
  const name = angle ?? quote
  if (name !== undefined) return { text: `\\k<${name}>`, width: undefined, isAtom: true }
  const number = Number(digits)
  state.backReferences = Math.max(state.backReferences, number)
  // Names are known at the end: a reference may come before its group.
  const text = state.namesGroups ? `\\k<@${number}>` : `(?:\\${number})`
  return { text, width: undefined, isAtom: true }
}

function quoted(state: Translation): Piece {
  const { pattern, at } = state
  const end = pattern.indexOf('\\E', at)
  const characters = [...pattern.slice(at + 2, end < 0 ? undefined : end)]
  state.at = end < 0 ? pattern.length : end + 2
  const text = characters.map((c) => literal(state, c.codePointAt(0)!)).join('')
  return { text, width: characters.length, isAtom: false }
}

/** An escape that stands for a set, as an operand of a class, or for one character, as its code. */
function classEscape(state: Translation): string | number {
  const { pattern, at } = state
  const rest = pattern.slice(at, at + 200)
  const next = rest[1]
  if (next === undefined) return fail('escape at the end')
  const property = /^\\([pP])(?:\{([^}]*)\}|([A-Za-z]))/.exec(rest)
  if (property !== null) {
    state.at += property[0].length
    const set = propertyClass(property[2] ?? property[3]!) ?? fail('property name')
    if (property[1] === 'p') return set
    return set.startsWith('\\p') ? set.replace('\\p', '\\P') : `[^${set}]`
  }
  const shorthand = SHORTHANDS[next]
  if (shorthand !== undefined) {
    state.at += 2
    return shorthand
  }
  const number =
    /^\\(?:x\{([0-9a-fA-F]{1,8})\}|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/.exec(
      rest,
    )
  if (number !== null) {
    state.at += number[0].length
    const hex = number[1] ?? number[2] ?? number[3]
    const code = hex === undefined ? Number.parseInt(number[4]!, 8) : Number.parseInt(hex, 16)
    return code > 0x10ffff ? fail('code point') : code
  }
  const control = /^\\c([\0-\x7f])/.exec(rest)
  if (control !== null) {
    state.at += 3
    return control[1]!.charCodeAt(0) & 0x1f
  }
  const code = CONTROLS[next] ?? pattern.codePointAt(at + 1)!
  state.at += code > 0xffff ? 3 : 2
  return code
}

/** A class, with its nested ones and intersections. */
function characterClass(state: Translation): string {
  const { pattern } = state
  state.at++
  const negation = pattern[state.at] === '^' ? '^' : ''
  state.at += negation.length
  const operands: string[] = []
  let items = ''
  for (let isFirst = true; ; isFirst = false) {
    if (state.at >= pattern.length) fail('premature end of a class')
    if (pattern[state.at] === ']' && !isFirst) break
    if (pattern.startsWith('&&', state.at)) {
      state.at += 2
      operands.push(`[${items}]`)
      items = ''
    } else items += operand(state, classItem(state))
  }
  state.at++
  if (operands.length === 0) return `[${negation}${items}]`
  state.nestsClasses = true
  return `[${negation}${[...operands, `[${items}]`].join('&&')}]`
}

/** An item without brackets of its own, where it can be. */
function operand(state: Translation, item: string): string {
  const flat = /^\[((?:[^[\]^\\]|\\[^[\]])(?:[^[\]\\]|\\[^[\]])*)\]$/.exec(item)
  if (flat !== null) return flat[1]!
  if (item.startsWith('[')) state.nestsClasses = true
  return item
}

function classItem(state: Translation): string {
  const { pattern } = state
  const posix = /^\[:(\^?)(\w+):\]/.exec(pattern.slice(state.at, state.at + 40))
  if (posix !== null) {
    state.at += posix[0].length
    const set = posixClass(posix[2]!) ?? fail('POSIX bracket type')
    return posix[1] === '^' ? `[^${set}]` : set
  }
  if (pattern[state.at] === '[') return characterClass(state)
  if (pattern.startsWith('\\Q', state.at)) return quotedItems(state)
  const low = classCharacter(state)
  if (typeof low === 'string') return low
  const isRange = pattern[state.at] === '-' && !/^-(?:\]|$)/.test(pattern.slice(state.at))
  if (!isRange || pattern.startsWith('-[', state.at) || pattern.startsWith('-&&', state.at)) {
    return caseVariants(state, low).map(written).join('')
  }
  state.at++
  const high = classCharacter(state)
  if (typeof high === 'string') return fail('class at the end of a range')
  if (high < low) return fail('empty range')
  return range(state, low, high)
}

/** Larger ranges are those of scripts without case. */
const MAX_CASED_RANGE = 2048

function range(state: Translation, low: number, high: number): string {
  const text = `${written(low)}-${written(high)}`
  if (!state.flags.ignoreCase || high - low > MAX_CASED_RANGE) return text
  const others = new Set<number>()
  for (let code = low; code <= high; code++) {
    for (const variant of caseVariants(state, code)) {
      if (variant < low || variant > high) others.add(variant)
    }
  }
  return text + [...others].map(written).join('')
}

function quotedItems(state: Translation): string {
  const { pattern, at } = state
  const end = pattern.indexOf('\\E', at)
  if (end < 0) return fail('premature end of a class')
  state.at = end + 2
  return [...pattern.slice(at + 2, end)]
    .flatMap((c) => caseVariants(state, c.codePointAt(0)!))
    .map(written)
    .join('')
}

function classCharacter(state: Translation): string | number {
  if (state.pattern[state.at] === '\\') {
    if (state.pattern[state.at + 1] === 'b') {
      state.at += 2
      return 8
    }
    return classEscape(state)
  }
  const code = state.pattern.codePointAt(state.at)
  if (code === undefined) return fail('premature end of a class')
  state.at += code > 0xffff ? 2 : 1
  return code
}
