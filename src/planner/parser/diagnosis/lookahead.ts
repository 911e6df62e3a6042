import type { TokenKind } from '../token.js'
import type { State, Transition } from './network.js'

/** Tokens that can come next, and whether the end of the rule can. */
export interface NextTokens {
  readonly kinds: ReadonlySet<TokenKind>
  readonly endsRule: boolean
}

interface Look {
  readonly kinds: Set<TokenKind>
  endsRule: boolean
  /** Whether a precedence decides about some of the tokens. */
  depends: boolean
}

interface Return {
  readonly state: State
  readonly parent: Return | undefined
}

/** One-token lookahead, computed once a state. */
export class Lookahead {
  readonly #nextTokens = new Map<State, NextTokens>()
  readonly #choices = new Map<State, readonly ReadonlySet<TokenKind>[] | undefined>()

  /**
   * The tokens that can follow a state within its rule.
   *
   * @source ANTLR's LL1Analyzer.LOOK without context
   */
  nextTokens(state: State): NextTokens {
    let known = this.#nextTokens.get(state)
    if (known === undefined) {
      const look: Look = { kinds: new Set(), endsRule: false, depends: false }
      explore(state, undefined, look, new Set(), new Set(), false)
      known = look
      this.#nextTokens.set(state, known)
    }
    return known
  }

  /**
   * The tokens that choose each alternative of a decision, where one token is enough: where no two
   * alternatives share one and no precedence plays in. Undefined where more must be looked at.
   *
   * @source ANTLR's LL1Analyzer.getDecisionLookahead and AnalysisPipeline.disjoint
   */
  choices(decision: State): readonly ReadonlySet<TokenKind>[] | undefined {
    if (!this.#choices.has(decision)) this.#choices.set(decision, computeChoices(decision))
    return this.#choices.get(decision)
  }
}

function computeChoices(decision: State): readonly ReadonlySet<TokenKind>[] | undefined {
  const seen = new Set<TokenKind>()
  const choices: ReadonlySet<TokenKind>[] = []
  for (const { target } of decision.transitions) {
    const look: Look = { kinds: new Set(), endsRule: false, depends: false }
    explore(target, undefined, look, new Set(), new Set(), true)
    if (look.depends || look.kinds.size === 0) return undefined
    for (const kind of look.kinds) {
      if (seen.has(kind)) return undefined
      seen.add(kind)
    }
    choices.push(look.kinds)
  }
  return choices
}

/**
 * Collects the first tokens after a state. `followsCallers` goes on after the end of the rule at
 * every place that calls it; otherwise the look notes that end.
 */
function explore(
  state: State,
  returns: Return | undefined,
  look: Look,
  busy: Set<string>,
  called: Set<number>,
  followsCallers: boolean,
): void {
  const key = keyOf(state, returns)
  if (busy.has(key)) return
  busy.add(key)
  if (state.type === 'ruleStop') {
    if (returns !== undefined) {
      const wasCalled = called.delete(state.rule)
      explore(returns.state, returns.parent, look, busy, called, followsCallers)
      if (wasCalled) called.add(state.rule)
      return
    }
    if (!followsCallers) {
      look.endsRule = true
      return
    }
  }
  for (const transition of state.transitions) {
    exploreTransition(transition, returns, look, busy, called, followsCallers)
  }
}

function exploreTransition(
  transition: Transition,
  returns: Return | undefined,
  look: Look,
  busy: Set<string>,
  called: Set<number>,
  followsCallers: boolean,
): void {
  switch (transition.type) {
    case 'tokens':
      for (const kind of transition.kinds) look.kinds.add(kind)
      return
    case 'rule': {
      const { rule } = transition.target
      if (called.has(rule)) return
      called.add(rule)
      const inner = { state: transition.follow, parent: returns }
      explore(transition.target, inner, look, busy, called, followsCallers)
      called.delete(rule)
      return
    }
    case 'precedence':
      if (followsCallers) look.depends = true
      else explore(transition.target, returns, look, busy, called, followsCallers)
      return
    case 'epsilon':
      explore(transition.target, returns, look, busy, called, followsCallers)
      return
  }
}

function keyOf(state: State, returns: Return | undefined): string {
  let key = String(state.index)
  for (let next = returns; next !== undefined; next = next.parent) key += `,${next.state.index}`
  return key
}
