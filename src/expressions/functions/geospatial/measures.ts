import { isEmpty, pathsOf } from '../../../values/geometry/shape.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { onlyOf, onlySphericalOf, shapeOf } from '../../geometry/geometry-value.js'
import { areaOf, pathLength } from '../../geometry/measures.js'
import {
  checkLatitude,
  checkLongitude,
  greatCircleKilometers,
  sphericalArea,
  sphericalLength,
} from '../../geometry/sphere.js'
import { distance, locateOnLine } from '../../geometry/topology.js'

export const stArea = scalarFunction({
  name: 'st_area',
  displayName: 'ST_Area',
  description: 'The area of a geometry in the plane, or in square meters of the earth',
  overloads: [
    {
      args: ['geometry'],
      returns: 'double',
      evaluate: (geometry: Uint8Array) => areaOf(shapeOf(geometry)),
    },
    {
      args: ['sphericalgeography'],
      returns: 'double',
      evaluate: (geography: Uint8Array) => {
        const shape = shapeOf(geography)
        if (isEmpty(shape)) return null
        return sphericalArea(onlySphericalOf('ST_Area', shape, 'Polygon', 'MultiPolygon'))
      },
    },
  ],
})

export const stLength = scalarFunction({
  name: 'st_length',
  displayName: 'ST_Length',
  description: 'The length of lines in the plane, or in meters on the earth',
  overloads: [
    {
      args: ['geometry'],
      returns: 'double',
      evaluate: (geometry: Uint8Array) => {
        const shape = onlyOf('ST_Length', shapeOf(geometry), 'LineString', 'MultiLineString')
        return [...pathsOf(shape)].reduce((sum, path) => sum + pathLength(path), 0)
      },
    },
    {
      args: ['sphericalgeography'],
      returns: 'double',
      evaluate: (geography: Uint8Array) => {
        const shape = shapeOf(geography)
        if (isEmpty(shape)) return null
        return sphericalLength([
          ...pathsOf(onlySphericalOf('ST_Length', shape, 'LineString', 'MultiLineString')),
        ])
      },
    },
  ],
})

export const stDistance = scalarFunction({
  name: 'st_distance',
  displayName: 'ST_Distance',
  description:
    'The distance of two geometries in the plane, or of two points in meters on the earth',
  overloads: [
    {
      args: ['geometry', 'geometry'],
      returns: 'double',
      evaluate: (left: Uint8Array, right: Uint8Array) => {
        const [a, b] = [shapeOf(left), shapeOf(right)]
        if (isEmpty(a) || isEmpty(b)) return null
        if (a.kind === 'Point' && b.kind === 'Point') {
          const [from, to] = [a.position!, b.position!]
          return Math.sqrt((from[0] - to[0]) ** 2 + (from[1] - to[1]) ** 2)
        }
        return distance(a, b)
      },
    },
    {
      args: ['sphericalgeography', 'sphericalgeography'],
      returns: 'double',
      evaluate: (left: Uint8Array, right: Uint8Array) => {
        const [a, b] = [shapeOf(left), shapeOf(right)]
        if (isEmpty(a) || isEmpty(b)) return null
        const [x1, y1] = onlySphericalOf('ST_Distance', a, 'Point').position!
        const [x2, y2] = onlySphericalOf('ST_Distance', b, 'Point').position!
        return greatCircleKilometers(y1, x1, y2, x2) * 1000
      },
    },
  ],
})

export const greatCircleDistance = scalarFunction({
  name: 'great_circle_distance',
  description: 'Kilometers between two places of the earth, each a latitude and a longitude',
  overloads: [
    {
      args: ['double', 'double', 'double', 'double'],
      returns: 'double',
      evaluate: (latitude1: number, longitude1: number, latitude2: number, longitude2: number) => {
        checkLatitude(latitude1)
        checkLongitude(longitude1)
        checkLatitude(latitude2)
        checkLongitude(longitude2)
        return greatCircleKilometers(latitude1, longitude1, latitude2, longitude2)
      },
    },
  ],
})

export const lineLocatePoint = scalarFunction({
  name: 'line_locate_point',
  description: 'The place of a line nearest to a point, as a fraction of its length',
  overloads: [
    {
      args: ['geometry', 'geometry'],
      returns: 'double',
      evaluate: (lineGeometry: Uint8Array, pointGeometry: Uint8Array) => {
        const [line, point] = [shapeOf(lineGeometry), shapeOf(pointGeometry)]
        if (isEmpty(line) || isEmpty(point)) return null
        if (line.kind !== 'LineString' && line.kind !== 'MultiLineString') {
          return invalidArgument(
            `First argument to line_locate_point must be a LineString or a MultiLineString. Got: ${line.kind}`,
          )
        }
        if (point.kind !== 'Point') {
          return invalidArgument(
            `Second argument to line_locate_point must be a Point. Got: ${point.kind}`,
          )
        }
        return locateOnLine(line, point.position![0], point.position![1])
      },
    },
  ],
})
