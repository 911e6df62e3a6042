import { type BingTile, decodeTile } from '../../../values/geometry/bing-tile.js'
import { scalarFunction } from '../../function-definition.js'
import { carrierOf } from '../../geometry/geometry-value.js'
import { quadKeyOf, tileShape } from '../../geometry/tiles.js'

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
