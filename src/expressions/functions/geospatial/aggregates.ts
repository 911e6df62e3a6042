import { type Envelope, envelopeOf, type Shape } from '../../../values/geometry/shape.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import { buildKdbTree, writeKdbTree } from '../../geometry/kdb-tree.js'
import { convexHull, union } from '../../geometry/topology.js'

/** Shapes are put together once there are so many, so that a state is as large as its result and these. */
const PENDING_MAX = 64

interface Gathered {
  readonly shapes: Shape[]
  byteLength: number
}

/** @param reduce makes one shape of several, to be reduced with further ones */
const gathering = (reduce: (shapes: readonly Shape[]) => Shape): Accumulator<Gathered> => {
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

const hullOf = (shapes: readonly Shape[]): Shape =>
  convexHull(shapes.length === 1 ? shapes[0]! : { kind: 'GeometryCollection', members: shapes })

export const geometryUnionAgg = aggregateFunction({
  name: 'geometry_union_agg',
  description: 'The points of all geometries',
  overloads: [
    aggregateOverload({
      args: ['geometry'],
      returns: 'geometry',
      intermediate: 'geometry',
      ignoresDuplicates: true,
      bind: () => gathering(union),
    }),
  ],
})

export const convexHullAgg = aggregateFunction({
  name: 'convex_hull_agg',
  description: 'The smallest convex geometry around all geometries',
  overloads: [
    aggregateOverload({
      args: ['geometry'],
      returns: 'geometry',
      intermediate: 'geometry',
      ignoresDuplicates: true,
      bind: () => gathering(hullOf),
    }),
  ],
})

/** Boxes that are kept to cut the plane by; later ones take the place of random earlier ones. */
const SAMPLES_MAX = 100_000
const PARTITION_COUNT = 100

interface Sample {
  readonly boxes: Envelope[]
  count: number
}

export const spatialPartitioning = aggregateFunction({
  name: 'spatial_partitioning',
  description: 'A tree that cuts the plane into parts with about as many of the geometries each',
  overloads: [
    aggregateOverload<Sample>({
      args: ['geometry'],
      returns: 'varchar',
      intermediate: 'varchar',
      inOneStep: true,
      bind: () => ({
        create: () => ({ boxes: [], count: 0 }),
        add: (state, value) => {
          const box = envelopeOf(shapeOf(value as Uint8Array))
          if (box === undefined) return state
          state.count++
          if (state.boxes.length < SAMPLES_MAX) state.boxes.push(box)
          else {
            const index = Math.floor(Math.random() * state.count)
            if (index < SAMPLES_MAX) state.boxes[index] = box
          }
          return state
        },
        combine: (state, other) => ({
          boxes: [...state.boxes, ...other.boxes].slice(0, SAMPLES_MAX),
          count: state.count + other.count,
        }),
        serialize: (state) => JSON.stringify(state),
        deserialize: (value) => JSON.parse(value as string) as Sample,
        finish: ({ boxes }) =>
          boxes.length === 0
            ? null
            : writeKdbTree(buildKdbTree(boxes, Math.ceil(boxes.length / PARTITION_COUNT))),
        byteSize: ({ boxes }) => boxes.length * 64,
      }),
    }),
  ],
})
