import { isUtf8 } from 'node:buffer'
import {
  allValues,
  compareValues,
  type Domain,
  type DoubleRange,
  domain,
  onlyNull,
  type SqlType,
  type Value,
  valueSetOfRanges,
} from '../../../spi/index.js'
import { bigEndian } from './converted-emitter.js'
import { type LeafEncoding, PICOS_OF_UNIT } from './leaf-type.js'
import type { ChunkStatistics } from './metadata.js'
import type { Leaf } from './schema.js'

/** Bounds of a leaf's values as carriers, where statistics tell them in the order of SQL. */
export interface ValueBounds {
  readonly min: Value
  readonly max: Value
}

const PICOS_PER_MICRO = 1_000_000n
const BY_BYTES: readonly LeafEncoding['kind'][] = ['decimal bytes', 'uuid', 'fixed bytes']

/** The bounds that statistics tell; undefined where they don't, or in an order that is not the type's. */
export function valueBounds(leaf: Leaf, statistics: ChunkStatistics): ValueBounds | undefined {
  const { min, max, isOrdered } = statistics
  if (min === undefined || max === undefined) return undefined
  // The older fields compare bytes as signed numbers.
  const isByBytes = leaf.encoding.byteLength === -1 || BY_BYTES.includes(leaf.encoding.kind)
  const isUnsigned = leaf.encoding.kind === 'integer' && !leaf.encoding.isSigned
  if (!isOrdered && (isByBytes || isUnsigned) && !Buffer.from(min).equals(max)) return undefined
  const low = statisticValue(leaf, min)
  const high = statisticValue(leaf, max)
  if (low === undefined || high === undefined) return undefined
  // A writer's mistake, or NaN.
  if (!(compareValues(leaf.type, low, high) <= 0)) return undefined
  return { min: low, max: high }
}

/** One value in the form that statistics have it. */
function statisticValue(leaf: Leaf, bytes: Uint8Array): Value | undefined {
  const { encoding, type } = leaf
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (encoding.byteLength > 0 && bytes.length !== encoding.byteLength) return undefined
  switch (encoding.kind) {
    case 'boolean':
      return bytes.length === 1 ? bytes[0] !== 0 : undefined
    case 'integer': {
      const raw =
        encoding.byteLength === 4
          ? BigInt(encoding.isSigned ? view.getInt32(0, true) : view.getUint32(0, true))
          : encoding.isSigned
            ? view.getBigInt64(0, true)
            : view.getBigUint64(0, true)
      return integerValue(type, raw * encoding.factor)
    }
    case 'float': {
      const value = encoding.byteLength === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
      return Number.isNaN(value) ? undefined : value
    }
    case 'bytes':
      if (type.kind === 'varbinary') return bytes.slice()
      // CHAR compares as if it were padded.
      if (type.kind !== 'varchar') return undefined
      return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : undefined
    case 'decimal bytes':
      return bytes.length > 16 ? undefined : bigEndian(view, 0, bytes.length)
    case 'instant': {
      // The order of INT96 was never agreed on.
      if (encoding.physical !== 'INT64') return undefined
      const picos = view.getBigInt64(0, true) * PICOS_OF_UNIT[encoding.unit]
      return type.kind === 'timestamp with time zone' ? { picos, zone: 'UTC' } : picos
    }
    case 'uuid':
    case 'fixed bytes':
      return bytes.slice()
    case 'float16':
    case 'interval':
      return undefined
  }
}

function integerValue(type: SqlType, value: bigint): Value {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'date':
      return Number(value)
    case 'timestamp':
      return value * PICOS_PER_MICRO
    default:
      return value
  }
}

/** The values that a chunk or page may have. */
export function statisticsDomain(
  leaf: Leaf,
  statistics: ChunkStatistics | undefined,
  valueCount: number,
): Domain {
  const { type } = leaf
  const nullCount = leaf.maxDefinition === 0 ? 0 : statistics?.nullCount
  const mayBeNull = nullCount !== 0
  if (nullCount !== undefined && nullCount === valueCount && valueCount > 0) return onlyNull(type)
  const bounds = statistics === undefined ? undefined : valueBounds(leaf, statistics)
  if (bounds === undefined) return domain(allValues(type), mayBeNull)
  const values = valueSetOfRanges(type, [
    { low: bounds.min, lowInclusive: true, high: bounds.max, highInclusive: true },
    // Statistics leave NaN out.
    ...(type.kind === 'real' || type.kind === 'double'
      ? [{ low: Number.NaN, lowInclusive: true, high: Number.NaN, highInclusive: true }]
      : []),
  ])
  return domain(values, mayBeNull)
}

/** Bounds in the form of table statistics; undefined for types that have none. */
export function doubleRange(type: SqlType, { min, max }: ValueBounds): DoubleRange | undefined {
  const low = statsDouble(type, min)
  const high = statsDouble(type, max)
  return low === undefined || high === undefined ? undefined : { min: low, max: high }
}

function statsDouble(type: SqlType, value: Value): number | undefined {
  switch (type.kind) {
    case 'decimal':
      return Number(value) / 10 ** type.scale
    case 'timestamp':
      return Number(value) / 1e6
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'date':
    case 'real':
    case 'double':
      return Number(value)
    default:
      return undefined
  }
}
