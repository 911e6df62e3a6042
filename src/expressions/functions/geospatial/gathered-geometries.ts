import type { Shape } from '../../../values/geometry/shape.js'
import type { Accumulator } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'

/** Shapes are put together once there are so many, so that a state is as large as its result and these. */
const PENDING_MAX = 64

interface Gathered {
  readonly shapes: Shape[]
  byteLength: number
}

/** @param reduce makes one shape of several, to be reduced with further ones */
export const gathering = (reduce: (shapes: readonly Shape[]) => Shape): Accumulator<Gathered> => {
  const settle = (state: Gathered): Shape | undefined => {
    if (state.shapes.length > 1) {
      const reduced = reduce(state.shapes)
      state.shapes.splice(0, state.shapes.length, reduced)
      state.byteLength = carrierOf(reduced).length
    }
    return state.shapes[0]
  }
  const add = (state: Gathered, carrier: Uint8Array): Gathered => {
    state.shapes.push(shapeOf(carrier))
    state.byteLength += carrier.length
    if (state.shapes.length > PENDING_MAX) settle(state)
    return state
  }
  return {
    create: () => ({ shapes: [], byteLength: 0 }),
    add: (state, value) => add(state, value as Uint8Array),
    combine: (state, other) => {
      const shape = settle(other)
      return shape === undefined ? state : add(state, carrierOf(shape))
    },
    serialize: (state) => {
      const shape = settle(state)
      return shape === undefined ? null : carrierOf(shape)
    },
    deserialize: (value) => {
      const state: Gathered = { shapes: [], byteLength: 0 }
      return value === null ? state : add(state, value as Uint8Array)
    },
    finish: (state) => {
      if (state.shapes.length === 0) return null
      return carrierOf(reduce(state.shapes))
    },
    byteSize: ({ byteLength }) => byteLength * 4,
  }
}
