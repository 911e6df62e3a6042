import type { Accumulator, LambdaValue } from '../../expressions/function-definition.js'
import { compileInterpreted, compileLambda } from '../../expressions/interpreter.js'
import type {
  PatternAggregate,
  PatternExpression,
  PatternPosition,
  PatternValue,
} from '../../expressions/row-pattern.js'
import { assert, type Value } from '../../spi/index.js'
import type { ExecutionSettings } from '../operator.js'

/** What expressions of a row pattern are evaluated over. */
export interface MatchState {
  /** First row of the match, in the partition. */
  start: number
  /** The row they are evaluated at. */
  current: number
  matchNumber: bigint
  /** Entry i is the label of row start + i. */
  labels: number[]
  /** Rows that may be read: [from, to). */
  from: number
  to: number
  /** Value of an input of the pattern. */
  read(input: number, row: number): Value
}

/** A compiled expression, with what has to forget when labels change. */
export interface MatchExpression {
  evaluate(): Value
  /** Row `offset` of the match gets another label. */
  forget(offset: number): void
}

export function compileMatchExpression(
  { expression, values }: PatternExpression,
  state: MatchState,
  labels: readonly string[],
  settings: ExecutionSettings,
): MatchExpression {
  const run = compileInterpreted(expression, settings)
  const aggregates: MatchAggregate[] = []
  const readers = values.map((value): (() => Value) => {
    if (value.kind !== 'aggregate') return () => readValue(value, state, state.current, labels)
    const aggregate = new MatchAggregate(value, state, labels, settings)
    aggregates.push(aggregate)
    return () => aggregate.value()
  })
  return {
    evaluate: () => run(readers.map((read) => read())),
    forget(offset) {
      for (const aggregate of aggregates) aggregate.forget(offset)
    },
  }
}

function readValue(
  value: Exclude<PatternValue, PatternAggregate>,
  state: MatchState,
  current: number,
  labels: readonly string[],
): Value {
  if (value.kind === 'matchNumber') return state.matchNumber
  const row = resolve(value.at, state, current)
  if (row < state.from || row >= state.to) return null
  if (value.kind === 'column') return state.read(value.input, row)
  const label = state.labels[row - state.start]
  return label === undefined ? null : labels[label]!
}

/**
 * The row of the partition a position means, -1 where there is none.
 * @source Trino LogicalIndexNavigation: FIRST counts from the start of the match whatever the current row
 */
function resolve(at: PatternPosition, state: MatchState, current: number): number {
  if (at.kind === 'row') return current
  const { labels } = state
  let left = at.logicalOffset
  if (at.last) {
    const from = at.running ? Math.min(current - state.start, labels.length - 1) : labels.length - 1
    for (let i = from; i >= 0; i--) {
      if (isAmong(at.labels, labels[i]!) && left-- === 0) return state.start + i + at.physicalOffset
    }
    return -1
  }
  for (let i = 0; i < labels.length; i++) {
    if (isAmong(at.labels, labels[i]!) && left-- === 0) return state.start + i + at.physicalOffset
  }
  return -1
}

const isAmong = (labels: readonly number[], label: number): boolean =>
  labels.length === 0 || labels.includes(label)

/** Adds rows as the match grows, and begins anew only when a row it has added gets another label. */
class MatchAggregate {
  readonly #aggregate: PatternAggregate
  readonly #state: MatchState
  readonly #labels: readonly string[]
  readonly #accumulator: Accumulator<unknown>
  readonly #arguments: readonly ((values: readonly Value[]) => Value)[]
  readonly #skipsNulls: boolean
  #sum: unknown
  /** Rows of the match that were added or passed over. */
  #added = 0

  constructor(
    aggregate: PatternAggregate,
    state: MatchState,
    labels: readonly string[],
    settings: ExecutionSettings,
  ) {
    const { registry, session } = settings
    const fn = aggregate.function
    const found = registry.find(fn.id)
    assert(found.kind === 'aggregate', `${fn.name} is an aggregate`)
    this.#aggregate = aggregate
    this.#state = state
    this.#labels = labels
    this.#skipsNulls = found.overload.nulls !== 'called'
    this.#accumulator = found.overload.bind({
      argumentTypes: fn.argumentTypes,
      returnType: fn.returnType,
      session,
      intermediateType: registry.intermediateType(fn),
      lambdas: aggregate.args.map((arg): LambdaValue | undefined =>
        arg.kind === 'lambda' ? compileLambda(arg, { registry, session }) : undefined,
      ),
    }) as Accumulator<unknown>
    this.#arguments = aggregate.args.flatMap((arg) =>
      arg.kind === 'lambda' ? [] : [compileInterpreted(arg, settings)],
    )
    this.#sum = this.#accumulator.create()
  }

  forget(offset: number): void {
    if (offset >= this.#added) return
    this.#sum = this.#accumulator.create()
    this.#added = 0
  }

  value(): Value {
    const { labels, start, current } = this.#state
    const end = this.#aggregate.running
      ? Math.min(current - start + 1, labels.length)
      : labels.length
    if (end < this.#added) this.forget(0)
    for (; this.#added < end; this.#added++) {
      if (isAmong(this.#aggregate.labels, labels[this.#added]!)) this.#add(start + this.#added)
    }
    return this.#accumulator.finish(this.#sum)
  }

  #add(row: number): void {
    const read = this.#aggregate.values.map((value) => {
      assert(value.kind !== 'aggregate', 'aggregates are not nested')
      return readValue(value, this.#state, row, this.#labels)
    })
    const values = this.#arguments.map((argument) => argument(read))
    if (this.#skipsNulls && values.includes(null)) return
    this.#sum = this.#accumulator.add(this.#sum, ...values)
  }
}
