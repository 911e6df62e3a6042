import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import {
  type Arena,
  type Block,
  type FlatBlock,
  type SqlType,
  storageClass,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import {
  type CodeSource,
  encodeBytes,
  encodeFixed,
  floatSource,
  spreadCodes,
} from './sort-kernels.js'
import type { Direction } from './sort-keys.js'

/**
 * The first column of an order as one unsigned 64-bit number a row that compares across pages: of two rows, the one of
 * the smaller number comes first; equal numbers decide nothing, or all where {@link leadingKeyDecides}.
 */
export interface LeadingKeys {
  readonly address: number
  /** The numbers' halves: low word first. */
  readonly words: Uint32Array
}

const ALL_ONES = -1n

/** @param block in the memory of `arena` */
export function leadingKeys(
  memory: WebAssembly.Memory,
  block: Block,
  direction: Direction,
  arena: Arena,
): LeadingKeys {
  const { rowCount } = block
  const bytes = arena.allocate(rowCount * 8)
  const keys = {
    address: bytes.byteOffset,
    words: new Uint32Array(bytes.buffer, bytes.byteOffset, rowCount * 2),
  }
  if (block.encoding === 'flat') {
    encodeEntries(memory, block, direction, keys.address)
    return keys
  }
  if (block.encoding === 'dictionary' && block.dictionary.rowCount > rowCount) {
    encodeEntries(memory, flattenBlock(block, arena), direction, keys.address)
    return keys
  }
  const entries = block.encoding === 'constant' ? block.value : block.dictionary
  const codes = block.encoding === 'constant' ? zeroed(arena.allocate(rowCount)) : block.codes
  const validity = block.encoding === 'constant' ? null : block.validity
  const entryKeys = arena.allocate(entries.rowCount * 8).byteOffset
  encodeEntries(memory, entries, direction, entryKeys)
  bytes.fill(0)
  const nullCode = nullKey(direction)
  spreadCodes(memory, codes, validity, entryKeys, rowCount, 0, nullCode, keys.address)
  return keys
}

const nullKey = (direction: Direction): bigint => (direction.nullsFirst ? 0n : ALL_ONES)

/** Tells whether values whose keys are equal, and neither all zeros nor all ones, are equal. */
export function leadingKeyDecides(type: SqlType): boolean {
  switch (storageClass(type)) {
    case 'integer':
      return type.kind !== 'time with time zone'
    case 'f32':
    case 'f64':
    case 'bool':
    case 'null':
      return true
    default:
      return false
  }
}

function encodeEntries(
  memory: WebAssembly.Memory,
  block: FlatBlock,
  direction: Direction,
  out: number,
): void {
  const nullCode = nullKey(direction)
  const multiplier = direction.ascending ? 1n : -1n
  const bounds = { multiplier, nullCode, out, count: block.rowCount }
  const fixed = (
    values: ArrayBufferView,
    source: CodeSource,
    isSigned: boolean,
    value = { base: 0n, factor: 1n, shift: 0n },
  ) => {
    // Ascending: signed numbers move up by 2^63. Descending: all bits of that are turned.
    const least = isSigned ? -(1n << 63n) : 0n
    const addend = direction.ascending ? least : isSigned ? ~least : ALL_ONES
    encodeFixed(memory, source, {
      ...bounds,
      ...value,
      values: values.byteOffset,
      validity: block.validity,
      addend,
    })
  }
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      if (block.type.kind === 'time with time zone') break
      fixed(block.values, block.storage, true, {
        base: BigInt(block.base),
        factor: BigInt(block.factor),
        shift: block.type.kind === 'timestamp with time zone' ? 12n : 0n,
      })
      return
    case 'f32':
    case 'f64':
      fixed(block.values, floatSource(block.storage, direction), false)
      return
    case 'bool':
      fixed(block.values, block.storage, false)
      return
    case 'fixed16':
      if (block.type.kind === 'time with time zone') break
      if (block.type.kind === 'uuid' || block.type.kind === 'ipaddress') {
        fixed(block.values, 'fixed16.be0', false)
      } else if (block.type.kind === 'decimal') fixed(block.values, 'fixed16.clamped', true)
      else {
        const shift = block.type.kind === 'timestamp with time zone' ? 12n : 0n
        fixed(block.values, 'fixed16.0', true, { base: 0n, factor: 1n, shift })
      }
      return
    case 'bytes':
      encodeBytes(memory, {
        ...bounds,
        offsets: block.offsets,
        bytes: block.bytes,
        validity: block.validity,
        skip: 0,
        prefixBytes: 8,
        withLength: false,
        pad: block.type.kind === 'char' ? 0x20 : 0,
        addend: direction.ascending ? 0n : ALL_ONES,
      })
      return
    case 'null':
      new BigInt64Array(memory.buffer, out, block.rowCount).fill(nullCode)
      return
    case 'array':
    case 'map':
    case 'row':
      break
  }
  encodeNothing(memory, block, direction, out)
}

/** Values that only a comparison orders share one key between those of nulls. */
function encodeNothing(
  memory: WebAssembly.Memory,
  block: FlatBlock,
  direction: Direction,
  out: number,
): void {
  const keys = new BigInt64Array(memory.buffer, out, block.rowCount)
  const nullCode = nullKey(direction)
  for (let i = 0; i < block.rowCount; i++) {
    const valid = block.validity === null || (block.validity[i >> 3]! & (1 << (i & 7))) !== 0
    keys[i] = valid ? 1n : nullCode
  }
}

type Select = {
  select(keys: number, count: number, threshold: bigint, out: number): number
}

/** Positions whose key is at most `threshold` (u64), ascending. */
export function selectAtMost(
  memory: WebAssembly.Memory,
  keys: LeadingKeys,
  count: number,
  threshold: bigint,
  arena: Arena,
): Int32Array {
  const build = (m: ModuleBuilder) => {
    m.function(
      'select',
      { keys: 'i32', count: 'i32', threshold: 'i64', out: 'i32' },
      'i32',
      (f, q) => {
        const i = f.local('i32')
        const found = f.local('i32')
        f.for(i, 0, q.count, () => {
          f.store32(i32.add(q.out, i32.shl(found, 2)), i)
          const key = i64.load(i32.add(q.keys, i32.shl(i, 3)))
          f.set(found, i32.add(found, i64.le_u(key, q.threshold)))
        })
        f.return(found)
      },
    )
  }
  const out = allocateInt32(arena, count)
  const { select } = kernel<Select>(memory, 'select keys at most', build)
  return out.subarray(0, select(keys.address, count, threshold, out.byteOffset))
}
