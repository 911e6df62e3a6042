import { expect, test } from 'vitest'
import { formatStatement } from '../../../../src/planner/parser/format/format.js'
import { tokenize } from '../../../../src/planner/parser/lexer.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { splitStatements } from '../../../../src/planner/parser/splitter.js'
import { describeTokenKind, TOKEN_KIND_COUNT } from '../../../../src/planner/parser/token.js'
import { MillraceError } from '../../../../src/spi/error.js'
import { recordedStatements } from './recorded.js'
import { STATEMENTS } from './statements.js'

/** A linear congruential generator: enough for mutations, and the same everywhere. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

const CORPUS = [...STATEMENTS, ...recordedStatements]

/** Words and punctuation of the grammar, and texts that are hard on a lexer. */
const SNIPPETS = [
  ...Array.from({ length: TOKEN_KIND_COUNT }, (_, kind) => describeTokenKind(kind)).flatMap(
    (text) => (text.startsWith("'") ? [text.slice(1, -1)] : []),
  ),
  ...[
    "'",
    '"',
    '`',
    '/*',
    '*/',
    '--',
    '$$',
    '\n',
    '\\',
    '@',
    '😀',
    '\ud800',
    '\0',
    '1x',
    '1e',
    '0x',
  ],
  ...["'a'", '"a"', "U&'\\00", "X'0", '1', '1.5', '1e5', 'x', '?', '((', '))', ')', ', ', '.*'],
]

function pick<T>(items: readonly T[], random: (bound: number) => number): T {
  const item = items[random(items.length)]
  if (item === undefined) throw new RangeError('nothing to pick from')
  return item
}

/** Deletes, doubles, replaces or moves tokens, or splices the statement with another. */
function mutate(sql: string, random: (bound: number) => number): string {
  const { text, tokenCount, starts, ends } = tokenize(sql)
  const at = random(tokenCount)
  const [start = 0, end = 0] = [starts[at], ends[at]]
  const before = text.slice(0, start)
  const after = text.slice(end)
  switch (random(7)) {
    case 0:
      return before + after
    case 1:
      return `${before}${text.slice(start, end)} ${text.slice(start)}`
    case 2:
      return `${before}${pick(SNIPPETS, random)} ${after}`
    case 3:
      return `${before} ${pick(SNIPPETS, random)} ${text.slice(start)}`
    case 4:
      return before
    case 5:
      return before + pick(CORPUS, random).slice(random(20))
    default: {
      const cut = random(text.length + 1)
      return text.slice(0, cut) + pick(SNIPPETS, random) + text.slice(cut + random(3))
    }
  }
}

test('mutated statements parse and round-trip, or are syntax errors with a place', () => {
  const seed = Number(process.env['MILLRACE_FUZZ_SEED'] ?? Date.now() % 2 ** 31)
  const random = randomOf(seed)
  let parsed = 0
  for (let i = 0; i < 20_000; i++) {
    let sql = pick(CORPUS, random)
    for (let count = 1 + random(3); count > 0; count--) sql = mutate(sql, random)
    const where = `seed ${seed}, case ${i}: ${sql}`
    try {
      const text = formatStatement(parseStatement(sql))
      expect(formatStatement(parseStatement(text)), where).toBe(text)
      parsed++
    } catch (error) {
      if (!(error instanceof MillraceError)) throw new Error(where, { cause: error })
      expect(error.code, where).toBe('SYNTAX_ERROR')
      expect(error.location?.line, where).toBeGreaterThan(0)
      expect(error.location?.column, where).toBeGreaterThan(0)
    }
    const pieces = splitStatements(sql)
    expect(
      pieces.map((piece) => sql.slice(piece.start, piece.end)),
      where,
    ).toEqual(pieces.map((piece) => piece.sql))
  }
  expect(parsed).toBeGreaterThan(1000)
})
