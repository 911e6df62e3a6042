import type {
  MeasureDefinition,
  PatternQuantifier,
  PatternSearchMode,
  RowPattern,
  SkipTo,
  SubsetDefinition,
  VariableDefinition,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { parseInteger } from './literal.js'
import { isIdentifierKind, Token } from './token.js'

/** What MATCH_RECOGNIZE and the frame of a row pattern window have in common. */
export interface MatchClauses {
  readonly afterMatchSkipTo?: SkipTo
  readonly patternSearchMode?: PatternSearchMode
  readonly pattern?: RowPattern
  readonly subsets: readonly SubsetDefinition[]
  readonly variableDefinitions: readonly VariableDefinition[]
}

/** `MEASURES expression AS name, …`, or nothing. */
export function parseMeasures(cursor: TokenCursor): MeasureDefinition[] {
  return cursor.accept(Token.MEASURES) ? cursor.list(parseMeasure) : []
}

function parseMeasure(cursor: TokenCursor): MeasureDefinition {
  const location = cursor.location(cursor.index)
  const expression = cursor.rules.expression(cursor)
  cursor.expect(Token.AS)
  return { kind: 'measureDefinition', location, expression, name: cursor.identifier() }
}

/** AFTER MATCH, INITIAL or SEEK, PATTERN, SUBSET, DEFINE, each optional. */
export function parseMatchClauses(cursor: TokenCursor): MatchClauses {
  const skip = cursor.acceptSequence(Token.AFTER, Token.MATCH)
    ? { afterMatchSkipTo: parseSkipTo(cursor) }
    : {}
  const mode = parseSearchMode(cursor)
  const pattern = cursor.accept(Token.PATTERN) ? { pattern: parsePatternInParentheses(cursor) } : {}
  const subsets = cursor.accept(Token.SUBSET) ? cursor.list(parseSubset) : []
  const variableDefinitions = cursor.accept(Token.DEFINE) ? cursor.list(parseVariable) : []
  return { ...skip, ...mode, ...pattern, subsets, variableDefinitions }
}

function parsePatternInParentheses(cursor: TokenCursor): RowPattern {
  cursor.expect(Token.LEFT_PAREN)
  const pattern = parseRowPattern(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return pattern
}

function parseSearchMode(cursor: TokenCursor): { patternSearchMode?: PatternSearchMode } {
  const location = cursor.location(cursor.index)
  if (cursor.accept(Token.INITIAL)) {
    return { patternSearchMode: { kind: 'patternSearchMode', location, mode: 'INITIAL' } }
  }
  if (cursor.accept(Token.SEEK)) {
    return { patternSearchMode: { kind: 'patternSearchMode', location, mode: 'SEEK' } }
  }
  return {}
}

/** `SKIP PAST LAST ROW`, `SKIP TO NEXT ROW`, `SKIP TO FIRST x`, `SKIP TO [LAST] x`. */
function parseSkipTo(cursor: TokenCursor): SkipTo {
  const location = cursor.location(cursor.expect(Token.SKIP))
  if (cursor.accept(Token.PAST)) {
    cursor.expect(Token.LAST)
    cursor.expect(Token.ROW)
    return { kind: 'skipTo', location, position: 'PAST LAST' }
  }
  if (!cursor.accept(Token.TO)) cursor.fail(Token.PAST, Token.TO)
  if (cursor.acceptSequence(Token.NEXT, Token.ROW)) {
    return { kind: 'skipTo', location, position: 'NEXT' }
  }
  // FIRST and LAST may be names of variables themselves
  const qualified = isIdentifierKind(cursor.peek(1)) && !startsAfterSkip(cursor)
  const first = cursor.at(Token.FIRST) && qualified
  if (first || (cursor.at(Token.LAST) && qualified)) cursor.advance()
  const identifier = cursor.identifier()
  return { kind: 'skipTo', location, position: first ? 'FIRST' : 'LAST', identifier }
}

/** Tells whether what follows the current word is what may follow `SKIP TO x`. */
function startsAfterSkip(cursor: TokenCursor): boolean {
  const after = cursor.peek(2)
  switch (cursor.peek(1)) {
    case Token.PATTERN:
      return after === Token.LEFT_PAREN
    case Token.INITIAL:
    case Token.SEEK:
      return after === Token.PATTERN
    default:
      return false
  }
}

function parseSubset(cursor: TokenCursor): SubsetDefinition {
  const location = cursor.location(cursor.index)
  const name = cursor.identifier()
  cursor.expect(Token.EQ)
  const identifiers = cursor.parenthesizedList((inner) => inner.identifier())
  return { kind: 'subsetDefinition', location, name, identifiers }
}

function parseVariable(cursor: TokenCursor): VariableDefinition {
  const location = cursor.location(cursor.index)
  const name = cursor.identifier()
  cursor.expect(Token.AS)
  const expression = cursor.rules.expression(cursor)
  return { kind: 'variableDefinition', location, name, expression }
}

/** `rowPattern`: alternatives of sequences of quantified primaries. */
export function parseRowPattern(cursor: TokenCursor): RowPattern {
  cursor.enter()
  const location = cursor.location(cursor.index)
  let left = parseConcatenation(cursor)
  while (cursor.accept(Token.BAR)) {
    const patterns = [left, parseConcatenation(cursor)]
    left = { kind: 'patternAlternation', location, patterns }
  }
  cursor.leave()
  return left
}

function parseConcatenation(cursor: TokenCursor): RowPattern {
  const location = cursor.location(cursor.index)
  let left = parseQuantifiedPattern(cursor)
  while (startsPatternPrimary(cursor)) {
    const patterns = [left, parseQuantifiedPattern(cursor)]
    left = { kind: 'patternConcatenation', location, patterns }
  }
  return left
}

function startsPatternPrimary(cursor: TokenCursor): boolean {
  switch (cursor.kind) {
    case Token.LEFT_PAREN:
    case Token.CARET:
    case Token.DOLLAR:
    case Token.LEFT_EXCLUSION:
      return true
    default:
      return cursor.atIdentifier
  }
}

function parseQuantifiedPattern(cursor: TokenCursor): RowPattern {
  const location = cursor.location(cursor.index)
  const pattern = parsePatternPrimary(cursor)
  const quantifier = parseQuantifier(cursor)
  if (quantifier === undefined) return pattern
  return { kind: 'quantifiedPattern', location, pattern, quantifier }
}

function parsePatternPrimary(cursor: TokenCursor): RowPattern {
  const location = cursor.location(cursor.index)
  switch (cursor.kind) {
    case Token.LEFT_PAREN: {
      if (cursor.acceptSequence(Token.LEFT_PAREN, Token.RIGHT_PAREN)) {
        return { kind: 'emptyPattern', location }
      }
      return parsePatternInParentheses(cursor)
    }
    case Token.CARET:
      cursor.advance()
      return { kind: 'anchorPattern', location, type: 'PARTITION_START' }
    case Token.DOLLAR:
      cursor.advance()
      return { kind: 'anchorPattern', location, type: 'PARTITION_END' }
    case Token.LEFT_EXCLUSION: {
      cursor.advance()
      const pattern = parseRowPattern(cursor)
      cursor.expect(Token.RIGHT_EXCLUSION)
      return { kind: 'excludedPattern', location, pattern }
    }
    case Token.PERMUTE:
      if (!startsPermutation(cursor)) break
      cursor.advance()
      return {
        kind: 'patternPermutation',
        location,
        patterns: cursor.parenthesizedList(parseRowPattern),
      }
  }
  return { kind: 'patternVariable', location, name: cursor.identifier() }
}

/** `PERMUTE (A, B)`; without a comma PERMUTE is a variable and the parentheses a group after it. */
function startsPermutation(cursor: TokenCursor): boolean {
  if (cursor.peek(1) !== Token.LEFT_PAREN) return false
  const closer = cursor.closerOf(cursor.index + 1)
  for (let i = cursor.index + 2; i < closer; i++) {
    const kind = cursor.kindAt(i)
    if (kind === Token.LEFT_PAREN) i = cursor.closerOf(i)
    else if (kind === Token.COMMA && !isInBraces(cursor, i)) return true
  }
  return false
}

/** Tells whether a comma is that of `{1,2}`, `{,2}` or `{1,}`. */
function isInBraces(cursor: TokenCursor, comma: number): boolean {
  const before = cursor.kindAt(comma - 1) === Token.INTEGER_VALUE ? comma - 2 : comma - 1
  return cursor.kindAt(before) === Token.LEFT_BRACE
}

function parseQuantifier(cursor: TokenCursor): PatternQuantifier | undefined {
  const location = cursor.location(cursor.index)
  const quantifier = (rest: Omit<PatternQuantifier, 'kind' | 'location' | 'greedy'>) => {
    const greedy = !cursor.accept(Token.QUESTION_MARK)
    return { kind: 'patternQuantifier', location, greedy, ...rest } as const
  }
  if (cursor.accept(Token.ASTERISK)) return quantifier({ type: 'ZERO_OR_MORE' })
  if (cursor.accept(Token.PLUS)) return quantifier({ type: 'ONE_OR_MORE' })
  if (cursor.accept(Token.QUESTION_MARK)) return quantifier({ type: 'ZERO_OR_ONE' })
  if (!cursor.accept(Token.LEFT_BRACE)) return undefined
  const atLeast = cursor.at(Token.INTEGER_VALUE) ? parseInteger(cursor).value : undefined
  let atMost = atLeast
  if (atLeast === undefined || !cursor.at(Token.RIGHT_BRACE)) {
    cursor.expect(Token.COMMA)
    atMost = cursor.at(Token.INTEGER_VALUE) ? parseInteger(cursor).value : undefined
  }
  cursor.expect(Token.RIGHT_BRACE)
  return quantifier({
    type: 'RANGE',
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  })
}
