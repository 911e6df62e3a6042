import type { PartialAggregationSettings } from '../../expressions/session-context.js'

/** As the session properties of Trino with these names have it. */
const DEFAULTS: PartialAggregationSettings = {
  isAdaptive: true,
  minRows: 100_000,
  uniqueRowsRatioThreshold: 0.8,
}

/** Rows that are enough to see that an estimate is right by which keys hardly repeat. */
const ESTIMATED_MIN_ROWS = 8192

/** So many times the rows that decided against grouping go by before as many are grouped to see whether it pays now. */
const UNGROUPED_PER_GROUPED = 16

/**
 * Says when a partial aggregation groups its rows: not after a stretch of them in which most began a new group.
 * @source Trino PartialAggregationController
 */
export class PartialAggregationControl {
  readonly #settings: PartialAggregationSettings
  /** Grouped rows before the next decision. */
  #decidesAt: number
  #isGrouping = true
  /** Rows since it was last decided, and the groups that began with one of them. */
  #rows = 0
  #newGroups = 0
  #ungroupedRows = 0

  /** @param expectsFewRepeats what is estimated: fewer rows are grouped before it is decided for the first time */
  constructor(settings: PartialAggregationSettings = DEFAULTS, expectsFewRepeats = false) {
    this.#settings = settings
    this.#decidesAt = expectsFewRepeats
      ? Math.min(settings.minRows, ESTIMATED_MIN_ROWS)
      : settings.minRows
  }

  get isGrouping(): boolean {
    return this.#isGrouping
  }

  get ungroupedRows(): number {
    return this.#ungroupedRows
  }

  addGrouped(rowCount: number, newGroups: number): void {
    const { isAdaptive, uniqueRowsRatioThreshold } = this.#settings
    if (!isAdaptive) return
    this.#rows += rowCount
    this.#newGroups += newGroups
    if (this.#rows < this.#decidesAt) return
    this.#decide(this.#newGroups <= this.#rows * uniqueRowsRatioThreshold)
  }

  addUngrouped(rowCount: number): void {
    this.#ungroupedRows += rowCount
    this.#rows += rowCount
    if (this.#rows >= this.#settings.minRows * UNGROUPED_PER_GROUPED) this.#decide(true)
  }

  #decide(isGrouping: boolean): void {
    this.#isGrouping = isGrouping
    this.#decidesAt = this.#settings.minRows
    this.#rows = 0
    this.#newGroups = 0
  }
}
