import type { FunctionBuilder, FunctionHandle, ModuleBuilder } from './builder.js'
import { i32, i64 } from './scalar.js'
import { i8x16, i64x2, v128 } from './simd.js'
import type { Expr } from './value.js'

/** The order of texts by their UTF-8 bytes, which is that of code points, eight bytes a step. */

const REVERSED = v128.const(new Uint8Array(16).map((_, i) => 7 - i))

/** Eight bytes the other way round: as unsigned numbers they order as the bytes in memory do. */
export const bigEndian = (word: Expr<'i64'>): Expr<'i64'> =>
  i64x2.extract_lane(i8x16.swizzle(i64x2.splat(word), REVERSED), 0)

/** The first eight bytes of a text, zeros behind its end. Reads past the text, never past the memory. */
export const leadingBytes = (address: Expr<'i32'>, length: Expr<'i32'>): Expr<'i64'> =>
  i64.and(
    i64.load(address),
    i64.select(i32.ge_u(length, 8), -1n, i64.sub(i64.shl(1n, bitsOf(length)), 1n)),
  )

const bitsOf = (bytes: Expr<'i32'>): Expr<'i64'> => i64.extend_i32_u(i32.shl(bytes, 3))

/** order(a, aLength, b, bLength): below, at or above 0 as memcmp, then the lengths, say. */
export function buildOrder(m: ModuleBuilder): FunctionHandle<'i32'> {
  const params = { a: 'i32', aLength: 'i32', b: 'i32', bLength: 'i32' } as const
  return m.internal('order', params, 'i32', (f, { a, aLength, b, bLength }) => {
    const left = f.let(i32.select(i32.lt_u(aLength, bLength), aLength, bLength))
    f.while(i32.ge_u(left, 8), () => {
      compareWords(f, i64.load(a), i64.load(b))
      f.set(a, i32.add(a, 8))
      f.set(b, i32.add(b, 8))
      f.set(left, i32.sub(left, 8))
    })
    f.if(left, () => compareWords(f, leadingBytes(a, left), leadingBytes(b, left)))
    f.return(i32.sub(aLength, bLength))
  })
}

function compareWords(f: FunctionBuilder<'i32'>, a: Expr<'i64'>, b: Expr<'i64'>): void {
  const x = f.let(a)
  const y = f.let(b)
  f.if(i64.ne(x, y), () => {
    f.return(i32.select(i64.lt_u(bigEndian(x), bigEndian(y)), -1, 1))
  })
}
