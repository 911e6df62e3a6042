import { envelopeOf } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { type KdbTree, leavesMeeting, readKdbTree } from '../../geometry/kdb-tree.js'

/** The tree that was read last: a query has one for all rows. */
let last: { readonly text: string; readonly tree: KdbTree } | undefined

function treeOf(text: string): KdbTree {
  if (last?.text !== text) last = { text, tree: readKdbTree(text) }
  return last.tree
}

function partitions(tree: string, geometry: Uint8Array, distance: number): number[] | null {
  if (Number.isNaN(distance)) invalidArgument('distance is NaN')
  if (!Number.isFinite(distance)) invalidArgument('distance is infinite')
  if (distance < 0) invalidArgument('distance is negative')
  const box = envelopeOf(shapeOf(geometry))
  if (box === undefined) return null
  return leavesMeeting(treeOf(tree), {
    xMin: box.xMin - distance,
    yMin: box.yMin - distance,
    xMax: box.xMax + distance,
    yMax: box.yMax + distance,
  })
}

export const spatialPartitions = scalarFunction({
  name: 'spatial_partitions',
  description: 'The parts of a tree that a geometry, or what lies within a distance of it, meets',
  overloads: [
    {
      args: ['kdbtree', 'geometry'],
      returns: 'array(integer)',
      evaluate: (tree: string, geometry: Uint8Array) => partitions(tree, geometry, 0),
    },
    {
      args: ['kdbtree', 'geometry', 'double'],
      returns: 'array(integer)',
      evaluate: partitions,
    },
  ],
})
