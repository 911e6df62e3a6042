import { describeTokenKind, type TokenKind } from '../token.js'
import type { Network, State } from './network.js'
import type { Frame } from './prediction.js'
import type { Mismatch, WatchedTokens } from './recognizer.js'

/** Rules that messages name instead of the tokens they can begin with. */
const NAMED_RULES: ReadonlyMap<string, string> = new Map([
  ['expression', '<expression>'],
  ['boolean_expression', '<expression>'],
  ['value_expression', '<expression>'],
  ['primary_expression', '<expression>'],
  ['predicate', '<predicate>'],
  ['identifier', '<identifier>'],
  ['string', '<string>'],
  ['query', '<query>'],
  ['type', '<type>'],
])

export interface Expectation {
  /** The token that the furthest path through the grammar could not take. */
  readonly tokenIndex: number
  /** What could have stood in its place, sorted. */
  readonly expected: readonly string[]
}

interface Position {
  readonly state: State
  readonly tokenIndex: number
  /** Whether a named rule around it has been noted in its place. */
  readonly suppressed: boolean
}

/**
 * Finds what could have come instead of a token: goes from the state of the error along every path
 * that takes tokens of the text, and notes what the furthest ones miss.
 *
 * @source Trino 476, ErrorHandler.Analyzer
 */
export class ExpectationFinder {
  readonly #network: Network
  readonly #states: readonly State[]
  readonly #tokens: WatchedTokens
  readonly #lastToken: number
  readonly #memo = new Map<number, readonly number[]>()
  readonly #expected = new Set<string>()
  #furthest = -1

  constructor(network: Network, states: readonly State[], tokens: WatchedTokens) {
    this.#network = network
    this.#states = states
    this.#tokens = tokens
    this.#lastToken = tokens.last
  }

  find({ state, startIndex, frame }: Mismatch): Expectation {
    const ruleStart = this.#network.rules[state.rule]?.start
    const start = ruleStart !== undefined && reaches(ruleStart, state) ? ruleStart : state
    let ends = this.#process(start, startIndex, false, 0)
    let next: Frame | undefined = frame
    while (ends.length > 0 && next !== undefined && next.invoker !== -1) {
      const transition = this.#states[next.invoker]?.transitions[0]
      if (transition?.type !== 'rule') throw new TypeError(`no call of a rule: ${next.invoker}`)
      const { follow } = transition
      ends = [...new Set(ends.flatMap((end) => this.#process(follow, end, false, 0)))]
      next = next.parent
    }
    return { tokenIndex: this.#furthest, expected: [...this.#expected].sort() }
  }

  /** The tokens before which the rule of a state can end, once started there. */
  #process(
    state: State,
    tokenIndex: number,
    suppressed: boolean,
    precedence: number,
  ): readonly number[] {
    const key = state.index * 2 ** 24 + tokenIndex
    const known = this.#memo.get(key)
    if (known !== undefined) return known
    const ends = new Set<number>()
    const seen = new Set<string>()
    const active: Position[] = [{ state, tokenIndex, suppressed }]
    for (let next = active.pop(); next !== undefined; next = active.pop()) {
      const id = `${next.state.index},${next.tokenIndex},${next.suppressed}`
      if (seen.has(id)) continue
      seen.add(id)
      this.#step(next, precedence, active, ends)
    }
    const result = [...ends]
    this.#memo.set(key, result)
    return result
  }

  #step(position: Position, precedence: number, active: Position[], ends: Set<number>): void {
    const { state, tokenIndex } = position
    let { suppressed } = position
    const named = state.type === 'ruleStart' ? this.#nameOf(state) : undefined
    if (named !== undefined) {
      if (!suppressed) this.#note(tokenIndex, named)
      suppressed = true
    }
    if (state.type === 'ruleStop') {
      ends.add(tokenIndex)
      return
    }
    for (const transition of state.transitions) {
      const { target } = transition
      switch (transition.type) {
        case 'rule': {
          const inner = this.#process(target, tokenIndex, suppressed, transition.precedence)
          for (const end of inner) {
            active.push({ state: transition.follow, tokenIndex: end, suppressed: false })
          }
          break
        }
        case 'precedence':
          if (precedence < transition.precedence)
            active.push({ state: target, tokenIndex, suppressed })
          break
        case 'epsilon':
          active.push({ state: target, tokenIndex, suppressed })
          break
        case 'tokens':
          if (this.#takes(transition.kinds, tokenIndex)) {
            active.push({ state: target, tokenIndex: tokenIndex + 1, suppressed: false })
          } else if (!suppressed) {
            for (const kind of transition.kinds) this.#note(tokenIndex, describeTokenKind(kind))
          }
          break
      }
    }
  }

  /** The last token looked at is never taken: what follows it is not known. */
  #takes(kinds: ReadonlySet<TokenKind>, tokenIndex: number): boolean {
    return tokenIndex < this.#lastToken && kinds.has(this.#tokens.kindAt(tokenIndex))
  }

  #nameOf(state: State): string | undefined {
    return NAMED_RULES.get(this.#network.rules[state.rule]?.name ?? '')
  }

  #note(tokenIndex: number, text: string): void {
    if (tokenIndex < this.#furthest) return
    if (tokenIndex > this.#furthest) {
      this.#expected.clear()
      this.#furthest = tokenIndex
    }
    this.#expected.add(text)
  }
}

/** Tells whether a state can be reached from the start of its rule without a token. */
function reaches(start: State, state: State): boolean {
  const seen = new Set<State>([start])
  const active = [start]
  for (let next = active.pop(); next !== undefined; next = active.pop()) {
    if (next === state) return true
    for (const transition of next.transitions) {
      if (transition.type === 'tokens' || seen.has(transition.target)) continue
      seen.add(transition.target)
      active.push(transition.target)
    }
  }
  return false
}
