import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  type Block,
  type BlockBuilder,
  createBlockBuilder,
  INTEGER,
  MillraceError,
  type Page,
  readValue,
  type Value,
  valueKey,
} from '../../spi/index.js'
import { ColumnStore } from '../kernels/column-store.js'
import type { Operator, OperatorContext } from '../operator.js'
import type { PatternRecognitionSpec, WindowBoundSpec } from '../spec.js'
import { frameOffset } from '../window/frames.js'
import { compileMatchExpression, type MatchExpression, type MatchState } from './match-values.js'
import { findMatch, type Match, type MatcherInput } from './matcher.js'
import { compilePattern, type Instruction } from './program.js'
import { dependsOnRowOnly, looksBack } from './row-only.js'

interface FoundMatch {
  readonly start: number
  readonly match: Match | undefined
}

/** Distances from a row to the first and the last row of its match. */
interface MatchFrame {
  readonly start: number
  readonly end: number
}

/** A frame without rows. */
const NO_MATCH: MatchFrame = { start: 1, end: 0 }

export const createPatternRecognition = (
  spec: PatternRecognitionSpec,
  context: OperatorContext,
): Operator => new PatternRecognitionOperator(spec, context)

/**
 * Matches a row pattern over rows sorted by partition and order. Keeps the rows of one partition. Over window frames it gives
 * each row once, with the place of its match.
 * @throws GENERIC_USER_ERROR where AFTER MATCH SKIP has nowhere to go; what the expressions throw
 * @source Trino PatternRecognitionPartition
 */
class PatternRecognitionOperator implements Operator {
  readonly finished = false
  readonly #spec: PatternRecognitionSpec
  readonly #context: OperatorContext
  readonly #input: Arena
  readonly #partition: Arena
  readonly #page: Arena
  readonly #scratch: Arena
  readonly #program: readonly Instruction[]
  readonly #remembers: boolean
  readonly #definitions: readonly (MatchExpression | undefined)[]
  readonly #measures: readonly MatchExpression[]
  readonly #types: PatternRecognitionSpec['types']
  readonly #state: MatchState
  #blocks: readonly Block[] = []
  #store: ColumnStore
  #key: readonly unknown[] | undefined
  #builders: readonly BlockBuilder[] = []
  #built = 0
  /** Whether a match is the same one from whichever row it is looked for. */
  readonly #seekIsStable: boolean

  constructor(spec: PatternRecognitionSpec, context: OperatorContext) {
    const { pattern, columns, inputs, types } = spec
    this.#spec = spec
    this.#context = context
    this.#input = context.createArena()
    this.#partition = context.createArena()
    this.#page = context.createArena()
    this.#scratch = context.createArena()
    this.#store = new ColumnStore(types, this.#input)
    this.#program = compilePattern(pattern.pattern)
    this.#remembers = pattern.definitions.every((d) => d === null || dependsOnRowOnly(d))
    const state: MatchState = {
      start: 0,
      current: 0,
      matchNumber: 1n,
      labels: [],
      from: 0,
      to: 0,
      read: (i, row) => readValue(this.#blocks[inputs[i]!]!, row),
    }
    this.#state = state
    const { settings } = context
    this.#definitions = pattern.definitions.map((d) =>
      d === null ? undefined : compileMatchExpression(d, state, pattern.labels, settings),
    )
    this.#measures = pattern.measures.map((m) =>
      compileMatchExpression(m, state, pattern.labels, settings),
    )
    this.#types = [
      ...columns.map((channel) => types[channel]!),
      ...pattern.measures.map((m) => m.expression.type),
      ...(spec.frameEnd === undefined ? [] : [INTEGER, INTEGER, INTEGER]),
    ]
    this.#seekIsStable = pattern.definitions.every((d) => d === null || !looksBack(d))
  }

  *process(page: Page): Generator<Page, void> {
    let from = 0
    for (let row = 0; row < page.rowCount; row++) {
      if (!this.#startsPartition(page, row)) continue
      this.#append(page, from, row)
      from = row
      yield* this.#flush()
    }
    this.#append(page, from, page.rowCount)
  }

  *finish(): Generator<Page, void> {
    yield* this.#flush()
    const last = this.#takePage()
    if (last !== undefined) yield last
  }

  /** True where the row is of another partition than the one before it; the first row of all is of none. */
  #startsPartition(page: Page, row: number): boolean {
    const { partitionBy, types } = this.#spec
    if (partitionBy.length === 0) return false
    const key = partitionBy.map((c) => valueKey(types[c]!, readValue(page.blocks[c]!, row)))
    const before = this.#key
    if (before?.every((part, i) => part === key[i]) === true) return false
    this.#key = key
    return before !== undefined
  }

  #append(page: Page, from: number, to: number): void {
    if (from === to) return
    if (from === 0 && to === page.rowCount) {
      this.#store.append(page)
      return
    }
    this.#scratch.reset()
    const positions = allocateInt32(this.#scratch, to - from)
    for (let i = from; i < to; i++) positions[i - from] = i
    this.#store.append(page, positions, to - from)
  }

  *#flush(): Generator<Page, void> {
    const { rowCount } = this.#store
    if (rowCount === 0) return
    this.#partition.reset()
    this.#blocks = this.#store.finish(this.#partition)
    this.#input.reset()
    this.#store = new ColumnStore(this.#spec.types, this.#input)
    const { frameEnd } = this.#spec
    this.#state.from = 0
    this.#state.to = rowCount
    if (frameEnd === undefined) yield* this.#matches(rowCount)
    else yield* this.#frames(rowCount, frameEnd)
  }

  *#matches(rowCount: number): Generator<Page, void> {
    const { rowsPerMatch } = this.#spec.pattern
    const state = this.#state
    state.matchNumber = 1n
    let lastMatched = -1
    for (let row = 0; row < rowCount; ) {
      const match = this.#matchAt(row)
      this.#setMatch(row, match?.labels ?? [])
      const length = match?.labels.length ?? 0
      if (match === undefined) {
        if (rowsPerMatch === 'allWithUnmatched' && row > lastMatched) yield* this.#emit(row, false)
        row += 1
        continue
      }
      if (length === 0) {
        state.current = row
        if (rowsPerMatch !== 'allOmitEmpty') yield* this.#emit(row, true)
        row += 1
      } else {
        lastMatched = Math.max(lastMatched, row + length - 1)
        yield* this.#emitMatch(row, match)
        row = this.#skip(row, match)
      }
      state.matchNumber += 1n
    }
  }

  /** Gives every row, with the match that is found at it unless an earlier one skips it. */
  *#frames(rowCount: number, frameEnd: WindowBoundSpec): Generator<Page, void> {
    const state = this.#state
    const { skip } = this.#spec.pattern
    let nextSearch = 0
    let found: FoundMatch | undefined
    for (let row = 0; row < rowCount; row++) {
      if (row < nextSearch) {
        yield* this.#emit(row, false, NO_MATCH)
        continue
      }
      nextSearch = row + 1
      state.from = row
      state.to = this.#searchEnd(row, rowCount, frameEnd)
      if (!this.#isKnown(found, row, frameEnd)) found = this.#search(row)
      const { start, match } = found!
      if (match === undefined) {
        yield* this.#emit(row, false, NO_MATCH)
        continue
      }
      const length = match.labels.length
      this.#setMatch(start, match.labels)
      state.current = length === 0 ? row : start + length - 1
      const first = start - row
      yield* this.#emit(
        row,
        true,
        length === 0 ? NO_MATCH : { start: first, end: first + length - 1 },
      )
      if (length > 0 && skip.kind !== 'next') nextSearch = this.#skip(start, match)
    }
  }

  #searchEnd(row: number, rowCount: number, { kind, channel }: WindowBoundSpec): number {
    if (kind === 'unbounded following') return rowCount
    const distance = channel === undefined ? 0 : frameOffset(this.#blocks[channel]!, row, rowCount)
    return Math.min(rowCount, row + distance + 1)
  }

  /** The match at a row, or with SEEK the first one that begins there or after it. */
  #search(row: number): FoundMatch {
    const end = this.#spec.pattern.seeks === true ? this.#state.to : row + 1
    for (let start = row; start < end; start++) {
      const match = this.#matchAt(start)
      if (match !== undefined) return { start, match }
    }
    return { start: row, match: undefined }
  }

  /** What SEEK found for an earlier row is there for this one too, so that looking for nothing stays linear. */
  #isKnown(found: FoundMatch | undefined, row: number, { kind }: WindowBoundSpec): boolean {
    return (
      found !== undefined &&
      this.#spec.pattern.seeks === true &&
      this.#seekIsStable &&
      kind === 'unbounded following' &&
      (found.match === undefined || found.start >= row)
    )
  }

  #matchAt(row: number): Match | undefined {
    const state = this.#state
    const labels: number[] = []
    for (const definition of this.#definitions) definition?.forget(0)
    state.start = row
    state.labels = labels
    const input: MatcherInput = {
      rowCount: state.to,
      labels,
      fits: (label, at) => {
        const definition = this.#definitions[label]
        state.current = at
        return definition === undefined || definition.evaluate() === true
      },
      relabel: (offset) => {
        for (const definition of this.#definitions) definition?.forget(offset)
      },
      isCancelled: () => this.#context.isCancelled(),
    }
    return findMatch(this.#program, row, input, this.#remembers)
  }

  #setMatch(start: number, labels: readonly number[]): void {
    this.#state.start = start
    this.#state.labels = [...labels]
    for (const measure of this.#measures) measure.forget(0)
  }

  *#emitMatch(start: number, { labels, exclusions }: Match): Generator<Page, void> {
    const state = this.#state
    if (this.#spec.pattern.rowsPerMatch === 'one') {
      state.current = start + labels.length - 1
      yield* this.#emit(start, true)
      return
    }
    let next = 0
    for (let offset = 0; offset < labels.length; offset++) {
      while (next < exclusions.length && offset >= exclusions[next + 1]!) next += 2
      if (next < exclusions.length && offset >= exclusions[next]!) continue
      state.current = start + offset
      yield* this.#emit(start + offset, true)
    }
  }

  /** Where to look for the next match. */
  #skip(start: number, { labels }: Match): number {
    const { skip } = this.#spec.pattern
    if (!('labels' in skip)) return skip.kind === 'next' ? start + 1 : start + labels.length
    const isTarget = (label: number) => skip.labels.includes(label)
    const offset =
      skip.kind === 'first' ? labels.findIndex(isTarget) : labels.findLastIndex(isTarget)
    const refuse = (what: string) =>
      new MillraceError('GENERIC_USER_ERROR', `AFTER MATCH SKIP failed: ${what}`)
    if (offset < 0) throw refuse('pattern variable is not present in match')
    if (offset === 0) throw refuse('cannot skip to first row of match')
    return start + offset
  }

  /** Adds an output row: columns of `row`, measures at the current row, or nulls, and where its match is. */
  *#emit(row: number, withMeasures: boolean, frame?: MatchFrame): Generator<Page, void> {
    if (this.#builders.length === 0) {
      this.#page.reset()
      this.#builders = this.#types.map((type) => createBlockBuilder(type, this.#page))
    }
    const { columns } = this.#spec
    const builders = this.#builders
    columns.forEach((channel, i) => {
      builders[i]!.append(readValue(this.#blocks[channel]!, row))
    })
    this.#measures.forEach((measure, i) => {
      const value: Value = withMeasures ? measure.evaluate() : null
      builders[columns.length + i]!.append(value)
    })
    if (frame !== undefined) {
      const values = [row, frame.start, frame.end]
      values.forEach((value, i) => {
        builders[builders.length - values.length + i]!.append(value)
      })
    }
    this.#built += 1
    if (this.#built < this.#context.settings.outputPageRows) return
    const page = this.#takePage()
    if (page !== undefined) yield page
  }

  #takePage(): Page | undefined {
    const rowCount = this.#built
    if (rowCount === 0) return undefined
    const blocks = this.#builders.map((builder) => builder.build())
    this.#builders = []
    this.#built = 0
    return { rowCount, blocks }
  }

  close(): void {
    this.#input.close()
    this.#partition.close()
    this.#page.close()
    this.#scratch.close()
  }
}
