import { assert } from '../../spi/assert.js'
import type { ByteWriter, WasmType } from './encoder.js'

/**
 * A typed expression: a tree that writes the instructions leaving one value on the stack. It is evaluated where a
 * statement uses it, once a use; `FunctionBuilder.let` keeps a value for several.
 */
export interface Expr<T extends WasmType> {
  readonly type: T
  write(out: ByteWriter): void
}

/** What an operation takes: an expression or a JS number that becomes a constant. */
export type Operand<T extends WasmType> =
  | Expr<T>
  | (T extends 'v128' ? never : T extends 'i64' ? number | bigint : number)

/** Makes an expression from what writes its instructions. */
export const expr = <T extends WasmType>(type: T, write: (out: ByteWriter) => void): Expr<T> => ({
  type,
  write,
})

/** Constant of a type. i32 takes signed and unsigned 32-bit numbers (addresses). */
export function constant<T extends WasmType>(type: T, value: number | bigint): Expr<T> {
  switch (type as WasmType) {
    case 'i32':
      assert(Number.isInteger(Number(value)), `not an i32: ${value}`)
      return expr(type, (out) => out.byte(0x41).signed32(Number(value)))
    case 'i64':
      return expr(type, (out) => out.byte(0x42).signed64(BigInt(value)))
    case 'f32':
      return expr(type, (out) => out.byte(0x43).float32(Number(value)))
    case 'f64':
      return expr(type, (out) => out.byte(0x44).float64(Number(value)))
    case 'v128':
      throw new Error('internal error: a v128 constant is given by its bytes')
  }
}

/** Turns an operand into an expression. */
export function toExpr<T extends WasmType>(type: T, operand: Operand<T>): Expr<T> {
  if (typeof operand === 'object') {
    assert(operand.type === type, `operand of type ${operand.type}, not ${type}`)
    return operand
  }
  return constant(type, operand)
}

const NUMERIC = 0x00
const SATURATING_AND_BULK = 0xfc
const SIMD = 0xfd
const ATOMIC = 0xfe
type Prefix = typeof NUMERIC | typeof SATURATING_AND_BULK | typeof SIMD | typeof ATOMIC

export function opcode(out: ByteWriter, prefix: Prefix, code: number): void {
  if (prefix === NUMERIC) out.byte(code)
  else out.byte(prefix).unsigned(code)
}

type Table = Readonly<Record<string, number>>
export type Unary<T extends Table, A extends WasmType, R extends WasmType> = {
  readonly [K in keyof T]: (a: Operand<A>) => Expr<R>
}
export type Binary<T extends Table, A extends WasmType, B extends WasmType, R extends WasmType> = {
  readonly [K in keyof T]: (a: Operand<A>, b: Operand<B>) => Expr<R>
}
/** Loads take a base address (an unsigned i32) and a static offset in bytes added without wrapping. */
export type Loads<T extends Readonly<Record<string, readonly number[]>>, R extends WasmType> = {
  readonly [K in keyof T]: (address: Operand<'i32'>, offset?: number) => Expr<R>
}

function mapTable<T extends object, F>(table: T, make: (entry: never) => F): { [K in keyof T]: F } {
  const result: Record<string, F> = {}
  for (const [name, entry] of Object.entries(table)) result[name] = make(entry as never)
  return result as { [K in keyof T]: F }
}

export const unary = <T extends Table, A extends WasmType, R extends WasmType>(
  prefix: Prefix,
  from: A,
  to: R,
  table: T,
): Unary<T, A, R> =>
  mapTable(table, (code: number) => (a: Operand<A>) => {
    const operand = toExpr(from, a)
    return expr(to, (out) => {
      operand.write(out)
      opcode(out, prefix, code)
    })
  })

export const binary = <T extends Table, A extends WasmType, B extends WasmType, R extends WasmType>(
  prefix: Prefix,
  left: A,
  right: B,
  to: R,
  table: T,
): Binary<T, A, B, R> =>
  mapTable(table, (code: number) => (a: Operand<A>, b: Operand<B>) => {
    const x = toExpr(left, a)
    const y = toExpr(right, b)
    return expr(to, (out) => {
      x.write(out)
      y.write(out)
      opcode(out, prefix, code)
    })
  })

/** Table entries are [opcode, log2 of the access's bytes]. */
export const loads = <T extends Readonly<Record<string, readonly number[]>>, R extends WasmType>(
  prefix: Prefix,
  to: R,
  table: T,
): Loads<T, R> =>
  mapTable(
    table,
    ([code, align]: readonly [number, number]) =>
      (address: Operand<'i32'>, offset = 0) => {
        const base = toExpr('i32', address)
        return expr(to, (out) => {
          base.write(out)
          opcode(out, prefix, code)
          out.unsigned(align).unsigned(offset)
        })
      },
  )

/** `select`: both values are evaluated. */
export const select =
  <T extends WasmType>(type: T) =>
  (condition: Operand<'i32'>, whenTrue: Operand<T>, otherwise: Operand<T>): Expr<T> => {
    const c = toExpr('i32', condition)
    const x = toExpr(type, whenTrue)
    const y = toExpr(type, otherwise)
    return expr(type, (out) => {
      x.write(out)
      y.write(out)
      c.write(out)
      if (type === 'v128') out.raw([0x1c, 0x01, 0x7b])
      else out.byte(0x1b)
    })
  }

/** `if` as a value: only the chosen side is evaluated. */
export const choose =
  <T extends WasmType>(type: T, code: number) =>
  (condition: Operand<'i32'>, whenTrue: Operand<T>, otherwise: Operand<T>): Expr<T> => {
    const c = toExpr('i32', condition)
    const x = toExpr(type, whenTrue)
    const y = toExpr(type, otherwise)
    return expr(type, (out) => {
      c.write(out)
      out.byte(0x04).byte(code)
      x.write(out)
      out.byte(0x05)
      y.write(out)
      out.byte(0x0b)
    })
  }

/** Read-modify-write operations of shared counters: (address, operand, offset) give the value before. */
export const atomicUpdates = <T extends Table, R extends WasmType>(
  type: R,
  align: number,
  table: T,
): {
  readonly [K in keyof T]: (address: Operand<'i32'>, value: Operand<R>, offset?: number) => Expr<R>
} =>
  mapTable(table, (code: number) => (address: Operand<'i32'>, value: Operand<R>, offset = 0) => {
    const base = toExpr('i32', address)
    const operand = toExpr(type, value)
    return expr(type, (out) => {
      base.write(out)
      operand.write(out)
      opcode(out, ATOMIC, code)
      out.unsigned(align).unsigned(offset)
    })
  })

export const compareExchange =
  <R extends WasmType>(type: R, align: number, code: number) =>
  (address: Operand<'i32'>, expected: Operand<R>, replacement: Operand<R>, offset = 0): Expr<R> => {
    const base = toExpr('i32', address)
    const x = toExpr(type, expected)
    const y = toExpr(type, replacement)
    return expr(type, (out) => {
      base.write(out)
      x.write(out)
      y.write(out)
      opcode(out, ATOMIC, code)
      out.unsigned(align).unsigned(offset)
    })
  }

export const PREFIX = { NUMERIC, SATURATING_AND_BULK, SIMD, ATOMIC } as const
