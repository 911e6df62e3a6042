import type { State } from './network.js'
import type { StackGraphs, Stacks } from './stack-graph.js'

/** A state that an alternative of a decision can be in, with the stacks it can have there. */
export interface Configuration {
  readonly state: State
  /** From 1. */
  readonly alternative: number
  readonly stacks: Stacks
  /** How often it left the rule of the decision for any caller of it. */
  readonly dips: number
  /** Whether it came from outside of the climbing rule that decides. */
  readonly suppressed: boolean
}

export function configurationKey(configuration: Configuration): string {
  const { state, alternative, stacks, dips, suppressed } = configuration
  return `${state.index},${alternative},${stacks.id},${dips > 0 ? 1 : 0},${suppressed ? 1 : 0}`
}

/** Configurations, one for each state and alternative, whose stacks are merged. */
export class ConfigurationSet {
  /** Whether the stacks are those of the real callers. */
  readonly inContext: boolean
  readonly #graphs: StackGraphs
  readonly #members = new Map<number, Configuration>()

  constructor(graphs: StackGraphs, inContext: boolean) {
    this.#graphs = graphs
    this.inContext = inContext
  }

  get all(): Iterable<Configuration> {
    return this.#members.values()
  }

  get size(): number {
    return this.#members.size
  }

  add(configuration: Configuration): void {
    const key = configuration.state.index * 1024 + configuration.alternative
    const present = this.#members.get(key)
    if (present === undefined) {
      this.#members.set(key, configuration)
      return
    }
    this.#members.set(key, {
      ...present,
      stacks: this.#graphs.merge(present.stacks, configuration.stacks, !this.inContext),
      dips: Math.max(present.dips, configuration.dips),
      suppressed: present.suppressed || configuration.suppressed,
    })
  }

  filter(keeps: (configuration: Configuration) => boolean): ConfigurationSet {
    const result = new ConfigurationSet(this.#graphs, this.inContext)
    for (const configuration of this.all) if (keeps(configuration)) result.add(configuration)
    return result
  }

  /** Those at the end of the outermost rule. */
  onlyStopped(): ConfigurationSet {
    return this.filter(({ state }) => state.type === 'ruleStop')
  }

  hasStopped(): boolean {
    for (const { state } of this.all) if (state.type === 'ruleStop') return true
    return false
  }

  key(): string {
    return [...this.all].map(configurationKey).join(';')
  }

  /** The alternative that all have, 0 where they differ. */
  uniqueAlternative(): number {
    let unique = 0
    for (const { alternative } of this.all) {
      if (unique === 0) unique = alternative
      else if (unique !== alternative) return 0
    }
    return unique
  }

  /** The alternatives of each state and stacks. */
  #conflicts(): Set<number>[] {
    const groups = new Map<string, Set<number>>()
    for (const { state, stacks, alternative } of this.all) {
      const key = `${state.index},${stacks.id}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, new Set([alternative]))
      else group.add(alternative)
    }
    return [...groups.values()]
  }

  /**
   * Whether more tokens will not tell the alternatives apart without the callers' context.
   *
   * @source ANTLR's PredictionMode.hasSLLConflictTerminatingPrediction
   */
  conflictsWithoutContext(): boolean {
    let allStopped = true
    const alternativesOfState = new Map<State, Set<number>>()
    for (const { state, alternative } of this.all) {
      if (state.type !== 'ruleStop') allStopped = false
      const alternatives = alternativesOfState.get(state)
      if (alternatives === undefined) alternativesOfState.set(state, new Set([alternative]))
      else alternatives.add(alternative)
    }
    if (allStopped) return true
    if (!this.#conflicts().some((alternatives) => alternatives.size > 1)) return false
    for (const alternatives of alternativesOfState.values()) {
      if (alternatives.size === 1) return false
    }
    return true
  }

  /**
   * The one alternative that wins every conflict, 0 where there is more than one.
   *
   * @source ANTLR's PredictionMode.getSingleViableAlt
   */
  singleViableAlternative(): number {
    let single = 0
    for (const alternatives of this.#conflicts()) {
      const first = Math.min(...alternatives)
      if (single === 0) single = first
      else if (single !== first) return 0
    }
    return single
  }
}
