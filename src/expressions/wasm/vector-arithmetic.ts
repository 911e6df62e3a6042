import type { ConstantExpression, Expression } from '../ir.js'
import type { FunctionBuilder, Local } from './builder.js'
import { decimalScale, type Interval, within } from './interval.js'
import type { InputLayout, ParameterReader } from './layout.js'
import { repOf } from './lowered.js'
import type { BoundRows } from './row-kernels.js'
import { i32 } from './scalar.js'
import { i8x16, i32x4, i64x2, v128 } from './simd.js'
import type { Expr } from './value.js'

/**
 * Sums, differences and products of integers and decimals of four rows at once. What fits 32 bits is computed in lanes of 32, from the
 * low words of its operands; the rest in pairs of lanes of 64. Nothing is checked: only what the analysis has proved to fit 64 bits
 * is computed here.
 */

type V = Expr<'v128'>

/** Rows 0 and 1, rows 2 and 3. */
export type Longs = readonly [V, V]

export interface VectorValues {
  /** The low words of a value. */
  readonly words: (e: Expression) => V
  readonly longs: (e: Expression) => Longs
}

export const VECTOR_ROWS = 4
const I32: Interval = { min: -(2 ** 31), max: 2 ** 31 - 1 }
const OPERATIONS: ReadonlySet<string> = new Set(['$add', '$subtract', '$multiply'])

/** Whether all that a program computes of these blocks can be computed so: nothing may be null, or fail. */
export function hasVectors({ program, layouts, analysis }: BoundRows): boolean {
  const isKnown = (e: Expression): boolean => {
    if (repOf(e.type) !== 'int') return false
    if (e.kind === 'input') return true
    if (e.kind === 'constant') return e.value !== null
    if (e.kind !== 'call' || !OPERATIONS.has(e.function.name)) return false
    return analysis.facts.get(e)?.decision === 'unchecked' && e.args.every(isKnown)
  }
  return layouts.every(isPlain) && program.expressions.every(isKnown)
}

const isPlain = ({ rep, encoding, nullable }: InputLayout): boolean =>
  rep === 'int' && !nullable && (encoding === 'flat' || encoding === 'constant')

const fits = ({ analysis }: BoundRows, e: Expression): boolean => {
  const facts = analysis.facts.get(e)
  return facts !== undefined && within(facts.interval, I32)
}

/** Names, beside the key of the rows, the code: what is computed in which lanes. */
export function vectorKey(bound: BoundRows): string {
  const keyOf = (e: Expression): string =>
    (fits(bound, e) ? 'w' : 'l') + (e.kind === 'call' ? e.args.map(keyOf).join('') : '')
  return bound.program.expressions.map(keyOf).join()
}

/** A number in all lanes. */
interface Splat {
  readonly words: V
  readonly longs: V
}

type Lane = 'words' | 'longs'
const MULTIPLY = { words: i32x4.mul, longs: i64x2.mul }
const ADD = { words: i32x4.add, longs: i64x2.add }
const SUBTRACT = { words: i32x4.sub, longs: i64x2.sub }

/**
 * Emits the reading of the parameters that `writeRows` writes, of rows that {@link hasVectors}.
 * @returns what emits the values of a row and the three after it, each once; bytes behind the end of a column may be read
 */
export function vectorReader(
  f: FunctionBuilder<'i32'>,
  reader: ParameterReader,
  bound: BoundRows,
): (row: Local<'i32'>) => VectorValues {
  const { program, layouts } = bound
  const splat = (): Splat => {
    const value = reader.i64()
    const words = f.let(i32x4.splat(i32.wrap_i64(value)))
    return { words, longs: f.let(i64x2.splat(value)) }
  }
  const columns = layouts.map((layout) => columnLoader(f, reader, layout, splat))
  const literals = new Map<ConstantExpression, Splat>(
    program.literals.map((literal) => [literal, splat()]),
  )
  return (row) => {
    const words = new Map<Expression | number, V>()
    const longs = new Map<Expression | number, Longs>()
    const wordsOf = (e: Expression): V => {
      const key = e.kind === 'input' ? e.channel : e
      const known = words.get(key) ?? f.let(lowWords(e))
      words.set(key, known)
      return known
    }
    const longsOf = (e: Expression): Longs => {
      const key = e.kind === 'input' ? e.channel : e
      const known = longs.get(key)
      if (known !== undefined) return known
      const [low, high] = fits(bound, e) ? extended(wordsOf(e)) : wide(e)
      const made = [f.let(low), f.let(high)] as const
      longs.set(key, made)
      return made
    }
    const columnOf = (channel: number) => columns[program.channels.indexOf(channel)]!
    const lowWords = (e: Expression): V => {
      if (e.kind === 'input') return columnOf(e.channel).words(row)
      if (e.kind === 'constant') return literals.get(e)!.words
      return operation(e, 'words', wordsOf)
    }
    const wide = (e: Expression): Longs => {
      if (e.kind === 'input') return columnOf(e.channel).longs(row)
      if (e.kind === 'constant') return [literals.get(e)!.longs, literals.get(e)!.longs]
      const [a, b] = operandsOf(e)
      if (nameOf(e) === '$multiply' && fits(bound, a) && fits(bound, b)) {
        const [x, y] = [wordsOf(a), wordsOf(b)]
        return [i64x2.extmul_low_i32x4_s(x, y), i64x2.extmul_high_i32x4_s(x, y)]
      }
      return [0, 1].map((half) => operation(e, 'longs', (arg) => longsOf(arg)[half]!)) as [V, V]
    }
    return { words: wordsOf, longs: longsOf }
  }
}

const extended = (words: V): Longs => [
  i64x2.extend_low_i32x4_s(words),
  i64x2.extend_high_i32x4_s(words),
]

function operandsOf(e: Expression): readonly [Expression, Expression] {
  if (e.kind !== 'call') throw new Error(`internal error: lanes of ${e.kind}`)
  return [e.args[0]!, e.args[1]!]
}
const nameOf = (e: Expression): string => (e.kind === 'call' ? e.function.name : '')

function operation(e: Expression, lane: Lane, lanesOf: (arg: Expression) => V): V {
  const [a, b] = operandsOf(e)
  if (nameOf(e) === '$multiply') return MULTIPLY[lane](lanesOf(a), lanesOf(b))
  const scaled = (arg: Expression): V => {
    const by = decimalScale(e.type) - decimalScale(arg.type)
    return by === 0 ? lanesOf(arg) : MULTIPLY[lane](lanesOf(arg), powerOfTen(by, lane))
  }
  return (nameOf(e) === '$add' ? ADD : SUBTRACT)[lane](scaled(a), scaled(b))
}

function powerOfTen(exponent: number, lane: Lane): V {
  const power = BigInt.asIntN(64, 10n ** BigInt(exponent))
  const low = Number(BigInt.asIntN(32, power))
  const lanes =
    lane === 'words' ? Int32Array.of(low, low, low, low) : BigInt64Array.of(power, power)
  return v128.const(new Uint8Array(lanes.buffer))
}

interface ColumnLanes {
  readonly words: (row: Expr<'i32'>) => V
  readonly longs: (row: Expr<'i32'>) => Longs
}

function columnLoader(
  f: FunctionBuilder<'i32'>,
  reader: ParameterReader,
  { encoding, storage, packing }: InputLayout,
  splat: () => Splat,
): ColumnLanes {
  if (encoding === 'constant') {
    const value = splat()
    return { words: () => value.words, longs: () => [value.longs, value.longs] }
  }
  const values = reader.i32()
  const base = packing === '' ? null : splat()
  const factor = packing === 'factor' ? splat() : null
  const unpacked = (raw: V, lane: Lane): V => {
    const scaled = factor === null ? raw : MULTIPLY[lane](raw, factor[lane])
    return base === null ? scaled : ADD[lane](scaled, base[lane])
  }
  const longs = (row: Expr<'i32'>): Longs => {
    if (storage !== 'i64') return extended(f.let(rawWords(values, storage, row)))
    const address = f.let(i32.add(values, i32.shl(row, 3)))
    return [v128.load(address), v128.load(address, 16)]
  }
  return {
    words(row) {
      if (storage !== 'i64') return unpacked(rawWords(values, storage, row), 'words')
      return unpacked(i8x16.shuffle(...longs(row), LOW_WORDS), 'words')
    },
    longs(row) {
      const [low, high] = longs(row)
      return [unpacked(low, 'longs'), unpacked(high, 'longs')]
    },
  }
}

/** The low halves of four lanes of 64 bits. */
const LOW_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]

function rawWords(values: Expr<'i32'>, storage: InputLayout['storage'], row: Expr<'i32'>): V {
  switch (storage) {
    case 'i8':
      return i32x4.extend_low_i16x8_s(v128.load8x8_s(i32.add(values, row)))
    case 'i16':
      return v128.load16x4_s(i32.add(values, i32.shl(row, 1)))
    default:
      return v128.load(i32.add(values, i32.shl(row, 2)))
  }
}
