import { assert } from '../../spi/assert.js'
import type { WasmType } from './encoder.js'
import {
  binary,
  choose,
  type Expr,
  expr,
  loads,
  type Operand,
  opcode,
  PREFIX,
  select,
  toExpr,
  unary,
} from './value.js'

/**
 * The 128-bit SIMD instructions under WebAssembly's own names. Comparisons give lanes of all ones or zeros; `bitmask`
 * gathers the lanes' top bits into an i32.
 */

const S = PREFIX.SIMD
const vectors = <T extends Readonly<Record<string, number>>>(table: T) =>
  binary(S, 'v128', 'v128', 'v128', table)
const mapped = <T extends Readonly<Record<string, number>>>(table: T) =>
  unary(S, 'v128', 'v128', table)
const tests = <T extends Readonly<Record<string, number>>>(table: T) =>
  unary(S, 'v128', 'i32', table)
const shifts = <T extends Readonly<Record<string, number>>>(table: T) =>
  binary(S, 'v128', 'i32', 'v128', table)

const extract =
  <R extends WasmType>(type: R, code: number, lanes: number) =>
  (vector: Expr<'v128'>, lane: number): Expr<R> => {
    assert(lane >= 0 && lane < lanes, `lane ${lane} of ${lanes}`)
    return expr(type, (out) => {
      vector.write(out)
      opcode(out, S, code)
      out.byte(lane)
    })
  }

const replace =
  <T extends WasmType>(type: T, code: number, lanes: number) =>
  (vector: Expr<'v128'>, lane: number, value: Operand<T>): Expr<'v128'> => {
    assert(lane >= 0 && lane < lanes, `lane ${lane} of ${lanes}`)
    const operand = toExpr(type, value)
    return expr('v128', (out) => {
      vector.write(out)
      operand.write(out)
      opcode(out, S, code)
      out.byte(lane)
    })
  }

/** Reads one lane from memory; the others stay as they are in `vector`. */
const loadLane =
  (code: number, align: number, lanes: number) =>
  (address: Operand<'i32'>, vector: Expr<'v128'>, lane: number): Expr<'v128'> => {
    assert(lane >= 0 && lane < lanes, `lane ${lane} of ${lanes}`)
    const base = toExpr('i32', address)
    return expr('v128', (out) => {
      base.write(out)
      vector.write(out)
      opcode(out, S, code)
      out.unsigned(align).unsigned(0)
      out.byte(lane)
    })
  }

function constantBytes(bytes: ArrayLike<number>): Expr<'v128'> {
  assert(bytes.length === 16, `v128 constant of ${bytes.length} bytes`)
  return expr('v128', (out) => {
    opcode(out, S, 12)
    out.raw(Array.from(bytes))
  })
}

export const v128 = {
  type: 'v128' as const,
  const: constantBytes,
  select: select('v128'),
  if: choose('v128', 0x7b),
  ...loads(S, 'v128', {
    load: [0, 4],
    load8x8_s: [1, 3],
    load8x8_u: [2, 3],
    load16x4_s: [3, 3],
    load16x4_u: [4, 3],
    load32x2_s: [5, 3],
    load32x2_u: [6, 3],
    load8_splat: [7, 0],
    load16_splat: [8, 1],
    load32_splat: [9, 2],
    load64_splat: [10, 3],
    load32_zero: [92, 2],
    load64_zero: [93, 3],
  }),
  load8_lane: loadLane(84, 0, 16),
  load16_lane: loadLane(85, 1, 8),
  load32_lane: loadLane(86, 2, 4),
  ...mapped({ not: 77 }),
  ...vectors({ and: 78, andnot: 79, or: 80, xor: 81 }),
  ...tests({ any_true: 83 }),
  /** Bits of `whenOne` where the mask has ones, of `whenZero` elsewhere. */
  bitselect(whenOne: Expr<'v128'>, whenZero: Expr<'v128'>, mask: Expr<'v128'>): Expr<'v128'> {
    return expr('v128', (out) => {
      whenOne.write(out)
      whenZero.write(out)
      mask.write(out)
      opcode(out, S, 82)
    })
  },
}

export const i8x16 = {
  splat: unary(S, 'i32', 'v128', { splat: 15 }).splat,
  extract_lane_s: extract('i32', 21, 16),
  extract_lane_u: extract('i32', 22, 16),
  replace_lane: replace('i32', 23, 16),
  /** Lanes 0 to 15 come from a, 16 to 31 from b. */
  shuffle(a: Expr<'v128'>, b: Expr<'v128'>, lanes: readonly number[]): Expr<'v128'> {
    assert(lanes.length === 16, 'a shuffle has 16 lanes')
    return expr('v128', (out) => {
      a.write(out)
      b.write(out)
      opcode(out, S, 13)
      out.raw(lanes)
    })
  },
  ...vectors({
    swizzle: 14,
    eq: 35,
    ne: 36,
    lt_s: 37,
    lt_u: 38,
    gt_s: 39,
    gt_u: 40,
    le_s: 41,
    le_u: 42,
    ge_s: 43,
    ge_u: 44,
    narrow_i16x8_s: 101,
    narrow_i16x8_u: 102,
    add: 110,
    add_sat_s: 111,
    add_sat_u: 112,
    sub: 113,
    sub_sat_s: 114,
    sub_sat_u: 115,
    min_s: 118,
    min_u: 119,
    max_s: 120,
    max_u: 121,
  }),
  ...mapped({ abs: 96, neg: 97, popcnt: 98 }),
  ...tests({ all_true: 99, bitmask: 100 }),
  ...shifts({ shl: 107, shr_s: 108, shr_u: 109 }),
}

export const i16x8 = {
  splat: unary(S, 'i32', 'v128', { splat: 16 }).splat,
  extract_lane_s: extract('i32', 24, 8),
  extract_lane_u: extract('i32', 25, 8),
  replace_lane: replace('i32', 26, 8),
  ...vectors({
    eq: 45,
    ne: 46,
    lt_s: 47,
    lt_u: 48,
    gt_s: 49,
    gt_u: 50,
    le_s: 51,
    le_u: 52,
    ge_s: 53,
    ge_u: 54,
    narrow_i32x4_s: 133,
    narrow_i32x4_u: 134,
    add: 142,
    sub: 145,
    mul: 149,
    min_s: 150,
    min_u: 151,
    max_s: 152,
    max_u: 153,
    extmul_low_i8x16_s: 156,
    extmul_high_i8x16_s: 157,
  }),
  ...mapped({
    extadd_pairwise_i8x16_s: 124,
    extadd_pairwise_i8x16_u: 125,
    abs: 128,
    neg: 129,
    extend_low_i8x16_s: 135,
    extend_high_i8x16_s: 136,
    extend_low_i8x16_u: 137,
    extend_high_i8x16_u: 138,
  }),
  ...tests({ all_true: 131, bitmask: 132 }),
  ...shifts({ shl: 139, shr_s: 140, shr_u: 141 }),
}

export const i32x4 = {
  splat: unary(S, 'i32', 'v128', { splat: 17 }).splat,
  extract_lane: extract('i32', 27, 4),
  replace_lane: replace('i32', 28, 4),
  ...vectors({
    eq: 55,
    ne: 56,
    lt_s: 57,
    lt_u: 58,
    gt_s: 59,
    gt_u: 60,
    le_s: 61,
    le_u: 62,
    ge_s: 63,
    ge_u: 64,
    add: 174,
    sub: 177,
    mul: 181,
    min_s: 182,
    min_u: 183,
    max_s: 184,
    max_u: 185,
    dot_i16x8_s: 186,
    extmul_low_i16x8_s: 188,
    extmul_high_i16x8_s: 189,
    extmul_low_i16x8_u: 190,
    extmul_high_i16x8_u: 191,
  }),
  ...mapped({
    extadd_pairwise_i16x8_s: 126,
    extadd_pairwise_i16x8_u: 127,
    abs: 160,
    neg: 161,
    extend_low_i16x8_s: 167,
    extend_high_i16x8_s: 168,
    extend_low_i16x8_u: 169,
    extend_high_i16x8_u: 170,
    trunc_sat_f64x2_s_zero: 252,
  }),
  ...tests({ all_true: 163, bitmask: 164 }),
  ...shifts({ shl: 171, shr_s: 172, shr_u: 173 }),
}

export const i64x2 = {
  splat: unary(S, 'i64', 'v128', { splat: 18 }).splat,
  extract_lane: extract('i64', 29, 2),
  replace_lane: replace('i64', 30, 2),
  ...vectors({
    add: 206,
    sub: 209,
    mul: 213,
    eq: 214,
    ne: 215,
    lt_s: 216,
    gt_s: 217,
    le_s: 218,
    ge_s: 219,
    extmul_low_i32x4_s: 220,
    extmul_high_i32x4_s: 221,
    extmul_low_i32x4_u: 222,
    extmul_high_i32x4_u: 223,
  }),
  ...mapped({
    abs: 192,
    neg: 193,
    extend_low_i32x4_s: 199,
    extend_high_i32x4_s: 200,
    extend_low_i32x4_u: 201,
    extend_high_i32x4_u: 202,
  }),
  ...tests({ all_true: 195, bitmask: 196 }),
  ...shifts({ shl: 203, shr_s: 204, shr_u: 205 }),
}

const floats = <const T extends readonly number[]>(codes: T) => ({
  ...vectors({
    eq: codes[0]!,
    ne: codes[1]!,
    lt: codes[2]!,
    gt: codes[3]!,
    le: codes[4]!,
    ge: codes[5]!,
    add: codes[6]!,
    sub: codes[7]!,
    mul: codes[8]!,
    div: codes[9]!,
    min: codes[10]!,
    max: codes[11]!,
  }),
  ...mapped({ abs: codes[12]!, neg: codes[13]!, sqrt: codes[14]! }),
})

export const f32x4 = {
  splat: unary(S, 'f32', 'v128', { splat: 19 }).splat,
  extract_lane: extract('f32', 31, 4),
  replace_lane: replace('f32', 32, 4),
  ...floats([65, 66, 67, 68, 69, 70, 228, 229, 230, 231, 232, 233, 224, 225, 227]),
  ...mapped({ demote_f64x2_zero: 94, convert_i32x4_s: 250, convert_i32x4_u: 251 }),
}

export const f64x2 = {
  splat: unary(S, 'f64', 'v128', { splat: 20 }).splat,
  extract_lane: extract('f64', 33, 2),
  replace_lane: replace('f64', 34, 2),
  ...floats([71, 72, 73, 74, 75, 76, 240, 241, 242, 243, 244, 245, 236, 237, 239]),
  ...mapped({
    promote_low_f32x4: 95,
    trunc: 122,
    convert_low_i32x4_s: 254,
    convert_low_i32x4_u: 255,
  }),
}
