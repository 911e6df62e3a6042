import { encodeTile } from '../../../values/geometry/bing-tile.js'
import { scalarFunction } from '../../function-definition.js'
import { shapeOf } from '../../geometry/geometry-value.js'
import { tilesCovering } from '../../geometry/tiles.js'

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
