import type { Expression } from '../../expressions/ir.js'
import { input } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import type { Selection } from '../../expressions/page-expression.js'
import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { importBlock } from '../../expressions/wasm/import.js'
import { repOf } from '../../expressions/wasm/lowered.js'
import {
  type BoundRows,
  bindRows,
  prepareRowProgram,
  type RowProgram,
} from '../../expressions/wasm/row-kernels.js'
import { canLower } from '../../expressions/wasm/row-lowering.js'
import {
  type Arena,
  assert,
  type Block,
  BOOLEAN,
  type DictionaryBlock,
  type Page,
  type SqlType,
} from '../../spi/index.js'
import type { GroupKeys } from '../keys/group-keys.js'
import type { AggregateSpec, AggregationSpec } from '../spec.js'
import type { AggregateCalls } from './aggregate-calls.js'
import { mergesStates } from './aggregate-calls.js'
import {
  type FusedColumn,
  flushColumn,
  type KeyPart,
  runFusedLoop,
  type StateWords,
  stateWords,
} from './fused-loop-kernels.js'
import { NARROW_MAX } from './integer-sums.js'

/** The states of a page's codes are to stay in the second-level cache. */
const STATE_BYTES_MAX = 1 << 18
/** Codes are looked up and added to their groups once a page. */
const ROWS_PER_CODE = 4

/** How the keys of a page are read: by codes of dictionaries, as integers, or as one value of all rows. */
type KeyMode = 'codes' | 'value' | 'constant'

/** The code of a row is made of parts, one a key, each below its size. */
interface BoundKey {
  readonly part: KeyPart | undefined
  readonly size: number
  /** Codes mean the same keys as those of the page before where these are the same. */
  readonly identity: readonly unknown[]
  /** The keys of the given parts. */
  block(parts: Int32Array, arena: Arena): Block
}

/**
 * Aggregation in one loop over the rows of a page, of sums and counts whose arguments kernels know, of one group or of keys
 * that are integers of a small range or codes of small dictionaries. Rows are added to states of the page's own, by code, and
 * these to the groups' where no row has failed.
 */
export class FusedAggregation {
  readonly #memory: WebAssembly.Memory
  readonly #calls: AggregateCalls
  readonly #keys: GroupKeys | undefined
  readonly #keyExpressions: readonly Expression[]
  /** What calls add to; several may add the same. */
  readonly #columns: readonly FusedColumn[]
  readonly #columnOf: readonly number[]
  /** What the columns read. */
  readonly #arguments: readonly Expression[]
  /** All rows are of one group, and nothing is computed. */
  readonly #readsColumns: boolean
  readonly #programs = new Map<string, RowProgram>()
  readonly #words = new Map<string, StateWords>()
  /** The smallest and largest integer so far of each key. */
  readonly #ranges: ({ readonly min: number; readonly max: number } | undefined)[] = []
  /** What {@link #groupOf} was made for. */
  #identity: readonly unknown[] = []
  /** The group of each code; -1: not known yet. */
  #groupOf = new Int32Array(0)

  private constructor(
    memory: WebAssembly.Memory,
    spec: AggregationSpec,
    expressionOf: ExpressionOf,
    calls: AggregateCalls,
    keys: GroupKeys | undefined,
  ) {
    this.#memory = memory
    this.#calls = calls
    this.#keys = keys
    this.#keyExpressions = spec.keyChannels.map((channel, i) =>
      expressionOf(channel, spec.keyTypes[i]!),
    )
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
    keys: GroupKeys | undefined,
  ): FusedAggregation | undefined {
    if (mergesStates(spec.step) || !calls.addsSums) return undefined
    const expressionOf: ExpressionOf = (channel, type) =>
      projections?.[channel] ?? input(channel, type)
    const isKnown = spec.aggregates.every((call) => isLowerable(call, expressionOf))
    const hasCodes = spec.keyChannels.every((channel, i) => {
      const key = expressionOf(channel, spec.keyTypes[i]!)
      return key.kind === 'input' || (canLower(key) && repOf(key.type) === 'int')
    })
    if (!isKnown || !hasCodes) return undefined
    return new FusedAggregation(memory, spec, expressionOf, calls, keys)
  }

  /** @returns how many rows; undefined where this page is not for a loop, or a row fails: nothing has been added then */
  add(page: Page, selection: Selection, arena: Arena): number | undefined {
    const { positions } = selection
    // Columns that are there are folded 16 bytes at a time.
    if (this.#readsColumns && positions === null) return undefined
    const modes: KeyMode[] = []
    for (const key of this.#keyExpressions) {
      const mode = keyMode(key, page)
      if (mode === undefined) return undefined
      modes.push(mode)
    }
    const bound = bindRows(this.#program(modes), page, arena)
    if (bound === undefined) return undefined
    const sums = this.#largestSums(bound, selection.count)
    if (sums === undefined) return undefined
    const words = this.#wordsOf(bound)
    const keys = this.#bindKeys(modes, bound, words, page, arena)
    if (keys === undefined) return undefined
    const codeCount = keys.reduce((product, { size }) => product * size, 1)
    const states = zeroed(arena.allocate(codeCount * words.stateBytes))
    const parts = keys.flatMap(({ part }) => (part === undefined ? [] : [part]))
    const loop = { bound, columns: this.#columns, words, keys: parts, selection }
    if (!runFusedLoop(this.#memory, loop, states.byteOffset, arena)) return undefined
    const groups = this.#groups(keys, states, words.stateBytes, arena)
    this.#calls.targets(this.#columnOf.map((column) => sums[column]!)).forEach((target, i) => {
      const column = words.columns[this.#columnOf[i]!]!
      if (target === 'none') return
      flushColumn(this.#memory, states, words.stateBytes, column, groups, target)
    })
    return selection.count
  }

  #program(modes: readonly KeyMode[]): RowProgram {
    const name = modes.join()
    let program = this.#programs.get(name)
    if (program === undefined) {
      const computed = this.#keyExpressions.filter((_, i) => modes[i] === 'value')
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

  /** @returns undefined where there are too many codes */
  #bindKeys(
    modes: readonly KeyMode[],
    bound: BoundRows,
    { stateBytes, nullable }: StateWords,
    page: Page,
    arena: Arena,
  ): readonly BoundKey[] | undefined {
    let stride = 1
    let expression = this.#arguments.length
    const keys: BoundKey[] = []
    for (const [i, mode] of modes.entries()) {
      const key = this.#keyExpressions[i]!
      if (mode === 'value') {
        const place = expression++
        keys.push(this.#valueKey(i, key.type, bound, place, nullable[place]!, stride))
      } else {
        assert(key.kind === 'input', 'keys that are computed are integers')
        const block = page.blocks[key.channel]!
        keys.push(mode === 'constant' ? constantKey(block) : codesKey(block, stride, arena))
      }
      stride *= keys[i]!.size
      const isSmall =
        stride * stateBytes <= STATE_BYTES_MAX && stride * ROWS_PER_CODE <= page.rowCount
      if (!isSmall) return undefined
    }
    return keys
  }

  #valueKey(
    index: number,
    type: SqlType,
    { program, analysis }: BoundRows,
    expression: number,
    nullable: boolean,
    stride: number,
  ): BoundKey {
    const { interval } = analysis.facts.get(program.expressions[expression]!)!
    const known = this.#ranges[index] ?? interval
    const min = Math.min(known.min, interval.min)
    const max = Math.max(known.max, interval.max)
    const span = max - min + 1
    // A range that pages have widened too far is not widened for good: the next may be near the others.
    if (span <= STATE_BYTES_MAX) this.#ranges[index] = { min, max }
    return {
      part: { kind: 'value', expression, min, nullPart: span, stride },
      size: span + (nullable ? 1 : 0),
      identity: [min, max, nullable],
      block: (parts, arena) => integerKeys(type, parts, min, span, arena),
    }
  }

  /** The address of the group of each code that has rows. */
  #groups(keys: readonly BoundKey[], states: Uint8Array, stateBytes: number, arena: Arena): number {
    const codeCount = states.byteLength / stateBytes
    const groups = allocateInt32(arena, codeCount)
    if (this.#keys === undefined) return groups.fill(0).byteOffset
    const identity = keys.flatMap((key) => key.identity)
    const isKnown =
      identity.length === this.#identity.length &&
      identity.every((part, i) => part === this.#identity[i])
    if (!isKnown || this.#groupOf.length !== codeCount) {
      this.#identity = identity
      this.#groupOf = new Int32Array(codeCount).fill(-1)
    }
    const words = new Int32Array(states.buffer, states.byteOffset, states.byteLength / 4)
    const found: number[] = []
    for (let code = 0; code < codeCount; code++) {
      if (words[(code * stateBytes) / 4] !== 0 && this.#groupOf[code] === -1) found.push(code)
    }
    if (found.length > 0) this.#findGroups(this.#keys, keys, found, arena)
    groups.set(this.#groupOf)
    return groups.byteOffset
  }

  #findGroups(
    groupKeys: GroupKeys,
    keys: readonly BoundKey[],
    codes: readonly number[],
    arena: Arena,
  ): void {
    let stride = 1
    const blocks = keys.map(({ size, block }) => {
      const parts = Int32Array.from(codes, (code) => Math.floor(code / stride) % size)
      stride *= size
      return block(parts, arena)
    })
    const channels = keys.map((_, i) => i)
    const groups = groupKeys.add({ rowCount: codes.length, blocks }, channels, arena)
    codes.forEach((code, i) => {
      this.#groupOf[code] = groups[i]!
    })
    this.#calls.reserve(groupKeys.groupCount)
  }
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

/** @returns undefined where kernels cannot number the keys of a page */
function keyMode(key: Expression, page: Page): KeyMode | undefined {
  const encoding = key.kind === 'input' ? page.blocks[key.channel]!.encoding : 'flat'
  if (encoding === 'dictionary') return 'codes'
  if (encoding === 'constant') return 'constant'
  return repOf(key.type) === 'int' ? 'value' : undefined
}

const constantKey = (block: Block): BoundKey => {
  assert(block.encoding === 'constant')
  const { type, value } = block
  return {
    part: undefined,
    size: 1,
    identity: [value],
    block: ({ length }) => ({ encoding: 'constant', type, rowCount: length, value }),
  }
}

function codesKey(block: Block, stride: number, arena: Arena): BoundKey {
  assert(block.encoding === 'dictionary')
  const { dictionary } = block
  const { codes, validity } = importCodes(block, arena)
  const size = dictionary.rowCount
  return {
    part: {
      kind: 'codes',
      address: codes.byteOffset,
      codeBytes: codes.BYTES_PER_ELEMENT as 1 | 2 | 4,
      validity: validity?.byteOffset ?? 0,
      nullPart: size,
      stride,
    },
    size: size + (validity === null ? 0 : 1),
    identity: [dictionary, validity === null],
    block(parts, to) {
      const picked = allocateInt32(to, parts.length)
      picked.set(parts)
      const bits = clearValidity(picked, size, to)
      return { ...block, rowCount: parts.length, codes: picked, validity: bits }
    },
  }
}

/** The codes of a block, and which are null, where kernels read them; not the entries. */
function importCodes(block: DictionaryBlock, arena: Arena): DictionaryBlock {
  const { type } = block
  const none = { encoding: 'flat', storage: 'null', type, rowCount: 0, validity: null } as const
  const imported = importBlock({ ...block, dictionary: none }, arena)
  assert(imported.encoding === 'dictionary')
  return imported
}

function integerKeys(
  type: SqlType,
  parts: Int32Array,
  min: number,
  nullPart: number,
  arena: Arena,
): Block {
  const rowCount = parts.length
  const values = allocateInt32(arena, rowCount)
  values.set(parts)
  const validity = clearValidity(values, nullPart, arena)
  const bounds = { min, max: min + nullPart - 1 }
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  return { storage: 'i32', values, base: min, factor: 1, bounds, ...flat }
}

/** Makes the parts that stand for null 0, and gives the bits of the others; null where there are none. */
function clearValidity(parts: Int32Array, nullPart: number, arena: Arena): Uint8Array | null {
  if (!parts.includes(nullPart)) return null
  const validity = zeroed(arena.allocate((parts.length + 7) >> 3))
  parts.forEach((part, i) => {
    if (part === nullPart) parts[i] = 0
    else validity[i >> 3]! |= 1 << (i & 7)
  })
  return validity
}
