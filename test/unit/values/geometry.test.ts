import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTile, encodeTile } from '../../../src/values/geometry/bing-tile.js'
import type { Path, Position, Shape } from '../../../src/values/geometry/shape.js'
import { oriented, readWkb, WkbError, writeWkb } from '../../../src/values/geometry/wkb.js'
import { coordinateText, readWkt, WktError, writeWkt } from '../../../src/values/geometry/wkt.js'

const coordinate = fc.double({ noNaN: true, noDefaultInfinity: true })
// Areas of extremes overflow or vanish, so that the sense of a ring is not known.
const moderate = fc.oneof(
  fc.integer({ min: -180, max: 180 }),
  fc.double({ min: 1, max: 2, noNaN: true }),
)
const position: fc.Arbitrary<Position> = fc.tuple(moderate, moderate)
const path: fc.Arbitrary<Path> = fc
  .array(position, { maxLength: 6 })
  .map((positions) => (positions.length === 1 ? [] : positions))
const rings: fc.Arbitrary<readonly Path[]> = fc.array(
  fc.array(position, { minLength: 3, maxLength: 6 }).map((ring): Path => [...ring, ring[0]!]),
  { maxLength: 3 },
)

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    kind: fc.constant('Point' as const),
    position: fc.option(position, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('LineString' as const), path }),
  fc.record({ kind: fc.constant('Polygon' as const), rings }),
  fc.record({
    kind: fc.constant('MultiPoint' as const),
    positions: fc.array(position, { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('MultiLineString' as const),
    paths: fc.array(path, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('MultiPolygon' as const),
    polygons: fc.array(
      rings.filter((r) => r.length > 0),
      { maxLength: 3 },
    ),
  }),
)
const shape: fc.Arbitrary<Shape> = fc
  .oneof(
    { weight: 4, arbitrary: leaf },
    fc.record({
      kind: fc.constant('GeometryCollection' as const),
      members: fc.array(leaf, { maxLength: 4 }),
    }),
  )
  .map(oriented)

describe('geometries', () => {
  test('are the same after bytes and after text', () => {
    fc.assert(
      fc.property(shape, (original) => {
        expect(readWkb(writeWkb(original))).toEqual(original)
        // What has no area, or one of rounding, may turn round.
        const text = writeWkt(original)
        expect(writeWkt(readWkt(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  test('bytes that are none are refused by name, whatever they are', () => {
    fc.assert(
      fc.property(shape, fc.nat(), fc.integer({ min: 0, max: 255 }), (original, at, byte) => {
        const bytes = writeWkb(original)
        bytes[at % bytes.length] = byte
        for (const damaged of [bytes, bytes.subarray(0, at % bytes.length)]) {
          try {
            readWkb(damaged)
          } catch (error) {
            expect(error).toBeInstanceOf(WkbError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('texts that are none are refused by name', () => {
    for (const text of [
      '',
      'POINT',
      'POINT (1',
      'POINT (1 x)',
      'POINT (1 2 3)',
      'POLYGON ((0 0, 1 1))',
    ]) {
      expect(() => readWkt(text), text).toThrow(WktError)
    }
    const deep = 'GEOMETRYCOLLECTION ('.repeat(100_000)
    expect(() => readWkt(deep)).toThrow(WktError)
  })

  test('coordinates are numbers again', () => {
    fc.assert(fc.property(coordinate, (value) => Number(coordinateText(value)) === value))
    expect([0.1 + 0.2, 1e17, 1e-5, -0, 1e16].map(coordinateText)).toEqual([
      '0.30000000000000004',
      '1.0000000000000000e+17',
      '1.0000000000000000e-05',
      '-0',
      '10000000000000000',
    ])
  })

  test('tiles are integers and back', () => {
    const tile = { x: 2 ** 23 - 1, y: 12, zoom: 23 }
    expect(decodeTile(encodeTile(tile))).toEqual(tile)
  })
})
