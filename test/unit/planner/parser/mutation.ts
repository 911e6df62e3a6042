import { NON_RESERVED_KEYWORDS } from '../../../../src/planner/parser/keywords.js'
import { tokenize } from '../../../../src/planner/parser/lexer.js'
import {
  describeTokenKind,
  isIdentifierKind,
  TOKEN_KIND_COUNT,
} from '../../../../src/planner/parser/token.js'
import { recordedStatements } from './recorded.js'
import { STATEMENTS } from './statements.js'

/** A whole number below a bound. */
export type Random = (bound: number) => number

/** A linear congruential generator: enough for mutations, and the same everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** The seed to use: MILLRACE_FUZZ_SEED, to look further than the runs that are the same each time. */
export function fuzzSeed(): number {
  return Number(process.env['MILLRACE_FUZZ_SEED'] ?? 1)
}

/** How many statements to mutate: MILLRACE_FUZZ_RUNS, or a number that takes a few seconds. */
export function fuzzRuns(usual: number): number {
  return Number(process.env['MILLRACE_FUZZ_RUNS'] ?? usual)
}

const CORPUS = [...STATEMENTS, ...recordedStatements]

/** Words and punctuation of the grammar, and texts that are hard on a lexer. */
const SNIPPETS = [
  ...Array.from({ length: TOKEN_KIND_COUNT }, (_, kind) => describeTokenKind(kind)).flatMap(
    (text) => (text.startsWith("'") ? [text.slice(1, -1)] : []),
  ),
  ...["'", '"', '`', '/*', '*/', '--', '$$', '\n', '\\', '@', '😀', '\ud800', '\0', '1x', '1e'],
  ...["'a'", '"a"', "U&'\\00", "X'0", '1', '1.5', '1e5', 'x', '?', '((', '))', ')', ', ', '.*'],
]

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[random(items.length)]
  if (item === undefined) throw new RangeError('nothing to pick from')
  return item
}

/** A statement with one to three mutations, or two or three names that are keywords instead. */
export function mutatedStatement(random: Random): string {
  let sql = pick(CORPUS, random)
  const mutation = random(2) === 0 ? mutate : renameToKeyword
  for (let count = 1 + random(3); count > 0; count--) sql = mutation(sql, random)
  return sql
}

/** Deletes, doubles, replaces or moves tokens, or splices the statement with another. */
function mutate(sql: string, random: Random): string {
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

/** Puts a keyword in the place of a name or before it: where it is a name and where it isn't. */
function renameToKeyword(sql: string, random: Random): string {
  const { tokenCount, kinds, starts, ends } = tokenize(sql)
  const names = Array.from({ length: tokenCount }, (_, index) => index).filter((index) => {
    return isIdentifierKind(kinds[index] ?? 0)
  })
  if (names.length === 0) return sql
  const at = pick(names, random)
  const rest = random(6) === 0 ? ` ${sql.slice(starts[at])}` : sql.slice(ends[at])
  return sql.slice(0, starts[at]) + pick(NON_RESERVED_KEYWORDS, random) + rest
}
