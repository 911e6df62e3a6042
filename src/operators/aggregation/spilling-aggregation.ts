import { input } from '../../expressions/ir-build.js'
import type { Page, SqlType } from '../../spi/index.js'
import {
  areLone,
  NO_PAGES,
  NO_ROWS,
  noRows,
  type Operator,
  type OperatorContext,
} from '../operator.js'
import type { AggregationSpec } from '../spec.js'
import { type OperatorScope, operatorScope } from '../spill/operator-scope.js'
import { SPILL_LEVELS_MAX, SpillPartitions } from '../spill/spill-partitions.js'
import { readSpilled, SPILL_PAGE_ROWS, type SpilledPages } from '../spill/spill-space.js'
import type { Steps } from '../steps.js'
import { mergesStates } from './aggregate-calls.js'
import { AggregationOperator, EMPTY_BYTES_MAX, grownBytes, stateTypes } from './aggregation.js'

/** What groups of a page that is merged may take each. */
const STATE_BYTES = 160

/**
 * An aggregation that gives memory back: groups found so far are written as partial states, divided by the hash of their
 * key, and the aggregation starts again; at the end it merges one part after another.
 * @source Trino SpillableHashAggregationBuilder, MergingHashAggregationBuilder
 */
export class SpillingAggregation implements Operator {
  readonly finished = false
  readonly #spec: AggregationSpec
  readonly #context: OperatorContext
  readonly #level: number
  readonly #stateTypes: readonly (readonly SqlType[])[]
  #scope: OperatorScope
  #groups: AggregationOperator
  /** What is held after one page: to start again takes as much, where the page was not large. */
  #emptyBytes: number | undefined
  #spilled: SpillPartitions | undefined
  #merging: SpillingAggregation | undefined
  #revocations = 0

  constructor(spec: AggregationSpec, context: OperatorContext, level = 0) {
    this.#spec = spec
    this.#context = context
    this.#level = level
    this.#stateTypes = spec.aggregates.map((aggregate) =>
      mergesStates(spec.step)
        ? aggregate.args.map((arg) => arg.type)
        : stateTypes(aggregate.function, (fn) => context.settings.registry.intermediateType(fn)),
    )
    this.#scope = operatorScope(context)
    this.#groups = new AggregationOperator(spec, this.#scope.context)
  }

  get revocableBytes(): number {
    if (this.#level >= SPILL_LEVELS_MAX || this.#emptyBytes === undefined) return 0
    return this.#scope.heldBytes - this.#emptyBytes
  }

  get neededBytes(): number {
    return grownBytes(this.#scope.heldBytes) + this.#groups.renumberedBytes
  }

  *revoke(): Steps<void> {
    this.#revocations += 1
    yield* this.#spillGroups()
  }

  get knowsLoneRows(): boolean {
    return this.#groups.knowsLoneRows
  }

  process(page: Page): readonly Page[] {
    if (areLone(page)) return this.#groups.process(page)
    this.#groups.process(page)
    this.#emptyBytes ??= Math.min(this.#scope.heldBytes, EMPTY_BYTES_MAX)
    return NO_PAGES
  }

  #startAgain(): void {
    this.#groups.close()
    this.#scope.close()
    this.#emptyBytes = undefined
    this.#scope = operatorScope(this.#context)
    this.#groups = new AggregationOperator(this.#spec, this.#scope.context)
  }

  *#spillGroups(): Steps<void> {
    this.#spilled ??= new SpillPartitions(
      this.#context,
      this.#spec.keyChannels.map((_, key) => key),
      this.#level,
    )
    for (const page of this.#groups.states()) {
      if (this.#context.isCancelled()) return
      this.#spilled.append(page)
      yield
    }
    this.#startAgain()
  }

  *finish(): Generator<Page, void> {
    if (this.#spilled === undefined) {
      this.#context.reserve(0)
      yield* this.#groups.finish()
      return
    }
    yield* noRows(this.#spillGroups())
    this.#groups.close()
    this.#scope.close()
    for (const partition of this.#spilled.seal()) {
      if (this.#context.isCancelled()) return
      if (partition.rowCount > 0) yield* this.#merge(partition)
    }
  }

  *#merge(partition: SpilledPages): Generator<Page, void> {
    const spill = this.#context.spill!
    const types = [...this.#spec.keyTypes, ...this.#stateTypes.flat()]
    const merging = new SpillingAggregation(this.#mergeSpec(), this.#context, this.#level + 1)
    this.#merging = merging
    const arena = this.#context.createArena()
    const isDivisible = partition.rowCount > SPILL_PAGE_ROWS
    for (const page of readSpilled(spill, partition, types, arena)) {
      if (this.#context.isCancelled()) return
      const isScarce = !this.#context.reserve(merging.neededBytes + STATE_BYTES * page.rowCount)
      if (isDivisible && isScarce && merging.revocableBytes > 0) yield* noRows(merging.revoke())
      merging.process(page)
      yield NO_ROWS
    }
    spill.delete(partition)
    arena.close()
    yield* merging.finish()
    merging.close()
    this.#merging = undefined
  }

  /** Merges what was written: keys, then states. */
  #mergeSpec(): AggregationSpec {
    const { keyTypes } = this.#spec
    let channel = keyTypes.length
    return {
      ...this.#spec,
      step: 'final',
      keyChannels: keyTypes.map((_, key) => key),
      // A row for no input is not wanted where there is input.
      globalRow: false,
      aggregates: this.#spec.aggregates.map((aggregate, i) => ({
        function: aggregate.function,
        args: this.#stateTypes[i]!.map((type) => input(channel++, type)),
        distinct: false,
      })),
    }
  }

  close(): void {
    this.#merging?.close()
    this.#groups.close()
    this.#scope.close()
    this.#spilled?.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    const described = this.#groups.describe()
    return this.#revocations === 0 ? described : { ...described, revocations: this.#revocations }
  }
}
