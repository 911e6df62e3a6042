import {
  call,
  type FunctionBuilder,
  type FunctionHandle,
  type Local,
  type ModuleBuilder,
} from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { v128 } from '../../expressions/wasm/simd.js'
import { bigEndian, buildOrder, leadingBytes } from '../../expressions/wasm/text-order.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, validBit } from '../keys/key-kernels.js'

/**
 * Kernels of the least and greatest text of groups. A group's state is {@link STATE_BYTES}: the first eight bytes of its text as a
 * number that orders as they do, where the text lies in the heap, its length + 1 (0: none yet) and how many bytes are
 * its own there.
 */
export const STATE_BYTES = 24
const PLACE = 8
const LENGTH = 12
const ROOM = 16
/** Texts are given room by powers of two from this on, so that what replaced texts leave is less than what is in use. */
const LEAST_ROOM = 16
/** Copies write this far past the end. */
export const HEAP_PADDING = 16

export interface TextExtremeShape {
  readonly largest: boolean
  readonly grouped: boolean
  /** A validity bitmap by row. */
  readonly nullable: boolean
  /** Bytes of a dictionary's codes; 0: texts lie row by row. */
  readonly codeBytes: 0 | 1 | 2 | 4
  /** A validity bitmap by dictionary entry. */
  readonly entryNullable: boolean
}

export type TextExtremeKernels = {
  /**
   * Adds rows [from, count). Stops before a text that has no room in the heap, whose end `status` holds.
   * @returns the first row that was not added
   */
  add(
    validity: number,
    groups: number,
    from: number,
    count: number,
    codes: number,
    entryValidity: number,
    offsets: number,
    bytes: number,
    states: number,
    heap: number,
    heapEnd: number,
    status: number,
  ): number
}

export type TextStateKernels = {
  /** Writes offsets of the texts of so many states. @returns the last of them, or -1 past what offsets hold */
  sizes(states: number, count: number, offsets: number): number
  copy(states: number, count: number, heap: number, offsets: number, out: number): number
}

const CODE_LOADS = { 1: i32.load8_u, 2: i32.load16_u, 4: i32.load } as const
const CODE_SHIFTS = { 1: 0, 2: 1, 4: 2 } as const

type F = FunctionBuilder<'i32'>
type I32 = Expr<'i32'>

export function textExtremeKernels(
  memory: WebAssembly.Memory,
  shape: TextExtremeShape,
): TextExtremeKernels {
  const { largest, grouped, nullable, codeBytes, entryNullable } = shape
  const name = [
    largest ? 'max' : 'min',
    'texts',
    ...(grouped ? ['grouped'] : []),
    ...(nullable ? ['nullable'] : []),
    ...(codeBytes === 0 ? [] : [`by ${codeBytes}`]),
    ...(entryNullable ? ['nullable entries'] : []),
  ].join(' ')
  return kernel<TextExtremeKernels>(memory, `aggregate ${name}`, (m) => buildAdd(m, shape))
}

function buildAdd(m: ModuleBuilder, shape: TextExtremeShape): void {
  const order = buildOrder(m)
  const params = {
    validity: 'i32',
    groups: 'i32',
    from: 'i32',
    count: 'i32',
    codes: 'i32',
    entryValidity: 'i32',
    offsets: 'i32',
    bytes: 'i32',
    states: 'i32',
    heap: 'i32',
    heapEnd: 'i32',
    status: 'i32',
  } as const
  m.function('add', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const state = f.let(p.states)
    const { codeBytes } = shape
    f.for(row, p.from, p.count, (exit) => {
      f.block((next) => {
        if (shape.nullable) f.brIf(next, i32.eqz(validBit(p.validity, row)))
        if (shape.grouped) {
          const group = f.let(i32.load(at(p.groups, row, 2)))
          f.brIf(next, i32.lt_s(group, 0))
          f.set(state, i32.add(p.states, i32.mul(group, STATE_BYTES)))
        }
        const entry =
          codeBytes === 0
            ? row
            : f.let(CODE_LOADS[codeBytes](at(p.codes, row, CODE_SHIFTS[codeBytes])))
        if (shape.entryNullable) f.brIf(next, i32.eqz(validBit(p.entryValidity, entry)))
        const start = f.let(i32.load(at(p.offsets, entry, 2)))
        const length = f.let(i32.sub(i32.load(at(p.offsets, entry, 2), 4), start))
        const text = f.let(i32.add(p.bytes, start))
        const prefix = f.let(bigEndian(leadingBytes(text, length)))
        f.if(i32.load(state, LENGTH), () => {
          f.brIf(next, loses(f, p, shape, order, { state, text, length, prefix }))
        })
        storeText(f, p, { state, text, length }, () => f.br(exit))
        f.store64(state, prefix)
      })
    })
    f.return(row)
  })
}

interface Candidate {
  readonly state: Local<'i32'>
  readonly text: Local<'i32'>
  readonly length: Local<'i32'>
}

/** 1 where a text does not come before (largest: after) the one there is. */
function loses(
  f: F,
  { heap }: { readonly heap: I32 },
  { largest }: TextExtremeShape,
  order: FunctionHandle<'i32'>,
  { state, text, length, prefix }: Candidate & { readonly prefix: Expr<'i64'> },
): I32 {
  const kept = f.let(i64.load(state))
  const worse = largest ? i64.lt_u(prefix, kept) : i64.gt_u(prefix, kept)
  const keptText = i32.add(heap, i32.load(state, PLACE))
  const keptLength = i32.sub(i32.load(state, LENGTH), 1)
  const compared = call(order, text, length, keptText, keptLength)
  const notBetter = largest ? i32.le_s(compared, 0) : i32.ge_s(compared, 0)
  return i32.if(i64.eq(prefix, kept), notBetter, worse)
}

/** Puts a text where the one it replaces lies, or into new room at the heap's end. */
function storeText(
  f: F,
  { heap, heapEnd, status }: { readonly heap: I32; readonly heapEnd: I32; readonly status: I32 },
  { state, text, length }: Candidate,
  full: () => void,
): void {
  f.if(i32.gt_u(length, i32.load(state, ROOM)), () => {
    const least = i32.select(i32.lt_u(length, LEAST_ROOM), LEAST_ROOM, length)
    const room = f.let(i32.shl(1, i32.sub(32, i32.clz(i32.sub(least, 1)))))
    const place = f.let(i32.load(status))
    f.if(i32.gt_u(room, i32.sub(heapEnd, place)), full)
    f.store32(state, place, PLACE)
    f.store32(state, room, ROOM)
    f.store32(status, i32.add(place, room))
  })
  f.copy(i32.add(heap, i32.load(state, PLACE)), text, length)
  f.store32(state, i32.add(length, 1), LENGTH)
}

export const textStateKernels = (memory: WebAssembly.Memory): TextStateKernels =>
  kernel<TextStateKernels>(memory, 'aggregate texts of states', buildStates)

function buildStates(m: ModuleBuilder): void {
  m.function('sizes', { states: 'i32', count: 'i32', offsets: 'i32' }, 'i32', (f, p) => {
    const i = f.local('i32')
    const total = f.local('i64')
    f.store32(p.offsets, 0)
    f.for(i, 0, p.count, () => {
      const stored = f.let(i32.load(p.states, LENGTH))
      const length = i32.select(stored, i32.sub(stored, 1), 0)
      f.set(total, i64.add(total, i64.extend_i32_u(length)))
      f.store32(at(p.offsets, i, 2), i32.wrap_i64(total), 4)
      f.set(p.states, i32.add(p.states, STATE_BYTES))
    })
    f.return(i32.select(i64.gt_s(total, 0x7fffffff), -1, i32.wrap_i64(total)))
  })
  const copied = { states: 'i32', count: 'i32', heap: 'i32', offsets: 'i32', out: 'i32' } as const
  m.function('copy', copied, 'i32', (f, p) => {
    const i = f.local('i32')
    const to = f.local('i32')
    const from = f.local('i32')
    f.for(i, 0, p.count, () => {
      f.set(to, i32.add(p.out, i32.load(at(p.offsets, i, 2))))
      f.set(from, i32.add(p.heap, i32.load(p.states, PLACE)))
      f.while(i32.lt_u(to, i32.add(p.out, i32.load(at(p.offsets, i, 2), 4))), () => {
        f.store128(to, v128.load(from))
        f.set(to, i32.add(to, 16))
        f.set(from, i32.add(from, 16))
      })
      f.set(p.states, i32.add(p.states, STATE_BYTES))
    })
    f.return(0)
  })
}
