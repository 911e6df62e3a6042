import type { Expression } from '../../expressions/ir.js'
import { input } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import type { Selection } from '../../expressions/page-expression.js'
import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { repOf } from '../../expressions/wasm/lowered.js'
import {
  type BoundRows,
  bindRows,
  prepareRowProgram,
  type RowProgram,
} from '../../expressions/wasm/row-kernels.js'
import { canLower } from '../../expressions/wasm/row-lowering.js'
import { type Arena, assert, BOOLEAN, type Page, type SqlType } from '../../spi/index.js'
import type { RowGroups } from '../keys/led-group-keys.js'
import type { AggregateSpec, AggregationSpec } from '../spec.js'
import type { AggregateCalls } from './aggregate-calls.js'
import { mergesStates } from './aggregate-calls.js'
import { type BoundKeys, FusedKeys, type KeyReading } from './fused-keys.js'
import {
  type FusedColumn,
  type FusedLoop,
  flushColumn,
  runFusedLoop,
  type StateWords,
  stateBytesMax,
  stateWords,
} from './fused-loop-kernels.js'
import { NARROW_MAX } from './integer-sums.js'

/** Runs take a state each, and are looked up: where they are shorter, so are rows one by one. */
const ROWS_PER_RUN = 2
/** What keys are compared by is made once a page, for which fewer rows do not pay. */
const ROWS_IN_RUNS_MIN = 32
const PAGES_PASSED_MAX = 64

/**
 * Aggregation in one loop over the rows of a page, of sums and counts whose arguments kernels know, of one group or of keys
 * that are integers or codes of dictionaries. Rows are added to states of the page's own, by code where these are few and by
 * runs of equal keys where neighbours often have the same, and these to the groups' where no row has failed.
 */
export class FusedAggregation {
  readonly #memory: WebAssembly.Memory
  readonly #calls: AggregateCalls
  /** Absent: all rows are of one group. */
  readonly #keys: FusedKeys | undefined
  readonly #groupKeys: RowGroups | undefined
  /** What calls add to; several may add the same. */
  readonly #columns: readonly FusedColumn[]
  readonly #columnOf: readonly number[]
  /** What the columns read. */
  readonly #arguments: readonly Expression[]
  /** All rows are of one group, and nothing is computed. */
  readonly #readsColumns: boolean
  readonly #programs = new Map<string, RowProgram>()
  readonly #words = new Map<string, StateWords>()
  /** Pages whose runs are not looked for, since those of a page before were short; and how many were passed then. */
  #pagesToPass = 0
  #pagesPassed = 1

  private constructor(
    memory: WebAssembly.Memory,
    spec: AggregationSpec,
    expressionOf: ExpressionOf,
    calls: AggregateCalls,
    groupKeys: RowGroups | undefined,
    keys: FusedKeys | undefined,
  ) {
    this.#memory = memory
    this.#calls = calls
    this.#groupKeys = groupKeys
    this.#keys = keys
    const read = new Map<string, { readonly place: number; readonly expression: Expression }>()
    const place = (expression: Expression): number => {
      const key = expressionKey(expression)
      const known = read.get(key) ?? { place: read.size, expression }
      read.set(key, known)
      return known.place
    }
    const columns = new Map<string, FusedColumn>()
    this.#columnOf = spec.aggregates.map((call) => {
      const value = call.args.length === 0 ? undefined : place(argumentOf(call, expressionOf))
      const isSummed = call.function.name !== 'count'
      const guards = conditionsOf(call, expressionOf).map(place)
      const key = [value, isSummed, ...guards].join()
      columns.set(key, { value, isSummed, guards })
      return [...columns.keys()].indexOf(key)
    })
    this.#columns = [...columns.values()]
    this.#arguments = [...read.values()].map(({ expression }) => expression)
    this.#readsColumns = keys === undefined && this.#arguments.every(({ kind }) => kind === 'input')
  }

  /**
   * @param projections what computes the columns that the aggregation reads; absent: pages have them
   * @returns undefined where a loop would not do, or do worse
   */
  static of(
    memory: WebAssembly.Memory,
    spec: AggregationSpec,
    projections: readonly Expression[] | undefined,
    calls: AggregateCalls,
    groupKeys: RowGroups | undefined,
  ): FusedAggregation | undefined {
    if (mergesStates(spec.step) || !calls.addsSums) return undefined
    const expressionOf: ExpressionOf = (channel, type) =>
      projections?.[channel] ?? input(channel, type)
    const isKnown = spec.aggregates.every((call) => isLowerable(call, expressionOf))
    if (!isKnown) return undefined
    const expressions = spec.keyChannels.map((channel, i) =>
      expressionOf(channel, spec.keyTypes[i]!),
    )
    const keys = groupKeys && FusedKeys.of(groupKeys, expressions)
    if (groupKeys !== undefined && keys === undefined) return undefined
    return new FusedAggregation(memory, spec, expressionOf, calls, groupKeys, keys)
  }

  /** @returns how many rows; undefined where this page is not for a loop, or a row fails: nothing has been added then */
  add(page: Page, selection: Selection, arena: Arena): number | undefined {
    const { positions } = selection
    // Columns that are there are folded 16 bytes at a time.
    if (this.#readsColumns && positions === null) return undefined
    const reading = this.#keys?.read(page, stateBytesMax(this.#columns))
    if (this.#keys !== undefined && reading === undefined) return undefined
    const bound = bindRows(this.#program(reading), page, arena)
    if (bound === undefined) return undefined
    const sums = this.#largestSums(bound, selection.count)
    if (sums === undefined) return undefined
    const words = this.#wordsOf(bound)
    const keys =
      reading && this.#keys?.bind(reading, bound, this.#arguments.length, words, page, arena)
    if (reading !== undefined && keys === undefined) return undefined
    const parts = keys?.parts.flatMap(({ part }) => (part === undefined ? [] : [part])) ?? []
    const loop = { bound, columns: this.#columns, words, keys: parts, selection, runs: undefined }
    const added =
      keys === undefined || keys.isSmall
        ? this.#addByCode(loop, keys, arena)
        : this.#addInRuns(loop, keys, arena)
    if (added === undefined) return undefined
    const { states, groups } = added
    this.#calls.targets(this.#columnOf.map((column) => sums[column]!)).forEach((target, i) => {
      const column = words.columns[this.#columnOf[i]!]!
      if (target === 'none') return
      flushColumn(this.#memory, states, words.stateBytes, column, groups.byteOffset, target)
    })
    return selection.count
  }

  #addByCode(loop: FusedLoop, keys: BoundKeys | undefined, arena: Arena): Added | undefined {
    const { stateBytes } = loop.words
    const states = zeroed(arena.allocate((keys?.codeCount ?? 1) * stateBytes))
    if (runFusedLoop(this.#memory, loop, states, arena) === undefined) return undefined
    const groups = this.#groups(keys, states, stateBytes, arena)
    return groups && { states, groups }
  }

  /** Codes of neighbours are added up before groups are looked for, where neighbours often have the same. */
  #addInRuns(loop: FusedLoop, keys: BoundKeys, arena: Arena): Added | undefined {
    if (loop.selection.count < ROWS_IN_RUNS_MIN) return undefined
    if (this.#pagesToPass > 0) {
      this.#pagesToPass -= 1
      return undefined
    }
    const { stateBytes } = loop.words
    const runsMax = Math.ceil(loop.selection.count / ROWS_PER_RUN)
    const states = arena.allocate(runsMax * stateBytes)
    const codes = allocateInt32(arena, runsMax + 1)
    const runs = { codes: codes.byteOffset, runsMax }
    const count = runFusedLoop(this.#memory, { ...loop, runs }, states, arena)
    const groups =
      count && this.#keys!.groupsOf(keys.reading, keys.parts, codes.subarray(0, count), arena)
    if (!groups) {
      this.#pagesToPass = this.#pagesPassed
      this.#pagesPassed = Math.min(PAGES_PASSED_MAX, 2 * this.#pagesPassed)
      return undefined
    }
    this.#pagesPassed = 1
    this.#calls.reserve(this.#groupKeys!.groupCount)
    return { states: states.subarray(0, groups.length * stateBytes), groups }
  }

  #program(reading: KeyReading | undefined): RowProgram {
    const computed = reading?.computed ?? []
    const name = computed.map(expressionKey).join()
    let program = this.#programs.get(name)
    if (program === undefined) {
      program = prepareRowProgram(...this.#arguments, ...computed)
      this.#programs.set(name, program)
    }
    return program
  }

  #wordsOf(bound: BoundRows): StateWords {
    let words = this.#words.get(bound.key)
    if (words === undefined) {
      words = stateWords(bound, this.#columns)
      this.#words.set(bound.key, words)
    }
    return words
  }

  /** What each column's values come to at most; undefined where 64 bits may not hold it. */
  #largestSums({ program, analysis }: BoundRows, rowCount: number): number[] | undefined {
    const sums = this.#columns.map(({ value, isSummed }) => {
      if (!isSummed) return 0
      const facts = analysis.facts.get(program.expressions[value!]!)
      assert(facts !== undefined, 'integers are analysed')
      return Math.max(Math.abs(facts.interval.min), Math.abs(facts.interval.max)) * rowCount
    })
    return sums.every((sum) => sum <= NARROW_MAX) ? sums : undefined
  }

  /** The group of each code that has rows; undefined where a key fails. */
  #groups(
    keys: BoundKeys | undefined,
    states: Uint8Array,
    stateBytes: number,
    arena: Arena,
  ): Int32Array | undefined {
    if (this.#keys === undefined || keys === undefined) return allocateInt32(arena, 1).fill(0)
    const words = new Int32Array(states.buffer, states.byteOffset, states.byteLength / 4)
    const hasRows = (code: number) => words[(code * stateBytes) / 4] !== 0
    const found = this.#keys.groups(keys, hasRows, arena)
    if (found === undefined) return undefined
    this.#calls.reserve(this.#groupKeys!.groupCount)
    const groups = allocateInt32(arena, keys.codeCount)
    groups.set(found)
    return groups
  }
}

/** States that a page's rows were added to, and the group of each that has rows. */
interface Added {
  readonly states: Uint8Array
  readonly groups: Int32Array
}

/** What computes a channel of the aggregation's input. */
type ExpressionOf = (channel: number, type: SqlType) => Expression

const argumentOf = ({ args }: AggregateSpec, expressionOf: ExpressionOf): Expression => {
  const [arg] = args
  assert(arg?.kind === 'input', 'arguments are channels')
  return expressionOf(arg.channel, arg.type)
}

const conditionsOf = (call: AggregateSpec, expressionOf: ExpressionOf): readonly Expression[] =>
  [call.filterChannel, call.maskChannel].flatMap((channel) =>
    channel === undefined ? [] : [expressionOf(channel, BOOLEAN)],
  )

function isLowerable(call: AggregateSpec, expressionOf: ExpressionOf): boolean {
  if (!conditionsOf(call, expressionOf).every(canLower)) return false
  if (call.args.length === 0) return true
  if (call.args.length > 1 || call.args[0]!.kind !== 'input') return false
  const value = argumentOf(call, expressionOf)
  return canLower(value) && (call.function.name === 'count' || repOf(value.type) === 'int')
}
