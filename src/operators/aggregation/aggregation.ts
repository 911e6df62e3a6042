import type { Expression } from '../../expressions/ir.js'
import type { Selection } from '../../expressions/page-expression.js'
import { type Arena, blockOf, type Page, type SqlType } from '../../spi/index.js'
import type { RowGroups } from '../keys/led-group-keys.js'
import { rowGroups } from '../keys/row-groups.js'
import {
  areLone,
  isAbsorbed,
  NO_PAGES,
  type Operator,
  type OperatorContext,
  type UnmadeRows,
} from '../operator.js'
import { memoryOf } from '../operator-memory.js'
import type { AggregateSpec, AggregationSpec } from '../spec.js'
import { AggregateCalls } from './aggregate-calls.js'
import { FusedAggregation } from './fused-aggregation.js'
import { nativeAggregate } from './native.js'
import { rowsAsGroups } from './rows-as-groups.js'

/** Groups may claim twice as much memory more while their tables grow: twice as long, beside what they replace. */
const GROWS_BY = 2
/** What tables and states of few groups take at most, so that giving them back brings nothing. */
export const EMPTY_BYTES_MAX = 1 << 20
/** Rows of pages that are made to get memory back: few, since they take some. */
const STATE_PAGE_ROWS = 4096
/** What a page of groups takes that is handed on or written to disk. */
const OUTPUT_BYTES = 1 << 20

/** A part of a page of groups that there must be at least, for it to end where a page of input has. */
const PAGE_PARTS = 4

/** What groups that hold so much memory may claim before they have been asked for it again, or have given it back. */
export const grownBytes = (heldBytes: number): number => GROWS_BY * heldBytes + OUTPUT_BYTES

/** Types of the columns in which a partial aggregation hands a call's states on. */
export function stateTypes(
  fn: AggregateSpec['function'],
  intermediateType: (fn: AggregateSpec['function']) => SqlType,
): readonly SqlType[] {
  return nativeAggregate(fn)?.stateTypes ?? [intermediateType(fn)]
}

export const givesStates = (step: AggregationSpec['step']): boolean =>
  step === 'partial' || step === 'intermediate'

const allRows = ({ rowCount }: Page): Selection => ({ count: rowCount, positions: null })

/**
 * Hash aggregation, or with no keys one group of all rows: keys are numbered densely and each call adds its column to the
 * states of the groups, page by page.
 */
export class AggregationOperator implements Operator {
  readonly finished = false
  readonly #spec: AggregationSpec
  readonly #context: OperatorContext
  /** Reset with each input page. */
  readonly #scratch: Arena
  readonly #output: Arena
  readonly #fixed: Arena
  readonly #keys: RowGroups | undefined
  readonly #calls: AggregateCalls
  readonly #memory: WebAssembly.Memory
  /** Loops by what computes their columns; undefined: there is none. */
  readonly #fused = new Map<readonly Expression[] | undefined, FusedAggregation | undefined>()
  readonly knowsLoneRows: boolean
  /** How many groups there were after pages of input, while these came in the order of their keys. */
  readonly #ends: number[] = []

  constructor(spec: AggregationSpec, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
    this.#scratch = context.createArena()
    this.#output = context.createArena()
    this.#fixed = context.createArena()
    const words = this.#fixed.allocate(16)
    const status = new Int32Array(words.buffer, words.byteOffset, 4)
    const memory = memoryOf(this.#fixed)
    this.#memory = memory
    this.#keys =
      spec.keyChannels.length === 0
        ? undefined
        : rowGroups(
            memory,
            () => context.createArena(),
            status,
            spec.keyTypes,
            () => context.freeBytes(),
            () => context.isCancelled(),
          )
    this.#calls = new AggregateCalls(spec, context, memory, status)
    if (this.#keys === undefined) this.#calls.reserve(1)
    this.knowsLoneRows = spec.step === 'final' && !spec.globalRow
  }

  get groupCount(): number {
    return this.#calls.groupCount
  }

  /** See {@link RowGroups.renumberedBytes}. */
  get renumberedBytes(): number {
    return this.#keys?.renumberedBytes ?? 0
  }

  process(page: Page): readonly Page[] {
    if (areLone(page)) return [this.#results(page)]
    if (isAbsorbed(page)) return NO_PAGES
    if (this.#addFused(page, allRows(page)) === undefined) this.#add(page)
    this.#noteEnd()
    return NO_PAGES
  }

  #add(page: Page): void {
    const arena = this.#scratch
    arena.reset()
    const groups = this.#keys?.add(page, this.#spec.keyChannels, arena)
    if (this.#keys !== undefined) this.#calls.reserve(this.#keys.groupCount)
    this.#calls.add(page, groups, arena)
  }

  /** Of rows that are groups already. */
  #results(page: Page): Page {
    const output = this.#output
    output.reset()
    const resultsOf = (calls: AggregateCalls) => calls.results(0, page.rowCount, output)
    return rowsAsGroups(this.#spec, this.#context, page, resultsOf, this.#scratch)
  }

  /**
   * Pages of groups end where pages of input have, so that a driver's lie in no gap that it has left to others: then most of
   * their keys are seen to be in no other page.
   */
  #noteEnd(): void {
    if (!givesStates(this.#spec.step) || this.#keys?.addressing !== 'runs') return
    const { outputPageRows } = this.#context.settings
    const end = this.groupCount
    if ((end - (this.#ends.at(-1) ?? 0)) * PAGE_PARTS >= outputPageRows) this.#ends.push(end)
  }

  absorb({ page, selection, projections }: UnmadeRows): number | undefined {
    const rowCount = this.#addFused(page, selection, projections)
    if (rowCount !== undefined) this.#noteEnd()
    return rowCount
  }

  /** @param projections absent: the page has the columns */
  #addFused(
    page: Page,
    selection: Selection,
    projections?: readonly Expression[],
  ): number | undefined {
    let fused = this.#fused.get(projections)
    if (fused === undefined && !this.#fused.has(projections)) {
      fused = FusedAggregation.of(this.#memory, this.#spec, projections, this.#calls, this.#keys)
      this.#fused.set(projections, fused)
    }
    if (fused === undefined) return undefined
    this.#scratch.reset()
    return fused.add(page, selection, this.#scratch)
  }

  *finish(): Generator<Page> {
    const { outputPageRows } = this.#context.settings
    yield* this.#pages(givesStates(this.#spec.step), outputPageRows)
    if (this.groupCount === 0 && this.#spec.globalRow) yield this.#emptyGroups()
  }

  /** The groups so far as a partial step gives them, for the disk: keys, then states, which a final step merges. */
  states(): Generator<Page> {
    return this.#pages(true, Math.min(STATE_PAGE_ROWS, this.#context.settings.outputPageRows))
  }

  *#pages(asStates: boolean, pageRows: number): Generator<Page> {
    const { keyTypes } = this.#spec
    const ends = this.#keys?.addressing === 'runs' ? this.#ends : []
    let next = 0
    for (let from = 0, to = 0; from < this.groupCount; from = to) {
      while (next < ends.length && ends[next]! <= from) next++
      to = Math.min(this.groupCount, from + pageRows, ends[next] ?? this.groupCount)
      const arena = this.#output
      arena.reset()
      const keys = this.#keys?.blocks(from, to, keyTypes, arena) ?? []
      const values = asStates
        ? this.#calls.states(from, to, arena)
        : this.#calls.results(from, to, arena)
      yield { rowCount: to - from, blocks: [...keys, ...values] }
    }
  }

  /** The rows of grouping sets without keys where there was no input. */
  #emptyGroups(): Page {
    const { keyTypes, globalGroupIds = [], groupIdKey } = this.#spec
    const rowCount = globalGroupIds.length
    const arena = this.#output
    arena.reset()
    this.#calls.reserve(rowCount)
    const keys = keyTypes.map((type, key) =>
      blockOf(
        type,
        globalGroupIds.map((id) => (key === groupIdKey ? BigInt(id) : null)),
        arena,
      ),
    )
    return { rowCount, blocks: [...keys, ...this.#calls.results(0, rowCount, arena)] }
  }

  close(): void {
    this.#keys?.close()
    this.#calls.close()
    for (const arena of [this.#scratch, this.#output, this.#fixed]) arena.close()
  }

  describe(): Readonly<Record<string, string | number>> {
    const keys = this.#keys
    return {
      groups: this.groupCount,
      ...(keys === undefined ? {} : { addressing: keys.addressing }),
    }
  }
}
