import type { MapValue, Value } from '../../spi/index.js'
import type { RowAccumulator } from './accumulated.js'

/** Children of a node. */
const FANOUT_BITS = 4

/**
 * States of runs of 16, 256, 4096 … rows, made when first asked for, from which the state of any range of rows is put
 * together in order. States are kept serialized, since combining may use up what it is given.
 * @source Leis et al., Efficient Processing of Window Functions in Analytical SQL Queries
 */
export class StateTree {
  readonly #rows: RowAccumulator
  readonly #from: number
  /** By level (1: runs of 16 rows), then by the run's number. */
  readonly #levels: Value[][] = []

  /** @param from the row that runs are counted from */
  constructor(rows: RowAccumulator, from: number) {
    this.#rows = rows
    this.#from = from
  }

  /** The state of rows [start, end). */
  combine(start: number, end: number): unknown {
    const { accumulator } = this.#rows
    let state = accumulator.create()
    let row = start
    while (row < end) {
      const level = this.#largestRun(row, end)
      if (level === 0) {
        state = this.#rows.add(state, row)
        row += 1
      } else {
        const node = this.#node(level, (row - this.#from) >> (level * FANOUT_BITS))
        state = accumulator.combine(state, accumulator.deserialize(copyValue(node)))
        row += 1 << (level * FANOUT_BITS)
      }
    }
    return state
  }

  /** The level of the longest run that starts at a row and ends by `end`. */
  #largestRun(row: number, end: number): number {
    const offset = row - this.#from
    let level = 0
    for (;;) {
      const size = 1 << ((level + 1) * FANOUT_BITS)
      if (size <= 0 || (offset & (size - 1)) !== 0 || row + size > end) return level
      level += 1
    }
  }

  #node(level: number, index: number): Value {
    this.#levels[level] ??= []
    const nodes = this.#levels[level]
    let node = nodes[index]
    if (node === undefined) {
      const { accumulator } = this.#rows
      const size = 1 << (level * FANOUT_BITS)
      const first = this.#from + index * size
      let state = accumulator.create()
      if (level === 1) {
        for (let row = first; row < first + size; row++) state = this.#rows.add(state, row)
      } else {
        for (let child = 0; child < 1 << FANOUT_BITS; child++) {
          const part = this.#node(level - 1, (index << FANOUT_BITS) + child)
          state = accumulator.combine(state, accumulator.deserialize(copyValue(part)))
        }
      }
      node = accumulator.serialize(state)
      nodes[index] = node
    }
    return node
  }
}

/** A value that may be changed in place without the original changing. */
function copyValue(value: Value): Value {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array) return value.slice()
  if (Array.isArray(value)) return value.map(copyValue)
  if ('keys' in value) {
    const { keys, values } = value as MapValue
    return { keys: keys.map(copyValue), values: values.map(copyValue) }
  }
  return value
}
