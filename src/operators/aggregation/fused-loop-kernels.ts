import type { Selection } from '../../expressions/page-expression.js'
import { FunctionBuilder, type Local } from '../../expressions/wasm/builder.js'
import { ParameterReader, ParameterWriter } from '../../expressions/wasm/layout.js'
import { isTrue } from '../../expressions/wasm/lower-logic.js'
import type { Lowered } from '../../expressions/wasm/lowered.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import {
  type BoundRows,
  rowReader,
  rowSlots,
  writeRows,
} from '../../expressions/wasm/row-kernels.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { type Arena, assert } from '../../spi/index.js'
import { at, validBit } from '../keys/key-kernels.js'
import { addsVectors, runVectorGroups } from './vector-group-kernels.js'
import { runVectorSums, sumsVectors } from './vector-sum-kernels.js'

/**
 * One loop over the rows of a page: selects, computes keys and arguments, and adds to states of the page's own: one a code, or
 * where codes are many and neighbours often have the same, one a run of these. States are i64 words: how many rows, then the
 * words of each column.
 */

/** Where sums and counts of groups lie, by group; 0: there are no sums. */
export interface FusedTargets {
  readonly sums: number
  readonly counts: number
}

/** An argument, by its place among the expressions of the program. */
export interface FusedColumn {
  /** Absent: only rows are counted. */
  readonly value: number | undefined
  readonly isSummed: boolean
  /** The condition of FILTER. */
  readonly guards: readonly number[]
}

/** Offsets of a column's words in the state of a group. */
export interface ColumnWords {
  readonly sum: number
  /** 0: every row counts. */
  readonly count: number
}

export interface StateWords {
  readonly stateBytes: number
  readonly columns: readonly ColumnWords[]
  /** By expression of the program: whether it may be null in these pages. */
  readonly nullable: readonly boolean[]
}

/** A part of the code of a row's group: part * stride. */
export type KeyPart =
  | {
      readonly kind: 'codes'
      readonly address: number
      readonly codeBytes: 1 | 2 | 4
      /** Address; 0: no nulls. */
      readonly validity: number
      readonly nullPart: number
      readonly stride: number
    }
  | {
      readonly kind: 'value'
      readonly expression: number
      readonly min: number
      readonly nullPart: number
      readonly stride: number
    }

/** What of the code only lowering tells: which expressions may be null, and so where the words of a state are. */
export function stateWords(bound: BoundRows, columns: readonly FusedColumn[]): StateWords {
  const f = new FunctionBuilder([], 'i32')
  const read = rowReader(f, new ParameterReader(f, f.local('i32')), bound, () => {})
  const nullable = read(f.local('i32')).map(({ isNull }) => isNull !== null)
  let next = 8
  const word = () => {
    next += 8
    return next - 8
  }
  const words = columns.map(({ value, isSummed, guards }) => ({
    sum: isSummed ? word() : 0,
    count: guards.length > 0 || (value !== undefined && nullable[value]) ? word() : 0,
  }))
  return { stateBytes: stateBytesOf(next), columns: words, nullable }
}

/** A power of two, so that a code is shifted and a state lies in few lines of the cache. */
const stateBytesOf = (used: number): number => 2 ** Math.ceil(Math.log2(used))

/** What a state takes where each column has both words. */
export const stateBytesMax = (columns: readonly FusedColumn[]): number =>
  stateBytesOf(8 + 16 * columns.length)

interface FusedKernel {
  /** @returns how many runs there are, 1 where states are addressed by code; 0 where a row fails or runs are too many */
  run(params: number, count: number): number
}

/** Where the runs of a page are told, each a state and a code. */
export interface RunTargets {
  /** Address of their codes, of 32 bits; has room for one more. */
  readonly codes: number
  readonly runsMax: number
}

export interface FusedLoop {
  readonly bound: BoundRows
  readonly columns: readonly FusedColumn[]
  readonly words: StateWords
  readonly keys: readonly KeyPart[]
  readonly selection: Selection
  /** Absent: states are addressed by code, or all rows are of one group. */
  readonly runs: RunTargets | undefined
}

/**
 * @param states `stateBytes` each; one a code and zeroed, or as many as there may be runs
 * @returns how many runs there are, 1 where states are addressed by code; undefined where a row fails or runs are too many:
 *   states are of no use then
 */
export function runFusedLoop(
  memory: WebAssembly.Memory,
  loop: FusedLoop,
  states: Uint8Array,
  arena: Arena,
): number | undefined {
  const { byteOffset } = states
  if (sumsVectors(loop)) {
    runVectorSums(memory, loop, byteOffset, arena)
    return 1
  }
  if (addsVectors(loop)) {
    runVectorGroups(memory, loop, states, arena)
    return 1
  }
  const { bound, keys, selection, runs } = loop
  const { run } = kernel<FusedKernel>(memory, kernelKey(loop), (m) => {
    m.function('run', { params: 'i32', count: 'i32' }, 'i32', (f, p) => {
      buildFusedLoop(f, p.params, p.count, loop)
    })
  })
  const writer = new ParameterWriter(
    arena,
    2 + SLOTS_OF_RUNS + keys.length * SLOTS_PER_KEY + rowSlots(bound.program),
  )
  writer.i32(byteOffset)
  writer.i32(selection.positions?.byteOffset ?? 0)
  for (const key of keys) writeKey(writer, key, codeUnit(loop))
  writeRows(writer, bound)
  if (runs !== undefined) {
    writer.i32(runs.codes)
    writer.i32(byteOffset + (runs.runsMax - 1) * loop.words.stateBytes)
  }
  return run(writer.address, selection.count) || undefined
}

/** Codes are offsets of states, where they address these. */
const codeUnit = ({ runs, words }: FusedLoop): number => (runs === undefined ? words.stateBytes : 1)

function kernelKey({ bound, columns, keys, selection, runs }: FusedLoop): string {
  const parts = keys.map((key) =>
    key.kind === 'value'
      ? `value ${key.expression}`
      : `codes ${key.codeBytes}${key.validity === 0 ? '' : ' nullable'}`,
  )
  const added = columns.map(
    ({ value, isSummed, guards }) =>
      `${isSummed ? 'sum' : 'count'} ${value ?? '*'} ${guards.join(' ')}`,
  )
  const selected = selection.positions === null ? 'all' : 'positions'
  const states = runs === undefined ? 'by' : 'in runs of'
  return `fused ${selected} ${states} ${parts.join(', ')}: ${added.join(', ')} of ${bound.key}`
}

const SLOTS_PER_KEY = 4
const SLOTS_OF_RUNS = 2

function writeKey(writer: ParameterWriter, key: KeyPart, codeUnit: number): void {
  if (key.kind === 'codes') {
    writer.i32(key.address)
    writer.i32(key.validity)
  } else writer.i64(key.min)
  writer.i32(key.nullPart)
  writer.i32(key.stride * codeUnit)
}

type Builder = FunctionBuilder<'i32'>

function buildFusedLoop(
  f: Builder,
  params: Local<'i32'>,
  count: Local<'i32'>,
  loop: FusedLoop,
): void {
  const reader = new ParameterReader(f, params)
  const states = reader.i32()
  const positions = reader.i32()
  const { addRow, end } = rowAdder(f, reader, states, loop)
  const i = f.local('i32')
  f.for(i, 0, count, () =>
    addRow(loop.selection.positions === null ? i : f.let(i32.load(at(positions, i, 2)))),
  )
  f.return(end())
}

interface AddRow {
  readonly addRow: (row: Local<'i32'>) => void
  /** After the last row. @returns how many runs there are */
  readonly end: () => Expr<'i32'>
}

/** Emits the reading of what the rows need. @returns what emits the adding of one */
function rowAdder(
  f: Builder,
  reader: ParameterReader,
  states: Local<'i32'>,
  loop: FusedLoop,
): AddRow {
  const { bound, columns, words, keys, runs } = loop
  const codeOf = codeReader(f, reader, keys, codeUnit(loop))
  const evaluate = rowReader(f, reader, bound, () => f.return(0))
  const sums =
    keys.length === 0
      ? oneGroupAdder(f, states, words)
      : runs === undefined
        ? codeAdder(f, states)
        : runAdder(f, reader, states, words)
  return {
    addRow(row) {
      const values = evaluate(row)
      sums.at(codeOf(row, values))
      sums.add(0, i64.const(1n))
      columns.forEach((column, i) => {
        const { sum, count } = words.columns[i]!
        const counts = countsOf(f, column, values)
        if (column.isSummed) {
          const value = values[column.value!]!
          assert(value.rep === 'int', 'a sum of integers')
          sums.add(sum, counts === null ? value.value : i64.select(counts, value.value, 0n))
        }
        if (counts !== null) sums.add(count, i64.extend_i32_u(counts))
      })
    },
    end: sums.end,
  }
}

/** Whether a row counts: its value is not null and what guards it true; null: always. */
function countsOf(
  f: Builder,
  { value, guards }: FusedColumn,
  values: readonly Lowered[],
): Local<'i32'> | null {
  const isNull = value === undefined ? null : values[value]!.isNull
  const conditions: Expr<'i32'>[] = isNull === null ? [] : [i32.eqz(isNull)]
  for (const guard of guards) {
    const condition = values[guard]!
    assert(condition.rep === 'bool', 'a condition')
    conditions.push(isTrue(condition))
  }
  return conditions.length === 0 ? null : f.let(conditions.reduce((a, b) => i32.and(a, b)))
}

/** Emits what adds to the words of states. */
interface WordAdder {
  readonly at: (code: Expr<'i32'>) => void
  readonly add: (word: number, value: Expr<'i64'>) => void
  /** @returns how many runs there are */
  readonly end: () => Expr<'i32'>
}

/** Codes are offsets of states. */
function codeAdder(f: Builder, states: Local<'i32'>): WordAdder {
  const state = f.local('i32')
  return {
    at: (offset) => f.set(state, i32.add(states, offset)),
    add: (word, value) => f.store64(state, i64.add(i64.load(state, word), value), word),
    end: () => i32.const(1),
  }
}

/** All rows are of one group, whose words are locals until the end. */
function oneGroupAdder(f: Builder, states: Local<'i32'>, { stateBytes }: StateWords): WordAdder {
  const wordAt = wordLocals(f, stateBytes)
  return {
    at: () => {},
    add: (word, value) => f.set(wordAt(word), i64.add(wordAt(word), value)),
    end: () => {
      for (let word = 0; word < stateBytes; word += 8) f.store64(states, wordAt(word), word)
      return i32.const(1)
    },
  }
}

/** Neighbours of one code share a state. Its words are locals, stored with each row: a branch would often be foretold wrong. */
function runAdder(
  f: Builder,
  reader: ParameterReader,
  states: Local<'i32'>,
  { stateBytes }: StateWords,
): WordAdder {
  const nextCode = reader.i32()
  const lastState = reader.i32()
  const wordAt = wordLocals(f, stateBytes)
  const state = f.let(i32.sub(states, i32.const(stateBytes)))
  const previous = f.let(i32.const(-1))
  const isNew = f.local('i32')
  return {
    at(expression) {
      const code = f.let(expression)
      f.set(isNew, i32.ne(code, previous))
      f.set(previous, code)
      f.set(state, i32.add(state, i32.mul(isNew, i32.const(stateBytes))))
      f.if(i32.gt_u(state, lastState), () => f.return(0))
      f.store32(nextCode, code)
      f.set(nextCode, i32.add(nextCode, i32.shl(isNew, 2)))
    },
    add(word, value) {
      const before = i64.select(isNew, 0n, wordAt(word))
      f.set(wordAt(word), i64.add(before, value))
      f.store64(state, wordAt(word), word)
    },
    end: () => i32.add(i32.div_u(i32.sub(state, states), i32.const(stateBytes)), 1),
  }
}

function wordLocals(f: Builder, stateBytes: number): (word: number) => Local<'i64'> {
  const words = Array.from({ length: stateBytes / 8 }, () => f.local('i64'))
  return (word) => words[word / 8]!
}

/** Emits the reading of how keys become codes. @returns the code of a row, in `codeUnit`s */
function codeReader(
  f: Builder,
  reader: ParameterReader,
  keys: readonly KeyPart[],
  codeUnit: number,
): (row: Local<'i32'>, values: readonly Lowered[]) => Expr<'i32'> {
  const parts = keys.map((key) => {
    const partOf = key.kind === 'codes' ? codesPart(reader, key) : valuePart(f, reader, key)
    return { partOf, stride: reader.i32() }
  })
  return (row, values) =>
    parts
      .map(({ partOf, stride }, i) =>
        i32.mul(partOf(row, values), i === 0 ? i32.const(codeUnit) : stride),
      )
      .reduce<Expr<'i32'>>((a, b) => i32.add(a, b), i32.const(0))
}

type PartOf = (row: Local<'i32'>, values: readonly Lowered[]) => Expr<'i32'>

const CODE_LOADS = { 1: i32.load8_u, 2: i32.load16_u, 4: i32.load } as const
const CODE_SHIFTS = { 1: 0, 2: 1, 4: 2 } as const

function codesPart(
  reader: ParameterReader,
  { codeBytes, validity }: Extract<KeyPart, { kind: 'codes' }>,
): PartOf {
  const [codes, bitmap, nullPart] = [reader.i32(), reader.i32(), reader.i32()]
  return (row) => {
    const code = CODE_LOADS[codeBytes](at(codes, row, CODE_SHIFTS[codeBytes]))
    return validity === 0 ? code : i32.select(validBit(bitmap, row), code, nullPart)
  }
}

function valuePart(
  f: Builder,
  reader: ParameterReader,
  { expression }: Extract<KeyPart, { kind: 'value' }>,
): PartOf {
  const [min, nullPart] = [reader.i64(), reader.i32()]
  return (_row, values) => {
    const key = values[expression]!
    assert(key.rep === 'int', 'a key of integers')
    const part = i32.wrap_i64(i64.sub(key.value, min))
    return key.isNull === null ? part : f.let(i32.select(key.isNull, nullPart, part))
  }
}

interface FlushKernel {
  /** Adds a column's words of each state to the sums and counts of its group; sums: 0 where there are none. */
  flush(
    states: number,
    stateBytes: number,
    stateCount: number,
    groups: number,
    sumWord: number,
    countWord: number,
    sums: number,
    counts: number,
  ): void
}

/** @param groups the address of the group of each state, read where the state has rows */
export function flushColumn(
  memory: WebAssembly.Memory,
  states: Uint8Array,
  stateBytes: number,
  { sum, count }: ColumnWords,
  groups: number,
  target: FusedTargets,
): void {
  const { flush } = kernel<FlushKernel>(memory, 'fused flush', (m) => {
    const params = {
      states: 'i32',
      stateBytes: 'i32',
      stateCount: 'i32',
      groups: 'i32',
      sumWord: 'i32',
      countWord: 'i32',
      sums: 'i32',
      counts: 'i32',
    } as const
    m.function('flush', params, null, (f, p) => {
      const i = f.local('i32')
      const state = f.let(p.states)
      const increase = (address: Expr<'i32'>, value: Expr<'i64'>) => {
        const total = f.let(address)
        f.store64(total, i64.add(i64.load(total), value))
      }
      f.for(i, 0, p.stateCount, () => {
        f.if(i32.load(state), () => {
          const group = f.let(i32.load(at(p.groups, i, 2)))
          f.if(p.sums, () => increase(at(p.sums, group, 3), i64.load(i32.add(state, p.sumWord))))
          increase(at(p.counts, group, 3), i64.load(i32.add(state, p.countWord)))
        })
        f.set(state, i32.add(state, p.stateBytes))
      })
    })
  })
  const stateCount = states.byteLength / stateBytes
  flush(states.byteOffset, stateBytes, stateCount, groups, sum, count, target.sums, target.counts)
}
