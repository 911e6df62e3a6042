import {
  type Arena,
  type Block,
  createBlockBuilder,
  type FlatBlock,
  heapArena,
  type SqlType,
  type Value,
  type ZonedTimestamp,
} from '../../../spi/index.js'
import type { FixedEmitter } from './fixed-store.js'
import { ParquetFormatError } from './format-error.js'
import { codesBlock, placedBlock } from './integer-emitter.js'
import { type LeafEncoding, PICOS_OF_UNIT } from './leaf-type.js'
import type { Placement } from './placement.js'
import type { Scratch } from './scratch.js'

type ReadValue = (view: DataView, at: number) => Value

/** Values that are rare enough to be converted one by one. Dictionaries are converted once. */
export class ConvertedEmitter implements FixedEmitter {
  readonly #scratch: Scratch
  readonly #type: SqlType
  readonly #byteLength: number
  readonly #read: ReadValue
  #dictionary: FlatBlock | undefined

  constructor(scratch: Scratch, type: SqlType, encoding: LeafEncoding) {
    this.#scratch = scratch
    this.#type = type
    this.#byteLength = encoding.byteLength
    this.#read = within(type, valueReader(type, encoding))
  }

  emit(values: number, placement: Placement, arena: Arena): Block {
    const block = this.#convert(values, placement.valueCount, arena)
    return placedBlock(this.#scratch, block, placement, arena)
  }

  setDictionary(values: number, count: number): void {
    this.#dictionary = this.#convert(values, count, heapArena())
  }

  emitCodes(codes: number, placement: Placement, arena: Arena): Block {
    return codesBlock(this.#scratch, codes, this.#dictionary!, placement, arena)
  }

  close(): void {}

  #convert(values: number, count: number, arena: Arena): FlatBlock {
    const view = this.#scratch.memory.view()
    const builder = createBlockBuilder(this.#type, arena)
    for (let i = 0; i < count; i++) {
      builder.append(this.#read(view, values + i * this.#byteLength))
    }
    return builder.build()
  }
}

const JULIAN_DAY_OF_EPOCH = 2_440_588
const PICOS_PER_DAY = 86_400_000_000_000_000n

/** Micros of any timestamp that a page holds in 64 bits. */
const PICOS_LIMIT = 2n ** 63n * 1_000_000n
/** Millis of any timestamp with time zone: 12 of the 64 bits hold the zone. */
const ZONED_PICOS_LIMIT = 2n ** 51n * 1_000_000_000n

/** Refuses what the type of the column cannot hold, which a sound file has nowhere. */
function within(type: SqlType, read: ReadValue): ReadValue {
  if (type.kind === 'decimal') {
    const limit = 10n ** BigInt(type.precision)
    return (view, at) => inside(read(view, at), limit, 'a decimal has more digits than its type')
  }
  if (type.kind === 'timestamp') {
    return (view, at) => inside(read(view, at), PICOS_LIMIT, 'a timestamp is out of range')
  }
  if (type.kind === 'timestamp with time zone') {
    return (view, at) => {
      const value = read(view, at) as ZonedTimestamp
      inside(value.picos, ZONED_PICOS_LIMIT, 'a timestamp is out of range')
      return value
    }
  }
  return read
}

function inside(value: Value, limit: bigint, reason: string): Value {
  if (typeof value === 'bigint' && value < limit && value > -limit) return value
  throw new ParquetFormatError(reason)
}

function valueReader(type: SqlType, encoding: LeafEncoding): ReadValue {
  switch (encoding.kind) {
    case 'instant': {
      const picosOf = instantReader(encoding.physical, PICOS_OF_UNIT[encoding.unit])
      return type.kind === 'timestamp with time zone'
        ? (view, at) => ({ picos: picosOf(view, at), zone: 'UTC' })
        : picosOf
    }
    case 'integer':
      return (view, at) => view.getBigUint64(at, true)
    case 'decimal bytes':
      return (view, at) => bigEndian(view, at, encoding.byteLength)
    case 'float16':
      return (view, at) => float16(view.getUint16(at, true))
    case 'interval':
      return (view, at) => [0, 4, 8].map((offset) => BigInt(view.getUint32(at + offset, true)))
    default:
      return (view, at) => new Uint8Array(view.buffer.slice(at, at + encoding.byteLength))
  }
}

const instantReader = (
  physical: 'INT64' | 'INT96',
  picosPerUnit: bigint,
): ((view: DataView, at: number) => bigint) =>
  physical === 'INT64'
    ? (view, at) => view.getBigInt64(at, true) * picosPerUnit
    : (view, at) =>
        BigInt(view.getInt32(at + 8, true) - JULIAN_DAY_OF_EPOCH) * PICOS_PER_DAY +
        view.getBigInt64(at, true) * picosPerUnit

/** Two's complement of any length, 0 for none. */
export function bigEndian(view: DataView, at: number, byteLength: number): bigint {
  if (byteLength === 0) return 0n
  let value = BigInt(view.getInt8(at))
  let i = 1
  for (; i + 4 <= byteLength; i += 4) value = (value << 32n) | BigInt(view.getUint32(at + i))
  for (; i < byteLength; i++) value = (value << 8n) | BigInt(view.getUint8(at + i))
  return value
}

/** @source IEEE 754 binary16 */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
