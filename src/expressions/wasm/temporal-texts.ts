import type { Arena, BytesBlock, FlatBlock, SqlType, VarcharType } from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import type { FunctionBuilder, ModuleBuilder } from './builder.js'
import { civilFromDays, floorDivide64 } from './calendar.js'
import { importBlock } from './import.js'
import { arenaBuffer, kernelMemory } from './kernel-memory.js'
import {
  type InputLayout,
  inputLoader,
  layoutKey,
  layoutOf,
  ParameterReader,
  ParameterWriter,
  SLOTS_PER_INPUT,
  writeInput,
} from './layout.js'
import { kernel } from './module-cache.js'
import { i32, i64 } from './scalar.js'
import { PADDING } from './text-functions.js'
import type { Expr } from './value.js'

/** Casts of dates and timestamps to VARCHAR by kernels: all of a column's texts have one length. */

const DATE_LENGTH = 10
const CLOCK_LENGTH = 9
const MICROS_PER_DAY = 86_400_000_000
const MICROS_PER_SECOND = 1_000_000
const MICRO_DIGITS = 6

/** Digits of the fraction of a second; -1: a date. */
function fractionOf(type: SqlType): number | undefined {
  if (type.kind === 'date') return -1
  return type.kind === 'timestamp' && type.precision <= MICRO_DIGITS ? type.precision : undefined
}

function textLength(fraction: number): number {
  if (fraction < 0) return DATE_LENGTH
  return DATE_LENGTH + CLOCK_LENGTH + (fraction === 0 ? 0 : fraction + 1)
}

export function hasTemporalTexts(from: SqlType, to: SqlType): boolean {
  const fraction = fractionOf(from)
  if (fraction === undefined || to.kind !== 'varchar') return false
  return to.length === undefined || to.length >= textLength(fraction)
}

type TextsKernel = {
  /** @returns the length of all texts, or -1 where a year has not four digits */
  texts(params: number, count: number): number
}

/** @returns undefined where a year is before 0 or after 9999 */
export function temporalTexts(
  from: SqlType,
  to: VarcharType,
  given: FlatBlock,
  arena: Arena,
): BytesBlock | undefined {
  const block = importBlock(given, arena)
  if (block.encoding !== 'flat') return undefined
  const layout = layoutOf(block, from)
  const memory = kernelMemory(arenaBuffer(arena))
  if (layout === undefined || layout.encoding === 'null' || memory === undefined) return undefined
  const fraction = fractionOf(from)!
  const { rowCount, validity } = block
  const offsets = allocateInt32(arena, rowCount + 1)
  const length = rowCount * textLength(fraction)
  if (length > 2 ** 31 - 1) return undefined
  const bytes = arena.allocate(length + PADDING)
  const writer = new ParameterWriter(arena, 2 + SLOTS_PER_INPUT)
  writer.i32(offsets.byteOffset)
  writer.i32(bytes.byteOffset)
  writeInput(writer, block, layout)
  const key = `texts of ${fraction < 0 ? 'dates' : `timestamps ${fraction}`} ${layoutKey(layout)}`
  const { texts } = kernel<TextsKernel>(memory, key, (m) => buildTexts(m, layout, fraction))
  const total = texts(writer.address, rowCount)
  if (total < 0) return undefined
  const shape = { encoding: 'flat', storage: 'bytes', type: to, rowCount, validity } as const
  return { ...shape, offsets, bytes: bytes.subarray(0, total), ascii: true }
}

type F = FunctionBuilder<'i32'>
type I32 = Expr<'i32'>

const YEAR_MAX = 9999
const ZEROS = 0x3030

/** Two digits of a number below 100, the first at the lower address. */
const digitPair = (f: F, number: I32): I32 => {
  const value = f.let(number)
  const tens = f.let(i32.div_u(value, 10))
  const ones = i32.sub(value, i32.mul(tens, 10))
  return i32.add(i32.or(tens, i32.shl(ones, 8)), ZEROS)
}

function buildTexts(m: ModuleBuilder, layout: InputLayout, fraction: number): void {
  m.function('texts', { params: 'i32', count: 'i32' }, 'i32', (f, { params, count }) => {
    const reader = new ParameterReader(f, params)
    const offsets = reader.i32()
    const out = reader.i32()
    const load = inputLoader(f, reader, layout)
    const row = f.local('i32')
    const at = f.let(out)
    f.store32(offsets, 0)
    f.for(row, 0, count, () => {
      const { value, isNull } = load(row)
      f.if(isNull === null ? 1 : i32.eqz(isNull), () => {
        const days = writeClock(f, at, value as Expr<'i64'>, fraction)
        const { year, month, day } = civilFromDays(f, days)
        const y = f.let(i32.wrap_i64(year))
        f.if(i32.gt_u(y, YEAR_MAX), () => f.return(-1))
        const century = f.let(i32.div_u(y, 100))
        f.store16(at, digitPair(f, century))
        f.store16(at, digitPair(f, i32.sub(y, i32.mul(century, 100))), 2)
        f.store8(at, DASH, 4)
        f.store16(at, digitPair(f, i32.wrap_i64(month)), 5)
        f.store8(at, DASH, 7)
        f.store16(at, digitPair(f, i32.wrap_i64(day)), 8)
        f.set(at, i32.add(at, textLength(fraction)))
      })
      f.store32(i32.add(offsets, i32.shl(row, 2)), i32.sub(at, out), 4)
    })
    f.return(i32.sub(at, out))
  })
}

const DASH = '-'.charCodeAt(0)
const SPACE = ' '.charCodeAt(0)
const COLON = ':'.charCodeAt(0)
const DOT = '.'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)

/** Writes the time of day of a timestamp behind its date. @returns the day */
function writeClock(f: F, at: I32, value: Expr<'i64'>, fraction: number): Expr<'i64'> {
  if (fraction < 0) return value
  const days = f.let(floorDivide64(f, value, MICROS_PER_DAY))
  const ofDay = f.let(i64.sub(value, i64.mul(days, MICROS_PER_DAY)))
  const seconds = f.let(i32.wrap_i64(i64.div_u(ofDay, MICROS_PER_SECOND)))
  const minutes = f.let(i32.div_u(seconds, 60))
  const hours = f.let(i32.div_u(minutes, 60))
  f.store8(at, SPACE, 10)
  f.store16(at, digitPair(f, hours), 11)
  f.store8(at, COLON, 13)
  f.store16(at, digitPair(f, i32.sub(minutes, i32.mul(hours, 60))), 14)
  f.store8(at, COLON, 16)
  f.store16(at, digitPair(f, i32.sub(seconds, i32.mul(minutes, 60))), 17)
  if (fraction === 0) return days
  const micros = i32.wrap_i64(i64.sub(ofDay, i64.mul(i64.extend_i32_u(seconds), MICROS_PER_SECOND)))
  const rest = f.let(i32.div_u(micros, 10 ** (MICRO_DIGITS - fraction)))
  f.store8(at, DOT, 19)
  for (let digit = fraction - 1; digit >= 0; digit--) {
    const higher = f.let(i32.div_u(rest, 10))
    f.store8(at, i32.add(i32.sub(rest, i32.mul(higher, 10)), ZERO), 20 + digit)
    f.set(rest, higher)
  }
  return days
}
