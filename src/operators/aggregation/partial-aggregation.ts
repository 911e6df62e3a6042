import type { Arena, Page } from '../../spi/index.js'
import { isAbsorbed, type Operator, type OperatorContext, type UnmadeRows } from '../operator.js'
import type { AggregationSpec } from '../spec.js'
import { type OperatorScope, operatorScope } from '../spill/operator-scope.js'
import type { Steps } from '../steps.js'
import { AggregationOperator, EMPTY_BYTES_MAX, grownBytes } from './aggregation.js'
import { PartialAggregationControl } from './partial-aggregation-control.js'
import { rowsAsGroups } from './rows-as-groups.js'

/**
 * A partial or intermediate step with keys. What it gives need not be grouped, only fit to be merged: asked for memory, or
 * where its groups turn out to be nearly as many as its rows, it hands on the groups that it has. In the second case each row
 * that follows is a group of its own, whose key nobody looks up, until it is time to see whether keys have begun to repeat.
 * @source Trino PartialAggregationController, SkipAggregationBuilder
 */
export class PartialAggregation implements Operator {
  readonly finished = false
  readonly #spec: AggregationSpec
  readonly #context: OperatorContext
  readonly #control: PartialAggregationControl
  /** Of rows that are not grouped; both are reset with each page. */
  readonly #scratch: Arena
  readonly #output: Arena
  #scope: OperatorScope
  /** Absent while rows are not grouped. */
  #groups: AggregationOperator | undefined
  /** What is held after one page: to start again takes as much, where the page was not large. */
  #emptyBytes: number | undefined
  #described: Readonly<Record<string, string | number>> = {}
  #isPassedOn = false
  #revocations = 0

  constructor(spec: AggregationSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#control = new PartialAggregationControl(
      context.settings.session.partialAggregation,
      spec.expectsFewRepeats,
    )
    this.#scratch = context.createArena()
    this.#output = context.createArena()
    this.#scope = operatorScope(context)
    this.#groups = new AggregationOperator(spec, this.#scope.context)
  }

  get revocableBytes(): number {
    if (this.#emptyBytes === undefined || this.#isPassedOn) return 0
    return this.#scope.heldBytes - this.#emptyBytes
  }

  /** What was asked back goes on to who reads the pages, and needs no more. */
  get neededBytes(): number {
    if (this.#isPassedOn) return grownBytes(0)
    return grownBytes(this.#scope.heldBytes) + (this.#groups?.renumberedBytes ?? 0)
  }

  // biome-ignore lint/correctness/useYield: it takes one step
  *revoke(): Steps<void> {
    this.#revocations += 1
    this.#isPassedOn = true
  }

  absorb(rows: UnmadeRows): number | undefined {
    if (this.#isPassedOn || !this.#control.isGrouping) return undefined
    this.#groups ??= this.#startAgain()
    const before = this.#groups.groupCount
    const rowCount = this.#groups.absorb(rows)
    if (rowCount !== undefined) this.#noteGrouped(rowCount, before)
    return rowCount
  }

  #noteGrouped(rowCount: number, groupsBefore: number): void {
    this.#emptyBytes ??= Math.min(this.#scope.heldBytes, EMPTY_BYTES_MAX)
    this.#control.addGrouped(rowCount, this.#groups!.groupCount - groupsBefore)
  }

  *process(page: Page): Generator<Page, void> {
    if (page.rowCount === 0) return
    if (isAbsorbed(page)) {
      if (this.#isPassedOn || !this.#control.isGrouping) yield* this.#passOn()
      return
    }
    if (this.#isPassedOn) yield* this.#passOn()
    if (!this.#control.isGrouping) {
      yield this.#ungrouped(page)
      this.#control.addUngrouped(page.rowCount)
      return
    }
    this.#groups ??= this.#startAgain()
    const before = this.#groups.groupCount
    this.#groups.process(page)
    this.#noteGrouped(page.rowCount, before)
    if (!this.#control.isGrouping) yield* this.#passOn()
  }

  #startAgain(): AggregationOperator {
    this.#scope = operatorScope(this.#context)
    return new AggregationOperator(this.#spec, this.#scope.context)
  }

  /** Hands on the groups so far and gives back what they took. */
  *#passOn(): Generator<Page, void> {
    this.#isPassedOn = false
    if (this.#groups === undefined) return
    yield* this.#groups.finish()
    this.#described = this.#groups.describe()
    this.#groups.close()
    this.#groups = undefined
    this.#scope.close()
    this.#emptyBytes = undefined
  }

  /** The states of the rows, each a group, beside their keys as they came. */
  #ungrouped(page: Page): Page {
    const output = this.#output
    output.reset()
    return rowsAsGroups(
      this.#spec,
      this.#context,
      page,
      (calls) => calls.states(0, page.rowCount, output),
      this.#scratch,
    )
  }

  *finish(): Generator<Page, void> {
    yield* this.#passOn()
  }

  close(): void {
    this.#groups?.close()
    this.#scope.close()
    this.#scratch.close()
    this.#output.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    const { ungroupedRows } = this.#control
    return {
      ...(this.#groups?.describe() ?? this.#described),
      ...(ungroupedRows === 0 ? {} : { ungroupedRows }),
      ...(this.#revocations === 0 ? {} : { revocations: this.#revocations }),
    }
  }
}
