import { type Envelope, envelopeOf } from '../../../values/geometry/shape.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { buildKdbTree, writeKdbTree } from '../../geometry/kdb-tree.js'

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
