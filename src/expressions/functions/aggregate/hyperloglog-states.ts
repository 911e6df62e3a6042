import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  addHash,
  cardinalityOf,
  deserializeHyperLogLog,
  type HyperLogLog,
  mergeHyperLogLog,
  serializeHyperLogLog,
} from '../../value/hyperloglog.js'

export const APPROX_SET_INDEX_BITS = 12

export function loadSketch(value: Value): HyperLogLog {
  const hll = deserializeHyperLogLog(value as Uint8Array)
  return hll ?? invalidArgument('Invalid HyperLogLog')
}

export const putHash = (hll: HyperLogLog, hash: bigint): HyperLogLog => {
  addHash(hll, Number(hash >> 32n), Number(hash & 0xffffffffn))
  return hll
}

export type Sketch = HyperLogLog | null

export const merged = (state: Sketch, other: Sketch): Sketch =>
  state === null ? other : other === null ? state : mergeHyperLogLog(state, other)

export const stored = {
  serialize: (state: Sketch): Value => (state === null ? null : serializeHyperLogLog(state)),
  deserialize: (value: Value): Sketch => (value === null ? null : loadSketch(value)),
}

/** cardinality(hyperloglog): called by the definition of cardinality. */
export const sketchCardinality = (value: Uint8Array): bigint => cardinalityOf(loadSketch(value))
