import { type BingTile, decodeTile, encodeTile } from '../../../values/geometry/bing-tile.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf, shapeOf } from '../../geometry/geometry-value.js'
import {
  neighbors,
  quadKeyOf,
  tileAt,
  tileAtCoordinates,
  tileOfQuadKey,
  tileShape,
  tilesCovering,
  tilesWithin,
} from '../../geometry/tiles.js'

export const bingTile = scalarFunction({
  name: 'bing_tile',
  description: 'The tile with coordinates at a zoom level, or with a quad key',
  overloads: [
    {
      args: ['integer', 'integer', 'integer'],
      returns: 'bingtile',
      evaluate: (x: number, y: number, zoom: number) => encodeTile(tileAtCoordinates(x, y, zoom)),
    },
    {
      args: ['varchar'],
      returns: 'bingtile',
      evaluate: (key: string) => encodeTile(tileOfQuadKey(key)),
    },
  ],
})

export const bingTileAt = scalarFunction({
  name: 'bing_tile_at',
  description: 'The tile of a zoom level at a latitude and longitude',
  overloads: [
    {
      args: ['double', 'double', 'integer'],
      returns: 'bingtile',
      evaluate: (latitude: number, longitude: number, zoom: number) =>
        encodeTile(tileAt(latitude, longitude, zoom)),
    },
  ],
})

export const bingTilesAround = scalarFunction({
  name: 'bing_tiles_around',
  description: 'The tile of a place and its neighbors, or all within kilometers of it',
  overloads: [
    {
      args: ['double', 'double', 'integer'],
      returns: 'array(bingtile)',
      evaluate: (latitude: number, longitude: number, zoom: number) =>
        neighbors(latitude, longitude, zoom).map(encodeTile),
    },
    {
      args: ['double', 'double', 'integer', 'double'],
      returns: 'array(bingtile)',
      evaluate: (latitude: number, longitude: number, zoom: number, kilometers: number) =>
        tilesWithin(latitude, longitude, zoom, kilometers).map(encodeTile),
    },
  ],
})

const ofTile = (
  name: string,
  description: string,
  returns: string,
  read: (tile: BingTile) => number | string | readonly number[] | Uint8Array,
) =>
  scalarFunction({
    name,
    description,
    overloads: [
      { args: ['bingtile'], returns, evaluate: (tile: bigint) => read(decodeTile(tile)) },
    ],
  })

/** Functions of one tile. */
export const bingTileParts = [
  ofTile(
    'bing_tile_coordinates',
    'The coordinates of a tile',
    'row(x integer,y integer)',
    ({ x, y }) => [x, y],
  ),
  ofTile('bing_tile_polygon', 'The polygon of a tile in degrees', 'geometry', (tile) =>
    carrierOf(tileShape(tile)),
  ),
  ofTile('bing_tile_quadkey', 'The quad key of a tile', 'varchar', quadKeyOf),
  ofTile('bing_tile_zoom_level', 'The zoom level of a tile', 'tinyint', ({ zoom }) => zoom),
]

export const geometryToBingTiles = scalarFunction({
  name: 'geometry_to_bing_tiles',
  description: 'The fewest tiles of a zoom level that cover a geometry in degrees',
  overloads: [
    {
      args: ['geometry', 'integer'],
      returns: 'array(bingtile)',
      evaluate: (geometry: Uint8Array, zoom: number) =>
        tilesCovering(shapeOf(geometry), zoom).map(encodeTile),
    },
  ],
})
