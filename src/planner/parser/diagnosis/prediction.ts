import { Token, type TokenKind } from '../token.js'
import { type Configuration, ConfigurationSet, configurationKey } from './configuration.js'
import type { State, Transition } from './network.js'
import { EMPTY_RETURN, type StackGraphs, type Stacks } from './stack-graph.js'

/** A call of a rule: where from, and the call around it. */
export interface Frame {
  /** Index of the state that called; -1 at the outermost rule. */
  readonly invoker: number
  readonly parent: Frame | undefined
}

/** The tokens that a prediction looks at. */
export interface TokenView {
  kindAt(index: number): TokenKind
}

/** Thrown where no alternative of a decision fits. */
export class NoViableAlternative extends Error {
  override readonly name = 'NoViableAlternative'
  /** Index of the token at which the last alternative failed. */
  readonly tokenIndex: number

  constructor(tokenIndex: number) {
    super(`no viable alternative at token: ${tokenIndex}`)
    this.tokenIndex = tokenIndex
  }
}

/** Thrown when a diagnosis has cost more than it is worth. */
export class DiagnosisTooCostly extends Error {
  override readonly name = 'DiagnosisTooCostly'
}

interface DfaState {
  readonly configurations: ConfigurationSet
  /** The alternative that is left, 0 where it takes more tokens. */
  readonly alternative: number
  /** Whether alternatives are left that only the callers' context can tell apart. */
  readonly conflicts: boolean
  readonly edges: Map<TokenKind, DfaState | undefined>
}

/** How many steps the closures of one diagnosis may take. */
const STEPS_MAX = 4_000_000

/**
 * Chooses between alternatives with as much lookahead as it takes: first without the callers'
 * context, over automata that are kept, then with it where that leaves a conflict.
 *
 * @source Parr, Harwell, Fisher: Adaptive LL(*) Parsing (OOPSLA 2014), section 5; the order of
 *   resolution is that of ANTLR 4's ParserATNSimulator in LL mode
 */
export class Predictor {
  readonly #states: readonly State[]
  readonly #graphs: StackGraphs
  readonly #starts = new Map<string, DfaState>()
  readonly #dfaStates = new Map<string, DfaState>()
  #steps = 0
  #precedence = 0
  /** Index of the rule whose climbing loop is being decided, or -1. */
  #climbing = -1

  constructor(states: readonly State[], graphs: StackGraphs) {
    this.#states = states
    this.#graphs = graphs
  }

  /** Starts the count of steps of a new diagnosis. */
  resetSteps(): void {
    this.#steps = 0
  }

  /**
   * The alternative of a decision that fits the tokens from an index on, from 1; of several the first.
   *
   * @throws NoViableAlternative
   */
  predict(
    decision: State,
    tokens: TokenView,
    index: number,
    frame: Frame,
    precedence: number,
  ): number {
    this.#precedence = precedence
    this.#climbing = decision.climbs ? decision.rule : -1
    let state = this.#startState(decision)
    let at = index
    for (;;) {
      const kind = tokens.kindAt(at)
      const next = this.#nextState(decision, state, kind)
      if (next === undefined) return finishedAlternative(state.configurations, at)
      if (next.conflicts) return this.#predictInContext(decision, tokens, index, frame)
      if (next.alternative > 0) return next.alternative
      state = next
      if (kind !== Token.EOF) at++
    }
  }

  #startState(decision: State): DfaState {
    const key = `${decision.index},${this.#precedence}`
    let start = this.#starts.get(key)
    if (start === undefined) {
      const computed = this.#startSet(decision, this.#graphs.empty, false)
      const configurations = decision.climbs ? filterByPrecedence(computed) : computed
      start = this.#dfaState(decision, configurations)
      this.#starts.set(key, start)
    }
    return start
  }

  #startSet(decision: State, stacks: Stacks, inContext: boolean): ConfigurationSet {
    const set = new ConfigurationSet(this.#graphs, inContext)
    decision.transitions.forEach(({ target }, index) => {
      const configuration = {
        state: target,
        alternative: index + 1,
        stacks,
        dips: 0,
        suppressed: false,
      }
      this.#close(configuration, set, new Set(), true, 0, false)
    })
    return set
  }

  #dfaState(decision: State, configurations: ConfigurationSet, reached = false): DfaState {
    const key = `${decision.index}|${reached ? 1 : 0}|${configurations.key()}`
    let state = this.#dfaStates.get(key)
    if (state === undefined) {
      const alternative = reached ? configurations.uniqueAlternative() : 0
      const conflicts = reached && alternative === 0 && configurations.conflictsWithoutContext()
      state = { configurations, alternative, conflicts, edges: new Map() }
      this.#dfaStates.set(key, state)
    }
    return state
  }

  #nextState(decision: State, state: DfaState, kind: TokenKind): DfaState | undefined {
    if (state.edges.has(kind)) return state.edges.get(kind)
    const reached = this.#reach(state.configurations, kind)
    const next = reached === undefined ? undefined : this.#dfaState(decision, reached, true)
    state.edges.set(kind, next)
    return next
  }

  #predictInContext(decision: State, tokens: TokenView, index: number, frame: Frame): number {
    let set = this.#startSet(decision, this.#stacksOf(frame), true)
    let at = index
    for (;;) {
      const kind = tokens.kindAt(at)
      const reached = this.#reach(set, kind)
      if (reached === undefined) return finishedAlternative(set, at)
      const unique = reached.uniqueAlternative()
      if (unique > 0) return unique
      const viable = reached.singleViableAlternative()
      if (viable > 0) return viable
      set = reached
      if (kind !== Token.EOF) at++
    }
  }

  #stacksOf(frame: Frame): Stacks {
    const { parent } = frame
    if (parent === undefined) return this.#graphs.empty
    return this.#graphs.push(this.#stacksOf(parent), this.#followOf(frame.invoker))
  }

  #followOf(invoker: number): number {
    const transition = this.#states[invoker]?.transitions[0]
    if (transition?.type !== 'rule') throw new TypeError(`no call of a rule: ${invoker}`)
    return transition.follow.index
  }

  /** The configurations after a token, undefined where none survives. */
  #reach(set: ConfigurationSet, kind: TokenKind): ConfigurationSet | undefined {
    const moved = new ConfigurationSet(this.#graphs, set.inContext)
    const stopped: Configuration[] = []
    for (const configuration of set.all) {
      if (configuration.state.type === 'ruleStop') {
        if (set.inContext || kind === Token.EOF) stopped.push(configuration)
        continue
      }
      for (const transition of configuration.state.transitions) {
        if (transition.type === 'tokens' && transition.kinds.has(kind)) {
          moved.add({ ...configuration, state: transition.target })
        }
      }
    }
    const decided = moved.size === 1 || moved.uniqueAlternative() > 0
    let reached = moved
    if (!decided || stopped.length > 0 || kind === Token.EOF) {
      reached = new ConfigurationSet(this.#graphs, set.inContext)
      const busy = new Set<string>()
      for (const configuration of moved.all) {
        this.#close(configuration, reached, busy, false, 0, kind === Token.EOF)
      }
    }
    if (kind === Token.EOF) reached = reached.onlyStopped()
    if (stopped.length > 0 && (!set.inContext || !reached.hasStopped())) {
      for (const configuration of stopped) reached.add(configuration)
    }
    return reached.size === 0 ? undefined : reached
  }

  /** Adds a configuration with all that it reaches without a token. */
  #close(
    configuration: Configuration,
    set: ConfigurationSet,
    busy: Set<string>,
    checksPrecedence: boolean,
    depth: number,
    skipsEof: boolean,
  ): void {
    if (++this.#steps > STEPS_MAX) throw new DiagnosisTooCostly()
    const key = `${configurationKey(configuration)},${depth === 0 ? 1 : 0}`
    if (busy.has(key)) return
    busy.add(key)
    if (configuration.state.type !== 'ruleStop') {
      this.#closeTransitions(configuration, set, busy, checksPrecedence, depth, skipsEof)
      return
    }
    const { returns, parents } = configuration.stacks
    returns.forEach((state, index) => {
      const stacks = parents[index]
      if (state === EMPTY_RETURN || stacks === undefined) {
        const ended = { ...configuration, stacks: this.#graphs.empty }
        if (set.inContext) set.add(ended)
        else this.#closeTransitions(ended, set, busy, checksPrecedence, depth, skipsEof)
        return
      }
      const returned = { ...configuration, state: this.#stateAt(state), stacks }
      this.#close(returned, set, busy, checksPrecedence, depth - 1, skipsEof)
    })
  }

  #stateAt(index: number): State {
    const state = this.#states[index]
    if (state === undefined) throw new RangeError(`no state: ${index}`)
    return state
  }

  #closeTransitions(
    configuration: Configuration,
    set: ConfigurationSet,
    busy: Set<string>,
    checksPrecedence: boolean,
    depth: number,
    skipsEof: boolean,
  ): void {
    const { transitions } = configuration.state
    if (transitions.length === 0 || transitions[0]?.type === 'tokens') set.add(configuration)
    for (const transition of transitions) {
      const next = this.#follow(
        configuration,
        transition,
        checksPrecedence && depth === 0,
        skipsEof,
      )
      if (next === undefined) continue
      let nextDepth = depth
      if (configuration.state.type === 'ruleStop') nextDepth--
      else if (transition.type === 'rule' && depth >= 0) nextDepth++
      this.#close(next, set, busy, checksPrecedence, nextDepth, skipsEof)
    }
  }

  /** Where a transition leads without a token, undefined where it takes one. */
  #follow(
    configuration: Configuration,
    transition: Transition,
    checksPrecedence: boolean,
    skipsEof: boolean,
  ): Configuration | undefined {
    const { target } = transition
    switch (transition.type) {
      case 'rule': {
        const stacks = this.#graphs.push(configuration.stacks, transition.follow.index)
        return { ...configuration, state: target, stacks }
      }
      case 'precedence':
        if (checksPrecedence && transition.precedence < this.#precedence) return undefined
        return { ...configuration, state: target }
      case 'tokens':
        if (!skipsEof || !transition.kinds.has(Token.EOF)) return undefined
        return { ...configuration, state: target }
      case 'epsilon': {
        if (configuration.state.type !== 'ruleStop') return { ...configuration, state: target }
        const leaves = this.#climbing >= 0 && transition.leavesClimbing === this.#climbing
        const suppressed = configuration.suppressed || leaves
        return { ...configuration, state: target, dips: configuration.dips + 1, suppressed }
      }
    }
  }
}

/**
 * The first alternative that got to the end of its rule before the tokens stopped fitting: the
 * caller may go on with them.
 *
 * @throws NoViableAlternative where there is none
 */
function finishedAlternative(set: ConfigurationSet, at: number): number {
  let first = 0
  for (const { state, stacks, dips, alternative } of set.all) {
    const finished =
      dips > 0 || (state.type === 'ruleStop' && stacks.returns.includes(EMPTY_RETURN))
    if (finished && (first === 0 || alternative < first)) first = alternative
  }
  if (first === 0) throw new NoViableAlternative(at)
  return first
}

/** Drops what leaving the loop of a climbing rule reaches that staying in it reaches, too. */
function filterByPrecedence(set: ConfigurationSet): ConfigurationSet {
  const staying = new Map<State, Stacks>()
  for (const { state, stacks, alternative } of set.all) {
    if (alternative === 1) staying.set(state, stacks)
  }
  return set.filter(({ state, stacks, alternative, suppressed }) => {
    return alternative === 1 || suppressed || staying.get(state) !== stacks
  })
}
