import type { TokenKind } from '../token.js'
import type { Element, Rule } from './grammar-reader.js'

export type StateType =
  | 'basic'
  | 'ruleStart'
  | 'ruleStop'
  | 'blockStart'
  | 'starLoopEntry'
  | 'starLoopBack'
  | 'plusBlockStart'
  | 'plusLoopBack'

export type Transition =
  | { readonly type: 'epsilon'; readonly target: State; readonly leavesClimbing: number }
  | { readonly type: 'tokens'; readonly target: State; readonly kinds: ReadonlySet<TokenKind> }
  | {
      readonly type: 'rule'
      readonly target: State
      readonly follow: State
      readonly precedence: number
    }
  | { readonly type: 'precedence'; readonly target: State; readonly precedence: number }

/** A state of the network: between two elements of a rule, or a place where it decides. */
export interface State {
  readonly index: number
  readonly type: StateType
  /** Index of the rule it is in. */
  readonly rule: number
  readonly transitions: Transition[]
  /** Set for the loop of a rule that climbs by precedence. */
  readonly climbs: boolean
}

/** An element with the states between which it stands. */
export type Node =
  | { readonly type: 'tokens'; readonly state: State; readonly kinds: ReadonlySet<TokenKind> }
  | {
      readonly type: 'rule'
      readonly state: State
      readonly rule: number
      readonly precedence: number
    }
  | { readonly type: 'nothing' }
  | { readonly type: 'sequence'; readonly items: readonly Node[] }
  | {
      readonly type: 'choice' | 'optional'
      readonly decision: State
      readonly alternatives: readonly Node[]
    }
  | { readonly type: 'star'; readonly decision: State; readonly back: State; readonly body: Node }
  | { readonly type: 'plus'; readonly start: State; readonly decision: State; readonly body: Node }

export interface RuleNetwork {
  readonly name: string
  readonly start: State
  readonly stop: State
  readonly node: Node
  readonly climbs: boolean
}

/** An augmented transition network: the rules of a grammar as automata that call each other. */
export interface Network {
  readonly rules: readonly RuleNetwork[]
  readonly ruleIndexes: ReadonlyMap<string, number>
}

interface Handle {
  readonly left: State
  readonly right: State
  readonly node: Node
}

/**
 * Builds the network of a grammar, with the states and decisions that ANTLR gives it.
 *
 * @source Parr, Harwell, Fisher: Adaptive LL(*) Parsing (OOPSLA 2014), section 5 (ATN construction)
 */
export function buildNetwork(rules: ReadonlyMap<string, Rule>): Network {
  return new NetworkBuilder(rules).build()
}

class NetworkBuilder {
  readonly #rules: readonly Rule[]
  readonly #ruleIndexes: ReadonlyMap<string, number>
  readonly #starts: readonly State[]
  readonly #stops: readonly State[]
  #stateCount = 0
  #rule = 0

  constructor(rules: ReadonlyMap<string, Rule>) {
    this.#rules = [...rules.values()]
    this.#ruleIndexes = new Map(this.#rules.map(({ name }, index) => [name, index]))
    this.#starts = this.#rules.map((_, index) => this.#stateOf(index, 'ruleStart'))
    this.#stops = this.#rules.map((_, index) => this.#stateOf(index, 'ruleStop'))
  }

  build(): Network {
    const rules = this.#rules.map(({ name, body, climbs }, index): RuleNetwork => {
      this.#rule = index
      const { left, right, node } = this.#element(body)
      const start = at(this.#starts, index)
      const stop = at(this.#stops, index)
      connect(start, left)
      connect(right, stop)
      return { name, start, stop, node, climbs }
    })
    return { rules, ruleIndexes: this.#ruleIndexes }
  }

  #stateOf(rule: number, type: StateType, climbs = false): State {
    return { index: this.#stateCount++, type, rule, transitions: [], climbs }
  }

  #state(type: StateType = 'basic', climbs = false): State {
    return this.#stateOf(this.#rule, type, climbs)
  }

  #element(element: Element): Handle {
    switch (element.type) {
      case 'tokens': {
        const [left, right] = [this.#state(), this.#state()]
        const { kinds } = element
        left.transitions.push({ type: 'tokens', target: right, kinds })
        return { left, right, node: { type: 'tokens', state: left, kinds } }
      }
      case 'rule':
        return this.#call(element.name, element.precedence)
      case 'precedence': {
        const [left, right] = [this.#state(), this.#state()]
        const { precedence } = element
        left.transitions.push({ type: 'precedence', target: right, precedence })
        return { left, right, node: { type: 'nothing' } }
      }
      case 'sequence':
        return this.#sequence(element.items)
      case 'choice':
        return this.#choice('choice', element.alternatives)
      case 'optional':
        return this.#choice('optional', element.alternatives)
      case 'star':
        return this.#star(element.alternatives, element.climbs === true)
      case 'plus':
        return this.#plus(element.alternatives)
    }
  }

  #call(name: string, precedence: number): Handle {
    const rule = this.#ruleIndexes.get(name)
    if (rule === undefined) throw new SyntaxError(`unknown rule in the grammar: ${name}`)
    const [left, right] = [this.#state(), this.#state()]
    left.transitions.push({
      type: 'rule',
      target: at(this.#starts, rule),
      follow: right,
      precedence,
    })
    // without a caller's context, the end of a rule leads to wherever it is called
    const leavesClimbing = precedence === 0 && this.#rules[rule]?.climbs === true ? rule : -1
    at(this.#stops, rule).transitions.push({ type: 'epsilon', target: right, leavesClimbing })
    return { left, right, node: { type: 'rule', state: left, rule, precedence } }
  }

  #sequence(items: readonly Element[]): Handle {
    const handles = items.map((item) => this.#element(item))
    handles.forEach(({ right }, index) => {
      const next = handles[index + 1]
      if (next !== undefined) connect(right, next.left)
    })
    const [first, last] = [handles[0], handles.at(-1)]
    if (first === undefined || last === undefined) {
      const state = this.#state()
      return { left: state, right: state, node: { type: 'nothing' } }
    }
    const node: Node = { type: 'sequence', items: handles.map((handle) => handle.node) }
    return { left: first.left, right: last.right, node }
  }

  #choice(
    type: 'choice' | 'optional',
    alternatives: readonly Element[],
    stateType: StateType = 'blockStart',
  ): Handle {
    const [left, right] = [this.#state(stateType), this.#state()]
    const nodes = alternatives.map((alternative) => {
      const handle = this.#element(alternative)
      connect(left, handle.left)
      connect(handle.right, right)
      return handle.node
    })
    if (type === 'optional') connect(left, right)
    return { left, right, node: { type, decision: left, alternatives: nodes } }
  }

  /** The body of a loop, with a decision only where there is more than one alternative. */
  #body(alternatives: readonly Element[], type: StateType): Handle {
    const handle = this.#choice('choice', alternatives, type)
    if (alternatives.length > 1 || handle.node.type !== 'choice') return handle
    return { ...handle, node: handle.node.alternatives[0] ?? { type: 'nothing' } }
  }

  #star(alternatives: readonly Element[], climbs: boolean): Handle {
    const entry = this.#state('starLoopEntry', climbs)
    const body = this.#body(alternatives, 'blockStart')
    const [back, end] = [this.#state('starLoopBack'), this.#state()]
    connect(entry, body.left)
    connect(entry, end)
    connect(body.right, back)
    connect(back, entry)
    return {
      left: entry,
      right: end,
      node: { type: 'star', decision: entry, back, body: body.node },
    }
  }

  #plus(alternatives: readonly Element[]): Handle {
    const body = this.#body(alternatives, 'plusBlockStart')
    const [back, end] = [this.#state('plusLoopBack'), this.#state()]
    connect(body.right, back)
    connect(back, body.left)
    connect(back, end)
    const node: Node = { type: 'plus', start: body.left, decision: back, body: body.node }
    return { left: body.left, right: end, node }
  }
}

function connect(from: State, target: State): void {
  from.transitions.push({ type: 'epsilon', target, leavesClimbing: -1 })
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item: ${index}`)
  return item
}
