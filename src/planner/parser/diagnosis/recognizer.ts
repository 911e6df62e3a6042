import { Token, type TokenKind } from '../token.js'
import type { Lookahead } from './lookahead.js'
import type { Network, Node, State } from './network.js'
import { type Frame, NoViableAlternative, type Predictor, type TokenView } from './prediction.js'

/** Where and in which state a text stopped being what the grammar says. */
export interface Mismatch {
  readonly state: State
  /** The token from which to look for what would have fit. */
  readonly startIndex: number
  /** The token that the error is about. */
  readonly tokenIndex: number
  readonly frame: Frame
}

/** Thrown by the recognizer at the first error. */
export class Unrecognized extends Error {
  override readonly name = 'Unrecognized'
  readonly mismatch: Mismatch

  constructor(mismatch: Mismatch) {
    super(`unrecognized token: ${mismatch.tokenIndex}`)
    this.mismatch = mismatch
  }
}

/** Thrown where a token is in place as an identifier but none that is allowed. */
export class ForbiddenIdentifier extends Error {
  override readonly name = 'ForbiddenIdentifier'
  readonly tokenIndex: number

  constructor(tokenIndex: number) {
    super(`forbidden identifier: ${tokenIndex}`)
    this.tokenIndex = tokenIndex
  }
}

/** The tokens of the text, with a mark on the last one that was looked at. */
export class WatchedTokens implements TokenView {
  readonly #kinds: readonly TokenKind[]
  /** Index of the last token looked at. */
  last = 0

  constructor(kinds: readonly TokenKind[]) {
    this.#kinds = kinds
  }

  kindAt(index: number): TokenKind {
    const at = Math.min(index, this.#kinds.length - 1)
    if (at > this.last) this.last = at
    return this.#kinds[at] ?? Token.EOF
  }
}

/**
 * Walks through a text by the grammar as a parser made by ANTLR does, with its decisions and its
 * checks of the next token before each, to find the error that such a parser reports.
 *
 * @source ANTLR 4's generated parsers, DefaultErrorStrategy.sync and recoverInline, with Trino's
 *   SqlParser: no token is inserted or deleted to recover
 */
export class Recognizer {
  readonly #network: Network
  readonly #lookahead: Lookahead
  readonly #predictor: Predictor
  readonly #tokens: WatchedTokens
  readonly #identifierRule: number
  readonly #forbids: (index: number) => boolean
  #index = 0
  #precedence = 0
  #state: State
  #frame: Frame = { invoker: -1, parent: undefined }
  /** Where the next token was first seen not to fit, though the end of a rule might let it. */
  #doubt: { readonly state: State; readonly frame: Frame } | undefined

  constructor(
    network: Network,
    lookahead: Lookahead,
    predictor: Predictor,
    tokens: WatchedTokens,
    goal: number,
    forbids: (index: number) => boolean,
  ) {
    const start = network.rules[goal]?.start
    if (start === undefined) throw new RangeError(`no rule: ${goal}`)
    this.#network = network
    this.#lookahead = lookahead
    this.#predictor = predictor
    this.#tokens = tokens
    this.#identifierRule = network.ruleIndexes.get('identifier') ?? -1
    this.#forbids = forbids
    this.#state = start
  }

  /** @throws Unrecognized, ForbiddenIdentifier */
  run(): void {
    this.#rule(this.#state.rule)
  }

  get #kind(): TokenKind {
    return this.#tokens.kindAt(this.#index)
  }

  #rule(rule: number): void {
    const node = this.#network.rules[rule]?.node
    if (node === undefined) throw new RangeError(`no rule: ${rule}`)
    const start = this.#index
    this.#walk(node)
    if (rule === this.#identifierRule && this.#forbids(start)) throw new ForbiddenIdentifier(start)
  }

  #walk(node: Node): void {
    switch (node.type) {
      case 'nothing':
        return
      case 'sequence':
        for (const item of node.items) this.#walk(item)
        return
      case 'tokens':
        this.#state = node.state
        if (!node.kinds.has(this.#kind)) this.#failInline()
        if (this.#kind !== Token.EOF) {
          this.#index++
          this.#tokens.kindAt(this.#index)
        }
        return
      case 'rule':
        this.#call(node.state, node.rule, node.precedence)
        return
      case 'choice':
      case 'optional': {
        const exits = node.type === 'optional'
        const alternative = this.#decide(node.decision, node.decision, exits)
        const chosen = node.alternatives[alternative - 1]
        if (chosen !== undefined) this.#walk(chosen)
        return
      }
      case 'star': {
        let state = node.decision
        while (this.#decide(state, node.decision) === 1) {
          this.#walk(node.body)
          state = node.back
        }
        return
      }
      case 'plus':
        this.#check(node.start)
        do this.#walk(node.body)
        while (this.#decide(node.decision, node.decision) === 1)
        return
    }
  }

  #call(state: State, rule: number, precedence: number): void {
    const [frame, outer] = [this.#frame, this.#precedence]
    this.#state = state
    this.#frame = { invoker: state.index, parent: frame }
    this.#precedence = precedence
    this.#rule(rule)
    this.#frame = frame
    this.#precedence = outer
  }

  /** Checks the next token in a state, then takes the decision. */
  #decide(state: State, decision: State, exits = true): number {
    this.#check(state)
    const choices = this.#lookahead.choices(decision)
    if (choices !== undefined) {
      const chosen = choices.findIndex((kinds) => kinds.has(this.#kind))
      if (chosen >= 0) return chosen + 1
      // loops and options go on behind themselves, choices fail
      if (!exits) this.#fail(this.#index)
      return decision.transitions.length
    }
    try {
      return this.#predictor.predict(
        decision,
        this.#tokens,
        this.#index,
        this.#frame,
        this.#precedence,
      )
    } catch (error) {
      if (error instanceof NoViableAlternative) this.#fail(error.tokenIndex)
      throw error
    }
  }

  /** Fails where no token like the next one can come before the end of the rule. */
  #check(state: State): void {
    this.#state = state
    const { kinds, endsRule } = this.#lookahead.nextTokens(state)
    if (kinds.has(this.#kind)) {
      this.#doubt = undefined
      return
    }
    if (endsRule) {
      this.#doubt ??= { state, frame: this.#frame }
      return
    }
    // a parser that could delete the token would look at the next one
    if (state.type !== 'starLoopBack' && state.type !== 'plusLoopBack') {
      this.#tokens.kindAt(this.#index + 1)
    }
    this.#fail(this.#index)
  }

  #fail(tokenIndex: number): never {
    const [state, frame, startIndex] = [this.#state, this.#frame, this.#index]
    throw new Unrecognized({ state, startIndex, tokenIndex, frame })
  }

  /** Fails at a token that was to be matched: where its misfit was first in doubt. */
  #failInline(): never {
    const { state, frame } = this.#doubt ?? { state: this.#state, frame: this.#frame }
    throw new Unrecognized({ state, startIndex: this.#index, tokenIndex: this.#index, frame })
  }
}
