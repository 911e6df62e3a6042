import {
  type Arena,
  assert,
  type Block,
  type FlatBlock,
  flatBlockOf,
  type SqlType,
  type Value,
} from '../../spi/index.js'
import type { FunctionBuilder, Local } from './builder.js'
import { storageBounds } from './integer-storage.js'
import { type Interval, typeInterval } from './interval.js'
import { type Lowered, type NullFlag, nullOf, type Rep, repOf } from './lowered.js'
import { f32, f64, i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

/**
 * How a column reaches a row kernel. The layout names the code that loads it; what varies from page to page (addresses,
 * base, factor, constants) is read from the kernel's parameters, 8 bytes each, in the order of {@link writeInput}.
 */
export interface InputLayout {
  readonly rep: Rep
  readonly encoding: 'flat' | 'dictionary' | 'constant' | 'null'
  readonly storage: 'i8' | 'i16' | 'i32' | 'i64' | 'f32' | 'f64' | 'bool'
  /** What is to be applied to stored integers: a base alone, or after a factor. */
  readonly packing: '' | 'base' | 'factor'
  readonly codeBytes: 1 | 2 | 4
  /** A validity bitmap by row. */
  readonly nullable: boolean
  /** A validity bitmap by dictionary entry. */
  readonly entryNullable: boolean
}

export const layoutKey = (l: InputLayout): string =>
  l.encoding === 'null'
    ? `${l.rep}0`
    : `${l.storage}${l.encoding[0]}${l.packing[0] ?? ''}${l.encoding === 'dictionary' ? l.codeBytes : ''}${l.nullable ? 'n' : ''}${l.entryNullable ? 'e' : ''}`

type LoadableFlat = Extract<FlatBlock, { values: unknown }>

const isLoadable = (block: FlatBlock): block is LoadableFlat =>
  'values' in block && block.storage !== 'fixed16'

/** The layout of a block; undefined where kernels cannot load it (values of 16 bytes, strings, nested). */
export function layoutOf(block: Block, type: SqlType): InputLayout | undefined {
  const rep = repOf(type)
  if (rep === undefined) return undefined
  const values = flatBlockOf(block)
  const isNullConstant = block.encoding === 'constant' && constantIsNull(block.value)
  const layout = (
    encoding: InputLayout['encoding'],
    storage: InputLayout['storage'],
    packing: InputLayout['packing'] = '',
    nullable = false,
  ): InputLayout => ({
    rep,
    encoding,
    storage,
    packing,
    codeBytes: 1,
    nullable,
    entryNullable: false,
  })
  if (values.storage === 'null' || isNullConstant) return layout('null', 'i64')
  if (!isLoadable(values) || values.storage === 'fixed16') return undefined
  const { storage } = values
  if (block.encoding === 'constant') return layout('constant', storage)
  const packing = packingOf(values)
  if (block.encoding === 'flat') return layout('flat', storage, packing, values.validity !== null)
  return {
    rep,
    storage,
    packing,
    encoding: 'dictionary',
    codeBytes: block.codes.BYTES_PER_ELEMENT as 1 | 2 | 4,
    nullable: block.validity !== null,
    entryNullable: values.validity !== null,
  }
}

function packingOf(values: LoadableFlat): InputLayout['packing'] {
  if (!('base' in values)) return ''
  if (values.factor !== 1) return 'factor'
  return values.base === 0 ? '' : 'base'
}

const constantIsNull = (value: FlatBlock): boolean =>
  value.storage === 'null' || (value.validity !== null && (value.validity[0]! & 1) === 0)

const SLOT_BYTES = 8

/** Writes the parameters of a kernel call: 8 bytes each. */
export class ParameterWriter {
  readonly address: number
  /** One view for all types: views over shared memory are costly to make. */
  readonly #view: DataView
  #next = 0

  constructor(arena: Arena, slotCount: number) {
    const bytes = arena.allocate(slotCount * SLOT_BYTES)
    this.address = bytes.byteOffset
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  i32(value: number): void {
    this.#view.setInt32(this.#slot(), value, true)
  }
  i64(value: number | bigint): void {
    this.#view.setBigInt64(this.#slot(), BigInt(value), true)
  }
  f32(value: number): void {
    this.#view.setFloat32(this.#slot(), value, true)
  }
  f64(value: number): void {
    this.#view.setFloat64(this.#slot(), value, true)
  }
  /** Reads back an i32 that the kernel wrote. */
  read(slot: number): number {
    return this.#view.getInt32(slot * SLOT_BYTES, true)
  }

  /** @throws RangeError, by the view, past the slots there are */
  #slot(): number {
    return this.#next++ * SLOT_BYTES
  }
}

/** Reads parameters into locals at the start of a kernel, in the order they are written. */
export class ParameterReader {
  readonly #f: FunctionBuilder<'i32'>
  readonly #params: Local<'i32'>
  #next = 0

  constructor(f: FunctionBuilder<'i32'>, params: Local<'i32'>) {
    this.#f = f
    this.#params = params
  }
  i32(): Local<'i32'> {
    return this.#f.let(i32.load(this.#params, this.#offset()))
  }
  i64(): Local<'i64'> {
    return this.#f.let(i64.load(this.#params, this.#offset()))
  }
  f32(): Local<'f32'> {
    return this.#f.let(f32.load(this.#params, this.#offset()))
  }
  f64(): Local<'f64'> {
    return this.#f.let(f64.load(this.#params, this.#offset()))
  }
  #offset(): number {
    return this.#next++ * SLOT_BYTES
  }
}

/** The most parameters one input or literal takes. */
export const SLOTS_PER_INPUT = 6

/** Writes what {@link inputLoader} reads. */
export function writeInput(p: ParameterWriter, block: Block, layout: InputLayout): void {
  if (layout.encoding === 'null') return
  if (block.encoding === 'constant') {
    writeConstant(p, block.value)
    return
  }
  const values = block.encoding === 'flat' ? block : block.dictionary
  assert(isLoadable(values))
  p.i32(values.values.byteOffset)
  if (block.encoding === 'dictionary') p.i32(block.codes.byteOffset)
  if (layout.nullable) p.i32(block.validity!.byteOffset)
  if (layout.entryNullable) p.i32(values.validity!.byteOffset)
  if (layout.packing !== '' && 'base' in values) {
    p.i64(values.base)
    if (layout.packing === 'factor') p.i64(values.factor)
  }
}

function writeConstant(p: ParameterWriter, value: FlatBlock): void {
  assert(isLoadable(value) && value.storage !== 'fixed16')
  const [first] = value.values
  if (value.storage === 'f64') p.f64(Number(first))
  else if (value.storage === 'f32') p.f32(Number(first))
  else if (value.storage === 'bool') p.i32(Number(first))
  else if ('base' in value) p.i64(BigInt(value.base) + BigInt(value.factor) * BigInt(first!))
}

const MICROS = 1_000_000n

/** Writes a literal that is not null as its representation. */
export function writeLiteral(p: ParameterWriter, value: Value, type: SqlType): void {
  const rep = repOf(type)
  assert(rep !== undefined, `literal of ${type.kind}`)
  if (rep === 'f64') p.f64(Number(value))
  else if (rep === 'f32') p.f32(Number(value))
  else if (rep === 'bool') p.i32(value === true ? 1 : 0)
  else {
    assert(typeof value === 'bigint' || typeof value === 'number')
    p.i64(type.kind === 'timestamp' ? BigInt(value) / MICROS : BigInt(value))
  }
}

/** Reads a literal's parameter. */
export function literalLoader(p: ParameterReader, type: SqlType): Lowered {
  const rep = repOf(type)
  assert(rep !== undefined)
  return constantOf(p, rep)
}

function constantOf(p: ParameterReader, rep: Rep): Lowered {
  switch (rep) {
    case 'int':
      return { rep, value: p.i64(), isNull: null }
    case 'f64':
      return { rep, value: p.f64(), isNull: null }
    case 'f32':
      return { rep, value: p.f32(), isNull: null }
    case 'bool':
      return { rep, value: p.i32(), isNull: null }
  }
}

const INTEGER_LOADS = {
  i8: i64.load8_s,
  i16: i64.load16_s,
  i32: i64.load32_s,
  i64: i64.load,
} as const
const SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3, f32: 2, f64: 3, bool: 0 } as const
const CODE_LOADS = { 1: i32.load8_u, 2: i32.load16_u, 4: i32.load } as const
const CODE_SHIFTS = { 1: 0, 2: 1, 4: 2 } as const

const at = (base: Expr<'i32'>, index: Expr<'i32'>, shift: number): Expr<'i32'> =>
  i32.add(base, shift === 0 ? index : i32.shl(index, shift))

const isNullBit = (validity: Expr<'i32'>, index: Expr<'i32'>): Expr<'i32'> =>
  i32.and(
    i32.xor(i32.shr_u(i32.load8_u(i32.add(validity, i32.shr_u(index, 3))), i32.and(index, 7)), 1),
    1,
  )

/**
 * Emits the reading of an input's parameters.
 * @returns what emits the loading of one position into locals
 */
export function inputLoader(
  f: FunctionBuilder<'i32'>,
  p: ParameterReader,
  layout: InputLayout,
): (position: Expr<'i32'>) => Lowered {
  const { rep, storage } = layout
  if (layout.encoding === 'null') return () => nullOf(rep)
  if (layout.encoding === 'constant') {
    const value = constantOf(p, rep)
    return () => value
  }
  const values = p.i32()
  const codes = layout.encoding === 'dictionary' ? p.i32() : null
  const validity = layout.nullable ? p.i32() : null
  const entryValidity = layout.entryNullable ? p.i32() : null
  const base = layout.packing === '' ? null : p.i64()
  const factor = layout.packing === 'factor' ? p.i64() : null
  return (position) => {
    const index =
      codes === null
        ? position
        : f.let(CODE_LOADS[layout.codeBytes](at(codes, position, CODE_SHIFTS[layout.codeBytes])))
    let isNull: NullFlag = validity === null ? null : isNullBit(validity, position)
    if (entryValidity !== null) {
      const entryNull = isNullBit(entryValidity, index)
      isNull = isNull === null ? entryNull : i32.or(isNull, entryNull)
    }
    if (isNull !== null) isNull = f.let(isNull)
    const address = at(values, index, SHIFTS[storage])
    switch (storage) {
      case 'f64':
        return { rep: 'f64', value: f.let(f64.load(address)), isNull }
      case 'f32':
        return { rep: 'f32', value: f.let(f32.load(address)), isNull }
      case 'bool':
        return { rep: 'bool', value: f.let(i32.load8_u(address)), isNull }
      default: {
        const raw = INTEGER_LOADS[storage](address)
        const scaled = factor === null ? raw : i64.mul(factor, raw)
        const value = base === null ? scaled : i64.add(base, scaled)
        return { rep: 'int', value: f.let(value), isNull }
      }
    }
  }
}

/** Bounds of a block's integers. */
export function blockInterval(block: Block, type: SqlType): Interval {
  const values = flatBlockOf(block)
  if (values.storage === 'null') return { min: 0, max: 0 }
  if (!('base' in values)) return typeInterval(type)
  if (block.encoding === 'constant') {
    const value = values.base + values.factor * Number(values.values[0]!)
    return { min: value, max: value }
  }
  return storageBounds(values) ?? typeInterval(type)
}
