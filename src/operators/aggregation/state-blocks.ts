import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { kernelMemory } from '../../expressions/wasm/kernel-memory.js'
import {
  type Arena,
  assert,
  type Block,
  type Fixed16Block,
  type IntegerBlock,
  type SqlType,
} from '../../spi/index.js'
import type { GrowableBuffer } from '../keys/growable.js'
import { extentOf } from '../keys/key-source.js'
import { emptyGroupsKernel } from './aggregate-kernels.js'

/** Blocks made of state arrays: groups [from, to) of 8- or 16-byte states. */

const copy = (buffer: GrowableBuffer, from: number, to: number, bytes: number, arena: Arena) => {
  const out = arena.allocate((to - from) * bytes)
  out.set(buffer.bytes.subarray(from * bytes, to * bytes))
  return out
}

/** Null where counts[g] is 0; `null` where none is. */
export function validityOfCounts(
  counts: BigInt64Array,
  from: number,
  to: number,
  arena: Arena,
): Uint8Array | null {
  const rowCount = to - from
  const address = counts.byteOffset + from * 8
  const memory = kernelMemory(counts.buffer)
  assert(memory !== undefined, 'counts lie where kernels read')
  if (emptyGroupsKernel(memory)(address, rowCount) === 0) return null
  const validity = zeroed(arena.allocate((rowCount + 7) >> 3))
  // Counts are never negative: both halves zero is zero, and 32-bit reads make no BigInts.
  const halves = new Int32Array(counts.buffer, address, rowCount * 2)
  for (let i = 0; i < rowCount; i++) {
    if ((halves[2 * i]! | halves[2 * i + 1]!) !== 0) validity[i >> 3]! |= 1 << (i & 7)
  }
  return validity
}

export function integerStates(
  type: SqlType,
  states: GrowableBuffer,
  from: number,
  to: number,
  validity: Uint8Array | null,
  maxAbs: number,
  arena: Arena,
): IntegerBlock {
  const bytes = copy(states, from, to, 8, arena)
  return {
    encoding: 'flat',
    storage: 'i64',
    type,
    rowCount: to - from,
    validity,
    values: new BigInt64Array(bytes.buffer, bytes.byteOffset, to - from),
    base: 0,
    factor: 1,
    ...(Number.isSafeInteger(maxAbs) ? { bounds: { min: -maxAbs, max: maxAbs } } : {}),
  }
}

/** A column with its values' own bounds; with those it has where these are no safe integers. */
export function withExtent(
  memory: WebAssembly.Memory,
  column: IntegerBlock,
  arena: Arena,
): IntegerBlock {
  const extent = extentOf(memory, { ...column, bounds: undefined }, arena)
  if (extent === undefined) return column
  const [min, max] = [Number(extent.min), Number(extent.max)]
  return Number.isSafeInteger(min) && Number.isSafeInteger(max)
    ? { ...column, bounds: { min, max } }
    : column
}

export function wideStates(
  type: SqlType,
  states: GrowableBuffer,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Fixed16Block {
  const values = copy(states, from, to, 16, arena)
  return { encoding: 'flat', storage: 'fixed16', type, rowCount: to - from, validity, values }
}

/** The eight bytes of each state. */
export function bytesStates(
  type: SqlType,
  states: GrowableBuffer,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Block {
  const rowCount = to - from
  const offsets = allocateInt32(arena, rowCount + 1)
  for (let i = 0; i <= rowCount; i++) offsets[i] = 8 * i
  const bytes = copy(states, from, to, 8, arena)
  return { encoding: 'flat', storage: 'bytes', type, rowCount, validity, offsets, bytes }
}

function floatStates(
  type: SqlType,
  states: GrowableBuffer,
  from: number,
  to: number,
  validity: Uint8Array | null,
  arena: Arena,
): Block {
  const rowCount = to - from
  const source = new Float64Array(states.bytes.buffer, states.address + from * 8, rowCount)
  if (type.kind === 'real') {
    const bytes = arena.allocate(rowCount * 4)
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
    values.set(source)
    return { encoding: 'flat', storage: 'f32', type, rowCount, validity, values }
  }
  const bytes = arena.allocate(rowCount * 8)
  const values = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
  values.set(source)
  return { encoding: 'flat', storage: 'f64', type, rowCount, validity, values }
}

/** States of eight bytes as values of their type; null where counts[g] is 0. */
export function numberStates(
  type: SqlType,
  states: GrowableBuffer,
  counts: GrowableBuffer,
  from: number,
  to: number,
  arena: Arena,
): Block {
  const validity = validityOfCounts(counts.int64(), from, to, arena)
  return type.kind === 'double' || type.kind === 'real'
    ? floatStates(type, states, from, to, validity, arena)
    : integerStates(type, states, from, to, validity, Number.POSITIVE_INFINITY, arena)
}
