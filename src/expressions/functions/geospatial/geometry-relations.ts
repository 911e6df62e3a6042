import { type Envelope, envelopeOf, type Shape } from '../../../values/geometry/shape.js'
import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { related } from '../../geometry/topology.js'

const meet = (a: Envelope, b: Envelope): boolean =>
  a.xMin <= b.xMax && a.xMax >= b.xMin && a.yMin <= b.yMax && a.yMax >= b.yMin
const holds = (a: Envelope, b: Envelope): boolean =>
  a.xMin <= b.xMin && a.xMax >= b.xMax && a.yMin <= b.yMin && a.yMax >= b.yMax

/** Whether the bounding boxes allow a relation, which is much cheaper to see than the relation. */
function boxes(test: (a: Envelope, b: Envelope) => boolean, left: Shape, right: Shape): boolean {
  const a = envelopeOf(left)
  const b = envelopeOf(right)
  return a !== undefined && b !== undefined && test(a, b)
}

const relation = (
  displayName: string,
  description: string,
  test: (left: Shape, right: Shape) => boolean,
) =>
  scalarFunction({
    name: displayName.toLowerCase(),
    displayName,
    description,
    overloads: [
      {
        args: ['geometry', 'geometry'],
        returns: 'boolean',
        evaluate: (left: Uint8Array, right: Uint8Array) => test(shapeOf(left), shapeOf(right)),
      },
    ],
  })

/** Relations of two geometries. @source OGC 06-103r4, 6.1.15 */
export const geometryRelations = [
  relation(
    'ST_Contains',
    'Tells whether no point of the second lies outside of the first, and their insides meet',
    (left, right) => boxes(holds, left, right) && related('contains', left, right),
  ),
  relation(
    'ST_Within',
    'Tells whether no point of the first lies outside of the second, and their insides meet',
    (left, right) => boxes(holds, right, left) && related('contains', right, left),
  ),
  relation(
    'ST_Crosses',
    'Tells whether two geometries have some but not all inner points in common',
    (left, right) => boxes(meet, left, right) && related('crosses', left, right),
  ),
  relation(
    'ST_Disjoint',
    'Tells whether two geometries have no point in common',
    (left, right) => !(boxes(meet, left, right) && related('intersects', left, right)),
  ),
  relation(
    'ST_Equals',
    'Tells whether two geometries have the same points',
    (left, right) => boxes(meet, left, right) && related('equals', left, right),
  ),
  relation(
    'ST_Intersects',
    'Tells whether two geometries have a point in common',
    (left, right) => boxes(meet, left, right) && related('intersects', left, right),
  ),
  relation(
    'ST_Overlaps',
    'Tells whether two geometries of one dimension share a part, and each has one of its own',
    (left, right) => boxes(meet, left, right) && related('overlaps', left, right),
  ),
  relation(
    'ST_Touches',
    'Tells whether two geometries have points in common, but no inner ones',
    (left, right) => boxes(meet, left, right) && related('touches', left, right),
  ),
]
