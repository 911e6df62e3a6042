import { assert } from '../../spi/assert.js'
import { ByteWriter, type EncodedFunction, encodeModule, type WasmType } from './encoder.js'
import { type Expr, expr, type Operand, opcode, PREFIX, toExpr } from './value.js'

/**
 * A small structured language over the encoder, for kernels. Sums a column of doubles where a byte mask is set:
 *
 * ```ts
 * import { moduleBytes } from './builder.js'
 * import { f64, i32 } from './scalar.js'
 *
 * const bytes = moduleBytes((m) => {
 *   m.function('sum_masked', { values: 'i32', mask: 'i32', count: 'i32' }, 'f64', (f, p) => {
 *     const total = f.local('f64') // locals start at zero
 *     const i = f.local('i32')
 *     f.for(i, 0, p.count, () => {
 *       f.if(i32.load8_u(i32.add(p.mask, i)), () => {
 *         const address = i32.add(p.values, i32.shl(i, 3))
 *         f.set(total, f64.add(total, f64.load(address)))
 *       })
 *     })
 *     f.return(total)
 *   })
 * })
 * ```
 *
 * Parameters and locals are expressions and can be assigned. Operations live in `scalar.ts` (i32, i64, f32, f64) and
 * `simd.ts` (v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2) under WebAssembly's own names; JS numbers stand for
 * constants. An expression is a tree evaluated wherever it is used: keep what is used twice, or what must be read
 * before a store, with `f.let`. Addresses are unsigned (memory is 4 GB): compare them with `lt_u`. Control flow:
 * `if`, `for`, `while`, `loop` + `br`/`brIf`, `block`, `switch`; helper functions: `m.function` gives a handle for
 * `f.call` (statement) and `call` (value).
 */

/** A parameter or local: readable as an expression, assignable by {@link FunctionBuilder.set}. */
export interface Local<T extends WasmType> extends Expr<T> {
  readonly index: number
}

export interface FunctionHandle<R extends WasmType | null> {
  readonly index: number
  readonly name: string
  readonly params: readonly WasmType[]
  readonly result: R
}

/** Where a branch goes: to the end of a block, or back to the start of a loop. */
export interface Label {
  readonly depth: number
}

export type Params = Readonly<Record<string, WasmType>>
export type ParamLocals<P extends Params> = { readonly [K in keyof P]: Local<P[K]> }
type AnyOperand = Expr<WasmType> | number | bigint

/** The value of a call. */
export const call = <R extends WasmType>(
  callee: FunctionHandle<R>,
  ...args: readonly AnyOperand[]
): Expr<R> => {
  const values = callArguments(callee, args)
  return expr(callee.result, (out) => {
    for (const value of values) value.write(out)
    out.byte(0x10).unsigned(callee.index)
  })
}

function callArguments(
  callee: FunctionHandle<WasmType | null>,
  args: readonly AnyOperand[],
): Expr<WasmType>[] {
  assert(args.length === callee.params.length, `${callee.name} takes ${callee.params.length}`)
  return args.map((arg, i) => toExpr(callee.params[i]!, arg))
}

export class ModuleBuilder {
  readonly #functions: EncodedFunction[] = []

  /** Adds an exported function; `params` are named for the body, their order is the order of the call. */
  function<P extends Params, R extends WasmType | null>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder<R>, params: ParamLocals<P>) => void,
  ): FunctionHandle<R> {
    return this.#add(name, params, result, body, true)
  }

  /** Adds a function that only this module calls. */
  internal<P extends Params, R extends WasmType | null>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder<R>, params: ParamLocals<P>) => void,
  ): FunctionHandle<R> {
    return this.#add(name, params, result, body, false)
  }

  /** Adds a function that only this module, itself included, calls; its body adds no others. */
  recursive<P extends Params, R extends WasmType | null>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder<R>, params: ParamLocals<P>, self: FunctionHandle<R>) => void,
  ): FunctionHandle<R> {
    const index = this.#functions.length
    const self = { index, name, params: Object.values(params), result }
    const added = this.#add(name, params, result, (f, p) => body(f, p, self), false)
    assert(added.index === index, 'a recursive function is added alone')
    return added
  }

  /** @returns the binary module */
  encode(name: string): Uint8Array {
    return encodeModule(this.#functions, name)
  }

  #add<P extends Params, R extends WasmType | null>(
    name: string,
    params: P,
    result: R,
    body: (f: FunctionBuilder<R>, params: ParamLocals<P>) => void,
    exported: boolean,
  ): FunctionHandle<R> {
    const types = Object.values(params)
    const f = new FunctionBuilder(types, result)
    const locals: Record<string, Local<WasmType>> = {}
    Object.entries(params).forEach(([param, type], index) => {
      locals[param] = local(type, index)
    })
    body(f, locals as ParamLocals<P>)
    const index = this.#functions.length
    this.#functions.push({ name, exported, params: types, result, ...f.finish() })
    return { index, name, params: types, result }
  }
}

/** Builds a module's bytes. */
export function moduleBytes(build: (m: ModuleBuilder) => void, name = 'kernel'): Uint8Array {
  const builder = new ModuleBuilder()
  build(builder)
  return builder.encode(name)
}

const local = <T extends WasmType>(type: T, index: number): Local<T> => ({
  type,
  index,
  write: (out) => out.byte(0x20).unsigned(index),
})

const EMPTY_BLOCK = 0x40

/** Statements of one function, in order. */
export class FunctionBuilder<R extends WasmType | null = WasmType | null> {
  readonly #out = new ByteWriter()
  readonly #params: number
  readonly #result: R
  readonly #locals: WasmType[] = []
  #depth = 0

  constructor(params: readonly WasmType[], result: R) {
    this.#params = params.length
    this.#result = result
  }

  /** Declares a local, zero at the function's start (not at each turn of a loop). */
  local<T extends WasmType>(type: T): Local<T> {
    this.#locals.push(type)
    return local(type, this.#params + this.#locals.length - 1)
  }

  /** Evaluates an expression now and keeps it in a new local. */
  let<T extends WasmType>(value: Expr<T>): Local<T> {
    const kept = this.local(value.type)
    this.set(kept, value)
    return kept
  }

  set<T extends WasmType>(target: Local<T>, value: Operand<NoInfer<T>>): void {
    toExpr(target.type, value).write(this.#out)
    this.#out.byte(0x21).unsigned(target.index)
  }

  /** Sets a local inside an expression and gives the value. */
  tee<T extends WasmType>(target: Local<T>, value: Operand<NoInfer<T>>): Expr<T> {
    const operand = toExpr(target.type, value)
    return expr(target.type, (out) => {
      operand.write(out)
      out.byte(0x22).unsigned(target.index)
    })
  }

  if(condition: Operand<'i32'>, then: () => void, otherwise?: () => void): void {
    toExpr('i32', condition).write(this.#out)
    this.#out.byte(0x04).byte(EMPTY_BLOCK)
    this.#nested(then)
    if (otherwise !== undefined) {
      this.#out.byte(0x05)
      this.#nested(otherwise)
    }
    this.#out.byte(0x0b)
  }

  /** Runs the body once; branching to the label leaves it. */
  block(body: (exit: Label) => void): void {
    this.#out.byte(0x02).byte(EMPTY_BLOCK)
    this.#nested(body)
    this.#out.byte(0x0b)
  }

  /** Runs the body once; branching to the label runs it again. */
  loop(body: (again: Label) => void): void {
    this.#out.byte(0x03).byte(EMPTY_BLOCK)
    this.#nested(body)
    this.#out.byte(0x0b)
  }

  /** Repeats while the condition, evaluated before each turn, is not zero; branching to the label leaves. */
  while(condition: Operand<'i32'>, body: (exit: Label) => void): void {
    this.block((exit) => {
      this.loop((again) => {
        toExpr('i32', condition).write(this.#out)
        this.#out.byte(0x45)
        this.#branch(0x0d, exit)
        body(exit)
        this.br(again)
      })
    })
  }

  /** Counts a local from `from` while it is below `below` (signed), by `step`; branching to the label leaves. */
  for(
    counter: Local<'i32'>,
    from: Operand<'i32'>,
    below: Operand<'i32'>,
    body: (exit: Label) => void,
    step = 1,
  ): void {
    this.set(counter, from)
    const limit = toExpr('i32', below)
    this.block((exit) => {
      this.#less(counter, limit)
      this.#out.byte(0x45)
      this.#branch(0x0d, exit)
      this.loop((again) => {
        body(exit)
        counter.write(this.#out)
        this.#out.byte(0x41).signed32(step).byte(0x6a).byte(0x21).unsigned(counter.index)
        this.#less(counter, limit)
        this.#branch(0x0d, again)
      })
    })
  }

  br(label: Label): void {
    this.#branch(0x0c, label)
  }

  brIf(label: Label, condition: Operand<'i32'>): void {
    toExpr('i32', condition).write(this.#out)
    this.#branch(0x0d, label)
  }

  /** Jumps to the index-th label, to the last one where there is none. */
  switch(index: Operand<'i32'>, labels: readonly Label[], otherwise: Label): void {
    toExpr('i32', index).write(this.#out)
    this.#out.byte(0x0e).unsigned(labels.length)
    for (const label of [...labels, otherwise]) this.#out.unsigned(this.#distance(label))
  }

  return(value?: R extends WasmType ? Operand<R> : never): void {
    if (this.#result === null) assert(value === undefined, 'the function has no result')
    else {
      assert(value !== undefined, 'the function has a result')
      toExpr<WasmType>(this.#result, value).write(this.#out)
    }
    this.#out.byte(0x0f)
  }

  /** Traps: for what cannot happen; errors of the data are reported by a status word. */
  trap(): void {
    this.#out.byte(0x00)
  }

  call(callee: FunctionHandle<WasmType | null>, ...args: readonly AnyOperand[]): void {
    for (const value of callArguments(callee, args)) value.write(this.#out)
    this.#out.byte(0x10).unsigned(callee.index)
    if (callee.result !== null) this.#out.byte(0x1a)
  }

  /** Evaluates for its effect: atomic updates. */
  drop(value: Expr<WasmType>): void {
    value.write(this.#out)
    this.#out.byte(0x1a)
  }

  store8(address: Operand<'i32'>, value: Operand<'i32'>, offset = 0): void {
    this.#store(0x3a, 0, address, toExpr('i32', value), offset)
  }
  store16(address: Operand<'i32'>, value: Operand<'i32'>, offset = 0): void {
    this.#store(0x3b, 1, address, toExpr('i32', value), offset)
  }
  store32(address: Operand<'i32'>, value: Operand<'i32'>, offset = 0): void {
    this.#store(0x36, 2, address, toExpr('i32', value), offset)
  }
  store64(address: Operand<'i32'>, value: Operand<'i64'>, offset = 0): void {
    this.#store(0x37, 3, address, toExpr('i64', value), offset)
  }
  /** Stores the low 8, 16 or 32 bits of an i64. */
  storeLow(bits: 8 | 16 | 32, address: Operand<'i32'>, value: Operand<'i64'>, offset = 0): void {
    const [code, align] = ({ 8: [0x3c, 0], 16: [0x3d, 1], 32: [0x3e, 2] } as const)[bits]
    this.#store(code, align, address, toExpr('i64', value), offset)
  }
  storeF32(address: Operand<'i32'>, value: Operand<'f32'>, offset = 0): void {
    this.#store(0x38, 2, address, toExpr('f32', value), offset)
  }
  storeF64(address: Operand<'i32'>, value: Operand<'f64'>, offset = 0): void {
    this.#store(0x39, 3, address, toExpr('f64', value), offset)
  }
  store128(address: Operand<'i32'>, value: Expr<'v128'>, offset = 0): void {
    toExpr('i32', address).write(this.#out)
    value.write(this.#out)
    opcode(this.#out, PREFIX.SIMD, 11)
    this.#out.unsigned(4).unsigned(offset)
  }

  /** memory.copy: ranges may overlap. */
  copy(to: Operand<'i32'>, from: Operand<'i32'>, byteLength: Operand<'i32'>): void {
    this.#bulk(10, [to, from, byteLength], [0, 0])
  }

  /** memory.fill with the low byte of `value`. */
  fill(to: Operand<'i32'>, value: Operand<'i32'>, byteLength: Operand<'i32'>): void {
    this.#bulk(11, [to, value, byteLength], [0])
  }

  /** @returns the body for the encoder; a function with a result must return on every path */
  finish(): { locals: readonly WasmType[]; body: Uint8Array } {
    assert(this.#depth === 0, 'unclosed block')
    if (this.#result !== null) this.#out.byte(0x00)
    return { locals: this.#locals, body: this.#out.view().slice() }
  }

  #bulk(code: number, operands: readonly Operand<'i32'>[], memories: readonly number[]): void {
    for (const operand of operands) toExpr('i32', operand).write(this.#out)
    opcode(this.#out, PREFIX.SATURATING_AND_BULK, code)
    this.#out.raw(memories)
  }

  #store(
    code: number,
    align: number,
    address: Operand<'i32'>,
    value: Expr<WasmType>,
    offset: number,
  ): void {
    toExpr('i32', address).write(this.#out)
    value.write(this.#out)
    this.#out.byte(code).unsigned(align).unsigned(offset)
  }

  #less(counter: Local<'i32'>, limit: Expr<'i32'>): void {
    counter.write(this.#out)
    limit.write(this.#out)
    this.#out.byte(0x48)
  }

  #nested(body: (label: Label) => void): void {
    this.#depth++
    body({ depth: this.#depth })
    this.#depth--
  }

  #branch(code: number, label: Label): void {
    this.#out.byte(code).unsigned(this.#distance(label))
  }

  #distance(label: Label): number {
    assert(label.depth <= this.#depth, 'branch to a closed block')
    return this.#depth - label.depth
  }
}
