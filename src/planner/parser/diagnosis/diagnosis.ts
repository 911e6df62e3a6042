import { NON_RESERVED_KEYWORDS } from '../keywords.js'
import type { TokenList } from '../lexer.js'
import type { ParseGoal } from '../parse-goal.js'
import { Token } from '../token.js'
import { type Expectation, ExpectationFinder } from './expectation.js'
import { EXPRESSION_RULES } from './grammar/expression.js'
import { QUERY_RULES } from './grammar/query.js'
import { STATEMENT_RULES } from './grammar/statement.js'
import { readGrammar } from './grammar-reader.js'
import { Lookahead } from './lookahead.js'
import { buildNetwork, type Network, type State } from './network.js'
import { DiagnosisTooCostly, Predictor } from './prediction.js'
import { ForbiddenIdentifier, Recognizer, Unrecognized, WatchedTokens } from './recognizer.js'
import { StackGraphs } from './stack-graph.js'

/** What is wrong with a text, as Trino would say it. */
export type Diagnosis =
  | { readonly type: 'mismatch'; readonly tokenIndex: number; readonly expectation: Expectation }
  | { readonly type: 'forbiddenIdentifier'; readonly tokenIndex: number }

interface Machinery {
  readonly network: Network
  readonly states: readonly State[]
  readonly lookahead: Lookahead
  readonly predictor: Predictor
}

const GOAL_RULES: Readonly<Record<ParseGoal, string>> = {
  statement: 'single_statement',
  expression: 'standalone_expression',
  type: 'standalone_type',
  'path specification': 'standalone_path_specification',
  'row pattern': 'standalone_row_pattern',
}

/** Longer texts are not walked through again: the parser's own finding has to do. */
const TOKEN_COUNT_MAX = 50_000

let machinery: Machinery | undefined

/** Built at the first error, and kept with the automata that predictions fill. */
function machineryOf(): Machinery {
  machinery ??= build()
  return machinery
}

function build(): Machinery {
  const words = `non_reserved : ${NON_RESERVED_KEYWORDS.join(' | ')} ;`
  const grammar = readGrammar(QUERY_RULES + EXPRESSION_RULES + STATEMENT_RULES + words)
  const network = buildNetwork(grammar)
  const states = statesOf(network)
  const predictor = new Predictor(states, new StackGraphs())
  return { network, states, lookahead: new Lookahead(), predictor }
}

function statesOf(network: Network): readonly State[] {
  const states: State[] = []
  const active = network.rules.flatMap(({ start, stop }) => [start, stop])
  for (let next = active.pop(); next !== undefined; next = active.pop()) {
    if (states[next.index] !== undefined) continue
    states[next.index] = next
    for (const transition of next.transitions) {
      active.push(transition.target)
      if (transition.type === 'rule') active.push(transition.follow)
    }
  }
  return states
}

/** Tells whether a token can't be an identifier though the grammar lets it stand for one. */
function isForbidden(tokens: TokenList, index: number): boolean {
  const kind = tokens.kinds[index]
  if (kind === Token.QUOTED_IDENTIFIER) {
    return (tokens.ends[index] ?? 0) - (tokens.starts[index] ?? 0) === 2
  }
  return kind === Token.BACKQUOTED_IDENTIFIER || kind === Token.DIGIT_IDENTIFIER
}

/**
 * Finds the error that Trino reports for a text, by walking through it as Trino's parser does.
 * Undefined where the text has none, or is too long or too ambiguous for the walk.
 */
export function diagnose(tokens: TokenList, goal: ParseGoal): Diagnosis | undefined {
  if (tokens.tokenCount > TOKEN_COUNT_MAX) return undefined
  const { network, states, lookahead, predictor } = machineryOf()
  const goalRule = network.ruleIndexes.get(GOAL_RULES[goal]) ?? -1
  const watched = new WatchedTokens(tokens.kinds)
  const forbids = (index: number): boolean => isForbidden(tokens, index)
  predictor.resetSteps()
  try {
    new Recognizer(network, lookahead, predictor, watched, goalRule, forbids).run()
    return undefined
  } catch (error) {
    if (error instanceof ForbiddenIdentifier) {
      return { type: 'forbiddenIdentifier', tokenIndex: error.tokenIndex }
    }
    if (error instanceof DiagnosisTooCostly) return undefined
    if (!(error instanceof Unrecognized)) throw error
    const { mismatch } = error
    const expectation = new ExpectationFinder(network, states, watched).find(mismatch)
    return { type: 'mismatch', tokenIndex: mismatch.tokenIndex, expectation }
  }
}
